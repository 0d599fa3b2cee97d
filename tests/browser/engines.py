"""Firefox and WebKit as a distribution brings them, to be used as a reader uses them.

Firefox is driven by itself: it speaks WebDriver BiDi over a web socket; Playwright's
own client for that asks this Firefox for more than it knows. WebKitGTK brings a driver
that speaks WebDriver over HTTP. Both take the same keys and run the same scripts. That
driver says nothing of the console: pages have to record what goes wrong.
"""

import base64
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import websocket
from project import absent

WAIT = 60
"""Seconds until something that should have happened is a failure, on a busy machine."""
CONTROL = "\ue009"
RECORDER = """<script>{
  const said = (window.recorded = []);
  for (const kind of ["error", "warn"]) {
    const say = console[kind];
    console[kind] = (...words) => { said.push(words.join(" ")); say(...words); };
  }
  addEventListener("error", ({ message, target }) =>
    said.push(message ?? `not loaded: ${target.src ?? target.href}`), true);
  addEventListener("unhandledrejection", ({ reason }) => said.push(`${reason}`));
  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    said.push(`${violatedDirective} does not allow ${blockedURI}`));
}</script>"""
"""A page's first script, before the page's policy, which would forbid it."""
CHARSET = '<meta charset="utf-8">'
PREFERENCES = {
    # It would ask other hosts on its own.
    "app.normandy.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # What the tests look at.
    "layout.css.prefers-color-scheme.content-override": 0,  # dark
    "network.prefetch-next": True,
}


def record(folder: Path) -> None:
    """Let all pages in a folder record what goes wrong."""
    for path in folder.rglob("*.html"):
        html = path.read_text("utf-8")
        assert CHARSET in html, f"{path} does not name its charset"
        path.write_text(html.replace(CHARSET, CHARSET + RECORDER, 1), "utf-8")


class Engine(ABC):
    """A browser with one page, whose system is dark."""

    @abstractmethod
    def go(self, address: str) -> None:
        """Open a page and wait until it is there."""

    @abstractmethod
    def ask(self, function: str, *arguments: object) -> Any:  # noqa: ANN401
        """Return what a JavaScript function returns, or promises."""

    @abstractmethod
    def act(self, actions: list[dict[str, Any]]) -> None:
        """Do what WebDriver calls actions."""

    @abstractmethod
    def enter_frame(self) -> None:
        """Ask the first frame of the page from now on, until the next page."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the page another size."""

    @abstractmethod
    def errors(self) -> list[str]:
        """Return what has gone wrong on the page since this was asked before."""

    def press(self, keys: str, held: str = "") -> None:
        """Press keys one after the other, holding another down."""
        steps = [("keyDown", key) for key in held]
        steps += [(kind, key) for key in keys for kind in ("keyDown", "keyUp")]
        steps += [("keyUp", key) for key in held]
        actions = [{"type": kind, "value": key} for kind, key in steps]
        self.act([{"type": "key", "id": "keys", "actions": actions}])

    def wait(self, condition: str, *arguments: object) -> Any:  # noqa: ANN401
        """Wait until a JavaScript function returns something true, and return that.

        Raises:
            TimeoutError: with the condition, if it never does.
        """
        end = time.monotonic() + WAIT
        while not (found := self.ask(condition, *arguments)):
            if time.monotonic() > end:
                raise TimeoutError(condition)
            time.sleep(0.05)
        return found


def _call(function: str, arguments: tuple[object, ...]) -> str:
    """Return JavaScript that promises what a function returns, as JSON."""
    given = json.dumps(arguments)
    return f"(async () => JSON.stringify(await ({function})(...{given})) ?? null)()"


def _found(*names: str) -> str:
    for path in filter(None, map(shutil.which, names)):
        return path
    absent(f"no {' or '.join(names)} found; .ci/run names Debian's packages")


@contextmanager
def _running(
    command: list[str], log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program while the block runs; what it says is in a file."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
        )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(WAIT)


def _said(log: Path, pattern: str) -> str:
    """Wait until a program says what matches, and return its group."""
    end = time.monotonic() + WAIT
    while not (match := re.search(pattern, log.read_text("utf-8", "replace"))):
        if time.monotonic() > end:
            raise TimeoutError(f"{pattern} is not in: {log.read_text('utf-8')}")
        time.sleep(0.05)
    return match[1]


