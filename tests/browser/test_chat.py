"""A person chats: every operation of the conversation page, in a real browser against the real system."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def test_enter_sends_shift_enter_breaks_the_line_and_focus_returns(tab: Page) -> None:
    tab.locator("#text").press_sequentially("first line")
    tab.keyboard.press("Shift+Enter")
    tab.locator("#text").press_sequentially("second line")
    assert tab.locator("#text").input_value() == "first line\nsecond line"
    tab.keyboard.press("Enter")
    settled(tab)
    assert "/c/" in tab.url
    assert not tab.url.endswith("/new")
    expect(tab.locator("article.from-user")).to_have_count(1)
    expect(tab.locator("#text")).to_be_focused()
    expect(tab.locator("#text")).to_have_value("")
    tab.reload()
    expect(tab.locator("article.from-user .part")).to_have_text("first line\nsecond line", use_inner_text=True)


def test_a_reply_streams_can_be_stopped_continued_and_regenerated(tab: Page) -> None:
    send(tab, "[[tokens:400 delay=20]] go")
    reply = tab.locator("article.from-model").last
    expect(reply.locator(".part")).not_to_be_empty()
    tab.get_by_role("button", name="Stop").click()
    settled(tab, "stopped")
    partial = reply.locator(".part").inner_text()
    assert 0 < len(partial) < 2000
    expect(reply).to_contain_text("Stopped")
    reply.get_by_role("button", name="Continue").click()
    settled(tab)
    assert reply.locator(".parts").inner_text().startswith(partial[: len(partial) - 10])

    reply.get_by_role("button", name="Regenerate").click()
    expect(tab.locator("article.from-model")).to_have_count(1)
    settled(tab)
    expect(tab.locator("article.from-model").last).to_contain_text("2 / 2")
    tab.get_by_role("button", name="Previous").last.click()
    expect(tab.locator("article.from-model").last).to_contain_text("1 / 2")
    tab.reload()
    expect(tab.locator("article.from-model").last).to_contain_text("1 / 2")


def test_two_tabs_and_a_phone_show_the_same_and_a_reload_loses_nothing(tab: Page, open_tab: Open) -> None:
    send(tab, "[[tokens:250 delay=20]] go")
    expect(tab.locator("article.from-model .part")).not_to_be_empty()
    tab.wait_for_url("**/c/*-*")
    second, phone = open_tab(tab.url), open_tab(tab.url, phone=True)
    second.reload()
    for page in (tab, second, phone):
        settled(page)
    texts = {page.locator("article.from-model .parts").inner_text() for page in (tab, second, phone)}
    assert len(texts) == 1
    assert len(texts.pop().split()) == 250


def test_a_draft_is_kept_per_conversation(tab: Page) -> None:
    send(tab, "[[tokens:3]] hello")
    settled(tab)
    tab.locator("#text").fill("half a thought")
    tab.wait_for_timeout(500)
    conversation = tab.url
    tab.goto("/c/new")
    expect(tab.locator("#text")).to_have_value("")
    tab.goto(conversation)
    expect(tab.locator("#text")).to_have_value("half a thought")


def test_a_chat_is_renamed_and_deleted_by_the_keyboard_too(tab: Page) -> None:
    send(tab, "[[tokens:3]] a chat to rename")
    settled(tab)
    tab.locator("#chat-actions button").first.focus()
    tab.keyboard.press("Enter")
    tab.locator("#chat-menu").get_by_role("link", name="Rename").click()
    field = tab.locator("#dialog input[name=title]")
    field.fill("   ")
    tab.keyboard.press("Enter")
    expect(tab.locator("#dialog")).to_contain_text("title")
    field.fill("A better name")
    tab.keyboard.press("Enter")
    expect(tab.locator("#history-rows")).to_contain_text("A better name")
    expect(tab).to_have_title("A better name · Parley")

    tab.locator("#chat-actions button").first.click()
    tab.locator("#chat-menu").get_by_role("link", name="Delete…").click()
    expect(tab.locator("#dialog")).to_contain_text("A better name")
    gone = tab.url
    tab.get_by_role("button", name="Delete chat").click()
    tab.wait_for_url("**/c/new")
    expect(tab.locator("#history-rows")).not_to_contain_text("A better name")
    answer = tab.goto(gone)
    assert answer is not None
    assert answer.status == 404


def test_the_model_is_chosen_by_the_keyboard_alone(tab: Page) -> None:
    tab.locator("#model-button").focus()
    tab.keyboard.press("Enter")
    seek = tab.get_by_role("combobox", name="Find a model")
    expect(seek).to_be_focused()
    tab.keyboard.type("no-such")
    expect(tab.get_by_role("option").filter(visible=True)).to_have_count(1)
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(tab.locator("#model-button")).to_contain_text("no-such-model")
    tab.locator("#model-button").focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("Escape")
    expect(seek).to_be_hidden()
    expect(tab.locator("#model-button")).to_be_focused()


@pytest.mark.parametrize(
    ("endpoint", "model", "prompt", "sentence"),
    [
        ("A second provider with quite a long name", "no-such-model", "hello", "rejected the key"),
        ("Workshop", "qwen3-32b", "[[error:404]]", "doesn't know this model"),
        ("Workshop", "qwen3-32b", "[[error:429]]", "limiting requests"),
        ("Workshop", "qwen3-32b", "[[error:context]]", "too long for the model"),
        ("Workshop", "qwen3-32b", "[[error:500]]", "overloaded or has a problem"),
        ("Workshop", "qwen3-32b", "[[cut]]", "reply was cut short"),
        ("Unreachable", "nobody", "hello", "can't be reached"),
    ],
)
def test_a_failure_says_what_to_do_stays_and_is_no_dead_end(
    tab: Page, endpoint: str, model: str, prompt: str, sentence: str
) -> None:
    tab.goto(f"/c/new?endpoint={endpoint}&model={model}")
    send(tab, prompt)
    settled(tab, "failed")
    failed = tab.locator("article.from-model").last
    expect(failed).to_contain_text(sentence)
    tab.reload()
    expect(tab.locator("article.from-model").last).to_contain_text(sentence)
    tab.goto(f"{tab.url.partition('?')[0]}?endpoint=Workshop&model=qwen3-32b")
    send(tab, "[[tokens:3]] and now?")
    settled(tab)
    expect(tab.locator("article.from-user")).to_have_count(2)


def test_markdown_is_drawn_and_code_can_be_copied(open_tab: Open) -> None:
    tab = open_tab(permissions=["clipboard-read", "clipboard-write"])
    send(tab, "[[markdown]]")
    settled(tab)
    reply = tab.locator("article.from-model").last
    for element in ("table", "pre code", "li", "math", "a[href]"):
        expect(reply.locator(element).first).to_be_visible()
    reply.locator("button.copy").first.click()
    copied = tab.evaluate("() => navigator.clipboard.readText()")
    assert copied.strip() == reply.locator("pre code").first.inner_text().strip()


def test_reading_is_not_disturbed_and_the_way_back_is_offered(tab: Page) -> None:
    send(tab, "[[tokens:1500 delay=4]] long")
    tab.wait_for_function("() => document.getElementById('scroll').scrollHeight > 1800")
    tab.evaluate(
        "() => { window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "entry => { window.shift += entry.value })).observe({type: 'layout-shift', buffered: false}) }"
    )
    jump = tab.get_by_role("button", name="Jump to latest")
    expect(jump).to_be_hidden()
    tab.mouse.move(720, 400)
    tab.mouse.wheel(0, -900)
    tab.wait_for_timeout(300)
    before = tab.evaluate("() => document.getElementById('scroll').scrollTop")
    tab.wait_for_timeout(700)
    assert tab.evaluate("() => document.getElementById('scroll').scrollTop") == before
    jump.click()
    expect(jump).to_be_hidden()
    settled(tab)
    assert tab.evaluate("() => window.shift") <= 0.02


def test_the_theme_is_kept(tab: Page) -> None:
    tab.locator("[popovertarget=account-menu]").click()
    tab.locator("#account-menu").get_by_text("Dark").click()
    dark = tab.evaluate("() => getComputedStyle(document.body).backgroundColor")
    tab.reload()
    assert tab.locator("html").get_attribute("data-theme") == "dark"
    assert tab.evaluate("() => getComputedStyle(document.body).backgroundColor") == dark


def test_the_main_job_is_done_by_the_keyboard_only(tab: Page) -> None:
    expect(tab.locator("#text")).to_be_focused()
    tab.keyboard.type("[[tokens:5]] keyboard")
    tab.keyboard.press("Enter")
    settled(tab)
    tab.keyboard.press("Shift+Tab")
    for _ in range(12):
        if "Regenerate" in (tab.evaluate("() => document.activeElement.getAttribute('aria-label') || ''")):
            break
        tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Enter")
    settled(tab)
    expect(tab.locator("article.from-model").last).to_contain_text("2 / 2")
