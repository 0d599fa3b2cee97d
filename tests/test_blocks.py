"""The traps: fences and blocks that other tools pass over in silence."""

import textwrap

import blocks
import pytest
import small_site

from sitetools.content import pages
from sitetools.fault import Fault


@pytest.fixture
def page(tmp_path):
    """Return a function that writes a page, the only one of its project."""
    (tmp_path / "mkdocs.yml").touch()

    def write(text, newline="\n"):
        path = tmp_path / "page.md"
        path.write_bytes(textwrap.dedent(text).replace("\n", newline).encode())
        return path

    return write


FENCES = {
    "plain": "```python\nx = 1\n```\n",
    "title": '```python title="x.py"\nx = 1\n```\n',
    "line numbers": '```python linenums="1" hl_lines="1"\nx = 1\n```\n',
    "attribute list": "```{.python .annotate}\nx = 1\n```\n",
    "attribute list with title": '``` { .python title="x.py" }\nx = 1\n```\n',
    "tilde": "~~~python\nx = 1\n~~~\n",
    "four ticks": "````python\nx = 1\n````\n",
    "in a tab": '=== "PyTorch"\n\n    ```python\n    x = 1\n    ```\n',
    "in an admonition": "!!! note\n\n    ```python\n    x = 1\n    ```\n",
    "in folded details": '??? tip "T"\n\n    ```python\n    x = 1\n    ```\n',
    "in a list": "- item\n\n    ```python\n    x = 1\n    ```\n",
    "after a list mark": "- ```python\n  x = 1\n  ```\n",
    "in a quotation": "> ```python\n> x = 1\n> ```\n",
    "short name": "```py\nx = 1\n```\n",
}


@pytest.mark.parametrize("name", FENCES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_every_fence_is_seen(page, name, newline):
    path = page(FENCES[name], newline)
    (block,) = blocks.blocks(path)
    assert block.code.text == "x = 1\n"
    line = pages.read(path).split("\n")[block.code.line - 1]
    assert line.strip(" ->").startswith(("```", "~~~"))


WRONG = {
    "prompts": ("```pycon\n>>> 1\n1\n```\n", 1, "prompts"),
    "misspelled": ("```pyhton\n1\n```\n", 1, "'pyhton'"),
    "no language": ("```\n1\n```\n", 1, "''"),
    "no shell": ("```console\npip install torch\nx = 1\n```\n", 3, "command"),
    "output first": ("```output\n1\n```\n", 1, "does not follow"),
    "text between": (
        "```python\n1\n```\ntext\n```output\n1\n```\n",
        5,
        "does not follow",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_fence_that_no_test_could_run_is_a_fault(page, name):
    text, line, problem = WRONG[name]
    (fault,) = [block.wrong for block in blocks.blocks(page(text)) if block.wrong]
    assert fault.place.line == line
    assert problem in fault.problem


def test_shell_commands_are_not_run(page):
    assert list(blocks.blocks(page("```console\npip install torch\n```\n"))) == []


def test_blocks_are_the_same_if_code_and_output_are(page):
    text = (
        "```python\n1\n```\n\n```python\n1\n```\n\n```python\n2\n```\n\n"
        "```python\n1\n```\n\n```output\n1\n```\n"
    )
    one, same, other, printing = (each.ident for each in blocks.blocks(page(text)))
    assert one == same
    assert len({one, other, printing}) == 3


def test_whole_snippet_is_known_and_shows_no_output(root):
    show = '```python\n--8<-- "snippets/a/small.py"\n```\n'
    path = root / "docs" / "en" / "index.md"
    path.write_text(f"{show}\n{show}\n```output\n1\n```\n", "utf-8")
    snippet = root / "snippets" / "a" / "small.py"
    right, wrong = blocks.blocks(path)
    assert right.snippet == wrong.snippet == snippet
    assert right.wrong is None
    assert wrong.wrong.place.line == 9


def test_file_that_a_block_imports_is_beside_it(root):
    report = root / "snippets" / "a" / "report.py"
    report.write_text("x = 1\n", "utf-8")
    path = root / "docs" / "en" / "index.md"
    path.write_text(
        "```python\nfrom report import x\n```\n\n```python\nimport small\n```\n",
        "utf-8",
    )
    helper, figure = blocks.blocks(path)
    assert blocks.beside(helper) == [report]
    assert blocks.beside(figure) == []  # no one copies a figure's code


def judged(path):
    """Return what is wrong with a page's only block, or None."""
    (block,) = blocks.blocks(path)
    try:
        blocks.judge(block, blocks.run(block))
    except Fault as fault:
        return fault
    return None


@pytest.mark.torch
@pytest.mark.parametrize(
    "text",
    [
        "```python\nprint(1)\n```\n\n```output\n1\n```\n",
        "```python\nx = 1\n```\n",
        "```python\nprint(1)\nint('x')\n```\n\n```output\n1\n"
        "ValueError: invalid literal for int() with base 10: 'x'\n```\n",
    ],
)
def test_right_output_passes(page, text):
    assert judged(page(text)) is None


@pytest.mark.torch
def test_wrong_output_shows_line_code_and_difference(page):
    fault = judged(
        page("text\n\n```python\nprint('ab', 12)\n```\n\n```output\nab 13\n```\n")
    )
    assert isinstance(fault, blocks.OtherOutput)
    assert fault.place.line == 7
    assert fault.printed == "ab 12"
    assert "make update" in fault.remedy
    assert "    4 | print('ab', 12)" in fault.detail
    assert "- ab 13\n?     ^\n+ ab 12\n?     ^" in fault.detail


@pytest.mark.torch
@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("```python\nprint(1)\n```\n", 1, "shows no output"),
        ("```python\nint('1')\n```\n\n```output\nValueError\n```\n", 5, "else"),
        ("a\n\n```python\nx = 1\nx.nothing\n```\n", 5, "fails"),
        ("a\n\n```python\nx = = 1\n```\n", 4, "fails"),
        (
            "```python\nint('x')\n```\n\n```output\nValueError: something else\n```\n",
            2,
            "fails",
        ),
        ("```python\nimport warnings\nwarnings.warn('old')\n```\n", 1, "warns"),
        ("```python\nimport os; os._exit(0)\n```\n", 1, "did not finish"),
    ],
)
def test_wrong_block_is_a_fault_with_its_line(page, text, line, problem):
    fault = judged(page(text))
    assert fault.place.line == line
    assert problem in fault.problem


@pytest.mark.torch
def test_error_marks_the_line_and_names_files_as_authors_do(root):
    path = root / "docs" / "en" / "index.md"
    path.write_text("```python\nx = 1\nx.nothing\n```\n", "utf-8")
    detail = judged(path).detail
    assert ">    3 | x.nothing" in detail
    assert "AttributeError: 'int' object has no attribute 'nothing'" in detail
    assert '"docs/en/index.md", line 3' in detail
    assert str(root) not in detail


PAGES = {
    "missing include": (small_site.add('--8<-- "snippets/none.py"'), 10),
    "fence without end": (small_site.add("```python\nx"), 10),
    "not UTF-8": (small_site.write("docs/en/index.md", b"a\n\xe9\n"), 2),
}


@pytest.mark.parametrize("name", PAGES)
def test_page_that_cannot_be_read_is_a_fault(root, name):
    act, line = PAGES[name]
    act(root)
    with pytest.raises(Fault) as fault:
        list(blocks.blocks(root / "docs" / "en" / "index.md"))
    assert fault.value.place.line == line
