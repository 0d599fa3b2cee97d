"""How long the explorer takes to show another network."""

import statistics

import served
from playwright.sync_api import sync_playwright

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


def redraw_times(address: str, width: int) -> list[float]:
    """Return the milliseconds that each network of the explorer takes to show."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=served.chromium(), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.goto(f"{address}en/why-gradients-vanish-and-explode/#explorer")
        page.locator("gradient-explorer[data-verdict]").wait_for()
        times: list[float] = page.evaluate(REDRAW)
        browser.close()
    return times


def main() -> None:
    """Print a table."""
    print("the explorer redraws    median     worst  over 16 ms")
    with served.site() as address:
        for width in (360, 1280):
            times = redraw_times(address, width)
            print(
                f"{width:4} px wide {statistics.median(times):14.1f} ms "
                f"{max(times):6.1f} ms {sum(t > 16 for t in times):5} of {len(times)}"
            )


if __name__ == "__main__":
    main()
