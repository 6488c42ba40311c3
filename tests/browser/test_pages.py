"""Every page in every state: axe finds nothing, nothing scrolls sideways, the weight stays within the budget."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.conftest import send, settled
from tests.load.people import Person, load
from tests.load.stack import Stack

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LOOKS = [
    pytest.param({"phone": phone, "color_scheme": scheme}, id=f"{'phone' if phone else 'wide'}-{scheme}")
    for phone in (False, True)
    for scheme in ("light", "dark")
]


def fits(page: Page, state: str) -> None:
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), f"{state} scrolls sideways"


@pytest.mark.parametrize("look", LOOKS)
def test_pages_for_anybody(open_tab: Open, axe: Callable[[Page, str], None], look: dict[str, object]) -> None:
    page = open_tab("/login", signed_in=False, **look)
    for path in ("/login", "/register", "/nothing-here"):
        page.goto(path)
        axe(page, path)
        fits(page, path)
    page.goto("/login")
    page.fill("input[name=login]", "nobody@example.org")
    page.fill("input[name=password]", "wrong-password")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("not correct")
    axe(page, "login with an error")


@pytest.mark.parametrize("look", LOOKS)
def test_the_chat_in_every_state(open_tab: Open, axe: Callable[[Page, str], None], look: dict[str, object]) -> None:
    page = open_tab("/c/new", **look)
    axe(page, "new chat")
    fits(page, "new chat")
    page.locator("#model-button").click()
    axe(page, "model menu")
    page.keyboard.press("Escape")
    send(page, "[[markdown]] " + "longwordwithoutanybreak" * 12)
    settled(page)
    axe(page, "a conversation with Markdown")
    fits(page, "a conversation with Markdown")
    send(page, "[[error:429]]")
    settled(page, "failed")
    axe(page, "an error")
    send(page, "[[tokens:300 delay=20]] streaming")
    expect(page.locator("article.from-model").last.locator(".part")).not_to_be_empty()
    axe(page, "streaming")
    fits(page, "streaming")
    page.get_by_role("button", name="Stop").click()
    settled(page, "stopped")
    page.locator("#chat-actions button").first.click()
    axe(page, "chat menu")
    page.locator("#chat-menu").get_by_text("Delete").click()
    expect(page.locator("#dialog")).to_be_visible()
    axe(page, "delete dialog")
    page.keyboard.press("Escape")
    if look["phone"]:
        page.locator("[data-do=open-sidebar]").click()
        axe(page, "sidebar over the page")
        fits(page, "sidebar over the page")


def test_a_person_registers_signs_out_and_in_again(open_tab: Open, axe: Callable[[Page, str], None]) -> None:
    page = open_tab("/register", signed_in=False)
    page.fill("input[name=name]", "Ursula Vernon")
    page.fill("input[name=email]", "ursula@example.org")
    page.fill("input[name=password1]", "password")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("too common")
    assert page.locator("input[name=email]").input_value() == "ursula@example.org"
    page.fill("input[name=password1]", "correct-horse-battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/new")
    expect(page.locator("h1")).to_contain_text("Ursula")
    page.locator("[popovertarget=account-menu]").click()
    axe(page, "account menu")
    page.locator("#account-menu").get_by_text("Sign out").click()
    page.wait_for_url("**/login*")
    page.fill("input[name=login]", "ursula@example.org")
    page.fill("input[name=password]", "correct-horse-battery")
    page.keyboard.press("Enter")
    page.wait_for_url("**/c/new")


def test_the_sidebar_pages_as_it_scrolls(open_tab: Open, stack: Stack, person: Person, tmp_path: Path) -> None:
    rows = [
        {"title": f"Conversation {number}", "created": 1_700_000_000 + number * 60, "messages": []}
        for number in range(90)
    ]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    load(stack, tmp_path / "rows.jsonl", person.email)
    page = open_tab()
    expect(page.get_by_text("Conversation 89", exact=True)).to_be_visible()
    for _ in range(12):
        page.locator("#history").evaluate("each => each.scrollTo(0, each.scrollHeight)")
        page.wait_for_timeout(150)
        if page.get_by_text("Conversation 0", exact=True).count():
            break
    titles = page.locator("#history-rows a").all_inner_texts()
    assert len([title for title in titles if "Conversation" in title]) == 90


@pytest.mark.parametrize(
    ("path", "most_bytes", "most_requests", "most_script"),
    [("/login", 60_000, 8, 30_000), ("/c/new", 150_000, 15, 60_000)],
)
def test_the_weight_of_a_page_is_within_its_budget(
    open_tab: Open, path: str, most_bytes: int, most_requests: int, most_script: int
) -> None:
    page = open_tab("/health", signed_in=path != "/login")
    seen: list[Response] = []
    page.on("response", lambda response: seen.append(response))  # noqa: PLW0108 (Playwright marks the function)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    sizes = {each.url: each.request.sizes()["responseBodySize"] for each in seen}
    scripts = {url: size for url, size in sizes.items() if url.partition("?")[0].endswith(".js")}
    assert len(sizes) <= most_requests, sorted(sizes)
    assert sum(sizes.values()) <= most_bytes, sizes
    assert sum(scripts.values()) <= most_script, scripts