class Firefox(Engine):
    """Firefox, over WebDriver BiDi."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(
            address, timeout=WAIT, suppress_origin=True
        )
        self._count = 0
        self._console: list[str] = []
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        [top] = self._send("browsingContext.getTree")["contexts"]
        self._page = self._asked = top["context"]

    def _send(self, method: str, **params: object) -> Any:  # noqa: ANN401
        self._count += 1
        command = {"id": self._count, "method": method, "params": params}
        self._socket.send(json.dumps(command))
        while True:
            answer = json.loads(self._socket.recv())
            if answer["type"] == "event":
                entry = answer["params"]
                if entry["level"] in ("error", "warn"):
                    self._console.append(entry["text"])
            elif answer["id"] == self._count:
                if answer["type"] == "error":
                    raise RuntimeError(f"{method}: {answer['message']}")
                return answer["result"]

    def go(self, address: str) -> None:
        self._send(
            "browsingContext.navigate",
            context=self._page,
            url=address,
            wait="complete",
        )
        self._asked = self._page

    def ask(self, function: str, *arguments: object) -> Any:  # noqa: ANN401
        call = _call(function, arguments)
        answer = self._send(
            "script.evaluate",
            expression=call,
            target={"context": self._asked},
            awaitPromise=True,
            userActivation=True,
        )
        if answer["type"] == "exception":
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value", "null"))

    def act(self, actions: list[dict[str, Any]]) -> None:
        self._send("input.performActions", context=self._asked, actions=actions)

    def enter_frame(self) -> None:
        [top] = self._send("browsingContext.getTree", root=self._page)["contexts"]
        self._asked = top["children"][0]["context"]

    def resize(self, width: int, height: int) -> None:
        viewport = {"width": width, "height": height}
        self._send("browsingContext.setViewport", context=self._page, viewport=viewport)

    def errors(self) -> list[str]:
        self.ask("() => new Promise((done) => setTimeout(done, 50))")
        found, self._console = self._console, []
        return found

    def pdf(self) -> bytes:
        """Print the page, on sheets of A4 where it names none."""
        sheet = {"width": 21.0, "height": 29.7}
        printed = self._send("browsingContext.print", context=self._page, page=sheet)
        return base64.b64decode(printed["data"])


@contextmanager
def firefox(folder: Path) -> Iterator[Firefox]:
    """Start Firefox with a fresh profile; without it, skip or fail."""
    profile, log = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
        for name, value in PREFERENCES.items()
    ]
    (profile / "user.js").write_text("".join(lines), "utf-8")
    command = [
        _found("firefox-esr", "firefox"),
        "--headless",
        "--remote-debugging-port=0",
    ]
    with _running([*command, "--profile", str(profile), "about:blank"], log):
        address = _said(log, r"WebDriver BiDi listening on (\S+)")
        yield Firefox(f"{address}/session")


class WebKit(Engine):
    """WebKitGTK's small browser, over WebDriver."""

    def __init__(self, address: str) -> None:
        self._session = ""
        self._base = address
        if not (found := [*Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser")]):
            absent("no MiniBrowser found; .ci/run names Debian's packages")
        browser = {"binary": found[0].as_posix(), "args": ["--automation"]}
        wanted = {
            "webkitgtk:browserOptions": browser,
            "timeouts": {"script": WAIT * 1000},
        }
        made = self._send("POST", "", capabilities={"alwaysMatch": wanted})
        self._session = f"/{made['sessionId']}"

    def _send(self, verb: str, path: str, **params: object) -> Any:  # noqa: ANN401
        request = urllib.request.Request(
            f"{self._base}/session{self._session}{path}",
            json.dumps(params).encode() if verb == "POST" else None,
            method=verb,
        )
        try:
            with urllib.request.urlopen(request, timeout=2 * WAIT) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()}") from None

    def go(self, address: str) -> None:
        self._send("POST", "/url", url=address)

    def ask(self, function: str, *arguments: object) -> Any:  # noqa: ANN401
        promise = _call(function, arguments)
        script = f"""const done = arguments[arguments.length - 1];
          {promise}.then((it) => done([it]), (error) => done([null, `${{error}}`]))"""
        value, *error = self._send("POST", "/execute/async", script=script, args=[])
        if error:
            raise RuntimeError(error[0])
        return json.loads(value or "null")

    def act(self, actions: list[dict[str, Any]]) -> None:
        self._send("POST", "/actions", actions=actions)

    def enter_frame(self) -> None:
        self._send("POST", "/frame", id=0)

    def resize(self, width: int, height: int) -> None:
        self._send("POST", "/window/rect", width=width, height=height)

    def errors(self) -> list[str]:
        self.ask("() => new Promise((done) => setTimeout(done, 50))")
        return list(self.ask("() => window.recorded.splice(0)"))


def _answers(port: int) -> None:
    """Wait until a program listens."""
    end = time.monotonic() + WAIT
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@contextmanager
def webkit(folder: Path) -> Iterator[WebKit]:
    """Start WebKit on a screen that nobody sees; without it, skip or fail."""
    screen, log = folder / "screen.log", folder / "webkit.log"
    driver, size = _found("WebKitWebDriver"), ["-screen", "0", "1600x1200x24"]
    with ExitStack() as stack:
        server = [_found("Xvfb"), "-displayfd", "1", "-nolisten", "tcp", *size]
        stack.enter_context(_running(server, screen))
        display = _said(screen, r"(?m)^(\d+)\n")
        environment = {
            "DISPLAY": f":{display}",
            "GTK_THEME": "Adwaita:dark",
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",  # its sandbox refuses root
        }
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        stack.enter_context(_running([driver, f"--port={port}"], log, **environment))
        _answers(port)
        engine = WebKit(f"http://127.0.0.1:{port}")
        stack.callback(engine._send, "DELETE", "")
        yield engine
