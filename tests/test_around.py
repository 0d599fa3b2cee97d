"""What stands around a page's text: where it is, since when, how to cite and share it."""

import io
import json
import os
import re
import shutil
import subprocess
from collections import Counter
from itertools import pairwise
from pathlib import Path

import project
import pytest
import yaml
from bs4 import BeautifulSoup
from mkdocs.config.defaults import MkDocsConfig
from PIL import Image

from sitetools.content import labels, pages
from sitetools.publish import cards, git_log, history

LESSON = "weight-initialization"
LENGTHS = {"en": (50, 160), "ko": (35, 105), "ja": (35, 105)}
"""How long a description may be; a search engine shows no more of it."""
SITE_URL = "https://someone.example/path/"


def part(path: Path, opening: str, closing: str) -> BeautifulSoup:
    """Parse one part of a page, since parsing all of it takes a hundred times as long."""
    found = re.search(f"(?s){opening}.*?{closing}", path.read_text("utf-8"))
    return BeautifulSoup(found[0] if found else "", "html.parser")


def crumbs_of(path: Path) -> BeautifulSoup:
    return part(path, '<nav class="md-path', "</nav>")


def cite_of(path: Path) -> BeautifulSoup:
    return part(path, '<details class="cite', "</details>")


def history_of(path: Path) -> BeautifulSoup:
    return part(path, '<p class="history', "</p>")


def commit(folder: Path, author: str, day: str, message: str = "x") -> None:
    name, _, mail = author.partition(" <")
    who = {"NAME": name, "EMAIL": mail.rstrip(">"), "DATE": f"{day}T12:00:00+0000"}
    environment = {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in who.items()
    }
    for arguments in (["add", "-A"], ["commit", "-q", "--allow-empty", "-m", message]):
        git(folder, *arguments, **environment)


