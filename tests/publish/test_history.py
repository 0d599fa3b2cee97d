"""Below each page: since when it is so, by whom, and how to cite it."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from built import part
from project import PROJECT, SITE_URL
from small_site import PAGE, built

from sitetools.content import labels
from sitetools.content.project import Project
from sitetools.publish import history


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


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """Return an empty project without a repository."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").touch()
    return tmp_path


def test_renamed_file_keeps_its_history_and_bots_are_left_out(empty):
    docs = empty / "docs"
    (docs / "old.md").write_text("one\n" * 20)
    git(empty, "init", "-q")
    commit(empty, "Ada <ada@example.org>", "2026-01-01")
    git(empty, "mv", "docs/old.md", "docs/한글.md")
    others = "Co-authored-by: 김하나 <hana@example.org>"
    commit(empty, "Bo <bo@example.org>", "2026-02-02", f"Rename\n\n{others}")
    (docs / "한글.md").write_text("two\n")
    bot = "dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>"
    commit(empty, bot, "2026-03-03")
    (docs / "other.md").write_text("x")
    commit(empty, "Ada <ada@example.org>", "2026-04-04")
    found = history.histories(Project(empty))
    page = history.History("2026-02-02", ["Ada", "Bo", "김하나"], "2026-01-01")
    assert found["docs/한글.md"] == page
    assert found["docs/other.md"].updated == "2026-04-04"
    # In a project that is a folder of a repository, paths are the project's own.
    (empty / "a" / "b").mkdir(parents=True)
    shutil.move(docs, empty / "a" / "docs")
    commit(empty, "Ada <ada@example.org>", "2026-05-05")
    assert history.histories(Project(empty / "a"))["docs/한글.md"]


def test_history_that_is_not_whole_is_left_out(empty):
    assert history.histories(Project(empty)) == {}, "no repository"
    (empty / "docs" / "page.md").write_text("x")
    git(empty, "init", "-q")
    commit(empty, "Ada <ada@example.org>", "2026-01-01")
    commit(empty, "Ada <ada@example.org>", "2026-01-02")
    assert history.histories(Project(empty))
    git(empty, "clone", "-q", "--depth=1", empty.as_uri(), "shallow")
    assert history.histories(Project(empty / "shallow")) == {}


def about(**changes: object) -> history.About:
    """Return what is known of a page of weights."""
    known = history.History("2026-11-23", ["김하나", "Bo & Sons"])
    values: dict[str, object] = {
        "site": "기울기 소실과 폭주",
        "title": "가중치 초기화",
        "url": "weight-initialization/",
        "address": f"{SITE_URL}ko/weight-initialization/",
        "known": known,
    }
    return history.About(**(values | changes))


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


def test_page_says_in_its_language_when_it_was_changed_and_by_whom():
    below = about().below_page(labels.load(PROJECT, "ko"))
    assert below["updated"] == "2026-11-23"
    assert below["shown"] == "2026년 11월 23일"
    assert below["contributors"] == "김하나 및 Bo & Sons"
    below = about().below_page(labels.load(PROJECT, "en"))
    assert below["shown"] == "November 23, 2026"
    assert below["contributors"] == "김하나 and Bo & Sons"


def test_page_can_be_cited():
    below = about().below_page(labels.load(PROJECT, "ko"))
    address = f"{SITE_URL}ko/weight-initialization/"
    assert below["citation"] == (
        "『기울기 소실과 폭주』 기여자. 「가중치 초기화」. 기울기 소실과 폭주. "
        f"2026년 11월 23일. {address}"
    )
    assert fields_of(below["bibtex"]) == {
        "key": "gradients-ko-weight-initialization",
        "author": "{『기울기 소실과 폭주』 기여자}",
        "title": "{가중치 초기화}",
        "howpublished": "기울기 소실과 폭주",
        "year": "2026",
        "month": "11",
        "url": address,
        "note": "CC BY 4.0",
    }


