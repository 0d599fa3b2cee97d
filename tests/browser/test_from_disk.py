"""The downloaded copy, opened from disk: no server, no network."""


def test_copy_works_from_disk(open_page, folder):
    opened = open_page(locale="ko-KR", viewport={"width": 1280, "height": 900})
    page = opened.page
    page.goto((folder / "index.html").as_uri())
    page.wait_for_url("**/ko/index.html")  # the reader's language

    page.keyboard.press("Control+k")
    page.locator("[data-md-component=search-query]").fill("초기화")
    first = page.locator(".md-search-result__link").first
    first.wait_for()
    assert "/ko/weight-initialization/index.html" in page.evaluate(
        "(link) => link.href", first.element_handle()
    )
    first.click()
    page.wait_for_url("**/ko/weight-initialization/index.html*")
    assert (
        page.evaluate(
            "document.fonts.load('16px \"Formulas Math\"').then((f) => f.length)"
        )
        == 1
    )
    assert page.locator("article svg[role=img]").first.is_visible()
    assert not page.locator("[data-copied]").is_visible()  # it would have to fetch

    page.locator("[data-language][lang=en]").evaluate("(link) => link.click()")
    page.wait_for_url("**/en/weight-initialization/index.html*")
    page.locator(
        ".md-nav__link[href$='why-gradients-vanish-and-explode/index.html']"
    ).first.click()
    page.wait_for_url("**/why-gradients-vanish-and-explode/index.html*")
    explorer = page.locator("gradient-explorer")
    explorer.scroll_into_view_if_needed()
    explorer.locator("select[name=activation]").select_option("relu")
    explorer.locator("select[name=init]").select_option("he")
    explorer.locator(".verdict", has_text="stable").wait_for()
    assert "activation=relu" in page.url

    page.locator(".md-nav__link[href$='training-explorer/index.html']").first.click()
    trains = page.locator("training-explorer[data-ready]")
    trains.locator("[name=data]").select_option("mnist1d")
    page.wait_for_url("**data=mnist1d**")
    trains.locator("[name=one]").click()
    page.locator("training-explorer[data-step='1']").wait_for()
    assert len(page.workers) == 1

    page.locator("label[for=__palette_1]").click()
    assert page.locator("body").get_attribute("data-md-color-scheme") == "slate"
    page.reload()
    assert page.locator("body").get_attribute("data-md-color-scheme") == "slate"
    assert opened.errors == []
    assert {url.partition(":")[0] for url in opened.requests} <= {
        "file",
        "blob",
        "data",
    }
