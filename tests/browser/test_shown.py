"""What a page shows of its own state: what is set, what is empty, what failed, what can be taken back."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import run_in_shell, send, settled
from tests.browser.test_drawing import DIAGRAM
from tests.load.stack import Stack

pytestmark = pytest.mark.browser

Open = Callable[..., Page]
Axe = Callable[[Page, str], None]
AGED = """
from datetime import timedelta
from django.db.models import F
from chat.models import Run
assert Run.objects.filter(id={run!r}).update(created_at=F("created_at") - timedelta(minutes=5))
"""
BOTH = pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])


def menu(page: Page, name: str) -> None:
    page.get_by_role("button", name="Actions for this chat").click()
    page.locator("#chat-menu").get_by_text(name, exact=True).click()


@BOTH
def test_a_bookmark_a_project_a_pin_and_parameters_show_at_once(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "[[tokens:5]] hello")
    settled(page)
    menu(page, "Move to a project…")
    page.get_by_label("New project").fill("Moon base")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-actions .chip")).to_contain_text("Moon base")
    menu(page, "Bookmarks…")
    page.get_by_label("New bookmark").fill("Pets")
    page.keyboard.press("Enter")
    expect(page.locator("#bookmark-button")).to_have_attribute("aria-label", "Bookmarks (set)")
    expect(page.get_by_role("button", name="Actions for this chat")).to_be_focused()
    menu(page, "Pin")
    expect(page.locator("#chat-menu")).to_contain_text("Unpin")
    axe(page, "all of it set")
    assert page.locator("#parameters-button").get_attribute("data-set") is None
    if phone:
        menu(page, "Parameters")
    else:
        page.locator("#parameters-button").click()
    page.get_by_label("Temperature", exact=True).and_(page.locator("[type=number]")).fill("0.3")
    expect(page.locator("#parameters-state")).to_contain_text("Saved")
    page.keyboard.press("Escape")
    expect(page.locator("#parameters-button")).to_have_attribute("data-set", "")
    page.reload()
    expect(page.locator("#parameters-button")).to_have_attribute("data-set", "")
    expect(page.locator("#bookmark-button")).to_have_attribute("data-set", "")


def test_a_favourite_is_marked_in_the_menu_of_models(tab: Page, axe: Axe) -> None:
    tab.locator("#model-button").click()
    tab.get_by_role("combobox", name="Find a model").fill("gemma")
    tab.get_by_role("button", name="Add to favourites gemma").click()
    expect(tab.locator("[data-fold=favourites]")).to_contain_text("gemma-3-27b-it")
    star = tab.get_by_role("button", name="Remove from favourites gemma")
    expect(star).to_have_attribute("aria-pressed", "true")
    axe(tab, "a favourite")
    tab.reload()
    tab.locator("#model-button").click()
    expect(tab.locator("#models [data-favourite]")).to_have_count(1)


def test_an_empty_reply_says_so_and_offers_another_try(tab: Page, axe: Axe) -> None:
    send(tab, "[[empty]] hello")
    reply = tab.locator("article.from-model").last
    expect(reply.get_by_role("button", name="Try again")).to_be_visible()
    expect(reply.get_by_role("button", name="Good reply")).to_have_count(0)
    axe(tab, "an empty reply")
    reply.get_by_role("button", name="Choose another model").click()
    expect(tab.locator("#models")).to_be_visible()
    tab.keyboard.press("Escape")
    reply.get_by_role("button", name="Try again").click()
    expect(tab.locator(".siblings")).to_contain_text("2")


@BOTH
def test_a_failed_reply_offers_what_helps(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "[[error:429]] hello")
    settled(page, "failed")
    axe(page, "a failed reply")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".siblings")).to_contain_text("2")


def test_the_parameters_stand_beside_the_chat_which_stays_in_use(tab: Page, axe: Axe) -> None:
    send(tab, "[[tokens:5]] hello")
    settled(tab)
    tab.locator("#parameters-button").click()
    panel = tab.get_by_role("dialog", name="Parameters")
    expect(panel).to_be_visible()
    axe(tab, "the panel beside the chat")
    send(tab, "[[tokens:5]] and again")
    settled(tab)
    expect(panel).to_be_visible()
    box, composer = panel.bounding_box(), tab.locator("#composer").bounding_box()
    assert box
    assert composer
    assert composer["x"] + composer["width"] <= box["x"]
    tab.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    tab.locator("#parameters-button").click()
    expect(panel).to_be_visible()
    menu(tab, "Rename")
    expect(tab.get_by_role("dialog", name="Rename chat")).to_be_visible()
    assert tab.locator("#dialog").evaluate("element => element.matches(':modal')")


def test_a_silent_model_shows_how_long_it_has_been_silent_and_can_be_stopped(tab: Page, stack: Stack, axe: Axe) -> None:
    tab.clock.install()
    send(tab, "[[stall head=no]]")
    sign = tab.locator("article.from-model .wait")
    expect(sign).to_be_attached()
    expect(sign).to_be_hidden()
    before = tab.locator("article.from-model").bounding_box()
    tab.clock.run_for(15_000)  # before the page looks after its socket by the same clock
    expect(sign).to_have_text(re.compile(r"^Waiting for the model · 0:\d\d$"))
    assert tab.locator("article.from-model").bounding_box() == before  # nothing has moved
    expect(sign).to_have_role("timer")  # which is read when it is asked for, and not every second
    assert tab.locator("#live").inner_text() == "The model is writing."
    axe(tab, "a silent model")
    run_in_shell(stack, AGED.format(run=tab.locator("article.from-model").get_attribute("data-run")))
    tab.reload()
    tab.clock.run_for(1_000)
    expect(sign).to_have_text(re.compile(r"^Waiting for the model · 5:\d\d$"))
    tab.get_by_role("button", name="Stop").click()
    settled(tab, "stopped")
    expect(sign).to_be_hidden()


def test_a_model_that_thinks_shows_that_it_does(tab: Page) -> None:
    send(tab, "[[reasoning delay=700]] hello")
    expect(tab.locator(".think-clock")).to_have_text(re.compile(r"\d+ s"))
    expect(tab.locator(".think-preview")).not_to_be_empty()
    settled(tab)
    expect(tab.locator(".think-clock")).to_have_count(0)
    expect(tab.locator(".think summary")).to_contain_text("Thoughts")


@BOTH
def test_what_was_deleted_can_be_taken_back_after_the_toast(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    for number in range(2):
        page.goto("/c/new")
        send(page, f"[[echo]] number {number}")
        settled(page)
    menu(page, "Delete…")
    page.get_by_role("button", name="Delete chat").click()
    page.wait_for_url("**/c/new")
    page.reload()
    expect(page.locator(".toast")).to_have_count(0)
    if phone:
        page.locator(".opener").click()
    expect(page.locator("#history-rows [data-row]")).to_have_count(1)
    page.locator("[popovertarget=account-menu]").click()
    axe(page, "a way back")
    page.locator("#undo-last").click()
    expect(page.locator("#history-rows [data-row]")).to_have_count(2)
    page.locator("[popovertarget=account-menu]").click()
    expect(page.locator("#undo-last")).to_be_hidden()


def test_a_double_click_renames_and_what_was_typed_counts_wherever_one_clicks_next(tab: Page) -> None:
    for number in range(3):
        tab.goto("/c/new")
        send(tab, f"[[echo]] number {number}")
        settled(tab)
    row = tab.locator("#history-rows [data-row]").nth(2)
    row.locator(".row").dblclick()
    field = tab.locator("input.rename-here")
    expect(field).to_be_focused()
    tab.wait_for_load_state("networkidle")
    expect(field).to_be_focused()
    tab.keyboard.type("A name of my own")
    tab.locator("#text").click()
    expect(tab.locator("#history-rows")).to_contain_text("A name of my own")
    tab.reload()
    expect(tab.locator("#history-rows")).to_contain_text("A name of my own")


def test_copies_are_told_apart(tab: Page) -> None:
    send(tab, "[[echo]] the original")
    settled(tab)
    address = tab.url
    for _ in range(2):
        tab.goto(address)
        tab.locator("article.from-model").last.get_by_role("link", name="Fork from here").click()
        tab.get_by_role("button", name="Fork", exact=True).click()
        expect(tab.locator(".toast").last).to_contain_text("Forked into a new chat.")
    titles = tab.locator("#history-rows [data-row] .row span")
    expect(titles).to_have_count(3)
    assert len(set(titles.all_inner_texts())) == 3
    assert any(title.startswith("Fork of ") for title in titles.all_inner_texts())


def test_moving_a_bookmark_keeps_the_focus(tab: Page) -> None:
    for name in ("first", "second"):
        tab.goto("/bookmarks")
        tab.get_by_role("link", name="New bookmark").click()
        tab.get_by_role("dialog").get_by_label("Name").fill(name)
        tab.keyboard.press("Enter")
        expect(tab.locator("#bookmark-rows")).to_contain_text(name)
    tab.get_by_role("button", name="Move “second” up").press("Enter")
    expect(tab.locator("#bookmark-rows .card-name").first).to_have_text("second")
    expect(tab.get_by_role("button", name="Move “second” down")).to_be_focused()
    tab.keyboard.press("Enter")
    expect(tab.locator("#bookmark-rows .card-name").first).to_have_text("first")
    expect(tab.get_by_role("button", name="Move “second” up")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_refused_sign_up_leads_to_the_first_fault(open_tab: Open, scripts: bool) -> None:
    page = open_tab("/register", signed_in=False, java_script_enabled=scripts)
    page.get_by_label("Name", exact=True).fill("Ursula")
    page.get_by_label(re.compile("mail")).fill("ursula@example.org")
    page.locator("[name=password1]").fill("password")
    page.locator("form button[type=submit]").first.click()
    expect(page.locator("[aria-invalid=true]").first).to_be_focused()


def test_the_bar_of_a_quotation_stands_where_its_words_begin(open_tab: Open) -> None:
    page = open_tab()
    send(page, "[[echo]] > اقتباس من كتاب\n\n- بند\n\n> and this from left to right")
    settled(page)
    sides = page.locator(".from-model .prose :is(blockquote, ul)").evaluate_all(
        "all => all.map(element => getComputedStyle(element).direction)"
    )
    assert sides == ["rtl", "rtl", "ltr"]
    page.evaluate("document.documentElement.dir = 'rtl'")
    sides = page.locator(".from-model .prose blockquote").evaluate_all(
        "all => all.map(element => parseFloat(getComputedStyle(element).borderRightWidth) > 0)"
    )
    assert sides == [True, False]


@BOTH
def test_a_short_question_has_a_small_bubble_with_all_its_actions(open_tab: Open, phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "ok")
    settled(page)
    bubble = page.locator("article.from-user .parts").bounding_box()
    reply = page.locator("article.from-model").bounding_box()
    assert bubble
    assert reply
    assert bubble["width"] < 70
    if not phone:
        assert reply["y"] - bubble["y"] - bubble["height"] <= 24
    page.locator("article.from-user").hover()
    edit = page.locator("article.from-user").get_by_role("link", name="Edit message")
    expect(edit).to_be_in_viewport(ratio=1)
    edit.click()
    expect(page.locator(".editor textarea")).to_be_focused()


def test_a_diagram_costs_nothing_until_somebody_is_there(tab: Page, open_tab: Open) -> None:
    send(tab, f"[[echo]] {DIAGRAM}")
    settled(tab)
    page = open_tab("about:blank", phone=True)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    weights: list[float] = []
    asked: list[str] = []
    session.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))
    page.goto(tab.url)
    expect(page.locator(".from-model .code pre")).to_contain_text("graph TD")
    page.wait_for_timeout(3000)
    assert len(asked) <= 15, asked
    assert sum(weights) <= 150_000, sum(weights)
    assert not any("mermaid" in path or "frames" in path for path in asked)
    page.locator(".from-model .code pre").tap()
    expect(page.frame_locator(".from-model iframe.diagram").get_by_text("Known?")).to_be_visible()
    expect(page.locator(".from-model .code pre")).to_be_hidden()


def test_the_map_tells_words_and_no_marks(tab: Page) -> None:
    send(tab, "[[markdown]] **Which** `index` do I _need_?")
    settled(tab)
    menu(tab, "Map of this chat")
    expect(tab.locator(".map.is-ready")).to_be_visible()
    labels = tab.locator(".map .spot").evaluate_all("all => all.map(element => element.getAttribute('aria-label'))")
    assert labels
    assert not any(re.search(r"[#*`|>]", label) for label in labels), labels
