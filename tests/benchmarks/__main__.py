"""What `make bench` measures: each file beside this one, or those that are named.

Times say something about one machine only, so no test asserts on them.
"""

import importlib
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS), str(TESTS.parent)]  # what the tests share, and the tools
ALL = sorted(
    path.stem
    for path in Path(__file__).parent.glob("*.py")
    if "\ndef main(" in path.read_text("utf-8") and path.stem != "__main__"
)


def main() -> None:
    """Print the table of each."""
    names = sys.argv[1:] or ALL
    if unknown := set(names) - set(ALL):
        raise SystemExit(f"there is no {', '.join(unknown)}; there is {', '.join(ALL)}")
    for name in names:
        importlib.import_module(name).main()
        print()


if __name__ == "__main__":
    main()
