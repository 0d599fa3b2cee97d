"""Snippets are found by their names, and what they import by reading them."""

import pytest

from sitetools.content import snippets
from sitetools.content.project import Project


def test_snippets_are_found_by_name(root):
    project = Project(root)
    snippet = root / "snippets" / "a" / "small.py"
    (root / "snippets" / "a" / "helper.py").write_text("x = 1\n")
    assert snippets.find(project, "a/small") == snippet
    assert snippets.name_of(snippet) == "a/small"
    names = [snippets.name_of(path) for path in snippets.measuring(project)]
    assert names == ["a/small", "explorer/grid"]
    with pytest.raises(LookupError, match="'a/smal'; there are a/small, explorer"):
        snippets.find(project, "a/smal")


def test_what_it_imports_is_listed_without_python_itself():
    source = "import os\nimport a.b, c\nfrom d.e import f\nfrom sys import path\n"
    assert snippets.imported(source) == {"a": 2, "c": 2, "d": 3}
