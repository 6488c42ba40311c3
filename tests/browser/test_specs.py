"""Model specs in a real browser: the menu by keyboard, the landing page, a chat that changes what it talks to."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled
from tests.browser.system import with_specs
from tests.load.stack import Stack

pytestmark = pytest.mark.browser
Check = Callable[[Page, str], None]


@pytest.fixture(scope="module", autouse=True)
def specs(stack: Stack) -> Iterator[None]:
    """The file has specs while these tests run: it is read live."""
    with with_specs(stack):
        yield


def open_menu(page: Page) -> None:
    page.locator("#model-button").click()
    expect(page.get_by_role("dialog", name="Choose a model")).to_be_visible()


def test_the_menu_filters_by_description_and_is_used_by_keyboard(tab: Page, axe: Check) -> None:
    expect(tab.locator("[data-model-name]")).to_have_text("Helper")
    open_menu(tab)
    axe(tab, "the menu")
    expect(tab.get_by_role("option", selected=True)).to_contain_text("Helper")
    tab.get_by_role("combobox").fill("letters")
    expect(tab.get_by_role("option").filter(visible=True)).to_have_count(1)
    tab.keyboard.press("Enter")
    expect(tab.locator("[data-model-name]")).to_have_text("Writer")
    expect(tab.locator("#text")).to_be_focused()
    expect(tab.get_by_role("heading", name="Writer")).to_be_visible()
    expect(tab.locator(".starter")).to_have_count(2)
    axe(tab, "the landing")
    tab.reload()
    expect(tab.locator("[data-model-name]")).to_have_text("Writer")


def test_a_starter_begins_a_chat_that_then_goes_to_a_model(tab: Page) -> None:
    open_menu(tab)
    tab.get_by_role("option", name="Writer").click()
    tab.get_by_role("button", name="Write a letter").click()
    settled(tab)
    expect(tab.locator("article.from-model h2")).to_have_text("Writer")
    open_menu(tab)
    tab.get_by_role("option", name="gemma-3-27b-it").click()
    expect(tab.locator("[data-model-name]")).to_have_text("gemma-3-27b-it")
    send(tab, "Hello")
    settled(tab)
    expect(tab.locator("article.from-model h2").last).to_have_text("gemma-3-27b-it")


def test_on_a_phone_in_the_dark(open_tab: Callable[..., Page], axe: Check) -> None:
    tab = open_tab("/c/new?spec=writer", phone=True, color_scheme="dark")
    expect(tab.get_by_role("heading", name="Writer")).to_be_visible()
    axe(tab, "the landing on a phone")
    open_menu(tab)
    axe(tab, "the menu on a phone")


def test_another_provider_begins_a_new_chat_for_who_wants_it_so(tab: Page) -> None:
    tab.goto("/settings")
    tab.get_by_label("Keep the chat when switching providers").uncheck()
    expect(tab.get_by_text("Saved")).to_be_visible()
    tab.goto("/c/new")
    send(tab, "Hello")
    settled(tab)
    address = tab.url
    open_menu(tab)
    tab.get_by_role("option", name="gives-titles").click()
    expect(tab).to_have_url(address.rpartition("/")[0] + "/new")
    expect(tab.locator("[data-model-name]")).to_have_text("gives-titles")
