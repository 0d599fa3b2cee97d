"""One Chromium for the browser tests: the system's own, nothing is downloaded."""

import os
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from project import absent

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder as a browser test."""
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a running Chromium; without one, skip (locally) or fail (in CI)."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, names)), ""
    )
    if not found:
        absent("no Chromium found; install one or name it in the variable CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def folder(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a reader unpacks from the copy to read offline."""
    place = tmp_path_factory.mktemp("downloads") / "내려받기 #1"  # as readers have them
    [path] = site.glob("*.zip")
    with zipfile.ZipFile(path) as archive:
        archive.extractall(place)
    return place / path.stem


class Opened:
    """A page that remembers what went wrong while it was used."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("requestfailed", lambda request: self.errors.append(request.url))
        page.on("request", lambda request: self.requests.append(request.url))

    def _console(self, message: Any) -> None:  # noqa: ANN401
        if message.type in ("error", "warning"):
            self.errors.append(message.text)

    def go(self, path: str) -> Page:
        """Open a path of the site."""
        self.page.goto(self.address + path)
        return self.page


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Any]:
    """Return a function that opens a fresh page with the given context options."""
    all_opened = []

    def opened(**options: Any) -> Opened:  # noqa: ANN401
        page = chromium.new_context(**options).new_page()
        all_opened.append(Opened(page, address))
        return all_opened[-1]

    yield opened
    for one in all_opened:
        # Shown if the test fails: why what it waited for never came.
        print(f"{one.page.url}: {one.errors or 'no errors'}")
        one.page.context.close()


@pytest.fixture(scope="session")
def without_script(chromium: Browser) -> Iterator[Page]:
    """Return a page that runs no script; one serves all tests."""
    with chromium.new_context(java_script_enabled=False) as context:
        yield context.new_page()
