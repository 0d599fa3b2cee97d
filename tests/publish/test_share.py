"""What other sites show of a link: an image, and words."""

import struct

from bs4 import Tag
from built import LANGUAGES, each_language, head
from project import PROJECT, SITE_URL

from sitetools.content.project import Project
from sitetools.publish import share


def png_size(data: bytes) -> tuple[int, int]:
    """Return width and height of a PNG image."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def test_each_card_is_a_png_of_the_size_that_sites_show():
    cards = sorted((PROJECT.shared / "cards").iterdir())
    assert {"en.png", "ko.png"} <= {path.name for path in cards}
    for path in cards:
        assert path.stem in LANGUAGES, f"{path.name}: no such language"
        data = path.read_bytes()
        assert png_size(data) == (1200, 630), path
        assert len(data) < 40_000, path


def test_language_without_a_card_has_the_english_one(root):
    project = Project(root)
    own = share.of_page(project, "ko", f"{SITE_URL}ko/")["card"]
    assert own == f"{SITE_URL}assets/cards/ko.png"
    (project.shared / "cards" / "ko.png").unlink()
    other = share.of_page(project, "ko", f"{SITE_URL}ko/")["card"]
    assert other == f"{SITE_URL}assets/cards/en.png"


def test_country_of_a_language():
    codes = ("ko", "en", "pt", "pt-BR", "zh", "zh-Hant", "xx")
    found = [share.territory(code) for code in codes]
    assert found == ["ko_KR", "en_US", "pt_BR", "pt_BR", "zh_CN", "zh_TW", "xx_xx"]


@each_language
def test_every_page_names_its_card_and_itself(addressed, language):
    for path in (addressed / language).rglob("index.html"):
        document = head(path)
        meta = {
            str(tag.get("property") or tag.get("name")): str(tag["content"])
            for tag in document.select("meta[property], meta[name]")
        }
        canonical = document.select_one("link[rel=canonical]")
        assert isinstance(canonical, Tag)
        assert meta["og:url"] == canonical["href"]
        assert meta["og:locale"] == share.territory(language)
        assert meta["og:description"] == meta["description"]
        assert meta["twitter:card"] == "summary_large_image"
        assert meta["og:image"].startswith(SITE_URL)
        card = (addressed / meta["og:image"].removeprefix(SITE_URL)).read_bytes()
        assert png_size(card) == (1200, 630)


def test_site_without_an_address_shares_nothing(site):
    assert not [*site.rglob("cards")]
    for path in site.rglob("*.html"):
        assert "og:" not in path.read_text("utf-8")
