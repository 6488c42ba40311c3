"""What a person does with chats day after day, on a wide screen and on a phone, with axe after each state."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Axe = Callable[[Page, str], None]
BOTH = pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])


def chat(page: Page, *texts: str) -> None:
    for text in texts or ("[[echo]] the first reply",):
        send(page, text)
        settled(page)


def reveal(page: Page, phone: bool) -> None:
    """Open the sidebar where it is a drawer."""
    if phone:
        page.locator(".opener").click()
        expect(page.locator("body")).to_have_class(re.compile("drawer-open"))


def menu(page: Page, name: str) -> None:
    page.get_by_role("button", name="Actions for this chat").click()
    page.locator("#chat-menu").get_by_text(name, exact=True).click()


@BOTH
def test_a_message_is_edited_in_its_place_by_keys_alone(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    chat(page)
    question = page.locator("article.from-user")
    question.get_by_role("link", name="Edit message").focus()
    page.keyboard.press("Enter")
    field = page.locator(".editor textarea")
    expect(field).to_be_focused()
    axe(page, "editing")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    field.fill("[[echo]] other words")
    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator(".editor")).to_have_count(0)
    expect(page.locator("article.from-user")).to_contain_text("other words")
    expect(page.locator("article.from-user")).to_contain_text("Edited")
    expect(page.get_by_role("link", name="Edit message").first).to_be_focused()
    page.keyboard.press("Enter")
    page.locator(".editor textarea").fill("thrown away")
    page.keyboard.press("Escape")
    expect(page.locator(".editor")).to_have_count(0)
    expect(page.locator("article.from-user")).to_contain_text("other words")


@BOTH
def test_rerunning_makes_a_sibling_and_a_reply_goes_on_from_its_edited_text(
    open_tab: Open, axe: Axe, phone: bool
) -> None:
    page = open_tab(phone=phone)
    chat(page)
    page.locator("article.from-user").get_by_role("link", name="Edit message").click()
    page.locator(".editor textarea").fill("[[echo]] asked anew")
    page.keyboard.press("ControlOrMeta+Enter")
    expect(page.locator("article.from-model .parts")).to_contain_text("asked anew")
    settled(page)
    expect(page.locator("article.from-user .siblings")).to_contain_text("2")
    axe(page, "siblings")
    page.reload()
    expect(page.locator("article.from-user .parts")).to_contain_text("asked anew")
    page.locator("article.from-model").get_by_role("link", name="Edit message").click()
    page.locator(".editor textarea").fill("It begins so")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.locator("article.from-model .parts")).to_contain_text("It begins so")
    settled(page)
    expect(page.locator("article.from-model .siblings")).to_contain_text("2")


@BOTH
def test_archiving_can_be_undone_and_deleting_asks(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    chat(page)
    address = page.url
    menu(page, "Archive")
    expect(page.locator(".toast")).to_contain_text("was archived")
    axe(page, "archived")
    page.wait_for_url("**/c/new")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#history-rows [data-row]")).to_have_count(1)
    page.goto(address)
    menu(page, "Delete…")
    expect(page.get_by_role("dialog")).to_contain_text("Delete this chat?")
    axe(page, "deleting")
    page.get_by_role("button", name="Delete chat").click()
    page.wait_for_url("**/c/new")


@BOTH
def test_pin_bookmark_and_project_show_in_the_sidebar(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    chat(page)
    menu(page, "Pin")
    expect(page.locator("[data-fold=pinned] [data-row]")).to_have_count(1)
    page.locator("#model-button").click()
    page.get_by_role("button", name="Add to favourites").click()
    expect(page.locator("[data-fold=favourites]")).to_contain_text("qwen3-32b")
    menu(page, "Bookmarks…")
    page.get_by_label("New bookmark").fill("Pets")
    axe(page, "bookmarking")
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("Pets")
    menu(page, "Move to a project…")
    page.get_by_label("New project").fill("Moon base")
    axe(page, "moving")
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("was moved to “Moon base”")
    page.reload()
    expect(page.locator("#chat-actions")).to_contain_text("Moon base")
    reveal(page, phone)
    expect(page.locator("[data-fold=projects]")).to_contain_text("Moon base")
    axe(page, "sidebar")
    page.locator("#list-tag").click()
    page.locator("#tag-menu").get_by_label("Pets").check()
    axe(page, "bookmark filter")
    expect(page.locator("#history-rows [data-row]")).to_have_count(1)


@BOTH
def test_the_list_is_filtered_as_one_types(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    chat(page, "[[echo]] about zebras")
    page.goto("/c/new")
    chat(page, "[[echo]] about yaks")
    page.reload()
    reveal(page, phone)
    page.locator("#list-filter").fill("zebras")
    expect(page.locator("#history-rows [data-row]")).to_have_count(1)
    expect(page.locator("#history-rows")).to_contain_text("zebras")
    axe(page, "filtered")
    page.locator("#list-filter").fill("nothing has this")
    expect(page.locator("#history-rows")).to_contain_text("No matching chats.")
    page.locator("#list-filter").fill("")
    expect(page.locator("#history-rows [data-row]")).to_have_count(2)


@BOTH
def test_many_are_archived_and_deleted_at_once_and_come_back(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    for number in range(3):
        page.goto("/c/new")
        chat(page, f"[[echo]] number {number}")
    page.goto("/c/new")
    reveal(page, phone)
    for action, message in (("Archive", "3 chats were archived"), ("Delete", "3 chats were deleted")):
        page.get_by_role("button", name="Select chats").click()
        page.locator("#bulk").get_by_role("button", name="All").click()
        expect(page.locator("#bulk")).to_contain_text("3 chats selected")
        axe(page, "selected")
        page.locator("#bulk").get_by_role("button", name=f"{action} selected chats").click()
        if action == "Delete":
            page.get_by_role("button", name="Delete 3 chats").click()
        expect(page.locator(".toast").last).to_contain_text(message)
        expect(page.locator("#history-rows [data-row]")).to_have_count(0)
        page.locator(".toast").last.get_by_role("button", name="Undo").click()
        expect(page.locator("#history-rows [data-row]")).to_have_count(3)


def test_a_row_is_renamed_in_its_place(tab: Page) -> None:
    chat(tab)
    row = tab.locator("#history-rows [data-row]").first
    row.locator(".row").focus()
    tab.keyboard.press("F2")
    tab.keyboard.type("A name of my own")
    tab.keyboard.press("Enter")
    expect(row).to_contain_text("A name of my own")
    expect(tab).to_have_title(re.compile("A name of my own"))
    tab.wait_for_load_state("networkidle")  # the list is shown anew after a rename
    row.locator(".row").press("F2")
    row.locator("input.rename-here").fill(" ")
    tab.keyboard.press("Enter")
    expect(row.locator("input.rename-here")).to_have_attribute("aria-invalid", "true")
    tab.keyboard.press("Escape")
    expect(row).to_contain_text("A name of my own")


def test_pinned_rows_are_put_in_order_by_keys(tab: Page) -> None:
    for name in ("first", "second"):
        tab.goto("/c/new")
        chat(tab, f"[[echo]] {name}")
        menu(tab, "Pin")
        expect(tab.locator("[data-fold=pinned]")).to_contain_text(name)
    rows = tab.locator("[data-fold=pinned] [data-row]")
    expect(rows.nth(0)).to_contain_text("first")
    with tab.expect_response("**/conversations/pinned"):
        rows.nth(1).locator(".row").press("Alt+ArrowUp")
    tab.reload()
    expect(rows.nth(0)).to_contain_text("second")


def test_the_sidebar_takes_another_width_and_keeps_it(tab: Page) -> None:
    before = tab.locator("#sidebar").bounding_box()
    tab.get_by_role("separator").press("ArrowRight")
    tab.get_by_role("separator").press("ArrowRight")
    tab.reload()
    after = tab.locator("#sidebar").bounding_box()
    assert before
    assert after
    assert after["width"] == before["width"] + 32


def test_sections_fold_and_stay_folded(tab: Page) -> None:
    chat(tab)
    today = tab.locator("[data-fold=today]")
    today.locator("summary").click()
    expect(today.locator("[data-row]")).to_be_hidden()
    tab.reload()
    expect(today.locator("[data-row]")).to_be_hidden()


@BOTH
def test_what_is_sent_meanwhile_waits_visibly(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "[[gate:waits]] the first")
    expect(page.locator("article[data-run]")).to_have_count(1)
    send(page, "[[echo]] the second")
    expect(page.locator("#waiting")).to_contain_text("the second")
    axe(page, "waiting")
    page.reload()
    expect(page.locator("#waiting")).to_contain_text("the second")
    page.locator("#text").fill("still typing")
    page.locator(".stop").click()
    page.locator("#waiting").get_by_role("button", name="Send now").click()
    expect(page.locator("article.from-model").last.locator(".parts")).to_contain_text("the second")
    expect(page.locator("#waiting > *")).to_have_count(0)
    expect(page.locator("#text")).to_have_value("still typing")


def test_everything_shows_in_other_tabs_without_asking(open_tab: Open) -> None:
    tab, other = open_tab(), open_tab()
    chat(tab, "[[echo]] seen elsewhere")
    expect(other.locator("#history-rows")).to_contain_text("seen elsewhere")
    other.locator("#history-rows [data-row] .row").first.click()
    expect(other.locator("article.from-model")).to_contain_text("seen elsewhere")
    menu(tab, "Pin")
    expect(other.locator("[data-fold=pinned] [data-row]")).to_have_count(1)
    tab.locator("article.from-user").get_by_role("link", name="Edit message").click()
    tab.locator(".editor textarea").fill("changed elsewhere")
    tab.keyboard.press("ControlOrMeta+s")
    expect(other.locator("article.from-user")).to_contain_text("changed elsewhere")
    menu(tab, "Archive")
    expect(other.locator(".toast")).to_contain_text("in another tab")
    other.wait_for_url("**/c/new")
    expect(other.locator("#history-rows [data-row]")).to_have_count(0)


def test_an_address_fills_in_a_prompt_and_only_a_typed_one_sends_it(open_tab: Open) -> None:
    page = open_tab("/c/new?prompt=[[echo]]%20from%20the%20address&temperature=0.5&model=no-such&bogus=1")
    expect(page.locator("#text")).to_have_value("[[echo]] from the address")
    expect(page).to_have_url(re.compile(r"/c/new$"))
    page.evaluate("location.assign('/c/new?q=[[echo]]%20by%20itself&submit=true')")
    expect(page.locator("#text")).to_have_value("[[echo]] by itself")
    typed = open_tab("/c/new?q=[[echo]]%20by%20itself&submit=true")
    expect(typed.locator("article.from-model .parts")).to_contain_text("by itself")


@BOTH
def test_shortcuts_are_shown_and_recorded_anew(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    chat(page)
    page.locator("#text").press("Control+Shift+?")
    expect(page.get_by_role("dialog")).to_contain_text("Keyboard shortcuts")
    axe(page, "shortcuts")
    page.get_by_role("button", name="Keys for “New chat”", exact=True).click()
    page.keyboard.press("Control+Shift+L")
    expect(page.get_by_role("dialog")).to_contain_text("“Archive the chat” already uses these keys.")
    axe(page, "conflict")
    page.get_by_role("button", name="Use them here").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.reload()
    page.locator("#scroll").press("Control+Shift+L")
    page.wait_for_url("**/c/new")


def test_shortcuts_do_what_their_controls_do(tab: Page) -> None:
    chat(tab, "[[markdown]] the first")
    tab.locator("#scroll").press("Control+Shift+E")
    expect(tab.locator("article.from-model .siblings")).to_contain_text("2")
    settled(tab)
    tab.locator("#scroll").press("Control+Shift+I")
    expect(tab.locator(".editor textarea")).to_be_focused()
    tab.keyboard.press("Escape")
    tab.locator("#scroll").press("Control+Shift+S")
    expect(tab.locator("#sidebar")).to_be_hidden()
    tab.locator("#scroll").press("Control+Shift+S")
    expect(tab.locator("#sidebar")).to_be_visible()
    tab.locator("#scroll").press("Control+/")
    expect(tab.locator("#list-filter")).to_be_focused()
    tab.locator("#scroll").press("Control+Shift+Backspace")
    expect(tab.get_by_role("dialog")).to_contain_text("Delete this chat?")


@BOTH
def test_every_page_beside_the_chat(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    chat(page, "[[echo]] words to be found")
    for path in ("bookmarks", "archive", "projects", "search?q=words", "settings"):
        page.goto(f"/{path}")
        axe(page, path)
    page.goto("/search?q=words")
    page.locator(".hits a.card-name").first.click()
    expect(page.locator("article").first).to_contain_text("words to be found")
    page.goto("/settings")
    page.get_by_label("Send messages with").select_option("mod_enter")
    expect(page.locator(".saved")).to_contain_text("Saved")
    page.goto("/c/new")
    page.locator("#text").fill("a line")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("a line\n")
    page.keyboard.press("Control+Enter")
    expect(page.locator("article.from-model")).to_have_count(1)
    page.goto("/projects/new")
    axe(page, "new project alone")


def test_the_strip_leads_through_a_long_thread(tab: Page, axe: Axe) -> None:
    chat(tab, *[f"[[tokens:120]] number {number}" for number in range(5)])
    strip = tab.locator("#strip")
    expect(strip.locator("[data-mark]")).to_have_count(11)
    axe(tab, "strip")
    strip.locator("[data-mark]").first.focus()
    tab.keyboard.press("Enter")
    expect(tab.locator("article").first).to_be_in_viewport()
    expect(strip.locator("[data-mark]").first).to_have_attribute("aria-current", "true")
    tab.keyboard.press("ArrowDown")
    expect(strip.locator("[data-mark]").nth(1)).to_be_focused()


def test_what_waits_is_not_lost_when_it_cannot_be_sent(tab: Page) -> None:
    send(tab, "[[gate:held]] the first")
    expect(tab.locator("article[data-run]")).to_have_count(1)
    tab.route("**/queue", lambda route: route.abort())
    send(tab, "[[echo]] the second")
    card = tab.locator("#waiting .waiting-card")
    expect(card).to_contain_text("Not sent yet")
    tab.locator("#text").fill("still typing")
    tab.unroute("**/queue")
    tab.reload()
    expect(card).to_contain_text("Queued")
    expect(card).to_contain_text("the second")
    tab.locator(".stop").click()
    tab.route("**/send", lambda route: route.fulfill(status=409))
    card.get_by_role("button", name="Send now").click()
    expect(tab.locator("#toasts")).to_contain_text("That didn't work")
    tab.unroute("**/send")
    card.get_by_role("button", name="Send now").click()
    expect(tab.locator("article.from-model .parts").last).to_contain_text("the second")
    expect(tab.locator("#waiting > *")).to_have_count(0)


def test_chats_may_open_at_their_beginning(tab: Page) -> None:
    for number in range(3):
        send(tab, f"[[tokens:300]] number {number}")
        settled(tab)
    address = tab.url
    tab.goto("/settings")
    tab.get_by_label("Open chats at the latest message").uncheck()
    expect(tab.locator(".saved")).to_contain_text("Saved")
    tab.goto(address)
    expect(tab.locator("article").first).to_be_in_viewport()


@BOTH
def test_a_project_holds_its_chats_and_lets_a_new_one_go_elsewhere(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab("/projects/new", phone=phone)
    page.get_by_label("Name").fill("Moon base")
    page.get_by_label("Instructions").fill("Be brief")
    page.get_by_role("button", name="Create project").click()
    axe(page, "workspace")
    page.get_by_role("link", name="New chat").last.click()
    expect(page.locator(".scope select")).to_have_value(re.compile("-"))
    axe(page, "in a project")
    chat(page, "[[echo]] inside")
    expect(page.locator(".scope")).to_have_count(0)
    page.reload()
    expect(page.locator("#chat-actions")).to_contain_text("Moon base")
    reveal(page, phone)
    page.locator(".inside > summary").click()
    expect(page.locator(".inside [data-row]")).to_have_count(1)
    axe(page, "expanded")
    page.goto(page.locator("[data-project] > .row").get_attribute("href") or "")
    page.get_by_role("link", name="New chat").last.click()
    page.locator(".scope select").select_option("")
    expect(page).to_have_url(re.compile(r"/c/new$"))
    page.goto("/projects")
    page.locator("#project-rows .card-name").click()
    page.get_by_role("link", name="Delete project").click()
    page.get_by_role("button", name="Delete project").click()
    expect(page.locator("#project-rows")).to_contain_text("No projects yet.")
