"""Everyday gestures, without a reload before them and with many chats beside the one on view."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import send, settled
from tests.browser.test_shell import load_rows
from tests.load.people import Person
from tests.load.stack import Stack

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Axe = Callable[[Page, str], None]
BOTH = pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
WORDS = "and a few more words " * 30
# What is cut off must not scroll either: a focus or a fragment would move the whole page.
MOVED = """() => [document.scrollingElement, ...document.querySelectorAll('.app, .main, dialog[open]')]
    .filter(element => { element.scrollTop = 50; return element.scrollTop > 0 })
    .map(element => element.className || element.tagName)"""


@pytest.fixture
def chats(stack: Stack, person: Person, tmp_path: Path) -> None:
    """Twelve short chats, and one of 80 long messages of which each has a word of its own."""
    rows: list[dict[str, object]] = [
        {"title": f"Chat {number}", "created": 1_790_000_000 - number * 90_000, "messages": []} for number in range(12)
    ]
    said = [
        {"role": "assistant" if at % 2 else "user", "content": f"message {at} zebra{at}x {WORDS}"} for at in range(80)
    ]
    load_rows(stack, person, tmp_path, [*rows, {"title": "A long one", "created": 1_700_000_000, "messages": said}])


def said(page: Page, at: int) -> Locator:
    return page.locator("article").filter(has_text=re.compile(rf"message {at}\b"))


def in_view(page: Page, message: Locator) -> None:
    expect(message).to_be_in_viewport()
    expect(message).to_have_class(re.compile("is-found"))
    page.wait_for_timeout(400)  # whatever comes later moves nothing
    box = message.bounding_box()
    assert box
    assert 40 <= box["y"] <= 220
    assert page.evaluate(MOVED) == []
    expect(page.locator("#model-button")).to_be_in_viewport()


@BOTH
@pytest.mark.parametrize("at", [3, 41, 77])
@pytest.mark.usefixtures("chats")
def test_a_hit_opens_where_it_was_said(open_tab: Open, axe: Axe, phone: bool, at: int) -> None:
    page = open_tab(f"/search?q=zebra{at}x", phone=phone)
    page.locator(".hits a.card-name").first.click()
    hit = said(page, at)
    in_view(page, hit)
    expect(hit).to_be_focused()
    axe(page, "a message that was looked for")
    page.reload()
    in_view(page, hit)


def test_what_is_sent_from_further_up_stands_at_the_end(
    tab: Page, stack: Stack, person: Person, tmp_path: Path
) -> None:
    texts = [f"message {at} zebra{at}x " + "and more words " * 20 for at in range(260)]
    messages = [{"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(texts)]
    load_rows(stack, person, tmp_path, [{"title": "The longest", "created": 1_700_000_000, "messages": messages}])
    tab.goto("/search?q=zebra3x")
    tab.locator(".hits a.card-name").first.click()
    in_view(tab, said(tab, 3))
    expect(tab.locator(".later")).to_have_count(1)
    send(tab, "[[echo]] and now?")
    settled(tab)
    expect(tab.locator(".later")).to_have_count(0)
    expect(tab.locator("#messages > article").last).to_contain_text("and now?")
    expect(tab.locator("#messages > article").last).to_be_in_viewport()
    expect(said(tab, 259)).to_have_count(1)


@pytest.mark.usefixtures("chats")
def test_the_map_the_strip_and_a_quotation_lead_to_their_message(tab: Page) -> None:
    tab.get_by_role("link", name="A long one").click()
    expect(tab.locator("#strip")).to_be_visible()
    for mark in (1, 60):
        tab.locator("#strip [data-mark]").nth(mark).click()
        in_view(tab, said(tab, mark))
    tab.get_by_role("button", name="Actions for this chat").click()
    tab.get_by_role("link", name="Map of this chat").click()
    tab.locator(".map.is-ready .spot").first.focus()
    tab.keyboard.press("Enter")
    in_view(tab, said(tab, 0))


def test_a_quotation_leads_to_what_it_quotes(tab: Page) -> None:
    for number in range(3):
        send(tab, f"[[tokens:250]] number {number}")
        settled(tab)
    first = tab.locator("article.from-model").first
    first.scroll_into_view_if_needed()
    first.locator(".prose p").first.click(click_count=3, position={"x": 12, "y": 10})
    tab.get_by_role("button", name="Quote", exact=True).click()
    send(tab, "[[tokens:250]] of this?")
    settled(tab)
    tab.locator(".quoted a").click()
    in_view(tab, first)


@BOTH
def test_whatever_is_done_to_a_fresh_reply_stays_in_the_chat(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "[[tokens:12]] the first")
    settled(page)
    page.wait_for_url("**/c/*-*")
    address, reply = page.url, page.locator("article.from-model").last
    reply.get_by_role("link", name="Edit message").click()
    expect(page.locator(".editor textarea")).to_be_focused()
    page.keyboard.press("Escape")
    reply.get_by_role("link", name="Fork from here").click()
    expect(page.get_by_role("dialog")).to_contain_text("Fork from this message")
    axe(page, "forking")
    page.keyboard.press("Escape")
    reply.get_by_role("button", name="Good reply").click()
    expect(page.get_by_role("dialog", name="Reasons")).to_be_visible()
    page.keyboard.press("Escape")
    reply.get_by_role("button", name="Regenerate").click()
    expect(page.locator(".siblings")).to_contain_text("2")
    settled(page)
    page.get_by_role("button", name="Previous version").last.click()
    expect(page.locator(".siblings")).to_contain_text("1 / 2")
    page.locator("article.from-user").get_by_role("link", name="Edit message").click()
    expect(page.locator(".editor textarea")).to_be_focused()
    assert page.url == address


def test_every_form_of_a_chat_is_whole_on_a_page_of_its_own(tab: Page, axe: Axe) -> None:
    send(tab, "[[tokens:12]] hello")
    settled(tab)
    tab.wait_for_url("**/c/*-*")
    chat = tab.url
    message = tab.locator("article.from-model").get_attribute("data-message")
    verbs = ["rename", "move", "bookmarks", "delete", "map", "cost", "parameters"]
    for path in [*verbs, f"messages/{message}/fork", f"messages/{message}/edit"]:
        tab.goto(f"{chat}/{path}")
        large = tab.locator(".figure, .icon").evaluate_all(
            "all => all.filter(element => element.clientWidth > 60).length"
        )
        assert large == 0, path
        axe(tab, path)


def test_a_stopped_reply_goes_on_and_is_edited_without_a_reload(tab: Page) -> None:
    send(tab, "[[tokens:400 delay=20]] go")
    expect(tab.locator("article.from-model .part")).not_to_be_empty()
    tab.get_by_role("button", name="Stop").click()
    settled(tab, "stopped")
    tab.locator("article.from-model").get_by_role("link", name="Edit message").click()
    tab.locator(".editor textarea").fill("It begins so")
    tab.keyboard.press("ControlOrMeta+s")
    expect(tab.locator("article.from-model")).to_contain_text("Edited")
    tab.get_by_role("button", name="Continue").click()
    settled(tab)
    expect(tab.locator("article.from-model .parts")).to_contain_text("It begins so")


@BOTH
@pytest.mark.parametrize("query", ["zebra41x", "", "nothing has this"])
@pytest.mark.usefixtures("chats")
def test_enter_in_the_search_box_searches_everything(open_tab: Open, axe: Axe, phone: bool, query: str) -> None:
    page = open_tab(phone=phone)
    if phone:
        page.locator(".opener").click()
    page.locator("#list-filter").fill(query)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?q="))
    expect(page.locator("#search-field")).to_have_value(query)
    expect(page.locator(".hits > li")).to_have_count(1 if query == "zebra41x" else 0)
    expect(page.locator("#sidebar")).to_be_attached()
    axe(page, "found by Enter")


@BOTH
@pytest.mark.usefixtures("chats")
def test_bookmarks_narrow_the_list_and_a_chip_widens_it(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "[[echo]] about animals")
    settled(page)
    page.get_by_role("button", name="Actions for this chat").click()
    page.locator("#chat-menu").get_by_role("link", name="Bookmarks…").click()
    page.get_by_label("New bookmark").fill("Pets")
    page.keyboard.press("Enter")
    expect(page.locator(".toast").last).to_contain_text("Bookmarked: Pets")
    page.goto("/c/new")
    if phone:
        page.locator(".opener").click()
    rows = page.locator("#history-rows [data-row]")
    expect(rows).to_have_count(14)
    page.locator("#list-tag").click()
    page.locator("#tag-menu").get_by_label("Pets").check()
    expect(rows).to_have_count(1)
    page.keyboard.press("Escape")
    chip = page.get_by_role("link", name="Remove the filter “Pets”")
    axe(page, "narrowed")
    chip.click()
    expect(rows).to_have_count(14)
    expect(chip).to_have_count(0)
    page.goto("/bookmarks")
    page.locator(".card-name", has_text="Pets").click()
    if phone:
        page.locator(".opener").click()
    expect(rows).to_have_count(1)
    page.locator("#list-filter").fill("nothing has this")
    expect(rows).to_have_count(0)
    page.locator("#list-filter").fill("")
    expect(rows).to_have_count(1)
    page.reload()
    expect(rows).to_have_count(1)
    if phone:
        page.locator(".opener").click()
    chip.click()
    expect(rows).to_have_count(14)
    page.reload()
    expect(rows).to_have_count(14)


@BOTH
@pytest.mark.usefixtures("chats")
def test_the_page_of_archived_chats_deletes_no_other(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab("/archive", phone=phone)
    expect(page.get_by_role("link", name="Delete")).to_have_count(0)  # nothing is there to delete
    page.goto("/c/new")
    send(page, "[[echo]] to be put away")
    settled(page)
    page.get_by_role("button", name="Actions for this chat").click()
    page.locator("#chat-menu").get_by_text("Archive", exact=True).click()
    page.wait_for_url("**/c/new")
    page.goto("/archive")
    page.locator(".top").get_by_role("link", name=re.compile("Delete")).click()
    expect(page.get_by_role("dialog")).to_contain_text("1 archived chat.")
    axe(page, "deleting archived chats")
    page.get_by_role("button", name="Delete 1 archived chat").click()
    expect(page.locator(".toast")).to_contain_text("1 chat was deleted.")
    expect(page.locator("#archive-rows tr")).to_have_count(0)
    expect(page.locator("#sidebar [data-row]")).to_have_count(13)
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast").last).to_contain_text("1 chat")
    page.reload()
    expect(page.locator("#archive-rows tr")).to_have_count(1)


@pytest.mark.usefixtures("chats")
def test_deleting_everything_wants_a_word_and_can_be_undone(tab: Page, axe: Axe) -> None:
    tab.goto("/settings/data")
    tab.get_by_role("link", name="Delete all chats…").click()
    sure = tab.get_by_label("Type “delete” to confirm")
    expect(sure).to_be_focused()
    sure.fill("yes")
    tab.keyboard.press("Enter")
    expect(sure).to_have_attribute("aria-invalid", "true")
    axe(tab, "a wrong word")
    expect(tab.locator("#sidebar [data-row]")).to_have_count(13)
    sure.fill("Delete")
    tab.keyboard.press("Enter")
    expect(tab.locator(".toast")).to_contain_text("13 chats were deleted.")
    expect(tab.locator("#sidebar [data-row]")).to_have_count(0)
    tab.locator(".toast").get_by_role("button", name="Undo").click()
    expect(tab.locator("#sidebar [data-row]")).to_have_count(13)


TOLD = [
    ("/projects", "New project", "Name", "Moon base", "Moon base"),
    ("/bookmarks", "New bookmark", "Name", "Pets", "Pets"),
]


@pytest.mark.parametrize(("path", "act", "label", "value", "message"), TOLD)
def test_what_was_done_is_told_although_the_page_changes(
    tab: Page, path: str, act: str, label: str, value: str, message: str
) -> None:
    tab.goto(path)
    tab.get_by_role("link", name=act).click()
    tab.get_by_role("dialog").get_by_label(label, exact=True).fill(value)
    tab.keyboard.press("Enter")
    expect(tab.locator(".toast")).to_contain_text(message)
    tab.reload()
    expect(tab.locator(".toast")).to_have_count(0)


def test_what_was_done_without_scripts_is_told_too(open_tab: Open) -> None:
    page = open_tab("/bookmarks/new", java_script_enabled=False)
    page.get_by_label("Name").fill("Pets")
    page.get_by_role("button", name=re.compile("bookmark")).click()
    expect(page.locator(".toast")).to_contain_text("Pets")


KEYS = [
    ("Control+Shift+M", "#models"), ("Control+Shift+I", ".editor"), ("Control+Shift+E", ".siblings"),
    ("Control+Shift+B", "#dialog"), ("Control+Shift+Comma", ".settings"), ("Control+/", "#list-filter:focus"),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "shown"), KEYS)
def test_shortcuts_work_while_one_writes_a_message(tab: Page, keys: str, shown: str) -> None:
    send(tab, "[[tokens:5]] the first")
    settled(tab)
    tab.locator("#text").press_sequentially("half a thought")
    tab.keyboard.press(keys)
    expect(tab.locator(shown)).to_be_visible()


def test_stop_and_new_chat_work_while_one_writes_and_edits_stay_edits(tab: Page) -> None:
    send(tab, "[[tokens:400 delay=20]] go")
    expect(tab.locator("article.from-model .part")).not_to_be_empty()
    expect(tab.locator("#text")).to_be_focused()
    tab.keyboard.press("Control+Shift+X")
    settled(tab, "stopped")
    tab.locator("#text").press_sequentially("half a thought")
    tab.keyboard.press("Control+Shift+Backspace")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    tab.keyboard.press("Control+Shift+O")
    tab.wait_for_url("**/c/new")


@BOTH
def test_an_at_sign_suggests_models_and_is_text_otherwise(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    text, options = page.locator("#text"), page.locator("#suggest [role=option]")
    text.press_sequentially("@gem")
    expect(options).to_have_count(1)
    expect(text).to_be_focused()
    axe(page, "models at the caret")
    page.keyboard.press("Enter")
    expect(page.locator("#model-button")).to_contain_text("gemma-3-27b-it")
    expect(text).to_have_value("")
    expect(text).to_be_focused()
    text.press_sequentially("@mis")
    expect(options).to_have_count(1)
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(text).to_have_value("@mis")
    page.keyboard.press("t")
    expect(options.first).to_be_hidden()
    text.fill("")
    text.press_sequentially("@Override in Java means?")
    expect(page.locator("#suggest")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("article.from-user")).to_contain_text("@Override in Java means?")
    expect(page.locator("#model-button")).to_contain_text("gemma-3-27b-it")


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_s_header_holds_all_it_shows(open_tab: Open, axe: Axe, width: int) -> None:
    page = open_tab(phone=True)
    page.set_viewport_size({"width": width, "height": 700})
    send(page, "[[tokens:5]] hello")
    settled(page)
    expect(page.get_by_role("button", name="Actions for this chat")).to_be_in_viewport(ratio=1)
    name = page.locator("[data-model-name]")
    assert name.evaluate("element => element.scrollWidth <= element.clientWidth"), "the model's name is cut"
    page.get_by_role("button", name="Actions for this chat").focus()
    axe(page, f"the header at {width}")
    page.get_by_role("button", name="Actions for this chat").click()
    page.locator("#chat-menu").get_by_role("link", name="Parameters").click()
    expect(page.get_by_role("dialog")).to_contain_text("Parameters")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="New chat").filter(visible=True).click()
    page.wait_for_url("**/c/new")
    expect(page.locator("#messages article")).to_have_count(0)
