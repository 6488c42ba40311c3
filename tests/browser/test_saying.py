"""Rating replies, quoting passages, copying and times: with the mouse, the keyboard and by touch."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
Check = Callable[[Page, str], None]
SELECT = """([selector, from, to]) => {
    const text = node => document.createTreeWalker(node, NodeFilter.SHOW_TEXT).nextNode();
    const [first, last] = selector.map(part => [...document.querySelectorAll(part)].pop());
    const range = document.createRange();
    range.setStart(text(first), from); range.setEnd(text(last), to);
    getSelection().removeAllRanges(); getSelection().addRange(range);
}"""
REPLY, QUESTION = "article.from-model .prose p", "article.from-user .prose"


def chat(page: Page) -> None:
    send(page, "[[tokens:12]] why do cats purr?")
    settled(page)
    page.reload()  # what the tab does about a run that has just ended is over


def select(page: Page, first: str, last: str, start: int = 0, end: int = 4) -> None:
    page.evaluate(SELECT, [[first, last], start, end])


@pytest.mark.parametrize("phone", [False, True])
def test_a_thumb_is_kept_with_its_reason_and_taken_away_again(open_tab: Open, axe: Check, phone: bool) -> None:
    page = open_tab(phone=phone)
    chat(page)
    page.get_by_role("button", name="Bad reply").click()
    reasons = page.get_by_role("dialog", name="Reasons")
    expect(reasons).to_be_visible()
    expect(reasons.get_by_role("radio").first).to_be_focused()
    axe(page, "reasons")
    page.keyboard.press("Escape")
    expect(reasons).to_be_hidden()
    thumb = page.get_by_role("button", name="Bad reply")
    expect(thumb).to_be_focused()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Good reply").click()
    reasons.get_by_role("radio", name="Creative solution").check()
    reasons.get_by_label("Anything else?").fill("Thank you")
    reasons.get_by_role("button", name="Send feedback").click()
    expect(page.locator("#toasts")).to_contain_text("Thank you for your feedback")
    expect(page.get_by_role("button", name="Good reply")).to_be_focused()
    axe(page, "rated")
    page.reload()
    good = page.get_by_role("button", name="Good reply")
    expect(good).to_have_attribute("aria-pressed", "true")
    good.click()
    expect(page.get_by_role("button", name="Good reply")).to_have_attribute("aria-pressed", "false")
    page.reload()
    expect(page.get_by_role("button", name="Good reply")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("phone", [False, True])
def test_a_quote_goes_with_the_next_message(open_tab: Open, axe: Check, phone: bool) -> None:
    page = open_tab(phone=phone)
    chat(page)
    select(page, REPLY, REPLY)
    page.get_by_role("button", name="Quote", exact=True).click()
    chips = page.locator("#quotes li")
    expect(chips).to_have_count(1)
    expect(page.locator("#text")).to_be_focused()
    text = chips.first.inner_text()
    select(page, QUESTION, QUESTION, 2, 6)
    page.get_by_role("button", name="Quote", exact=True).click()
    expect(chips).to_have_count(2)
    axe(page, "chips")
    page.reload()
    expect(chips).to_have_count(2)
    chips.last.get_by_role("button").click()
    expect(chips).to_have_count(1)
    send(page, "what of this?")
    settled(page)
    quoted = page.locator("article.from-user").last.locator("blockquote")
    expect(quoted).to_have_text(text.strip())
    expect(chips).to_have_count(0)
    axe(page, "quoted")
    page.reload()
    expect(quoted).to_have_count(1)
    expect(chips).to_have_count(0)


def test_a_selection_over_two_messages_and_none_at_all_offer_no_quote(tab: Page) -> None:
    chat(tab)
    button = tab.get_by_role("button", name="Quote", exact=True)
    select(tab, REPLY, REPLY)
    expect(button).to_be_visible()
    select(tab, QUESTION, REPLY)
    expect(button).to_be_hidden()
    select(tab, REPLY, REPLY)
    expect(button).to_be_visible()
    tab.evaluate("() => getSelection().removeAllRanges()")
    expect(button).to_be_hidden()


def test_double_and_triple_clicks_and_the_keyboard_quote(tab: Page) -> None:
    chat(tab)
    for clicks in (2, 3):
        tab.locator(REPLY).last.click(click_count=clicks, position={"x": 12, "y": 10})
        expect(tab.get_by_role("button", name="Quote", exact=True)).to_be_visible()
        tab.keyboard.press("ControlOrMeta+Shift+Q")
        expect(tab.locator("#quotes li")).to_have_count(clicks - 1)
    assert tab.locator("#quotes li").last.inner_text().strip() == tab.locator(REPLY).last.inner_text().strip()


def test_quotes_of_a_message_that_cannot_be_sent_are_not_lost(tab: Page) -> None:
    chat(tab)
    select(tab, REPLY, REPLY)
    tab.get_by_role("button", name="Quote", exact=True).click()
    tab.route("**/turns", lambda route: route.abort())
    send(tab, "lost?")
    expect(tab.locator("#quotes li")).to_have_count(1)
    expect(tab.locator("#text")).to_have_value("lost?")


def test_a_person_s_own_message_shows_its_time_when_pointed_at(tab: Page) -> None:
    chat(tab)
    question = tab.locator("article.from-user").last
    question.hover()
    moment = question.locator("time")
    expect(moment).to_have_css("opacity", "1")
    assert moment.get_attribute("title")
