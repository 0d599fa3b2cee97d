"""The browser obeys the policy in the page."""

BROKEN = """() => new Promise((resolve) => {
  const blocked = [];
  document.addEventListener("securitypolicyviolation", (event) => {
    blocked.push(event.effectiveDirective);
    if (blocked.length === 5) resolve(blocked.sort());
  });
  setTimeout(() => resolve(blocked.sort()), 5000);
  const script = document.createElement("script");
  script.textContent = "window.injected = true";
  const elsewhere = document.createElement("script");
  elsewhere.src = "https://elsewhere.example/x.js";
  document.head.append(script, elsewhere);
  new Image().src = "https://elsewhere.example/x.png";
  fetch("https://elsewhere.example/x.json").catch(() => {});
  const box = document.createElement("p");
  box.innerHTML = "<b onclick='window.injected = true'>x</b>";
  document.body.append(box);
  box.firstChild.click();
})"""


def test_injected_script_and_other_hosts_are_blocked(open_page):
    opened = open_page()
    page = opened.go("en/weight-initialization/")
    blocked = page.evaluate(BROKEN)
    assert blocked == [
        *("connect-src", "img-src", "script-src-attr"),
        *("script-src-elem", "script-src-elem"),
    ]
    assert page.evaluate("window.injected") is None


def test_search_loads_when_it_is_opened(open_page):
    opened = open_page()
    page = opened.go("en/weight-initialization/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in opened.requests if "search" in url]
    assert page.workers == []
    with page.expect_worker(), page.expect_request("**/search_index.json"):
        page.locator("input[name=query]").click()
    assert opened.errors == []
