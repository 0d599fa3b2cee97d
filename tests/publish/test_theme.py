"""The theme's files and templates, as this site changes them."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from built import LANGUAGES, each_language, part
from project import PROJECT
from small_site import built

from sitetools.content import labels
from sitetools.fault import Fault
from sitetools.publish import theme

NAMES = [
    "index.md",
    "assets/stylesheets/palette.1b.min.css",
    "assets/stylesheets/main.2a.min.css",
    "assets/stylesheets/main.2a.min.css.map",
    "assets/javascripts/bundle.3c.min.js",
    "assets/javascripts/lunr/min/lunr.th.min.js",
    "assets/javascripts/workers/search.4d.min.js",
]


def test_files_of_the_theme_are_known_by_their_names():
    parts = theme.parts(NAMES)
    assert parts.styles == [NAMES[2], NAMES[1]], "the palette's rules apply last"
    assert parts.script == NAMES[4]
    assert parts.worker == NAMES[6]
    assert parts.unused == [NAMES[3], NAMES[5]]


@pytest.mark.parametrize("gone", [1, 2, 4, 6])
def test_another_version_with_other_files_is_noticed(gone):
    names = [name for name in NAMES if name != NAMES[gone]]
    with pytest.raises(Fault, match="this version of Material has") as error:
        theme.parts(names)
    assert error.value.place.path.name == "theme.py"


@pytest.mark.parametrize("number", range(len(theme._CHANGES)))
def test_another_version_of_the_script_is_noticed(number, site):
    script = (Path(theme_folder()) / bundle(site)).read_text("utf-8")
    assert theme.changed(script) != script
    old, _ = theme._CHANGES[number]
    for other in (re.sub(old, "", script), script + re.search(old, script)[0]):
        with pytest.raises(Fault) as error:
            theme.changed(other)
        assert old in error.value.problem


def test_another_version_of_the_search_is_noticed():
    (path,) = (theme_folder() / "assets/javascripts/workers").glob("search.*.min.js")
    script = path.read_text("utf-8")
    assert theme.changed(script, theme._SEARCHING) != script
    with pytest.raises(Fault, match="0 times"):
        theme.changed("", theme._SEARCHING)


def test_dark_rules_hold_where_the_system_is_dark():
    css = (
        "a{b:c}@media screen{[data-md-color-scheme=slate]{d:e}}/* f */"
        '[data-md-color-scheme="slate"][data-md-color-primary="custom"] {g: h}'
    )
    assert theme.dark(css) == (
        "@media screen and (prefers-color-scheme:dark){[data-md-color-scheme]{d:e}"
        '/* f */[data-md-color-scheme][data-md-color-primary="custom"] {g: h}}'
    )


def theme_folder() -> Path:
    """Return where the theme's own files are."""
    import material

    return Path(material.__file__).parent / "templates"


def bundle(site: Path) -> Path:
    """Return the name of the theme's script."""
    [path] = (site / "en").rglob("bundle.*.js")
    return path.relative_to(site / "en")


def test_swap_refuses_to_do_nothing():
    assert theme.swap("a b a", "a", "c") == "c b c"
    with pytest.raises(LookupError, match="does not write x here"):
        theme.swap("a b a", "x", "c")


def test_another_version_of_the_templates_is_noticed(root):
    path = root / "theme" / "main.html"
    lines = path.read_text("utf-8").split("\n")
    number = next(n for n, line in enumerate(lines) if "| swap(" in line)
    lines[number] = lines[number].replace("swap(", "swap('other' ~ ", 1)
    path.write_text("\n".join(lines), "utf-8")
    (said,) = built(root, "mkdocs.en.yml")
    wanted = f"theme/main.html:{number + 1}: this version of Material does not write"
    assert said.startswith(wanted)


def test_pages_link_one_stylesheet_of_the_theme_and_ours(site):
    css = (site / "ko" / "assets" / "css" / "site.css").read_text("utf-8")
    assert css.index(".md-nav__link") < css.index(".md-typeset .flow")
    assert css.count("@charset") == 1
    assert css.startswith("@charset")
    assert not list((site / "ko").rglob("*.min.css"))
    assert not [*(site / "ko").rglob("*.map"), *(site / "ko").rglob("lunr")]


@each_language
def test_breadcrumbs_lead_back(site, language):
    words = labels.load(PROJECT, language)
    for path in (site / language).rglob("index.html"):
        crumbs = part(path, '<nav class="md-path', "</nav>").select("nav")
        place = path.parent.relative_to(site / language).as_posix()
        assert len(crumbs) == (place != "."), place
        for nav in crumbs:
            assert nav["aria-label"] == words.word("breadcrumbs")
            items = nav.select("li")
            assert len(items) == 2
            home = items[0].find("a")
            assert home
            assert (path.parent / str(home["href"])).resolve() == site / language
            section = items[1].find("a")  # only the labs have an overview
            assert bool(section) == (place.startswith("labs/")), place


@each_language
def test_pages_follow_one_another_in_the_order_of_the_menu(site, language):
    words = labels.load(PROJECT, language)
    config = (PROJECT.root / "mkdocs.yml").read_text("utf-8")
    home, *parts = yaml.safe_load(config.partition("\nnav:")[2].partition("\n\n")[0])
    order = [home, *(page for part in parts for page in next(iter(part.values())))]
    for page, following in pairwise(order):
        here = Path(page).with_suffix("").as_posix().removesuffix("index")
        path = site / language / here / "index.html"
        footer = part(path, '<nav class="md-footer__inner', "</nav>").nav
        assert footer
        assert footer["aria-label"] == words.word("theme_footer")
        link = footer.select_one(".md-footer__link--next")
        assert link
        assert str(link["aria-label"]).startswith(
            f"{words.word('theme_footer.next')}: "
        )
        target = (site / language / here / str(link["href"])).resolve()
        there = Path(following).with_suffix("").as_posix().removesuffix("index")
        assert target == (site / language / there).resolve()


@each_language
def test_links_of_headings_are_not_read_with_them(site, language):
    for path in (site / language).rglob("index.html"):
        html = path.read_text("utf-8")
        links = re.findall(r'<a class="headerlink" href="[^"]+" (.*?)>', html)
        assert set(links) == {'aria-hidden="true" tabindex="-1"'}, path
        assert len(links) == html.count("headerlink") > 0


def test_link_to_a_new_window_gives_it_nothing(site):
    for path in site.rglob("*.html"):
        for link in re.findall(r"<a\b[^>]*\starget=[^>]*>", path.read_text("utf-8")):
            assert "noopener" in link, f"{path}: {link}"


def test_license_in_the_footer_leads_to_its_text(site):
    for language in LANGUAGES:
        for name in ("index.html", "404.html", "labs/small-batches/index.html"):
            path = site / language / name
            footer = part(path, '<div class="md-copyright', "</div>")
            href = str(footer.select("a")[0]["href"])
            assert (path.parent / href).resolve() == (
                site / language / "assets" / "LICENSE.txt"
            )
