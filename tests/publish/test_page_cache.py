"""A page is rendered again whenever something that it depends on has changed."""

import json
import logging
import platform
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from small_site import PAGE, add, built, change, write

from sitetools.content.project import Project
from sitetools.publish import page_cache
from sitetools.render import explorer

Act = Callable[[Path], object]


def cache_of(root: Path) -> page_cache.PageCache:
    return page_cache.PageCache(Project(root), "en", "index.md")


def keys(root: Path) -> dict[str, str]:
    """Return what each page of the cache was rendered from."""
    return {
        path.name: json.loads(path.read_text("utf-8"))["key"]
        for path in (root / ".cache" / "pages").glob("*.json")
    }


def append(name: str) -> Act:
    def act(root: Path) -> None:
        text = (root / name).read_text("utf-8")
        (root / name).write_text(f"{text}# more\n", "utf-8")

    return act


@pytest.mark.parametrize("name", ["mkdocs.yml", "mkdocs.en.yml", "mkdocs_hooks.py"])
def test_key_depends_on_what_calls_markdown(root, name):
    before = cache_of(root).key("text", [])
    assert cache_of(root).key("text", []) == before
    append(name)(root)
    assert cache_of(root).key("text", []) != before


@pytest.mark.parametrize("module", [explorer, page_cache])
def test_key_depends_on_our_own_code(root, tmp_path, monkeypatch, module):
    before = cache_of(root).key("text", [])
    copy = tmp_path / "code.py"
    shutil.copy(str(module.__file__), copy)
    monkeypatch.setattr(module, "__file__", str(copy))
    assert cache_of(root).key("text", []) == before
    append("code.py")(tmp_path)
    assert cache_of(root).key("text", []) != before


@pytest.mark.parametrize("package", ["python", *page_cache._PACKAGES])
def test_key_depends_on_the_versions_of_what_renders(root, monkeypatch, package):
    versions = page_cache._versions.__wrapped__
    before = versions()
    if package == "python":
        monkeypatch.setattr(platform, "python_version", lambda: "0")
    else:
        real = page_cache.version
        monkeypatch.setattr(
            page_cache, "version", lambda name: "0" if name == package else real(name)
        )
    assert versions() != before
    key = cache_of(root).key("text", [])
    monkeypatch.setattr(page_cache, "_versions", versions)
    assert cache_of(root).key("text", []) != key


def test_key_depends_on_the_page_and_on_where_its_links_lead(root):
    project = Project(root)
    found = {
        page_cache.PageCache(project, language, name).key(text, pages)
        for language, name, text, pages in (
            ("en", "a.md", "text", []),
            ("ko", "a.md", "text", []),
            ("en", "b.md", "text", []),
            ("en", "a.md", "texts", []),
            ("en", "a.md", "text", [("b.md", "b/")]),
        )
    }
    assert len(found) == 5


def test_what_was_kept_comes_back_for_its_key_only(root):
    cache = cache_of(root)
    assert cache.get("key") is None
    cache.put("key", content="<p>한글</p>", ids=["a"])
    assert cache.get("key") == {"content": "<p>한글</p>", "ids": ["a"]}
    assert cache.get("other") is None


@pytest.mark.parametrize("damage", [b"{", b"\xff", b"[]", b"{}", b'{"key": "key"}'])
def test_damaged_file_counts_as_none(root, damage):
    cache = cache_of(root)
    cache.put("key", content="x")
    [path] = (root / ".cache" / "pages").iterdir()
    path.write_bytes(damage)
    assert cache.get("key") is None


def test_warning_is_noticed_until_the_end_only():
    log = logging.getLogger("mkdocs.structure.pages")
    with page_cache.warned() as warned:
        assert not warned.anything
        log.warning("x")
    assert warned.anything
    with page_cache.warned() as warned:
        pass
    log.warning("x")
    assert not warned.anything


INCLUDE = '```python title="small.py"\n--8<-- "snippets/a/small.py"\n```'
CHANGES: dict[str, tuple[Act, set[str]]] = {
    "nothing": (lambda root: None, set()),
    "included file": (append("snippets/a/small.py"), {"en-index.md.json"}),
    "page": (add(f"{INCLUDE}\n\nmore"), {"en-index.md.json"}),
    "another page": (
        change("docs/en/labs/lab.ipynb", "text", "texts"),
        {"en-labs-lab.ipynb.json"},
    ),
    "addresses": (
        lambda root: (
            write("docs/en/new.md", PAGE)(root),
            change("mkdocs.yml", "- index.md\n", "- index.md\n  - new.md\n")(root),
        ),
        {"en-index.md.json", "en-labs-lab.ipynb.json"},
    ),
    "extensions": (
        change("mkdocs.yml", "  - tables\n", "  - tables\n  - sane_lists\n"),
        {"en-index.md.json", "en-labs-lab.ipynb.json"},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_changed_is_rendered_again(root, name):
    act, expected = CHANGES[name]
    add(INCLUDE)(root)
    assert built(root, "mkdocs.en.yml") == []
    before = keys(root)
    act(root)
    assert built(root, "mkdocs.en.yml") == []
    after = keys(root)
    assert {key for key in before if before[key] != after[key]} == expected


def test_page_from_the_cache_is_the_same(root):
    add(f"{INCLUDE}\n\n## More {{#more}}\n\n[up](#t) <b>x</b>")(root)
    path = root.parent / "site" / "index.html"
    found = []
    for _ in range(2):
        assert built(root, "mkdocs.en.yml") == []
        found.append(path.read_text("utf-8"))
    assert found[0] == found[1]


def test_warning_is_given_again(root):
    add("[x](nowhere.md)")(root)
    for _ in range(2):
        (said,) = built(root)
        assert said.startswith("docs/en/index.md:10: ")
    assert "en-index.md.json" not in keys(root)
