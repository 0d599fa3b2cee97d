"""The traps: fences and blocks that other tools pass over in silence."""

import textwrap

import blocks
import pytest

from sitetools.content import pages
from sitetools.measure import sandbox

pytestmark = pytest.mark.torch


def page(tmp_path, text, newline="\n"):
    path = tmp_path / "page.md"
    path.write_bytes(textwrap.dedent(text).replace("\n", newline).encode())
    return path


def found(path):
    return [(block.code.text, block.code.line) for block in blocks.blocks(path)]


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
    "behind a list mark": "- ```python\n  x = 1\n  ```\n",
    "in a quotation": "> ```python\n> x = 1\n> ```\n",
    "short name": "```py\nx = 1\n```\n",
}


@pytest.mark.parametrize("name", FENCES)
@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_every_fence_is_seen(tmp_path, name, newline):
    path = page(tmp_path, FENCES[name], newline)
    ((text, line),) = found(path)
    assert text == "x = 1\n"
    assert (
        pages.read(path).split("\n")[line - 1].strip(" ->").startswith(("```", "~~~"))
    )


def test_included_section_is_expanded(tmp_path):
    path = page(
        tmp_path,
        """\
        text

        ```python
        --8<-- "tests/data/included.py:shown"
        print(shown)
        ```
        """,
    )
    (block,) = blocks.blocks(path)
    assert block.code.text == "shown = 1\nprint(shown)\n"
    assert block.code.lines == [4, 5]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("```pycon\n>>> 1\n1\n```\n", "prompts"),
        ("```pyhton\n1\n```\n", "'pyhton'"),
        ("```\n1\n```\n", "''"),
        ("```console\nx = 1\n```\n", "begins with no command"),
        ("```output\n1\n```\n", "follows no python block"),
        ("```python\n1\n```\ntext\n```output\n1\n```\n", "follows no python block"),
    ],
)
def test_fence_that_no_test_could_run_is_an_error(tmp_path, text, reason):
    wrong = [
        block.wrong for block in blocks.blocks(page(tmp_path, text)) if block.wrong
    ]
    assert len(wrong) == 1
    assert reason in wrong[0]


def test_shell_commands_are_listed_as_not_run(tmp_path):
    assert found(page(tmp_path, "```console\npip install torch\n```\n")) == []


def verdict(tmp_path, text):
    (block,) = blocks.blocks(page(tmp_path, text))
    return blocks.judge(
        block,
        sandbox.run(block.code.text, str(block.code.path), block.code.lines, limit=2),
    )


def test_right_output_passes(tmp_path):
    assert verdict(tmp_path, "```python\nprint(1)\n```\n\n```output\n1\n```\n") is None


def test_wrong_output_names_line_code_and_difference(tmp_path):
    message = verdict(
        tmp_path, "text\n\n```python\nprint('ab', 12)\n```\n\n```output\nab 13\n```\n"
    )
    assert "page.md:7: the block prints something else" in message
    assert "    4 | print('ab', 12)" in message
    assert "- ab 13\n?     ^\n+ ab 12\n?     ^" in message
    assert "make update" in message


def test_output_that_the_page_does_not_show_fails(tmp_path):
    message = verdict(tmp_path, "```python\nprint(1)\n```\n")
    assert "page.md:1: the block prints, but the page shows no output" in message


def test_error_names_the_line_in_the_page(tmp_path):
    message = verdict(tmp_path, "a\n\n```python\nx = 1\nx.nothing\n```\n")
    assert "page.md:5: the block fails" in message
    assert ">    5 | x.nothing" in message
    assert "AttributeError: 'int' object has no attribute 'nothing'" in message


def test_syntax_error_names_the_line_in_the_page(tmp_path):
    assert "page.md:4: the block fails" in verdict(
        tmp_path, "a\n\n```python\nx = = 1\n```\n"
    )


def test_error_that_the_page_shows_is_expected(tmp_path):
    text = "```python\nprint(1)\nint('x')\n```\n\n```output\n1\n{}\n```\n"
    right = "ValueError: invalid literal for int() with base 10: 'x'"
    assert verdict(tmp_path, text.format(right)) is None
    assert "fails" in verdict(tmp_path, text.format("ValueError: something else"))


def test_error_that_does_not_come_fails(tmp_path):
    assert verdict(tmp_path, "```python\nint('1')\n```\n\n```output\nValueError\n```\n")


def test_each_block_runs_alone(tmp_path):
    path = page(tmp_path, "```python\nx = 1\n```\n\n```python\nx\n```\n")
    first, second = blocks.blocks(path)
    assert sandbox.run(first.code.text).error is None
    assert sandbox.run(second.code.text).error == "NameError: name 'x' is not defined"


def test_forgotten_seed_is_caught():
    source = "import torch, random, numpy\nx = torch.rand(1).item(), random.random(), numpy.random.rand()"
    one, two = (sandbox.run(source, values=["x"]).values["x"] for _ in range(2))
    assert all(a != b for a, b in zip(one, two, strict=True))


def test_project_cannot_be_imported():
    assert "ModuleNotFoundError" in (sandbox.run("import frozen").error or "")


@pytest.mark.parametrize(
    ("expected", "got", "result"),
    [
        ("slope -0.347", "slope -0.347", True),
        ("slope -0.347", "slope -0.348", True),
        ("slope -0.347", "slope -0.349", False),
        ("slope -0.347", "slope 0.347", False),
        ("slope -0.347", "slope -0.35", False),
        ("12 layers", "13 layers", False),
        ("1.2e-12", "1.3e-12", True),
        ("1.2e-12", "1.2e-11", False),
        ("9.9e-05", "1.0e-04", True),
        ("0.1e+00", "9.3e-12", False),
        ("0e+07", "0e+00", False),
        ("0.0e+00", "0.1e+00", True),
        ("1.0e-04", "9.1e-05", False),
        ("1.042", "+1.042", False),
        ("00.013", "0.013", False),
        ("9.999", "10.000", True),
        ("layer1 1.00", "layer2 1.00", False),
        ("7e-08", "8e-08", True),
        ("9e-08", "1e-07", True),
        ("7e-08", "9e-08", False),
        ("7", "8", False),
        ("a 1.00", "b 1.00", False),
        ("1.00", "1.00 2.00", False),
        ("nan", "0.1", False),
    ],
)
def test_numbers_are_compared_to_the_digits_shown(expected, got, result):
    assert blocks.same(expected, got) is result


def test_file_that_a_block_imports_lies_beside_it():
    source = "from gradient_report import GradientReport"
    (path,) = blocks.beside(source)
    assert path.name == "gradient_report.py"
    assert sandbox.run(source, beside=[path]).error is None
    assert "ModuleNotFoundError" in (sandbox.run(source).error or "")
    assert blocks.beside("import variance_by_depth") == []  # a figure's code


def test_update_rewrites_only_outputs(tmp_path):
    text = (
        '# T\r\n\r\n=== "A"\r\n\r\n    ```python\r\n    print(2)\r\n    ```\r\n\r\n'
        "    ```output\r\n    1\r\n    ```\r\n\r\n```python\r\nprint(3)\r\n```\r\nend\r\n"
    )
    path = tmp_path / "page.md"
    path.write_bytes(text.encode())
    first, second = blocks.blocks(path)
    blocks.rewrite(path, [(first, "2"), (second, "3")])
    expected = text.replace("    1\r\n", "    2\r\n").replace(
        "print(3)\r\n```\r\n", "print(3)\r\n```\r\n\r\n```output\r\n3\r\n```\r\n"
    )
    assert path.read_bytes().decode() == expected
