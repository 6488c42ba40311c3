"""One real system and one Chromium for all browser tests; nothing may go wrong unnoticed in a page."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, ViewportSize, expect

from tests.browser.system import YAML
from tests.load.people import CSRF, Person, make_people
from tests.load.stack import ROOT, Stack, running_stack

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "correct-horse-battery"
MAKE = """
from accounts.models import User
User.objects.create_superuser({email!r}, {password!r}, name="Ada Admin with quite a long name")
"""
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# Chromium says these of refused and broken-off requests, which tests provoke on purpose.
EXPECTED = ("the server responded with a status of", "net::ERR_FAILED", "ERR_INTERNET_DISCONNECTED",
            "Failed to fetch")  # fmt: skip
# Hostile texts try to set `__xss`: whenever one succeeds, it is a fault of the test it ran in.
TRAP = "Object.defineProperty(window, '__xss', {set(value) { console.error(`a hostile script ran: ${value}`) }})"
SPILLED = """() => [...document.querySelectorAll('html, :popover-open, dialog[open]')].filter(element => {
    const box = element.getBoundingClientRect();
    return box.left < 0 || box.right > innerWidth || element.scrollWidth > innerWidth;
}).map(element => element.id || element.tagName)"""
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return browser_type_launch_args | {"executable_path": os.environ.get("CHROMIUM", CHROMIUM), "args": ARGUMENTS}


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    with running_stack(yaml=YAML, REGISTER_MAX="0") as running:  # all people come from one address
        yield running


@pytest.fixture(scope="session")
def people(stack: Stack) -> Iterator[Person]:
    """Return an endless row of signed-in people, made in lots."""

    def row() -> Iterator[Person]:
        number = 100
        while True:
            yield from make_people(stack, 20, first=number)
            number += 20

    return row()


@pytest.fixture
def person(people: Iterator[Person]) -> Person:
    return next(people)


@pytest.fixture
def administrator_email(stack: Stack) -> str:
    """Return the address of a new administrator."""
    email = f"ada-{uuid4().hex}@example.org"
    run_in_shell(stack, MAKE.format(email=email, password=PASSWORD))
    return email


@pytest.fixture
def faults(stack: Stack) -> Iterator[list[str]]:
    """Collect what goes wrong in any page of the test; it must stay empty."""
    messages: list[str] = []
    yield messages
    assert messages == []


@pytest.fixture
def open_tab(browser: Browser, stack: Stack, person: Person, faults: list[str]) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a page of its own browser context, signed in unless told otherwise."""
    contexts: list[BrowserContext] = []

    def watch(page: Page) -> None:
        def console(message: ConsoleMessage) -> None:
            if message.type == "error" and not any(expected in message.text for expected in EXPECTED):
                faults.append(f"console: {message.text}")

        def answered(response: Response) -> None:
            if response.status >= 500:
                faults.append(f"{response.status} {response.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("response", answered)
        page.on("dialog", lambda dialog: faults.append(f"dialog: {dialog.message}"))
        page.on(
            "request",
            lambda request: (
                None
                if urlsplit(request.url).netloc == urlsplit(stack.base).netloc or request.url.startswith("data:")
                else faults.append(f"another origin: {request.url}")
            ),
        )

    def open_page(path: str = "/c/new", *, signed_in: bool = True, phone: bool = False, **options: Any) -> Page:
        size = PHONE if phone else WIDE
        context = browser.new_context(
            base_url=stack.base, viewport=size, has_touch=phone, is_mobile=phone, reduced_motion="reduce", **options
        )
        contexts.append(context)
        context.add_init_script(TRAP)
        if signed_in:
            context.add_cookies(
                [
                    {"name": "sessionid", "value": person.session, "url": stack.base},
                    {"name": "csrftoken", "value": CSRF, "url": stack.base},
                ]
            )
        page = context.new_page()
        page.set_default_timeout(15_000)
        watch(page)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def tab(open_tab: Callable[..., Page]) -> Page:
    return open_tab()


@pytest.fixture(scope="session")
def axe() -> Callable[[Page, str], None]:
    """Return a function that asserts that axe finds nothing on a page, of any impact, and that all of it is in view."""
    library = Axe()

    def check(page: Page, state: str) -> None:
        violations = library.run(page).response["violations"]
        descriptions = [
            f"{violation['id']}: {[node['target'] for node in violation['nodes']][:3]}" for violation in violations
        ]
        assert descriptions == [], state
        assert page.evaluate(SPILLED) == [], f"{state}: wider than the window"

    return check


def run_in_shell(stack: Stack, code: str) -> None:
    """Run Python with the models at hand, as an operator would."""
    command = [sys.executable, "manage.py", "shell", "-c", code]
    subprocess.run(command, cwd=ROOT, env=stack.environment | stack.runtime(), check=True, capture_output=True)


def send(page: Page, text: str) -> None:
    page.locator("#text").fill(text)
    page.keyboard.press("Enter")


def sign_in_on_page(page: Page, email: str) -> None:
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/login" not in url)


def settled(page: Page, state: str = "complete") -> None:
    """Wait until the last reply is in `state`."""
    page.wait_for_function(
        "state => { const all = document.querySelectorAll('article.from-model'); const last = all[all.length - 1];"
        " return last && last.dataset.state === state && !last.dataset.run }",
        arg=state,
    )
