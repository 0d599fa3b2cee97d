"""How many steps a second the explorer trains, and what it costs the page."""

import statistics

import served
from playwright.sync_api import Page, sync_playwright

BASE = {"depth": 30, "width": 32, "activation": "relu", "init": "he"}
RUNS = {
    "30 layers of 32": {},
    "and batch normalization": {"norm": "batch"},
    "and GELU": {"activation": "gelu"},
    "and float16": {"precision": "float16"},
}
SECONDS = 5
# Steps in a worker without pauses, as the button for 100 steps takes them.
STEPS = """(settings) => new Promise((resolve) => {
  let start;
  const send = trainer(({ step }) => {
    if (step === 0) {
      start = performance.now();
      send({ id: 2, steps: 100, quietly: true });
    } else resolve(step / (performance.now() - start) * 1000);
  });
  send({ id: 1, settings: [settings] });
})"""
LONG = """() => { window.long = []; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.long.push(entry.duration);
}).observe({ type: "longtask" }) }"""


def long_tasks(page: Page, seconds: int) -> list[float]:
    """Return the main thread's tasks above 50 ms while the page plays a run."""
    page.evaluate(LONG)
    page.locator("training-explorer [name=play]").click()
    page.wait_for_timeout(1000 * seconds)
    found: list[float] = page.evaluate("window.long")
    return found


def main() -> None:
    """Print a table."""
    print("the explorer trains, batch 64      steps a second")
    with served.site() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=served.chromium(), args=["--no-sandbox"]
        )
        page = browser.new_page()
        query = "&".join(f"{name}={value}" for name, value in BASE.items())
        page.goto(f"{address}en/training-explorer/?{query}")
        page.locator("training-explorer[data-ready]").wait_for()
        start = page.evaluate("document.querySelector('training-explorer').settings")
        for name, change in RUNS.items():
            speeds = [page.evaluate(STEPS, {**start, **change}) for _ in range(3)]
            print(f"{name:30} {statistics.median(speeds):16.0f}")
        tasks = long_tasks(page, SECONDS)
        longest = max(tasks, default=0)
        print(f"tasks above 50 ms in {SECONDS} s: {len(tasks)}, worst {longest:.0f} ms")
        browser.close()


if __name__ == "__main__":
    main()