def test_what_is_not_known_is_left_out():
    home = about(title="", url="", address="", known=None)
    below = home.below_page(labels.load(PROJECT, "en"))
    assert below["updated"] == below["shown"] == below["contributors"] == ""
    assert below["citation"] == "Contributors of 기울기 소실과 폭주. 기울기 소실과 폭주"
    assert fields_of(below["bibtex"]).keys() == {"key", "author", "title", "note"}
    assert fields_of(below["bibtex"])["key"] == "gradients-en"


def test_signs_that_mean_something_to_bibtex_are_escaped():
    odd = about(title="50 % of a_b & {c} ~ ^ \\ #1 $")
    assert (
        r"{50 \% of a\_b \& \{c\} \textasciitilde{} \textasciicircum{} "
        r"\textbackslash{} \#1 \$}"
    ) in odd.bibtex(labels.load(PROJECT, "en"))


def test_language_that_no_one_knows_has_english_dates():
    assert str(history.locale("xx-klingon")) == "en"
    assert str(history.locale("pt-BR")) == "pt_BR"


def test_built_page_shows_its_history(root, monkeypatch):
    for day, author in (("20", "김하나"), ("23", "Bo & Sons")):
        if day == "20":
            git(root, "init", "-q")
        else:
            (root / "docs" / "ko" / "index.md").write_text(f"{PAGE}\n끝.\n", "utf-8")
        commit(root, f"{author} <x@example.org>", f"2026-11-{day}")
    monkeypatch.setenv("SITE_URL", SITE_URL)
    assert built(root) == []
    site = root.parent / "site"
    path = site / "ko" / "index.html"
    line = part(path, '<p class="history', "</p>")
    assert line.select_one('time[datetime="2026-11-23"]')
    # So do the sitemap, what search engines read, and the file with the citation.
    days = re.findall(
        r"<loc>(.*?)</loc>\s*<lastmod>(.*?)</lastmod>",
        (site / "sitemap.xml").read_text("utf-8"),
    )
    assert dict(days) == {
        f"{SITE_URL}{code}/{url}": f"2026-11-{'23' if (code, url) == ('ko', '') else '20'}"
        for code in ("en", "ko")
        for url in ("", "labs/lab/")
    }
    data = json.loads(
        re.findall(r'ld\+json">(.*?)</script>', path.read_text("utf-8"))[0]
    )["@graph"][0]
    assert (data["datePublished"], data["dateModified"]) == ("2026-11-20", "2026-11-23")
    assert [each["name"] for each in data["contributor"]] == ["김하나", "Bo & Sons"]
    cite = (site / "CITATION.cff").read_text("utf-8")
    assert cite.endswith(f'\nurl: "{SITE_URL}"\ndate-released: "2026-11-23"\n')
    assert "김하나 및 Bo & Sons" in line.get_text()
    assert "Bo &amp; Sons" in path.read_text("utf-8")
    assert "@" not in line.get_text()
    lab = site / "ko" / "labs" / "lab" / "index.html"
    line = part(lab, '<p class="history', "</p>")
    assert line.select_one('time[datetime="2026-11-20"]')
    cite = part(lab, '<details class="cite', "</details>")
    assert fields_of(cite.select("pre")[0].get_text())["url"] == (
        f"{SITE_URL}ko/labs/lab/"
    )
    links = [str(link["href"]) for link in cite.select("a")]
    assert (lab.parent / links[0]).resolve() == site / "CITATION.cff"
    assert (lab.parent / links[1]).resolve() == site / "ko" / "assets" / "LICENSE.txt"
    assert links[2].startswith("https://creativecommons.org/licenses/by/4.0/")


def test_no_two_pages_are_cited_alike(site):
    keys = set()
    for path in site.rglob("index.html"):
        for entry in part(path, '<details class="cite', "</details>").select("pre"):
            fields = fields_of(entry.get_text())
            assert fields["key"] not in keys
            assert "url" not in fields, "the address is not known"
            keys.add(fields["key"])
    assert len(keys) >= len(PROJECT.pages()) * 2
    assert not part(site / "ko" / "404.html", '<details class="cite', "</").contents
