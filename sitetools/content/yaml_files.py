"""Read YAML that people write: a duplicate name or an odd character is a fault."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from sitetools.content import files
from sitetools.fault import Fault, Place


class _Unique(yaml.SafeLoader):
    """Refuses duplicate names: PyYAML would drop all but the last."""

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Any, Any]:
        """Return the mapping."""
        seen = set()
        for key, _ in node.value:
            if str(key.value) in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} is a duplicate: keep one",
                    problem_mark=key.start_mark,
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def parse(text: str, path: Path, first: int = 1) -> Any:  # noqa: ANN401
    """Return what YAML says.

    Args:
        text: the YAML.
        path: the file that it is part of.
        first: the line of the file on which it starts.

    Raises:
        Fault: with the line of the file that is not valid.
    """
    remedy = "fix this line or the one above"
    try:
        return yaml.load(text, _Unique)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = text.rstrip("\n").count("\n")  # what is missing at the end is there
        place = Place(path, first + (min(mark.line, last) if mark else 0))
        raise Fault(place, f"not valid YAML ({error.problem})", remedy) from None
    except yaml.reader.ReaderError as error:
        place = Place(path, first + text.count("\n", 0, error.position))
        problem = f"has the control character U+{ord(text[error.position]):04X}"
        raise Fault(place, problem, "delete it") from None
    except (yaml.YAMLError, ValueError) as error:  # such as the date 2026-13-45
        raise Fault(Place(path, first), f"not valid YAML ({error})", remedy) from None


def place(path: Path, *keys: object) -> Place:
    """Return the line of a key, or that of the last key on the way to it.

    Args:
        path: a file that `parse` could read.
        keys: the names from the outermost one on.
    """
    node, line = yaml.compose(files.read(path), _Unique), 1
    for key in keys:
        if not isinstance(node, yaml.MappingNode):
            break
        for name, inner in node.value:
            if name.value == str(key):
                node, line = inner, name.start_mark.line + 1
                break
        else:
            break
    return Place(path, line)
