"""A fault says where, what and how, as one sentence."""

from sitetools.fault import Fault, Place, relative, root_of


def test_fault_prints_place_problem_and_remedy(root):
    path = root / "docs" / "en" / "index.md"
    fault = Fault(Place(path, 3), "no id", "add one")
    assert str(fault) == "docs/en/index.md:3: no id; add one."
    assert str(Fault(path, "p", "r", "more")) == "docs/en/index.md:1: p; r.\nmore"


def test_fault_seen_from_another_place_names_both(root):
    page, snippet = Place(root / "docs" / "a.md", 7), root / "snippets" / "b.py"
    fault = Fault(Place(snippet, 2), "p", "r", "more")
    seen = fault.at(page)
    assert str(seen) == "docs/a.md:7: snippets/b.py:2: p; r.\nmore"
    assert seen.at(Place(page.path, 9)) is seen


def test_path_outside_of_a_project_is_whole(tmp_path):
    assert relative(tmp_path / "a.md") == str(tmp_path / "a.md")


def test_project_is_found_as_soon_as_it_is_there(tmp_path):
    folder = tmp_path / "docs"
    assert root_of(folder) is None
    (tmp_path / "mkdocs.yml").touch()
    assert root_of(folder) == tmp_path
    assert relative(folder / "a.md") == "docs/a.md"
