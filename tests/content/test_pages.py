"""A page is read as its reader sees it; what is wrong with it is a fault with a line."""

import pytest
import small_site
import yaml

from sitetools.content import pages
from sitetools.fault import Fault

PAGE = small_site.PAGE  # what is added to it begins on line 10


@pytest.fixture
def page(root):
    """Return a function that writes the English page."""

    def write(text):
        path = root / "docs" / "en" / "index.md"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def fault_of(act, *arguments):
    with pytest.raises(Fault) as fault:
        act(*arguments)
    return fault.value


MATTER = {
    "missing": ("# T {#t}\n", 1, "no front matter"),
    "empty page": ("", 1, "no front matter"),
    "not closed": ("---\ntitle: T\ndescription: D\n\n# T\n", 1, "never closed"),
    "a blank line before it": (f"\n{PAGE}", 1, "does not begin on line 1"),
    "a blank before the marks": (f" {PAGE}", 1, "does not begin on line 1"),
    "no YAML": (PAGE.replace("T\n", "[\n", 1), 3, "not valid YAML"),
    "a duplicate": (PAGE.replace("T\n", "T\ntitle: U\n", 1), 3, "duplicate"),
    "a list": ("---\n- T\n---\n\n# T\n", 2, "no names"),
    "only a comment": ("---\n# T\n---\n\n# T\n", 2, "no names"),
    "no title": (PAGE.replace("title: T\n", ""), 1, "no title"),
    "an empty title": (PAGE.replace("title: T", "title:"), 2, "no title"),
    "a blank title": (PAGE.replace("title: T", "title: ' '"), 2, "no title"),
    "a number as title": (PAGE.replace("title: T", "title: 1"), 2, "not text"),
    "a list as title": (PAGE.replace("title: T", "title: [T]"), 2, "not text"),
    "no description": (PAGE.replace("description: D\n", ""), 1, "no description"),
    "a date as description": (PAGE.replace("D\n", "2026-01-01\n"), 3, "not text"),
    "a control character of C1": (PAGE.replace("T\n", "T\x9b\n", 1), 2, "U+009B"),
}


@pytest.mark.parametrize("name", MATTER)
def test_front_matter_that_is_wrong_is_a_fault(page, name):
    text, line, problem = MATTER[name]
    path = page(text)
    fault = fault_of(pages.front_matter, path)
    assert (fault.place.path, fault.place.line) == (path, line)
    assert problem in fault.problem
    assert fault.remedy


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_front_matter_is_read(page, end):
    path = page("---\ntitle: T\ndescription: D\n---".replace("\n", end))
    assert pages.front_matter(path) == {"title": "T", "description": "D"}


def test_each_caller_has_its_own_front_matter(page):
    path = page(PAGE)
    pages.front_matter(path)["title"] = "U"
    assert pages.front_matter(path)["title"] == "T"


SOURCES = {
    "missing include": ('--8<-- "snippets/none.py"', 10, "none.py"),
    "unknown section": (
        '```python\n--8<-- "snippets/a/small.py:nowhere"\n```',
        11,
        "'nowhere'",
    ),
    "include on several lines": (
        '```python\n--8<--\n"snippets/a/small.py"\n--8<--\n```',
        11,
        "several lines",
    ),
    "included file not UTF-8": ('```python\n--8<-- "notes.py"\n```', 11, "not UTF-8"),
    "fence without end": ("```python\nx", 10, "never closed"),
    "fence closed by a shorter mark": ("````python\nx\n```\n", 10, "never closed"),
    "marks of a merge": ("<<<<<<< ours\na\n=======\nb\n>>>>>>> theirs", 10, "merge"),
    "mark of a merge without a label": ("a\n<<<<<<<\nb", 11, "merge"),
    "the other mark without a label": ("a\n\nb\n>>>>>>>", 13, "merge"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_source_that_is_wrong_is_a_fault(root, page, name):
    text, line, problem = SOURCES[name]
    (root / "notes.py").write_bytes(b"# \xe9\n")
    path = page(f"{PAGE}\n{text}\n")
    fault = fault_of(lambda: list(pages.fences(path)))
    assert (fault.place.path, fault.place.line) == (path, line)
    assert problem in fault.problem
    assert fault.remedy


def test_arrows_and_rules_are_no_marks_of_a_merge(page):
    path = page(f"{PAGE}\n>>>>>> x\n<<<<<<<< y\n=======\n")
    assert "<<<<<<<< y" in pages.read(path)


def test_fence_keeps_its_lines_indentation_and_options(page):
    path = page(
        f'{PAGE}\n- item\n\n    ````python title="x.py"\n    x = 1\n\n      y\n    ````\n'
    )
    (fence,) = pages.fences(path)
    assert (fence.line, fence.end, fence.lines) == (12, 16, [13, 14, 15])
    assert (fence.indent, fence.mark) == ("    ", "````")
    assert (fence.language, fence.info) == ("python", 'python title="x.py"')
    assert fence.text == "x = 1\n\n  y\n"


def test_included_text_is_expanded_at_the_line_that_includes_it(root, page):
    (root / "x.py").write_text("a = 1\n# --8<-- [start:s]\nb = 2\n# --8<-- [end:s]\n")
    path = page(f'{PAGE}\n```python\n--8<-- "x.py:s"\nc = 3\n```\n')
    (fence,) = pages.fences(path)
    assert fence.text == "b = 2\nc = 3\n"
    assert fence.lines == [11, 12]
    (plain,) = pages.fences(path, includes=False)
    assert plain.text == '--8<-- "x.py:s"\nc = 3\n'
    text = pages.with_includes(pages.read(path), path)
    assert text == pages.read(path).replace('--8<-- "x.py:s"', "b = 2")


def test_prose_is_neither_front_matter_nor_code(page):
    path = page(f"{PAGE}\n```python\nx = 1\n```\nend\n")
    found = [(number, line) for number, line in pages.prose(path) if line]
    assert found == [(6, "# T {#t}"), (8, "text"), (13, "end")]


def test_notebook_is_read_as_the_page_that_it_makes(root):
    path = root / small_site.LAB
    assert "# L {#title}" in pages.read(path).split("\n")
    (fence,) = pages.fences(path)
    assert (fence.language, fence.text) == ("python", "print(1)\n")
    assert pages.front_matter(path) == {"title": "L", "description": "text"}


def test_includes_are_read_as_mkdocs_reads_them():
    text = (small_site.project.ROOT / "mkdocs.yml").read_text("utf-8")
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("!", lambda *_: None)
    extensions = yaml.load(text, loader)["markdown_extensions"]
    (options,) = (
        entry["pymdownx.snippets"]
        for entry in extensions
        if "pymdownx.snippets" in entry and isinstance(entry, dict)
    )
    assert options.keys() == {"base_path", *pages.INCLUDE_OPTIONS}
    assert pages.INCLUDE_OPTIONS.items() <= options.items()