def git(folder: Path, *arguments: str, **environment: str) -> None:
    subprocess.run(
        ["git", "-c", "init.defaultBranch=main", *arguments],
        cwd=folder,
        env=os.environ | environment,
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Korean site as its Pages workflow would build it, with a history."""
    copy = project.copy_project(tmp_path_factory.mktemp("x"), languages=["en", "ko"])
    git(copy, "init", "-q")
    commit(copy, "김하나 <hana@example.org>", "2026-11-20")
    page = copy / "docs" / "ko" / f"{LESSON}.md"
    page.write_text(page.read_text("utf-8") + "\n끝.\n", "utf-8")
    commit(copy, "Bo & Sons <bo@example.org>", "2026-11-23")
    folder = copy.parent / "site"
    result = project.build(folder, copy, SITE_URL=SITE_URL)
    assert result.returncode == 0, result.stderr
    return folder


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_each_page_has_a_description_of_its_own(language):
    low, high = LENGTHS.get(language, LENGTHS["en"])
    found = Counter[str]()
    for path in pages.pages(language):
        text = str(pages.front_matter(path).get("description", ""))
        found[text] += 1
        assert low <= len(text) <= high, (
            f"{pages.relative(path)}: the description has {len(text)} characters; write "
            f"{low} to {high} (of a lab it is the first paragraph): {text}"
        )
        assert found[text] == 1, f"{pages.relative(path)}: another page says the same"


def test_history_follows_renames_and_leaves_out_bots(tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "old.md").write_text("one\n" * 20)
    git(tmp_path, "init", "-q")
    commit(tmp_path, "Ada <ada@example.org>", "2026-01-01")
    git(tmp_path, "mv", "docs/old.md", "docs/한글.md")
    others = "Co-authored-by: 김하나 <hana@example.org>"
    commit(tmp_path, "Bo <bo@example.org>", "2026-02-02", f"Rename\n\n{others}")
    (docs / "한글.md").write_text("two\n")
    bot = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"
    commit(tmp_path, bot, "2026-03-03")
    (docs / "other.md").write_text("x")
    commit(tmp_path, "Ada <ada@example.org>", "2026-04-04")
    found = git_log.histories.__wrapped__(tmp_path)
    page = git_log.History("2026-02-02", ["Ada", "Bo", "김하나"])
    assert found["docs/한글.md"] == page
    assert found["docs/other.md"].updated == "2026-04-04"
    # In a project that is a folder of a repository, paths are the project's own.
    (tmp_path / "a" / "b").mkdir(parents=True)
    shutil.move(docs, tmp_path / "a" / "docs")
    commit(tmp_path, "Ada <ada@example.org>", "2026-05-05")
    assert git_log.histories.__wrapped__(tmp_path / "a")["docs/한글.md"]


def test_history_that_is_not_whole_is_left_out(tmp_path):
    (tmp_path / "docs").mkdir()
    assert git_log.histories.__wrapped__(tmp_path) == {}, "no repository"
    (tmp_path / "docs" / "page.md").write_text("x")
    git(tmp_path, "init", "-q")
    commit(tmp_path, "Ada <ada@example.org>", "2026-01-01")
    commit(tmp_path, "Ada <ada@example.org>", "2026-01-02")
    git(tmp_path, "clone", "-q", "--depth=1", tmp_path.as_uri(), "shallow")
    assert git_log.histories.__wrapped__(tmp_path / "shallow") == {}


def test_page_says_when_it_was_changed_and_by_whom(published):
    path = published / "ko" / LESSON / "index.html"
    line = history_of(path)
    time = line.find("time")
    assert time
    assert time["datetime"] == "2026-11-23"
    assert time.get_text() == "2026년 11월 23일"
    assert "김하나 및 Bo & Sons" in line.get_text()
    assert "Bo &amp; Sons" in path.read_text("utf-8")
    assert "@" not in line.get_text()
    other = history_of(published / "ko" / "labs" / "small-batches" / "index.html")
    assert other.select_one('time[datetime="2026-11-20"]')


def fields_of(entry: str) -> dict[str, str]:
    """Parse a BibTeX entry, or fail."""
    depth = 0
    for place, character in enumerate(entry):
        escaped = entry[place - 1] == "\\"
        depth += (character == "{") - (character == "}") if not escaped else 0
        assert depth > 0 or place < entry.index("{") or place == len(entry) - 1
    assert depth == 0
    match = re.fullmatch(r"@misc\{([a-z0-9-]+),\n((?:  \w+ = \{.+\},\n)+)\}", entry)
    assert match, entry
    fields = dict(re.findall(r"(\w+) = \{(.+)\},", match[2]))
    return fields | {"key": match[1]}


def test_page_can_be_cited(published, site):
    cite = cite_of(published / "ko" / LESSON / "index.html")
    address = f"{SITE_URL}ko/{LESSON}/"
    paragraph = cite.select_one("p")
    assert paragraph
    assert paragraph.get_text() == (
        "『기울기 소실과 폭주』 기여자. 「가중치 초기화」. 기울기 소실과 폭주. "
        f"2026년 11월 23일. {address}"
    )
    code = cite.select_one("pre")
    assert code
    fields = fields_of(code.get_text())
    assert fields == {
        "key": "gradients-ko-weight-initialization",
        "author": "{『기울기 소실과 폭주』 기여자}",
        "title": "{가중치 초기화}",
        "howpublished": "기울기 소실과 폭주",
        "year": "2026",
        "month": "11",
        "url": address,
        "note": "CC BY 4.0",
    }
    licences = [str(link["href"]) for link in cite.select("a")]
    assert licences[0] == "../assets/LICENSE.txt"
    assert (published / "ko" / "assets" / "LICENSE.txt").is_file()
    assert licences[1].startswith("https://creativecommons.org/licenses/by/4.0/")

    keys = set()
    for path in site.rglob("index.html"):
        for entry in cite_of(path).select("pre"):
            fields = fields_of(entry.get_text())
            assert fields["key"] not in keys
            assert "url" not in fields, "the address is not known"
            keys.add(fields["key"])
    assert len(keys) >= len(pages.pages("en")) * 2
    assert not cite_of(site / "ko" / "404.html").contents


def test_signs_that_mean_something_to_bibtex_are_escaped():
    text = "50 % of a_b & {c} ~ ^ \\ #1 $".translate(history._BIBTEX)
    assert text == (
        r"50 \% of a\_b \& \{c\} \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{} \#1 \$"
    )


def test_link_is_shared_with_a_card(published):
    for path in (published / "ko").rglob("index.html"):
        head = part(path, "<head>", "</head>")
        meta = {
            str(tag.get("property") or tag.get("name")): str(tag["content"])
            for tag in head.select("meta[property], meta[name]")
        }
        canonical = head.select_one("link[rel=canonical]")
        assert canonical
        assert meta["og:url"] == canonical["href"]
        assert meta["og:locale"] == "ko_KR"
        assert meta["og:description"] == meta["description"]
        assert meta["twitter:card"] == "summary_large_image"
        image = meta["og:image"].removeprefix(SITE_URL)
        assert image != meta["og:image"]
        file = (published / image).read_bytes()
        assert len(file) < 40_000
        card = Image.open(io.BytesIO(file))
        assert (card.size, card.mode) == ((1200, 630), "P")
        script = head.select_one('script[type="application/ld+json"]')
        assert script
        data = json.loads(script.get_text())
        assert data["inLanguage"] == "ko"
        assert data["dateModified"].startswith("2026-11-2")
        assert data["license"].startswith("https://creativecommons.org/")


def test_site_without_an_address_has_no_cards(site):
    assert not [*site.rglob("cards")]
    assert "og:" not in (site / "ko" / LESSON / "index.html").read_text("utf-8")


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_card_shows_each_title_in_lines_between_words(language):
    for path in pages.pages(language):
        title = str(pages.front_matter(path)["title"])
        assert cards._drawable(title), f"the font lacks a character of {title}"
        size, lines = cards.layout(title, 1040)
        assert len(lines) <= 3, title
        assert size >= 68, title
        assert cards._widest(lines, size) <= 1040, title
        if language != "ja":
            assert " ".join(lines) == title
        assert "".join(lines).replace(" ", "") == title.replace(" ", "")


def test_card_is_drawn_once_and_always_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "CACHE", tmp_path)
    first = cards.card("가중치 초기화", "기울기 소실과 폭주", "기법")
    assert first == cards.draw("가중치 초기화", "기울기 소실과 폭주", "기법")
    monkeypatch.setattr(cards, "draw", None)
    assert cards.card("가중치 초기화", "기울기 소실과 폭주", "기법") == first
    assert [path.suffix for path in tmp_path.iterdir()] == [".png"]


def test_card_in_a_script_that_the_font_lacks_is_in_english():
    assert not cards._drawable("تلاشي التدرج")
    assert not cards._drawable("ग्रेडिएंट")
    assert cards._drawable("Градиент ∇ é")
    config = MkDocsConfig()
    config.extra["site_names"] = {"en": "Vanishing and Exploding Gradients"}
    name = config.extra["site_names"]["en"]
    assert cards.in_english("index.md", config) == ("", name, "")
    lab = cards.in_english("labs/small-batches.ipynb", config)
    assert lab == ("Small batches", name, "")


def test_land_of_a_language():
    found = [cards.territory(code) for code in ("ko", "en", "ja", "pt-br", "xx")]
    assert found == ["ko_KR", "en_US", "ja_JP", "pt_BR", "xx_xx"]


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_breadcrumbs_lead_back(site, language):
    words = labels.load(language)["site"]
    for path in (site / language).rglob("index.html"):
        crumbs = crumbs_of(path).select("nav")
        place = path.parent.relative_to(site / language).as_posix()
        assert len(crumbs) == (place != "."), place
        for nav in crumbs:
            assert nav["aria-label"] == words["breadcrumbs"]
            items = nav.select("li")
            assert len(items) == 2
            home = items[0].find("a")
            assert home
            assert (path.parent / str(home["href"])).resolve() == site / language
            section = items[1].find("a")  # only the labs have an overview
            assert bool(section) == (place.startswith("labs/")), place


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_pages_follow_one_another_in_the_order_of_the_menu(site, language):
    words = labels.load(language)["site"]
    config = (pages.ROOT / "mkdocs.yml").read_text("utf-8")
    home, *parts = yaml.safe_load(config.partition("\nnav:")[2].partition("\n\n")[0])
    order = [home, *(page for part in parts for page in next(iter(part.values())))]
    for page, following in pairwise(order):
        here = Path(page).with_suffix("").as_posix().removesuffix("index")
        path = site / language / here / "index.html"
        footer = part(path, '<nav class="md-footer__inner', "</nav>").nav
        assert footer
        assert footer["aria-label"] == words["theme_footer"]
        link = footer.select_one(".md-footer__link--next")
        assert link
        assert str(link["aria-label"]).startswith(words["theme_footer.next"] + ": ")
        target = (site / language / here / str(link["href"])).resolve()
        there = Path(following).with_suffix("").as_posix().removesuffix("index")
        assert target == (site / language / there).resolve()


@pytest.mark.parametrize("language", pages.LANGUAGES)
def test_links_of_headings_are_not_read_with_them(site, language):
    for path in (site / language).rglob("index.html"):
        html = path.read_text("utf-8")
        links = re.findall(r'<a class="headerlink" href="[^"]+" (.*?)>', html)
        assert set(links) == {'aria-hidden="true" tabindex="-1"'}, path
        assert len(links) == html.count("headerlink") > 0
