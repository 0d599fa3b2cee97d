"""Asks whether the links that lead away from here still answer; reports the dead ones.

The tests need no network, so this runs once a week (workflows/weekly.yml) and on demand
(`make links`). It is polite: one request at a time for each host, a pause before each.
A server that refuses robots may well serve readers: such a link is unknown, not dead.
"""

from __future__ import annotations

import http.client
import os
import re
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

ROOT = Path(__file__).resolve().parents[1]
FILES = ("*.md", ".github/**/*.md", "docs/**/*.md", "docs/**/*.ipynb", "docs/**/*.yml")
# Up to what ends a link in Markdown, HTML or JSON; parentheses come in pairs.
LINK = re.compile(r"https?://(?:[^\s<>\"'`|\\()\[\]{}\u0080-\uffff]|\([^\s()]*\))+")
HERE = {"127.0.0.1", "localhost"}
PAUSE, TIMEOUT, TRIES = 3.0, 15.0, 2  # seconds, seconds, times
HEADERS = {
    "User-Agent": f"link-check ({os.environ.get('GITHUB_REPOSITORY', 'by hand')})",
    "Accept": "*/*",
}


def links(root: Path) -> dict[str, list[str]]:
    """Return each address that the files name, with the places where it stands."""
    found: dict[str, list[str]] = {}
    for path in sorted({path for name in FILES for path in root.glob(name)}):
        for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
            for match in LINK.findall(line):
                address = urldefrag(match.rstrip(".,;:!?*_")).url
                if urlsplit(address).hostname not in HERE:
                    place = f"{path.relative_to(root).as_posix()}:{number}"
                    found.setdefault(address, []).append(place)
    return found


def ask(address: str) -> tuple[str, str]:
    """Return whether an address is alive, dead or unknown, and why."""
    for attempt in range(TRIES):
        for method in ("HEAD", "GET"):  # some servers know no HEAD
            time.sleep(PAUSE * 4**attempt)
            code, reason = _answer(address, method)
            if code == 200:
                return "alive", ""
        down = code == 0 or 500 <= code < 600
        if not down and code != 429:  # asking again would change nothing
            break
    return ("dead" if down or code in (404, 410) else "unknown"), reason


def _answer(address: str, method: str) -> tuple[int, str]:
    """Return the status behind all redirects, and what it means; 0 is no answer."""
    # Some publishers send a reader in circles until their cookie comes back.
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    request = urllib.request.Request(address, headers=HEADERS, method=method)
    try:
        with opener.open(request, timeout=TIMEOUT):
            return 200, ""
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, f"HTTP {error.code}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        cause = getattr(error, "reason", error)
        return 0, "no answer in time" if isinstance(cause, TimeoutError) else str(cause)


def check(addresses: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Ask for all addresses: several hosts at once, each host for one at a time."""
    hosts = defaultdict(list)
    for address in addresses:
        hosts[urlsplit(address).netloc].append(address)
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda some: [ask(each) for each in some], hosts.values())
        return {
            address: answer
            for some, theirs in zip(hosts.values(), answers, strict=True)
            for address, answer in zip(some, theirs, strict=True)
        }


def report(
    found: dict[str, list[str]], answers: dict[str, tuple[str, str]], state: str
) -> str:
    """List the links of one state in Markdown, with their places."""
    return "".join(
        f"- <{address}>: {reason}\n" + "".join(f"  - `{place}`\n" for place in places)
        for address, places in sorted(found.items())
        for was, reason in [answers[address]]
        if was == state
    )


def main() -> None:
    """Print the dead links to stdout, and those that no one can check to stderr."""
    found = links(ROOT)
    answers = check(found)
    if all(reason and not reason.startswith("HTTP") for _, reason in answers.values()):
        sys.exit("No server answered: is there a network? Nothing was found out.")
    print(report(found, answers, "dead"), end="")
    unknown = report(found, answers, "unknown")
    if unknown:
        print(f"Not to be told by a robot:\n{unknown}", file=sys.stderr)


if __name__ == "__main__":
    main()
