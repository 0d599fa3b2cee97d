"""A preview builds the page being edited first, and everything else after it."""

import shutil

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from project import SITE_URL
from small_site import PAGE, add, built, change, write

from sitetools.content.project import Project
from sitetools.publish import offline
from sitetools.publish.preview import How, Preview


@pytest.fixture
def preview(root, tmp_path):
    """Return a preview that has built the small site once, and how it plans."""
    shutil.copy(root / "mkdocs.en.yml", root / "mkdocs.ja.yml")
    (root / "docs" / "ja").mkdir()
    found, project, site = Preview(), Project(root), tmp_path / "site"

    def plan():
        for code in project.languages():
            (site / code).mkdir(parents=True, exist_ok=True)
        found.keep(site, project)
        return found.plan(project)

    assert set(found.plan(project).values()) == {How.BUILD}, "at first, everything"
    found.plan_again = plan
    found.project = project
    return found


def test_nothing_changed_builds_nothing(preview):
    assert set(preview.plan_again().values()) == {How.KEEP}
    assert not preview.waiting


def test_saved_translation_is_built_alone_then_its_language(preview, root):
    write("docs/ko/index.md", f"{PAGE}\n말\n")(root)
    kept = {"en": How.KEEP, "ja": How.KEEP}
    assert preview.plan_again() == {**kept, "ko": How.PAGES}
    assert preview.waiting == {"ko"}
    assert preview.plan_again() == {**kept, "ko": How.BUILD}
    assert not preview.waiting


def test_all_languages_follow_an_english_page(preview, root):
    add("more")(root)
    assert preview.plan_again()["en"] is How.PAGES
    assert preview.waiting == {"en", "ja", "ko"}
    assert set(preview.plan_again().values()) == {How.BUILD}


def test_other_changes_show_in_the_language_that_was_edited_last(preview, root):
    write("docs/ko/index.md", f"{PAGE}\n말\n")(root)
    preview.plan_again()
    preview.plan_again()
    change("docs/shared/css/site.css", "{", " {")(root)
    kept = {"en": How.KEEP, "ja": How.KEEP}
    assert preview.plan_again() == {**kept, "ko": How.BUILD}
    assert preview.plan_again() == {"en": How.BUILD, "ja": How.BUILD, "ko": How.KEEP}


def test_page_saved_while_others_wait_comes_first(preview, root):
    add("more")(root)
    preview.plan_again()
    add("more and more")(root)
    assert preview.plan_again()["en"] is How.PAGES
    assert preview.waiting == {"en", "ja", "ko"}


def test_a_language_that_is_not_there_is_built(preview):
    preview.plan_again()
    shutil.rmtree(preview.kept("ko"))
    found = preview.plan(preview.project)
    assert set(found.values()) == {How.BUILD}


def served(root, site):
    """Build as `mkdocs serve` does when a file was saved; return the pages."""
    config = load_config(str(root / "mkdocs.yml"), site_dir=str(site))
    config.plugins.on_startup(command="serve", dirty=False)
    build(config)
    return {
        code: (site / code / "index.html").read_text("utf-8") for code in ("en", "ko")
    }


def test_page_is_shown_with_the_menu_and_the_search_of_the_whole_site(root, tmp_path):
    site = tmp_path / "site"
    first = served(root, site)
    index = (site / "en" / "search" / "search_index.json").read_bytes()
    add("A sentence that is new.")(root)
    quick = served(root, site)
    assert "A sentence that is new." in quick["en"]
    assert quick["en"].count(">L<") == first["en"].count(">L<"), (
        "the menu names the lab"
    )
    assert quick["ko"] == first["ko"]
    assert (site / "en" / "search" / "search_index.json").read_bytes() == index
    after = served(root, site)
    assert after["en"] == quick["en"]
    assert "translation" in after["ko"] or after["ko"] != first["ko"]
    assert (
        b"sentence that is new"
        in (site / "en" / "search" / "search_index.json").read_bytes()
    )


@pytest.mark.parametrize(("command", "count"), [("build", 1), ("serve", 0)])
def test_preview_packs_and_shares_nothing_and_has_no_policy(
    root, monkeypatch, command, count
):
    monkeypatch.setenv("SITE_URL", SITE_URL)
    assert built(root, command=command) == []
    site = root.parent / "site"
    assert len(list(site.glob("*.zip"))) == count
    html = (site / "en" / "index.html").read_text("utf-8")
    assert offline.MARK not in html
    for text in ('.zip" download>', "og:image", "Content-Security-Policy"):
        assert html.count(text) == count, text
    missing = (site / "en" / "404.html").read_text("utf-8")
    assert missing.count("Content-Security-Policy") == count
