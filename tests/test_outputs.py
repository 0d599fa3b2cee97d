"""Outputs are rewritten on every page that has them, and nothing else is."""

import blocks
import outputs
import pytest
import small_site

from sitetools.content.project import Project
from sitetools.fault import Fault

BEFORE = (
    '# T\r\n\r\n=== "A"\r\n\r\n    ```python\r\n    print(2)\r\n    ```\r\n\r\n'
    "    ```output\r\n    1\r\n    ```\r\n\r\n```python\r\nprint(3)\r\n```\r\nend\r\n"
    "\r\n```python\r\n4\r\n```\r\n\r\n```output\r\n4\r\n```\r\n\r\nend\r\n"
)
AFTER = (
    BEFORE.replace("    1\r\n", "    2\r\n\r\n    a\r\n")
    .replace("print(3)\r\n```\r\n", "print(3)\r\n```\r\n\r\n```output\r\n3\r\n```\r\n")
    .replace("4\r\n```\r\n\r\n```output\r\n4\r\n```", "4\r\n```")
)


def page(root, language, text):
    path = root / "docs" / language / "index.md"
    path.write_bytes(text.encode())
    return path


def test_only_outputs_are_rewritten(root):
    path = page(root, "en", BEFORE)
    first, second, third = blocks.blocks(path)
    outputs.rewrite(path, [(third, ""), (first, "2\n\na"), (second, "3")])
    assert path.read_bytes().decode() == AFTER


def test_every_page_that_has_the_block_is_rewritten(root):
    english, korean = page(root, "en", BEFORE), page(root, "ko", BEFORE)
    first, *_ = blocks.blocks(english)
    found = outputs.update(Project(root), {first.ident: "2"})
    assert found == [(english, 1), (korean, 1)]
    assert english.read_bytes() == korean.read_bytes() != BEFORE.encode()


def test_full_disk_keeps_the_page(root, full):
    path = page(root, "en", BEFORE)
    first, *_ = blocks.blocks(path)
    before = small_site.files(root)
    full()
    with pytest.raises(Fault, match="No space left") as fault:
        outputs.update(Project(root), {first.ident: "2"})
    assert fault.value.place.path == path
    assert small_site.files(root) == before
