"""Blocks of code are colored once, and as pymdownx itself would."""

import markdown
import pytest
from project import PROJECT

from sitetools.render import code_blocks

OPTIONS = {"use_pygments": True, "pygments_lang_class": True}
TEXT = (
    '```python title="a.py" hl_lines="2"\nimport torch\nx = "a < b"\n```\n\n'
    "```output\n1\n```\n\n"
    '=== "tab"\n\n    ```{.python .own #name}\n    import torch\n    ```\n'
)


def rendered(highlight, text=TEXT):
    extensions = [highlight, "attr_list", "pymdownx.tabbed", "pymdownx.superfences"]
    options = {code_blocks.NAME: OPTIONS} if highlight == code_blocks.NAME else {}
    return markdown.markdown(text, extensions=extensions, extension_configs=options)


def test_blocks_are_those_of_pymdownx():
    ours = rendered(code_blocks.HighlightOnce(**OPTIONS))
    assert ours == rendered(code_blocks.NAME)
    assert 'class="language-python highlight"' in ours
    assert ours.count("<span") > 10


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace('title="a.py"', 'title="b.py"'),
        TEXT.replace('hl_lines="2"', 'hl_lines="1"'),
        TEXT.replace("```python title", "```json title"),
        TEXT.replace("#name", "#other"),
    ],
)
def test_blocks_that_differ_in_one_thing_are_not_confused(other):
    ours = code_blocks.HighlightOnce(**OPTIONS)
    rendered(ours)
    assert rendered(code_blocks.HighlightOnce(**OPTIONS), other) == rendered(
        code_blocks.NAME, other
    )


def test_block_is_colored_once(monkeypatch):
    colored = []
    highlight = code_blocks.Highlight.highlight
    monkeypatch.setattr(
        code_blocks.Highlight,
        "highlight",
        lambda self, src, *a, **k: colored.append(src) or highlight(self, src, *a, **k),
    )
    for title in ("하나", "둘"):
        text = f"# {title}\n\n```python\nx = {id(colored)}\n```\n"
        rendered(code_blocks.HighlightOnce(**OPTIONS), text)
    assert len(colored) == 1


def test_lines_have_no_ids_which_a_second_page_could_not_share():
    config = (PROJECT.root / "mkdocs.yml").read_text("utf-8")
    assert "line_spans" not in config
    assert "line_anchors" not in config
    assert "linenums" not in config
