"""Long conversations: what is above costs nothing below."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled
from tests.browser.test_shell import load_rows
from tests.load.people import Person
from tests.load.stack import Stack

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
# Counts what changes in messages that were there before.
WATCH = """() => {
    window.disturbed = 0;
    const old = new Set(document.querySelectorAll('#messages article'));
    const within = (node) => (node.closest ? node : node.parentElement).closest('article');
    const count = (changes) => (disturbed += changes.filter((change) => old.has(within(change.target))).length);
    const everything = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(count).observe(document.getElementById('messages'), everything);
}"""


@pytest.fixture
def long_chat(open_tab: Open, stack: Stack, person: Person, tmp_path: Path) -> Callable[..., Page]:
    def make(texts: list[str], *, phone: bool = False) -> Page:
        messages = [{"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(texts)]
        load_rows(stack, person, tmp_path, [{"title": "A long one", "created": 1_700_000_000, "messages": messages}])
        page = open_tab()
        address = page.get_by_role("link", name="A long one").get_attribute("href")
        assert address
        page.close()
        return open_tab(address, phone=phone)

    return make


@pytest.mark.parametrize("phone", [False, True])
def test_two_thousand_messages_open_at_their_end_with_a_screenful(long_chat: Callable[..., Page], phone: bool) -> None:
    page = long_chat([f"message {number} with some words" for number in range(2_000)], phone=phone)
    expect(page.locator("#messages article").last).to_contain_text("message 1999")
    expect(page.locator("#messages article").last).to_be_in_viewport()
    assert page.locator("#messages article").count() <= 60
    page.evaluate(WATCH)
    send(page, "[[tokens:40 delay=5]]")
    settled(page)
    assert page.evaluate("disturbed") == 0
    expect(page.locator("#messages article").last).to_be_in_viewport()


def test_earlier_screenfuls_stand_apart_so_that_growing_text_does_not_lay_them_out(
    long_chat: Callable[..., Page],
) -> None:
    page = long_chat([f"message {number} " + "and more words " * 40 for number in range(200)])
    while page.locator("#messages article").count() < 150:
        count = page.locator("#messages article").count()
        page.evaluate("document.getElementById('scroll').scrollTop = 0")
        page.wait_for_function("count => document.querySelectorAll('#messages article').length > count", arg=count)
    direct = page.locator("#messages > article").count()
    assert direct <= 60
    assert page.locator("#messages > .screenful.was-drawn > article").count() >= 150 - direct
    page.locator("#text").press_sequentially("typing goes on")
    expect(page.locator("#text")).to_have_value("typing goes on")


def test_a_reply_of_200_kilobytes_is_shown_whole_and_streaming_goes_on_below_it(long_chat: Callable[..., Page]) -> None:
    paragraph = "Some **strong** words and `code`, then more of them. " * 8 + "\n\n"
    reply = paragraph * (200_000 // len(paragraph)) + "the very last words"
    page = long_chat(["Write a lot", reply])
    expect(page.locator("article.from-model").last).to_contain_text("the very last words")
    send(page, "[[tokens:60]]")
    settled(page)
    expect(page.locator("article")).to_have_count(4)
