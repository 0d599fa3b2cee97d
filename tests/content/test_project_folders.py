"""Folders, languages and pages of a project; nothing is remembered."""

import pytest

from sitetools.content.project import Project, counterpart, language_of
from sitetools.fault import Fault


def test_project_is_found_from_any_of_its_files(root):
    assert Project.of(root / "docs" / "en" / "index.md") == Project(root)


def test_file_outside_of_a_project_is_a_fault(tmp_path):
    path = tmp_path / "a.md"
    with pytest.raises(Fault) as fault:
        Project.of(path)
    assert fault.value.place.path == path


def test_new_language_is_seen_at_once(root):
    project = Project(root)
    assert project.languages() == ["en", "ko"]
    (root / "mkdocs.pt-BR.yml").write_text("site_name: S\n")
    assert project.languages() == ["en", "ko", "pt-BR"]
    assert project.translations() == ["ko", "pt-BR"]
    (root / "mkdocs.pt-BR.yml").unlink()
    assert project.languages() == ["en", "ko"]


def test_list_of_languages_is_a_new_one_each_time(root):
    Project(root).languages().append("xx")
    assert Project(root).languages() == ["en", "ko"]


def test_pages_are_markdown_and_notebooks_but_no_editor_copies(root):
    folder = root / "docs" / "en" / "labs"
    copies = folder / ".ipynb_checkpoints"
    copies.mkdir()
    (copies / "lab-checkpoint.ipynb").touch()
    names = [path.name for path in Project(root).pages()]
    assert names == ["index.md", "lab.ipynb"]


def test_languages_that_have_a_page(root):
    (root / "docs" / "en" / "more.md").touch()
    assert Project(root).having("index.md") == ["en", "ko"]
    assert Project(root).having("more.md") == ["en"]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("site_name: 기울기", "기울기"),
        ('site_name: "a: b"', "a: b"),
        ("site_name: a # note", "a"),
    ],
)
def test_name_of_the_site(root, line, name):
    path = root / "mkdocs.ko.yml"
    path.write_text(f"site_url: !ENV [SITE_URL, '']\n{line}\n", "utf-8")
    assert Project(root).site_name("ko") == name


@pytest.mark.parametrize(
    ("text", "line"),
    [("docs_dir: x\n", 1), ("site_name:\n", 1), ("a: b\nsite_name: [\n", 2)],
)
def test_site_without_a_name_is_a_fault(root, text, line):
    path = root / "mkdocs.ko.yml"
    path.write_text(text)
    with pytest.raises(Fault) as fault:
        Project(root).site_name("ko")
    assert (fault.value.place.path, fault.value.place.line) == (path, line)


def test_counterpart_of_a_page(root):
    english = root / "docs" / "en" / "labs" / "lab.ipynb"
    korean = root / "docs" / "ko" / "labs" / "lab.ipynb"
    assert language_of(korean) == "ko"
    assert counterpart(korean, "en") == english


@pytest.mark.parametrize("name", ["README.md", "docs/index.md"])
def test_page_of_no_language_is_a_fault(root, name):
    with pytest.raises(Fault) as fault:
        language_of(root / name)
    assert fault.value.place.path == root / name
