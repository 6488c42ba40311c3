"""What makes long hours easier: the size of letters, long lines of code, large diagrams, whole menus."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.browser.conftest import send, settled

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
Axe = Callable[[Page, str], None]
SMALL: ViewportSize = {"width": 320, "height": 568}
DIAGRAM = "flowchart LR\n  Browser --> Web --> Generator --> Postgres --> Backup --> Vault --> Archive --> End"
CODE = "def function(" + ", ".join(f"argument_{number}" for number in range(30)) + "): pass"

COUNTS_PONGS = """window.pongs = window.opened = 0; window.WebSocket = class extends WebSocket {
    constructor(address) {
        super(address);
        this.addEventListener("open", () => { window.opened += 1; });
        this.addEventListener("message", ({ data }) => { window.pongs += data.includes("pong"); });
    }
};"""


def reply_with(page: Page, language: str, code: str) -> None:
    send(page, f"[[echo]] ```{language}\n{code}\n```")
    settled(page)


def letters(page: Page) -> float:
    return float(page.evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)"))


def test_the_size_of_letters_changes_at_once_and_everywhere(open_tab: Open, axe: Axe) -> None:
    page = open_tab("/settings")
    standard = letters(page)
    page.evaluate("() => { window.same = true }")
    page.get_by_role("button", name="Large").click()
    expect(page.get_by_role("button", name="Large")).to_have_attribute("aria-pressed", "true")
    assert letters(page) > standard
    assert page.evaluate("() => window.same"), "the page was loaded again"
    axe(page, "large letters")
    page.goto("/c/new")
    assert letters(page) > standard
    page.goto("/settings")
    page.get_by_role("button", name="Small").click()
    assert letters(page) < standard
    page.get_by_role("button", name="Standard").click()
    assert letters(page) == standard
    page.goto("/c/new")
    assert letters(page) == standard


def test_small_letters_never_make_a_phone_zoom_into_a_field(open_tab: Open) -> None:
    page = open_tab("/settings", phone=True)
    page.get_by_role("button", name="Small").tap()
    page.goto("/c/new")
    size = "() => parseFloat(getComputedStyle(document.getElementById('text')).fontSize)"
    assert page.evaluate(size) >= 16


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_long_lines_of_code_can_be_wrapped(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    reply_with(page, "python", CODE)
    pre = page.locator(".code pre").last
    (pre.tap if phone else pre.hover)()
    wrap = page.get_by_role("button", name="Wrap lines")
    expect(wrap).to_have_attribute("aria-pressed", "false")
    assert pre.evaluate("element => element.scrollWidth > element.clientWidth")
    wrap.click()
    expect(wrap).to_have_attribute("aria-pressed", "true")
    assert pre.evaluate("element => element.scrollWidth <= element.clientWidth")
    axe(page, "wrapped code")
    wrap.click()
    assert pre.evaluate("element => element.scrollWidth > element.clientWidth")


def test_the_switch_comes_by_keyboard_and_only_where_a_line_is_long(tab: Page) -> None:
    reply_with(tab, "python", "short = 1")
    tab.locator(".code pre").last.focus()
    reply_with(tab, "python", CODE)
    tab.locator(".code pre").last.focus()
    expect(tab.get_by_role("button", name="Wrap lines")).to_have_count(1)
    tab.keyboard.press("Shift+Tab")
    tab.keyboard.press("Shift+Tab")
    expect(tab.get_by_role("button", name="Wrap lines")).to_be_focused()


def test_a_diagram_is_enlarged_and_moved_by_keys(tab: Page, axe: Axe) -> None:
    reply_with(tab, "mermaid", DIAGRAM)
    larger = tab.get_by_role("button", name="Enlarge")
    larger.press("Enter")
    dialog = tab.get_by_role("dialog", name="Diagram")
    stage = dialog.locator(".stage")
    expect(stage).to_be_focused()
    expect(stage.locator("iframe").content_frame.locator("svg")).to_be_visible()
    axe(tab, "a large diagram")
    tab.keyboard.press("0")
    expect(dialog.locator("output")).to_have_text("100 %")
    before = stage.locator("iframe").evaluate("element => element.clientWidth")
    tab.keyboard.press("+")
    tab.keyboard.press("+")
    expect(dialog.locator("output")).to_have_text("156 %")
    assert stage.locator("iframe").evaluate("element => element.clientWidth") > before * 1.5
    left = stage.evaluate("element => element.scrollLeft")
    tab.keyboard.press("ArrowRight")
    tab.wait_for_function("left => document.querySelector('.stage').scrollLeft > left", arg=left)
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(larger).to_be_focused()


def test_a_wide_diagram_opens_in_letters_that_a_phone_can_show(open_tab: Open, axe: Axe) -> None:
    page = open_tab(phone=True)
    reply_with(page, "mermaid", DIAGRAM)
    page.get_by_role("button", name="Enlarge").tap()
    frame = page.locator(".stage iframe")
    expect(frame.content_frame.locator("svg")).to_be_visible()
    page.wait_for_function("() => document.querySelector('.stage iframe').clientWidth > 2 * innerWidth")
    axe(page, "a large diagram on a phone")
    page.get_by_role("button", name="Fit to window").tap()
    assert frame.evaluate("element => element.clientWidth <= innerWidth")


def test_a_diagram_is_as_high_as_it_needs_after_the_window_changed(tab: Page) -> None:
    reply_with(tab, "mermaid", DIAGRAM)
    frame = tab.locator(".code iframe")
    expect(tab.get_by_role("button", name="Enlarge")).to_be_visible()
    before = frame.evaluate("element => element.clientHeight")
    tab.set_viewport_size({"width": 420, "height": 800})
    tab.wait_for_function("before => document.querySelector('.code iframe').clientHeight < before", arg=before)


def test_what_cannot_be_drawn_can_still_be_copied(tab: Page) -> None:
    reply_with(tab, "mermaid", "flowchart LR\n  A --> --> B")
    tab.mouse.move(600, 300)
    expect(tab.locator(".no-diagram")).to_be_visible()
    expect(tab.locator(".code-head").last.get_by_role("button", name="Copy")).to_be_visible()


def test_all_of_a_menu_can_be_reached_in_a_small_window(open_tab: Open, axe: Axe) -> None:
    page = open_tab()
    send(page, "[[tokens:3]]")
    settled(page)
    page.set_viewport_size(SMALL)
    page.get_by_role("button", name="Actions for this chat").click()
    menu = page.locator("#chat-menu")
    assert menu.evaluate("element => element.getBoundingClientRect().bottom <= innerHeight")
    last = menu.locator(".menu-item").last
    page.keyboard.press("ArrowUp")  # from the first to the last
    expect(last).to_be_focused()
    expect(last).to_be_in_viewport(ratio=0.9)
    axe(page, "a menu in a small window")


def test_a_menu_stays_where_it_is_when_the_header_is_sent_anew(tab: Page) -> None:
    send(tab, "[[tokens:3]]")
    settled(tab)
    button = tab.get_by_role("button", name="Actions for this chat")
    button.click()
    menu = tab.locator("#chat-menu")
    before = menu.bounding_box()
    with tab.expect_response("**/actions"):
        tab.evaluate("() => document.dispatchEvent(new CustomEvent('parley:changed'))")
    tab.wait_for_function("() => document.getElementById('chat-menu').style.top")
    assert menu.bounding_box() == before
    expect(button).to_have_attribute("aria-expanded", "true")


def test_a_new_chat_on_a_phone_has_its_controls_at_the_edges(open_tab: Open) -> None:
    page = open_tab(phone=True)
    box = page.locator("#parameters-button").bounding_box()
    assert box
    assert box["x"] + box["width"] > 390 - 24


def test_selecting_is_ended_by_the_button_that_began_it(tab: Page, axe: Axe) -> None:
    send(tab, "[[tokens:3]]")
    settled(tab)
    tab.get_by_role("button", name="Select chats").click()
    done = tab.get_by_role("button", name="Done selecting chats")
    expect(done).to_have_text("Done")
    axe(tab, "selecting")
    done.click()
    expect(tab.get_by_role("button", name="Select chats")).to_have_text("Select")
    expect(tab.locator("#bulk")).to_be_hidden()


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_hits_stand_by_their_chats_in_an_order_that_stays(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "[[tokens:3]] rocket rocket rocket")
    settled(page)
    send(page, "[[tokens:3]] a rocket and much else, as it happens, in a longer sentence")
    settled(page)
    page.goto("/search?q=rocket")
    expect(page.locator(".hits > li")).to_have_count(1)
    hits = page.locator(".hits .hit")
    expect(hits).to_have_count(2)
    expect(hits.first).to_contain_text("much else")
    axe(page, "hits by their chats")
    page.get_by_label("Order").select_option("Best match")
    expect(hits.first).to_contain_text("rocket rocket")
    page.reload()
    expect(page.get_by_label("Order")).to_have_value("best")
    hits.first.click()
    expect(page.locator("article.is-found")).to_contain_text("rocket rocket")


def test_search_in_another_order_works_without_scripts(open_tab: Open) -> None:
    page = open_tab("/search?q=cats", java_script_enabled=False)
    page.get_by_label("Order").select_option("Best match")
    page.get_by_role("button", name="Search", exact=True).click()
    page.wait_for_url("**/search?q=cats&sort=best")


@pytest.mark.parametrize("local", [True, False], ids=["the system is wrong", "nothing answers"])
def test_a_lost_connection_is_told_and_nothing_typed_is_lost(tab: Page, axe: Axe, local: bool) -> None:
    tab.add_init_script(COUNTS_PONGS)
    tab.reload()
    tab.wait_for_function("() => window.opened")  # a socket that opens later would tell that the server is there
    if local:  # a server on this machine answers, whatever the system says of the network
        tab.locator("#text").fill("kept words")
        tab.evaluate("() => dispatchEvent(new Event('offline'))")
        tab.wait_for_function("() => window.pongs")
        expect(tab.locator("body")).not_to_have_attribute("data-away", re.compile(""))
        expect(tab.locator(".send")).to_be_enabled()
        return
    tab.locator("#text").fill("kept words")
    tab.context.set_offline(True)
    expect(tab.locator("#toasts")).to_contain_text("You're offline. Your text is kept")
    expect(tab.locator(".composer")).to_contain_text("Not connected")
    expect(tab.locator(".send")).to_be_disabled()
    axe(tab, "offline")
    tab.locator("#text").press("End")
    tab.keyboard.type(" and more")
    tab.keyboard.press("Enter")
    expect(tab.locator("#text")).to_have_value("kept words and more")
    expect(tab.locator("article")).to_have_count(0)
    tab.context.set_offline(False)
    expect(tab.locator(".send")).to_be_enabled()
    expect(tab.locator("#toasts")).not_to_contain_text("offline")
    tab.keyboard.press("Enter")
    settled(tab)
    expect(tab.locator("article.from-user")).to_contain_text("kept words and more")


def test_a_reply_stands_under_the_icon_of_its_model(tab: Page) -> None:
    drawn = "element => element.querySelector('.model-icon').innerHTML"
    header = tab.locator("[data-model-icon]").evaluate(drawn)
    send(tab, "[[tokens:40 delay=20]] Who answers?")
    expect(tab.locator("article.from-model .face .model-icon")).to_have_count(1)
    assert tab.locator("article.from-model .face").evaluate(drawn) == header
    settled(tab)
    tab.reload()
    assert tab.locator("article.from-model .face").evaluate(drawn) == header


def test_an_empty_box_sends_nothing_while_a_message_is_on_its_way(tab: Page) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.route("**/turns", hold)
    send(tab, "[[tokens:3]] on its way")
    expect(tab.locator("article.is-pending").first).to_be_visible()
    expect(tab.locator(".send")).to_be_disabled()
    held[0].continue_()
    settled(tab)


def test_the_second_reply_of_a_chat_is_followed_too(tab: Page) -> None:
    for _ in range(3):
        send(tab, "[[markdown]] again")
        settled(tab)
        tab.wait_for_function(
            "() => { const element = document.getElementById('scroll');"
            " return element.scrollHeight - element.scrollTop - element.clientHeight < 2 }"
        )


def test_a_long_name_of_a_project_widens_nothing(open_tab: Open, axe: Axe) -> None:
    page = open_tab("/projects", phone=True)
    page.get_by_role("link", name="New project").tap()
    page.locator("#dialog input[name=name]").fill("Averylongnamewithoutanyspaces" * 4)
    page.keyboard.press("Enter")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("created")
    assert toast.evaluate("element => element.scrollWidth <= element.clientWidth")
    expect(page.get_by_role("link", name="New chat", exact=True).and_(page.locator(".top a:visible"))).to_have_count(1)
    page.locator(".top .starts-chat").tap()
    expect(page.locator(".scope")).to_be_visible()
    expect(page.locator(".send")).to_be_in_viewport(ratio=1)
    assert page.locator(".main").evaluate("element => element.scrollWidth <= innerWidth")
    send(page, "[[tokens:3]]")
    settled(page)
    expect(page.get_by_role("button", name="Actions for this chat")).to_be_in_viewport(ratio=1)
    axe(page, "a chat of a project with a long name")


def test_versions_and_actions_of_a_reply_fit_a_phone(open_tab: Open) -> None:
    page = open_tab(phone=True)
    send(page, "[[tokens:3]]")
    settled(page)
    page.get_by_role("button", name="Regenerate").tap()
    count = page.get_by_role("img", name="Version 2 of 2")
    expect(count).to_be_visible()
    assert count.evaluate("element => element.getClientRects().length") == 1
    assert count.evaluate("element => element.clientHeight < 32")
    expect(page.get_by_role("link", name="Fork from here").last).to_be_in_viewport(ratio=1)
