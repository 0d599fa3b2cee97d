"""The build: what it says of bad input, once, with file, line and remedy."""

import errno
import os
import re
import shutil
import sys

import pytest
from small_site import PAGE, add, built, change, files, remove, write

KOREAN = "언어".encode("euc-kr")


def append(name, data):
    """Return what adds bytes to a file."""
    return lambda root: (root / name).write_bytes((root / name).read_bytes() + data)


FAULTS = {  # how it is built, what is broken, and what is said of it
    "link": ("", add("[x](nowhere.md)"), r"docs/en/index\.md:10: .*nowhere\.md.*not found"),
    "anchor": ("", add("[x](#nowhere)"), r"docs/en/index\.md:10: .*#nowhere.*no such"),
    "image": ("", add("![x](none.png)"), r"docs/en/index\.md:10: .*none\.png.*not found"),
    "include": (
        "en",
        add('```python\n--8<-- "snippets/a/none.py"\n```'),
        r"docs/en/index\.md:11: Snippet at path '.*none\.py' could not be found; check",
    ),
    "include that is not UTF-8": (
        "en",
        lambda root: (
            add('```python\n--8<-- "snippets/a/small.py"\n```')(root),
            append("snippets/a/small.py", b"# " + KOREAN)(root),
        ),
        r"docs/en/index\.md:11: .*small\.py.* not UTF-8; save",
    ),
    "script": (
        "en",
        add("<script>alert(1)</script>"),
        r"docs/en/index\.md:10: a page may not have <script>: .*; remove it",
    ),
    "word missing that only a page shows": (
        "ko",
        change("docs/ko/labels.yml", "  breadcrumbs:", "  no_crumbs:"),
        r"docs/ko/labels\.yml:\d+: no word for 'breadcrumbs'; add it below `site:`",
    ),
    "labels missing": (
        "",
        remove("docs/ko/labels.yml"),
        r"docs/ko/labels\.yml:1: no such file; copy docs/en/labels\.yml and translate",
    ),
    "config without site_name": (
        "",
        change("mkdocs.ko.yml", "site_name:", "# site_name:"),
        r"mkdocs\.ko\.yml:1: has no site_name; add the line",
    ),
    "config of another folder": (
        "",
        change("mkdocs.ko.yml", "docs_dir: docs/ko", "docs_dir: docs/root"),
        r"mkdocs\.ko\.yml:1: its docs_dir is not .*; write `docs_dir: docs/ko`",
    ),
    "config of a language not YAML": (
        "",
        change("mkdocs.ko.yml", "docs_dir: docs/ko", "docs_dir: [docs/ko"),
        r"(?s)error parsing the configuration.*mkdocs\.ko\.yml\", line \d+, column",
    ),
    "config of a language not UTF-8": (
        "",
        append("mkdocs.ko.yml", b"# " + KOREAN),
        r"mkdocs\.ko\.yml:\d+: not UTF-8; save the file again",
    ),
    "config without pages": (
        "",
        lambda root: write("mkdocs.ja.yml", (root / "mkdocs.ko.yml").read_text("utf-8").replace("ko", "ja"))(root),
        r"mkdocs\.ja\.yml:1: there is no folder docs/ja; ",
    ),
    "config of a language that the theme does not know": (
        "",
        lambda root: write("mkdocs.xx.yml", (root / "mkdocs.ko.yml").read_text("utf-8").replace("ko", "xx"))(root),
        r"mkdocs\.xx\.yml:1: the theme does not know the language 'xx'; ",
    ),
    "pages without config": (
        "",
        lambda root: shutil.copytree(root / "docs" / "ko", root / "docs" / "de"),
        r"docs/de:1: there is no mkdocs\.de\.yml, so no one sees these pages; ",
    ),
    "template not UTF-8": (
        "en",
        append("theme/partials/path.html", KOREAN),
        r"theme/partials/path\.html:20: not UTF-8; save the file again",
    ),
    "stylesheet not UTF-8": (
        "en",
        append("docs/shared/css/formulas.css", b"/* " + KOREAN),
        r"docs/shared/css/formulas\.css:\d+: not UTF-8; save the file again",
    ),
    "script not UTF-8": (
        "en",
        append("docs/shared/js/site.js", b"// " + KOREAN),
        r"docs/shared/js/site\.js:\d+: not UTF-8; save the file again",
    ),
    "template's tag": (
        "en",
        change("theme/partials/path.html", "{% endif %}", ""),
        r"theme/partials/path\.html:\d+: Unexpected end of template.*; fix this line",
    ),
    "template's part": (
        "en",
        change("theme/main.html", "{% block header %}", '{% block header %}{% include "no.html" %}'),
        r"theme/main\.html:50: 'no\.html' not found.*; fix this line",
    ),
    "template's name": (
        "en",
        change("theme/main.html", "{% block header %}", "{% block header %}\n{{ no.no }}"),
        r"theme/main\.html:51: 'no' is undefined; fix this line",
    ),
    "menu's section": (
        "en",
        change("mkdocs.yml", "- nav_labs:", "- nav_labz:"),
        r"docs/en/labels\.yml:\d+: no word for 'nav_labz'; add it below `site:`",
    ),
    "site is a file": (
        "en",
        lambda root: (root.parent / "site").write_text("mine"),
        r".*/site: Not a directory; make room, or allow reading and writing there",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_build_names_the_fault_once(root, monkeypatch, fault):
    monkeypatch.setitem(sys.modules, "torch", None)  # a preview has none
    language, act, message = FAULTS[fault]
    act(root)
    before = files(root)
    (said,) = built(root, f"mkdocs.{language}.yml" if language else "mkdocs.yml")
    search = re.search if message.startswith("(?s)") else re.match
    assert search(message, said), said
    assert files(root) == before


IN_MENU = {  # said once for each language
    "page that is not there": (
        change("mkdocs.yml", "- index.md\n", "- index.md\n  - none.md\n"),
        r"mkdocs\.yml:\d+: A reference to 'none\.md' is included in the 'nav'",
    ),
    "page that is not in it": (
        write("docs/en/more.md", PAGE),
        r"(?s)mkdocs\.yml:\d+: The following pages exist .* \"nav\" .*more\.md",
    ),
}


@pytest.mark.parametrize("fault", IN_MENU)
def test_build_compares_menu_and_pages_in_each_language(root, fault):
    act, message = IN_MENU[fault]
    act(root)
    said = built(root)
    assert said
    for line in said:
        assert re.match(message, line), line


def test_build_on_a_full_disk_says_so(root, monkeypatch):
    def fails(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("mkdocs.utils.write_file", fails)
    assert built(root, "mkdocs.en.yml") == [
        "the site: No space left on device; make room, or allow reading and writing "
        "there, then build again."
    ]
