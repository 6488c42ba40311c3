"""Messages that wait for a reply: seen in every tab, sent by the server, and in the person's hands until then."""

from collections.abc import Callable
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send
from tests.load.stack import Stack

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


def release(stack: Stack, gate: str) -> None:
    urlopen(Request(f"{stack.model_url}/__release?name={gate}", method="POST")).close()  # noqa: S310 (the model server)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_the_server_sends_what_waits_and_every_tab_shows_it(
    open_tab: Open, axe: Callable[[Page, str], None], stack: Stack, phone: bool
) -> None:
    tab = open_tab(phone=phone)
    gate = f"queue-{phone}"
    send(tab, f"[[gate:{gate}]] the first")
    expect(tab.locator("article[data-run]")).to_have_count(1)
    other = open_tab(phone=phone)
    other.goto(tab.url)
    for text in ("the second", "the third, with more words than there is room for in one line of a card on any screen"):
        send(tab, f"[[echo]] {text}")
    for page in (tab, other):
        expect(page.locator("#waiting .waiting-card")).to_have_count(2)
    axe(tab, "two messages wait")
    assert tab.evaluate(
        "document.getElementById('waiting').scrollWidth <= document.getElementById('waiting').clientWidth"
    )
    tab.locator("#text").fill("still typing")
    release(stack, gate)
    for page in (tab, other):
        expect(page.locator("article.from-model .parts").nth(2)).to_contain_text("the third")
        expect(page.locator("article.from-user")).to_have_count(3)
        expect(page.locator("#waiting > *")).to_have_count(0)
    expect(tab.locator("#text")).to_have_value("still typing")


def test_what_waits_can_be_changed_and_removed_by_keys_alone(open_tab: Open, stack: Stack) -> None:
    tab = open_tab()
    send(tab, "[[gate:keys]] the first")
    expect(tab.locator("article[data-run]")).to_have_count(1)
    for text in ("the second", "the third"):
        send(tab, f"[[echo]] {text}")
    cards = tab.locator("#waiting .waiting-card")
    expect(cards).to_have_count(2)
    expect(cards.first.get_by_role("button", name="Send now")).to_be_hidden()
    expect(cards.first.get_by_role("button", name="Add to this reply")).to_be_visible()
    cards.first.get_by_role("button", name="Remove queued message").focus()
    tab.keyboard.press("Enter")
    expect(cards).to_have_count(1)
    expect(tab.locator("#text")).to_be_focused()
    cards.first.get_by_role("button", name="Edit queued message").focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("#text")).to_have_value("[[echo]] the third")
    expect(cards).to_have_count(0)
    tab.keyboard.press("Enter")
    expect(cards).to_have_count(1)
    release(stack, "keys")
    expect(tab.locator("article.from-model .parts").nth(1)).to_contain_text("the third")
    expect(tab.locator("article")).to_have_count(4)
