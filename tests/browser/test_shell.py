"""What stands around the conversation: sidebar, titles, drafts, earlier messages."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled, sign_in_on_page
from tests.load.people import Person, load
from tests.load.stack import Stack

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
TITLING = "/c/new?endpoint=Titling&model=gives-titles"
SLOW_ANSWERS = """const fetched = window.fetch;
window.fetch = async (address, options) => {
    const answer = await fetched(address, options);
    const isListed = () => document.querySelector("#history-rows").textContent.includes("A cat of many names");
    while (options?.method === "POST" && !isListed()) await new Promise(requestAnimationFrame);
    return answer;
};"""


def load_rows(stack: Stack, person: Person, folder: Path, rows: list[dict[str, object]]) -> None:
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    load(stack, folder / "rows.jsonl", person.email)


def test_a_title_arrives_in_every_tab_while_the_page_is_open(open_tab: Open) -> None:
    tab, other = open_tab(TITLING), open_tab("/c/new")
    send(tab, "[[title:A_cat_of_many_names]] what shall I call it?")
    settled(tab)
    for page in (tab, other):
        expect(page.locator("#history-rows")).to_contain_text("A cat of many names")
    expect(tab).to_have_title("A cat of many names · Parley")
    expect(other).to_have_title("Parley")


def test_a_title_told_before_the_chat_has_its_address_stays(open_tab: Open) -> None:
    page = open_tab()
    page.add_init_script(SLOW_ANSWERS)
    page.goto(TITLING)
    send(page, "[[title:A_cat_of_many_names]] what shall I call it?")
    settled(page)
    expect(page).to_have_title("A cat of many names · Parley")


def test_the_sidebar_pages_as_it_scrolls(open_tab: Open, stack: Stack, person: Person, tmp_path: Path) -> None:
    names = [f"Conversation {number}" for number in range(90)]
    rows: list[dict[str, object]] = [
        {"title": name, "created": 1_700_000_000 + number * 60, "messages": []} for number, name in enumerate(names)
    ]
    load_rows(stack, person, tmp_path, rows)
    page = open_tab()
    listed = page.locator("#history-rows a.row[href^='/c/']")
    expect(listed.first).to_have_text("Conversation 89")
    assert listed.count() < len(names)
    for _ in range(20):
        if page.get_by_text("Conversation 0", exact=True).count():
            break
        page.locator("#history").evaluate("element => element.scrollTo(0, element.scrollHeight)")
        page.wait_for_timeout(150)
    assert listed.all_inner_texts() == names[::-1]


def test_the_sidebar_folds_away_and_stays_folded(tab: Page) -> None:
    tab.get_by_role("button", name="Close sidebar").click()
    expect(tab.locator("#sidebar")).to_be_hidden()
    tab.reload()
    expect(tab.locator("#sidebar")).to_be_hidden()
    tab.get_by_role("button", name="Open sidebar").click()
    expect(tab.locator("#sidebar")).to_be_visible()
    expect(tab.get_by_role("button", name="Close sidebar")).to_be_focused()


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_a_long_name_does_not_widen_the_sidebar(open_tab: Open, administrator_email: str, phone: bool) -> None:
    page = open_tab("/login", signed_in=False, phone=phone)
    sign_in_on_page(page, administrator_email)
    sidebar, name = page.locator("#sidebar"), page.locator(".me")
    assert name.evaluate("element => element.offsetWidth") <= sidebar.evaluate("element => element.clientWidth")
    if phone:
        page.locator(".opener").click()
    page.get_by_role("button", name="Close sidebar").click()
    expect(sidebar).to_be_hidden()


def test_on_a_phone_the_sidebar_takes_the_focus_and_gives_it_back(open_tab: Open) -> None:
    page = open_tab(phone=True)
    expect(page.locator("#sidebar")).to_be_hidden()
    opener = page.get_by_role("button", name="Open sidebar")
    opener.click()
    expect(page.locator("#sidebar")).to_be_visible()
    assert page.evaluate("() => document.getElementById('sidebar').contains(document.activeElement)")
    assert page.evaluate("() => document.getElementById('main').inert")
    page.keyboard.press("Escape")
    expect(page.locator("#sidebar")).to_be_hidden()
    expect(opener).to_be_focused()


def test_a_message_that_cannot_be_sent_is_not_lost(tab: Page) -> None:
    tab.route("**/turns", lambda route: route.abort())
    send(tab, "words I will not type again")
    expect(tab.locator("#text")).to_have_value("words I will not type again")
    expect(tab.locator("#messages article")).to_have_count(0)
    expect(tab.locator("#toasts")).not_to_be_empty()
    tab.reload()
    expect(tab.locator("#text")).to_have_value("words I will not type again")
    tab.unroute("**/turns")
    tab.locator("#text").press("Enter")
    settled(tab)
    expect(tab.locator("article.from-user")).to_have_count(1)


def test_enter_within_an_input_method_and_in_an_empty_field_sends_nothing(tab: Page) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    tab.locator("#text").press("Enter")
    tab.locator("#text").fill("にほんご")
    tab.evaluate(
        "() => document.getElementById('text').dispatchEvent("
        "new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))"
    )
    expect(tab.locator("#text")).to_have_value("にほんご")
    assert asked == []
    expect(tab.locator("#messages article")).to_have_count(0)


def test_earlier_messages_come_without_a_jump(open_tab: Open, stack: Stack, person: Person, tmp_path: Path) -> None:
    said = [f"message {number} " + "and a few more words " * 30 for number in range(120)]
    messages = [{"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(said)]
    load_rows(stack, person, tmp_path, [{"title": "A long one", "created": 1_700_000_000, "messages": messages}])
    page = open_tab()
    page.get_by_role("link", name="A long one").click()
    articles = page.locator("#messages article")
    expect(articles.last).to_be_in_viewport()
    assert articles.count() < 100
    for _ in range(12):
        if articles.count() == len(said):
            break
        held, before, count = page.evaluate(
            "() => { const scroll = document.getElementById('scroll'); scroll.scrollTop = 0;"
            " const all = document.querySelectorAll('#messages article');"
            " return [all[0].id, all[0].getBoundingClientRect().top, all.length] }"
        )
        page.wait_for_function("count => document.querySelectorAll('#messages article').length > count", arg=count)
        page.wait_for_timeout(100)
        after = page.evaluate("id => document.getElementById(id).getBoundingClientRect().top", held)
        assert abs(after - before) <= 60, "only the link's own height may go"
    texts = page.locator("#messages article .parts").all_text_contents()
    assert [text.split()[1] for text in texts] == [str(number) for number in range(120)]
