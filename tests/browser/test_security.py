"""A person's own security in a real browser: passkeys of a virtual device, the app's picture, and how it looks."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from tests.browser.conftest import EXPECTED, PHONE, WIDE
from tests.load.stack import Stack

pytestmark = pytest.mark.browser
PASSWORD = "correct-horse-battery"
PAGES = (
    "/settings/security", "/account/app", "/account/recovery-codes", "/account/passkeys/add", "/account/sessions",
    "/account/delete", "/account/password", "/verify?email=a@example.org&token=x", "/verify/sent",
    "/invitation?token=x",
)  # fmt: skip


@pytest.fixture(params=["wide-light", "phone-dark"])
def passkey_page(browser: Browser, stack: Stack, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page on `localhost`, where passkeys work without TLS, with a device that holds them."""
    phone, scheme = request.param.startswith("phone"), request.param.split("-")[1]
    base = f"http://localhost:{stack.port}"
    context = browser.new_context(base_url=base, viewport=PHONE if phone else WIDE, color_scheme=scheme)
    page = context.new_page()
    faults: list[str] = []

    def console(message: ConsoleMessage) -> None:
        if message.type == "error" and not any(expected in message.text for expected in EXPECTED):
            faults.append(message.text)

    page.on("console", console)
    page.on("pageerror", lambda error: faults.append(str(error)))
    device = context.new_cdp_session(page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    page.goto("/register")
    page.fill("input[name=name]", "Kay Pass")
    page.fill("input[name=email]", f"{request.param}@example.org")
    page.fill("input[name=password1]", PASSWORD)
    page.get_by_role("button", name="Create account").click()
    page.wait_for_url("**/c/new")
    yield page
    context.close()
    assert faults == []


def confirm(page: Page) -> None:
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def test_a_passkey_is_added_and_signs_in(passkey_page: Page, axe: Callable[[Page, str], None]) -> None:
    passkey_page.goto("/account/passkeys/add")
    axe(passkey_page, "confirm")
    confirm(passkey_page)
    passkey_page.fill("input[name=name]", "My laptop")
    passkey_page.get_by_role("button", name="Add a passkey").click()
    expect(passkey_page.locator(".codes li")).to_have_count(10)
    axe(passkey_page, "recovery codes")
    with passkey_page.expect_download() as download:
        passkey_page.get_by_role("link", name="Download").click()
    assert len(re.findall(r"\d{8}\n", download.value.path().read_text())) == 10
    passkey_page.get_by_role("link", name="Done").click()
    expect(passkey_page.get_by_role("region", name="Ways to sign in")).to_contain_text("My laptop")
    for path in PAGES:
        passkey_page.goto(path)
        axe(passkey_page, path)
    passkey_page.context.clear_cookies()
    passkey_page.goto("/login")
    passkey_page.get_by_role("button", name="Sign in with a passkey").click()
    passkey_page.wait_for_url("**/c/new")
    passkey_page.context.clear_cookies()
    passkey_page.goto("/login")
    passkey_page.fill("input[name=login]", "nobody@example.org")
    axe(passkey_page, "sign in")
