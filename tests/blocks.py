"""The Python blocks of a page: what each must print, and whether it does.

A block is a `python` fence; an `output` fence right after it shows what it prints, with
the last line of the traceback where it is meant to fail. docs/conftest.py makes each
block a test, outputs.py rewrites their outputs.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sitetools.content import files, pages, snippets
from sitetools.content.project import Project
from sitetools.fault import Fault, Place, relative
from sitetools.measure import compare, sandbox
from sitetools.measure.sandbox_process import Outcome

PYTHON = {"python", "py", "python3", "py3"}
OUTPUT = "output"
NOT_RUN = {
    "console": "commands for a shell",
    "html": "for a reader's own page: tests/browser/test_framing.py loads it",
}
"""Languages of fences that are not code to run, each with its reason."""
SHELL = ("pip install ", "python ", "uv ", "make ", "git ", "curl ")
"""What a line of a `console` fence begins with."""


@dataclass
class Block:
    """A Python fence, with the output fence that belongs to it."""

    code: pages.Fence
    output: pages.Fence | None = None
    wrong: Fault | None = None
    """Why the fence cannot be tested at all."""
    snippet: Path | None = None
    """The measuring snippet that this block shows whole, if it does."""
    also: list[Block] = field(default_factory=list)
    """The same block on other pages: it runs once for all."""

    @property
    def expected(self) -> str:
        """What the page shows as its output."""
        return self.output.text.strip("\n") if self.output else ""

    @property
    def ident(self) -> str:
        """A hash of code and output: blocks are the same where it is the same."""
        parts = [self.code.text, self.output and self.output.text, str(self.wrong)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


class OtherOutput(Fault):
    """A block prints something else than its page shows."""

    printed = ""


def blocks(path: Path) -> Iterator[Block]:
    """Yield the page's Python blocks, and each fence that no test could run."""
    whole = {
        files.read(snippet).strip(): snippet
        for snippet in snippets.measuring(Project.of(path))
    }
    lines = pages.read(path).split("\n")
    waiting: Block | None = None
    for fence in pages.fences(path):
        if fence.language == OUTPUT and waiting:
            between = lines[waiting.code.end : fence.line - 1]
            if not "".join(between).strip():
                waiting.output = fence
                if waiting.snippet:
                    problem = "a page shows no output of a whole snippet"
                    waiting.wrong = Fault(fence.place, problem, "remove this fence")
                yield waiting
                waiting = None
                continue
        if waiting:
            yield waiting
            waiting = None
        if fence.language in PYTHON:
            waiting = Block(fence, snippet=whole.get(fence.text.strip()))
        elif wrong := _wrong(fence):
            yield Block(fence, wrong=wrong)
    if waiting:
        yield waiting


def _wrong(fence: pages.Fence) -> Fault | None:
    """Return why no test could run a fence that is not Python, or None."""
    if fence.language == OUTPUT:
        problem = "this output fence does not follow a python block"
        return Fault(fence.place, problem, "put it right after its block")
    if fence.language == "pycon":
        problem = "prompts (>>>) cannot be copied and run"
        remedy = "write a python fence and, after it, an output fence"
        return Fault(fence.place, problem, remedy)
    if fence.language not in NOT_RUN:
        problem = f"no test looks at a fence of language {fence.language!r}"
        remedy = (
            f"write python, output or one of {', '.join(NOT_RUN)} (tests/blocks.py: "
            "NOT_RUN)"
        )
        return Fault(fence.place, problem, remedy)
    commands = fence.text.split("\n") if fence.language == "console" else []
    for number, line in zip(fence.lines, commands, strict=False):
        if line and not line.startswith(SHELL):
            problem = f"{line!r} does not begin with a command that we know"
            remedy = "write Python in a python fence (tests/blocks.py: SHELL)"
            return Fault(Place(fence.path, number), problem, remedy)
    return None


def beside(block: Block) -> list[Path]:
    """Return the snippets that the block imports: files to put beside it."""
    try:
        names = snippets.imported(block.code.text)
    except SyntaxError:  # running it says so
        return []
    project = Project.of(block.code.path)
    found = set(project.snippets.rglob("*.py"))
    found -= set(snippets.measuring(project))
    return sorted(path for path in found if path.stem in names)


def run(block: Block) -> Outcome:
    """Run a block as its reader would."""
    name, lines = relative(block.code.path), block.code.lines
    return sandbox.run(block.code.text, name, lines, beside=beside(block))


def judge(block: Block, outcome: Outcome) -> None:
    """Compare what a block did with what its page shows.

    Raises:
        OtherOutput: if it prints something else.
        Fault: if it fails, does not finish, or warns.
    """
    place = block.code.place
    if outcome.broken:
        problem = f"the block did not finish: {outcome.broken}"
        raise Fault(place, problem, "fix or shorten it", _shown(block))
    printed = compare.tidy(outcome.stdout + (outcome.error or ""))
    if compare.same(block.expected, printed):
        if outcome.stderr.strip():
            detail = f"{_shown(block)}\n{outcome.stderr}"
            problem = "the block warns its reader"
            raise Fault(place, problem, "remove what causes the warning", detail)
        return
    if outcome.error and outcome.error not in block.expected:
        line = outcome.line or block.code.line
        trace = (outcome.trace + outcome.error).replace(
            f"{Project.of(place.path).root}/", ""
        )
        detail = f"{_shown(block, line)}\n{trace}"
        fails = Place(place.path, line)
        raise Fault(fails, "the block fails", "fix this line", detail)
    problem = "the block prints, but the page shows no output"
    if block.output:
        place, problem = block.output.place, "the block prints something else"
    before, now = (
        [f"{row}\n" for row in text.split("\n")] for text in (block.expected, printed)
    )
    difference = "".join(difflib.ndiff(before, now))
    detail = f"{_shown(block)}\n- is shown, + was printed:\n{difference}".rstrip()
    remedy = "if what was printed is right, run `make update`"
    fault = OtherOutput(place, problem, remedy, detail)
    fault.printed = printed
    raise fault


def _shown(block: Block, mark: int = 0) -> str:
    """Return the block's code with line numbers, as a compiler would show it."""
    rows = [
        f"{'>' if number == mark else ' '}{number:5} | {line}"
        for number, line in zip(
            block.code.lines, block.code.text.split("\n"), strict=False
        )
    ]
    if len(rows) > 40:
        rows = [*rows[:20], "      | …", *rows[-19:]]
    rows += [f"The same block is at {other.code.place}." for other in block.also]
    return "\n".join(rows)
