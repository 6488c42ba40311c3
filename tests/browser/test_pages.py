"""Every page in every state: axe finds nothing, nothing spills sideways, the weight stays within the budget."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser.conftest import PHONE, WIDE, send, settled
from tests.browser.system import styleguide_server
from tests.load.people import Person, load
from tests.load.stack import Stack

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
LOOKS = [
    pytest.param({"phone": phone, "color_scheme": scheme}, id=f"{'phone' if phone else 'wide'}-{scheme}")
    for phone in (False, True)
    for scheme in ("light", "dark")
]


@pytest.mark.parametrize("look", LOOKS)
def test_pages_for_anybody(open_tab: Open, axe: Callable[[Page, str], None], look: dict[str, object]) -> None:
    page = open_tab("/login", signed_in=False, **look)
    for path in ("/login", "/register", "/nothing-here"):
        page.goto(path)
        axe(page, path)
    page.goto("/login")
    page.fill("input[name=login]", "nobody@example.org")
    page.fill("input[name=password]", "wrong-password")
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("Wrong email or password")
    axe(page, "login with an error")


@pytest.mark.parametrize("look", LOOKS)
def test_the_chat_in_every_state(open_tab: Open, axe: Callable[[Page, str], None], look: dict[str, object]) -> None:
    page = open_tab("/c/new", **look)
    axe(page, "new chat")
    page.locator("#model-button").click()
    axe(page, "model menu")
    page.keyboard.press("Escape")
    send(page, "[[markdown]] " + "longwordwithoutanybreak" * 12)
    settled(page)
    axe(page, "a conversation with Markdown")
    send(page, "[[error:429]]")
    settled(page, "failed")
    axe(page, "an error")
    send(page, "[[tokens:3000 delay=20]] streaming")
    expect(page.locator("article.from-model").last.locator(".part")).not_to_be_empty()
    axe(page, "streaming")
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


@pytest.mark.parametrize("look", LOOKS)
def test_the_styleguide(
    browser: Browser, stack: Stack, axe: Callable[[Page, str], None], look: dict[str, Any], styleguide: str
) -> None:
    context = browser.new_context(
        viewport=PHONE if look["phone"] else WIDE, color_scheme=look["color_scheme"], reduced_motion="reduce"
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{styleguide}/styleguide")
    expect(page.locator("h1")).to_be_visible()
    axe(page, "styleguide")
    context.close()
    assert faults == []


@pytest.fixture(scope="module")
def styleguide(stack: Stack) -> Iterator[str]:
    with styleguide_server(stack) as address:
        yield address


def twenty_messages(stack: Stack, person: Person, folder: Path) -> None:
    """Give the person thirty conversations like one of a working day."""
    reply = "## A heading\n\nSome **words** about `code`:\n\n```python\nprint('hello')\n```\n\n" + "More words. " * 60
    messages = [
        {"role": "assistant", "content": reply} if at % 2 else {"role": "user", "content": "And?"} for at in range(20)
    ]
    rows = [{"title": f"Chat {at}", "created": 1_700_000_000 + at, "messages": messages} for at in range(30)]
    (folder / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    load(stack, folder / "rows.jsonl", person.email)


@pytest.mark.parametrize(
    ("path", "most_bytes", "most_requests", "most_script"),
    [("/login", 60_000, 8, 30_000), ("/c/new", 150_000, 15, 60_000), ("a chat", 150_000, 15, 60_000)],
)
def test_the_weight_of_a_page_is_within_its_budget(
    open_tab: Open, stack: Stack, person: Person, tmp_path: Path,
    path: str, most_bytes: int, most_requests: int, most_script: int,
) -> None:  # fmt: skip
    """With a cold cache, compressed as it travels."""
    if path == "a chat":
        twenty_messages(stack, person, tmp_path)
        finder = open_tab("/c/new")
        path = finder.locator("#history-rows a.row[href^='/c/']").first.get_attribute("href") or ""
    page = open_tab("/health", signed_in=path != "/login")
    seen: list[Response] = []
    page.on("response", lambda response: seen.append(response))  # noqa: PLW0108 (Playwright marks the function)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    if path not in {"/login", "/c/new"}:
        expect(page.locator("#messages article")).to_have_count(20)
    sizes = {response.url: response.request.sizes()["responseBodySize"] for response in seen}
    scripts = {url: size for url, size in sizes.items() if url.partition("?")[0].endswith(".js")}
    assert len(sizes) <= most_requests, sorted(sizes)
    assert sum(sizes.values()) <= most_bytes, sizes
    assert sum(scripts.values()) <= most_script, scripts
