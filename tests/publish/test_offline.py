"""The copy to read offline holds all that its pages need, and nothing else."""

import io
import json
import re
import zipfile

import pytest
from bs4 import BeautifulSoup
from built import LANGUAGES

from sitetools.content.project import COMPLETE
from sitetools.publish import offline


@pytest.fixture(scope="module")
def copy(site):
    """Return the copy's files by name, without the folder that they are in."""
    [path] = site.glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {
            entry.filename.removeprefix(f"{path.stem}/"): archive.read(entry)
            for entry in archive.infolist()
        }


@pytest.mark.parametrize(
    ("link", "wanted"),
    [
        ("../ko/", "../ko/index.html"),
        (".", "./index.html"),
        ("../..", "../../index.html"),
        ("x/y.css", "x/y.css"),
        ("index.md", "index.md"),
        ("https://arxiv.org/abs/", "https://arxiv.org/abs/"),
        ("//host/", "//host/"),
    ],
)
def test_link_to_a_folder_names_its_page(link, wanted):
    assert offline.to_file(link) == wanted


def test_every_link_in_the_copy_leads_to_a_file_in_it(copy):
    assert {"index.html", *(f"{code}/index.html" for code in LANGUAGES)} <= {*copy}
    for name, content in copy.items():
        if name.endswith(".html"):
            text = content.decode()
            lost = offline.linked(text, name) - copy.keys()
            assert not lost, f"{name}: {lost}"
            for link in re.findall(r'<a\b[^>]*\bhref="([^"]*)', text):
                path = re.split("[?#]", link)[0]
                assert ":" in path or not path.endswith(("/", ".")), f"{name}: {path}"


def test_copy_has_nothing_that_a_page_on_a_disk_cannot_use(copy):
    for name, content in copy.items():
        assert not name.endswith((".map", ".xml", "404.html")), name
        if name.endswith(".html"):
            text = content.decode()
            assert offline.MARK not in text
            assert not re.search(r'rel="preload"|type="module"|\.zip"', text), name
    parts = json.loads(
        copy["en/assets/js/explorer-alone.js"].partition(b"Parts=")[2].split(b";\n")[0]
    )
    assert "relu-none.json" in parts
    assert b"import.meta" not in copy["en/assets/js/explorer-alone.js"]
    assert "en/assets/js/explorer.js" not in copy
    assert b"data:font/woff2;base64,d09GMk" in copy["en/assets/css/site.css"]
    found = copy["ko/search/search_index.js"].decode().removeprefix("var __index=")
    places = {doc["location"].partition("#")[0] for doc in json.loads(found)["docs"]}
    assert "./index.html" in places
    assert {f"ko/{place.removeprefix('./')}" for place in places} <= copy.keys()


def test_policy_of_the_site_does_not_bind_the_copy():
    policy = (
        '<meta http-equiv="Content-Security-Policy" content="default-src \'self\'">'
    )
    assert offline.page(f"<head>\n{policy}\n</head>") == "<head>\n</head>"


def test_every_page_links_to_copy_and_book_and_says_their_sizes(site):
    [archive] = site.glob("*.zip")
    assert archive.stat().st_size < 2e6 * len(LANGUAGES)
    for code in LANGUAGES:
        files = [archive, *(site / code).glob("*.epub")]
        assert len(files) == 1 + (code in COMPLETE)
        for path in [*(site / code).rglob("index.html"), site / code / "404.html"]:
            text = path.read_text("utf-8")
            assert offline.MARK not in text, path
            footer = BeautifulSoup(text[text.index("<footer") :], "html.parser")
            links = footer.select("footer a[download]")
            if path.name == "404.html":
                assert not links, path
                continue
            for file, link in zip(files, links, strict=True):
                size = f"{file.stat().st_size / 1e6:.1f} MB"
                assert size in link.get_text(), path
                assert (path.parent / str(link["href"])).resolve() == file.resolve()


def test_same_files_make_the_same_zip(site):
    files = {"b.txt": b"2" * 1000, "a/ä.txt": b"1"}
    made = offline.packed(files, "folder")
    assert made == offline.packed(files, "folder")
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        assert archive.namelist() == ["folder/b.txt", "folder/a/ä.txt"]
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        assert {entry.create_system for entry in archive.infolist()} == {3}
    [path] = site.glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == sorted(archive.namelist())
