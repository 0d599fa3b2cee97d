"""What `make bench` measures: watching a training step, and redrawing the explorer.

Times say something about this machine only, so no test asserts on them.
"""

import functools
import http.server
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import project
import torch
from playwright.sync_api import sync_playwright
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[1] / "snippets" / "diagnose"))
from gradient_report import GradientReport  # type: ignore[import-not-found]

ROUNDS = 15


class Lstm(nn.Module):
    """Two LSTM layers that read 32 steps."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(64, 128, num_layers=2, batch_first=True)
        self.head = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Return scores from the last step."""
        outputs, _ = self.lstm(x)
        return self.head(outputs[:, -1])  # type: ignore[no-any-return]


def convolutions() -> nn.Module:
    """Return six convolutions with batch normalization."""
    layers: list[nn.Module] = []
    for channels_in, channels in [(3, 32), *[(32, 32)] * 5]:
        layers += [nn.Conv2d(channels_in, channels, 3, padding=1)]
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10)
    )


def perceptron() -> nn.Module:
    """Return ten layers of 512 units."""
    layers = [module for _ in range(10) for module in (nn.Linear(512, 512), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(512, 10))


def transformer() -> nn.Module:
    """Return four encoder layers of width 128."""
    layer = nn.TransformerEncoderLayer(128, 4, 256, batch_first=True)
    return nn.Sequential(nn.TransformerEncoder(layer, 4), nn.Linear(128, 10))


MODELS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "10 linear layers, batch 128": (perceptron, (128, 512)),
    "6 convolutions, batch 16": (convolutions, (16, 3, 32, 32)),
    "2 LSTM layers, 32 steps, batch 32": (Lstm, (32, 32, 64)),
    "4 transformer layers, batch 16": (transformer, (16, 32, 128)),
}


def step_time(model: nn.Module, x: Tensor, watch: bool) -> float:
    """Return the median time of a training step, in seconds."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001)
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        with GradientReport(model) if watch else nullcontext():
            optimizer.zero_grad()
            model(x).square().mean().backward()
            optimizer.step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


# Every network that there is, with its parts already fetched: the time until the new
# charts are laid out. The pauses let the browser paint, as it does between two changes.
REDRAW = """async () => {
  const explorer = document.querySelector("gradient-explorer");
  let states = [{}];
  for (const [name, values] of Object.entries(explorer.choices)) {
    const one = (state) => values.map((value) => ({ ...state, [name]: value }));
    states = states.flatMap(one);
  }
  const fetched = new Set();
  const times = [];
  for (const state of states) {
    const part = state.activation + state.norm;
    if (!fetched.has(part)) await explorer.change(state);
    fetched.add(part);
    if (times.length % 50 === 0) await new Promise(requestAnimationFrame);
    const start = performance.now();
    await explorer.change({ ...state });
    explorer.getBoundingClientRect();
    times.push(performance.now() - start);
  }
  return times;
}"""


def redraw_times(width: int) -> list[float]:
    """Return the milliseconds that each network of the explorer takes to show."""
    browser_at = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        project.build(Path(folder))
        handler = functools.partial(_Quiet, directory=folder)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser = playwright.chromium.launch(
                executable_path=browser_at, args=["--no-sandbox"]
            )
            page = browser.new_page(viewport={"width": width, "height": 900})
            address = f"http://127.0.0.1:{server.server_port}/en/"
            page.goto(f"{address}why-gradients-vanish-and-explode/#explorer")
            page.locator("gradient-explorer[data-verdict]").wait_for()
            times: list[float] = page.evaluate(REDRAW)
            browser.close()
            server.shutdown()
    return times


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Print a table and a line."""
    print(f"{'a training step':34} {'plain':>9} {'watched':>9} {'times':>6}  1 in 100")
    for name, (build, shape) in MODELS.items():
        torch.manual_seed(0)
        model, x = build(), torch.randn(shape)
        plain, watched = (step_time(model, x, watch) for watch in (False, True))
        ratio = watched / plain
        print(
            f"{name:34} {plain * 1000:6.1f} ms {watched * 1000:6.1f} ms {ratio:6.1f}"
            f"  {(ratio - 1) / 100:+8.1%}"
        )
    for width in (360, 1280):
        times = redraw_times(width)
        print(
            f"the explorer redraws, {width} px wide: median "
            f"{statistics.median(times):.1f} ms, worst of {len(times)} "
            f"{max(times):.1f} ms; {sum(t > 16 for t in times)} over 16 ms"
        )


if __name__ == "__main__":
    main()
