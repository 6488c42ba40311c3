"""Small gestures on the pages beside the chat, and what stays in view on a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_several_chats_are_restored_without_leaving_the_archive(
    open_tab: Callable[..., Page], axe: Callable[[Page, str], None], phone: bool
) -> None:
    page = open_tab(phone=phone)
    for number in range(2):
        page.goto("/c/new")
        send(page, f"[[tokens:3]] Chat {number}")
        settled(page)
        page.get_by_role("button", name="Actions for this chat").click()
        page.locator("#chat-menu").get_by_text("Archive").click()
        expect(page.locator("#toasts")).to_contain_text("was archived")
    page.goto("/archive")
    rows = page.locator("#archive-rows tr")
    expect(rows).to_have_count(2)
    axe(page, "archive")
    for left in (1, 0):
        restore = page.get_by_role("link", name=re.compile("^Restore")).first
        expect(restore).to_be_in_viewport(ratio=1)
        restore.click()
        expect(rows).to_have_count(left)
        expect(page).to_have_url(re.compile("/archive$"))


def test_a_dialog_has_a_cross_and_begins_in_its_form(tab: Page, axe: Callable[[Page, str], None]) -> None:
    send(tab, "[[markdown]] A table, and code")
    settled(tab)
    tab.get_by_role("button", name="Actions for this chat").click()
    tab.locator("#chat-menu").get_by_text("Rename").click()
    expect(tab.locator("#dialog input[name=title]")).to_be_focused()
    axe(tab, "dialog with a cross")
    tab.locator("#dialog").get_by_role("button", name="Close").click()
    expect(tab.locator("#dialog")).not_to_be_visible()
    assert tab.locator(".code-head").first.evaluate("element => getComputedStyle(element).position") == "sticky"


def test_a_number_is_said_with_its_plural(tab: Page) -> None:
    said = tab.evaluate(
        "import('parley/counted').then(({ counted }) => [1, 2, 1200].map(number => counted('selected', number)))"
    )
    assert said == ["1 chat selected", "2 chats selected", "1,200 chats selected"]


def test_the_tabs_of_the_settings_are_one_row_with_the_current_in_view(open_tab: Callable[..., Page]) -> None:
    page = open_tab("/settings/data", phone=True)
    tabs = page.locator(".tabs a")
    assert len({round(button.bounding_box()["y"]) for button in tabs.all()}) == 1  # type: ignore[index]
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=0.9)


def test_the_focus_stays_at_a_message_when_another_version_of_it_is_shown(tab: Page) -> None:
    send(tab, "[[tokens:3]] hello")
    settled(tab)
    tab.wait_for_load_state("networkidle")  # what was sent gives the focus back to the message box
    tab.get_by_role("button", name="Regenerate").press("Enter")
    expect(tab.locator(".siblings")).to_contain_text("2 / 2")
    settled(tab)
    expect(tab.locator("article.from-model:focus-within, article.from-model:focus")).to_have_count(1)
    tab.get_by_role("button", name="Previous version").press("Enter")
    expect(tab.locator(".siblings")).to_contain_text("1 / 2")
    expect(tab.get_by_role("button", name="Next version")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator(".siblings")).to_contain_text("2 / 2")
    expect(tab.get_by_role("button", name="Previous version")).to_be_focused()
    tab.get_by_role("link", name="Edit message").first.press("Enter")
    tab.locator(".editor textarea").fill("[[tokens:3]] other words")
    tab.keyboard.press("ControlOrMeta+Enter")
    expect(tab.locator("article.from-user")).to_contain_text("other words")
    expect(tab.locator("article.from-user")).to_be_focused()


def test_escape_leads_from_a_dialog_back_to_what_opened_it(tab: Page) -> None:
    send(tab, "[[tokens:3]] hello")
    settled(tab)
    dialog, menu = tab.locator("#dialog"), tab.get_by_role("button", name="Actions for this chat")
    menu.press("Enter")
    tab.locator("#chat-menu").get_by_text("Rename").press("Enter")
    expect(dialog).to_be_visible()
    tab.keyboard.press("Escape")
    expect(menu).to_be_focused()
    fork = tab.get_by_role("link", name="Fork from here").last
    fork.press("Enter")
    expect(dialog).to_be_visible()
    tab.keyboard.press("Escape")
    expect(fork).to_be_focused()
    tab.get_by_role("button", name="Select chats").press("Enter")
    tab.locator(".pick").first.check()
    delete = tab.get_by_role("button", name="Delete selected chats")
    delete.press("Enter")
    expect(dialog.get_by_role("link", name="Cancel")).to_be_focused()
    tab.keyboard.press("Escape")
    expect(delete).to_be_focused()


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_a_menu_is_gone_through_by_keys_from_its_first_item_on_view(open_tab: Callable[..., Page], phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "[[tokens:3]] hello")
    settled(page)
    page.get_by_role("button", name="Actions for this chat").press("Enter")
    items = page.locator("#chat-menu .menu-item:visible")
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Escape")
    if phone:
        return
    page.locator("#history-rows .row-more").first.press("Enter")
    items = page.locator("#row-menu .menu-item:visible")
    expect(items).to_have_count(8)
    for item in items.all():
        expect(item).to_be_focused()
        page.keyboard.press("ArrowDown")
    expect(items.first).to_be_focused()


def test_a_wide_menu_keeps_away_from_the_edge_of_a_phone(open_tab: Callable[..., Page]) -> None:
    page = open_tab("/c/new?endpoint=Titling&model=gives-titles", phone=True)
    send(page, "[[tokens:3]] hello")
    settled(page)
    page.get_by_role("button", name="Context usage").click()
    box = page.locator("#context-menu").bounding_box()
    assert box
    assert box["x"] + box["width"] <= 390 - 8
    name = page.locator("#context-menu dt").first
    assert name.evaluate("element => element.clientHeight") < 30, "it takes two lines"
