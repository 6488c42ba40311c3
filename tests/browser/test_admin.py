"""The administration in a browser: every page of its menu, its forms, and showing again that it is oneself."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in_on_page
from tests.load.stack import Stack

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
Axe = Callable[[Page, str], None]

FORMS = (
    "/admin/accounts/user/add/", "/admin/accounts/role/USER/change/", "/admin/accounts/group/add/",
    "/admin/billing/budget/add/", "/admin/billing/price/add/", "/admin/accounts/banner/add/",
    "/admin/accounts/ban/add/", "/admin/accounts/invitation/add/", "/admin/accounts/capabilitygrant/add/",
)  # fmt: skip


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_every_page_of_the_menu_and_every_form(open_tab: Open, axe: Axe, administrator_email: str, phone: bool) -> None:
    page = open_tab("/login?next=/admin/", signed_in=False, phone=phone, color_scheme="dark" if phone else "light")
    sign_in_on_page(page, administrator_email)
    links = page.locator("nav a[href^='/admin/'], aside a[href^='/admin/'], #nav-sidebar a[href^='/admin/']")
    paths = sorted(set(links.evaluate_all("all => all.map(link => link.getAttribute('href'))")))
    assert len(paths) > 15
    for path in (*paths, *FORMS):
        page.goto(path)
        axe(page, path)


def test_a_long_open_session_shows_again_who_it_is(open_tab: Open, stack: Stack, administrator_email: str) -> None:
    page = open_tab("/login?next=/admin/accounts/banner/add/", signed_in=False)
    sign_in_on_page(page, administrator_email)
    page.get_by_label("Message").fill("Maintenance at noon")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Maintenance at noon").first).to_be_visible()


def test_an_invitation_without_mail_is_a_link_to_copy(open_tab: Open, axe: Axe, administrator_email: str) -> None:
    page = open_tab("/login?next=/admin/accounts/invitation/add/", signed_in=False)
    sign_in_on_page(page, administrator_email)
    page.get_by_label("Email").fill(f"guest-{uuid4().hex}@example.org")
    page.locator("select[name=role]").select_option("USER")
    page.get_by_role("button", name="Save", exact=True).click()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    axe(page, "the link of an invitation")
    link = page.evaluate("navigator.clipboard.readText()")
    page.goto("/admin/accounts/role/matrix/")
    axe(page, "the rights of roles")
    expect(page.get_by_label("USER: Create projects")).to_be_checked()
    guest = open_tab(link[link.index("/invitation") :], signed_in=False)
    expect(guest.get_by_role("button", name="Create account")).to_be_visible()
