"""The fork and the map of a chat: with the mouse, the keyboard and by touch."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import send, settled

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
Check = Callable[[Page, str], None]


def branched(page: Page) -> None:
    """Two questions; the second has two replies, the later one on view."""
    for text in ("[[tokens:6]] Why do cats purr?", "[[tokens:6]] And when they are ill?"):
        send(page, text)
        settled(page)
    page.get_by_role("button", name="Regenerate").last.click()
    expect(page.locator(".siblings")).to_contain_text("2")
    settled(page)


def open_map(page: Page) -> Locator:
    page.get_by_role("button", name="Actions for this chat").click()
    page.get_by_role("link", name="Map of this chat").click()
    drawing = page.get_by_role("dialog").locator(".map.is-ready")
    expect(drawing).to_be_visible()
    return drawing


@pytest.mark.parametrize("phone", [False, True])
def test_the_map_leads_to_a_reply_of_another_branch(open_tab: Open, axe: Check, phone: bool) -> None:
    page = open_tab(phone=phone)
    branched(page)
    on_view = page.locator("article.from-model").last.get_attribute("id")
    drawing = open_map(page)
    expect(drawing.locator(".spot")).to_have_count(5)
    expect(drawing.locator(".spot.on")).to_have_count(4)
    expect(drawing.locator(".spot[aria-current]")).to_be_focused()
    axe(page, "map")
    page.keyboard.press("ArrowLeft")
    other = drawing.locator(".spot:focus")
    expect(other).to_have_class("spot")
    expect(drawing.locator("[data-preview]")).to_contain_text("Reply:")
    page.keyboard.press("ArrowUp")
    expect(drawing.locator(".spot:focus")).to_contain_class("is-user")
    page.keyboard.press("ArrowDown")
    expect(drawing.locator(".spot:focus")).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    last = page.locator("article.from-model").last
    expect(last).not_to_have_attribute("id", on_view or "")
    expect(last).to_be_focused()
    expect(page.locator("article.from-user")).to_have_count(2)
    axe(page, "the other branch")


def test_the_whole_map_fits_on_request_and_escape_closes_it(tab: Page) -> None:
    branched(tab)
    drawing = open_map(tab)
    tab.get_by_role("button", name="Fit to window").click()
    expect(tab.get_by_role("button", name="Fit to window")).to_have_attribute("aria-pressed", "true")
    expect(drawing.locator("svg.map-drawing")).to_have_class("map-drawing is-fitted")
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_be_hidden()


def test_the_map_works_without_scripts(open_tab: Open) -> None:
    page = open_tab()
    branched(page)
    address, first = page.url, page.locator("article.from-model").first.get_attribute("id")
    plain = open_tab(address.removeprefix("http://").split("/", 1)[1].join(["/", "/map"]), java_script_enabled=False)
    expect(plain.locator(".spot")).to_have_count(5)
    plain.locator(f"#{(first or '').replace('m-', 's-')}").click()
    expect(plain.locator("article.from-model")).to_have_count(2)


@pytest.mark.parametrize("phone", [False, True])
def test_a_fork_opens_as_a_chat_of_its_own(open_tab: Open, axe: Check, phone: bool) -> None:
    page = open_tab(phone=phone)
    branched(page)
    original = page.url
    page.get_by_role("link", name="Fork from here").nth(1).click()
    dialog = page.get_by_role("dialog", name="Fork from this message")
    expect(dialog).to_be_visible()
    axe(page, "fork")
    dialog.get_by_text("Visible messages only").click()
    dialog.get_by_role("button", name="Fork").click()
    expect(page.locator("#toasts")).to_contain_text("Forked into a new chat")
    expect(page.locator("article")).to_have_count(2)
    assert page.url != original
    axe(page, "forked")
    page.goto(original)
    expect(page.locator("article")).to_have_count(4)


def test_a_remembered_fork_is_done_at_once(tab: Page) -> None:
    branched(tab)
    original = tab.url
    tab.get_by_role("link", name="Fork from here").first.click()
    dialog = tab.get_by_role("dialog", name="Fork from this message")
    dialog.get_by_text("Visible messages only").click()
    dialog.get_by_text("Remember").click()
    dialog.get_by_role("button", name="Fork").click()
    expect(tab.locator("article")).to_have_count(1)
    first = tab.url
    tab.goto(original)
    tab.get_by_role("link", name="Fork from here").nth(2).click()
    expect(tab.locator("article")).to_have_count(3)
    assert tab.url not in {original, first}
    expect(tab.get_by_role("dialog")).to_be_hidden()
