"""The pages of one's own account in a browser: settings, balance, usage, people."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled
from tests.load.people import Person
from tests.load.stack import ROOT, Stack

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
Axe = Callable[[Page, str], None]

PATHS = (
    "/settings/account", "/settings/security", "/settings", "/settings/data", "/settings/balance",
    "/settings/usage?days=90", "/people",
)  # fmt: skip
# A ledger of some days, a budget near its end, and a group to manage.
FURNISH = """
from datetime import timedelta
from uuid import uuid4
from django.utils import timezone
from accounts.models import Group, Membership, User
from billing.models import Budget, BudgetUsage, LedgerEntry
from billing.services.budgets import period_start
me, now = User.objects.get(email={email!r}), timezone.now()
LedgerEntry.objects.bulk_create(LedgerEntry(
    user=me, key=str(uuid4()), reason="message", credits=-9_000 * (n + 1), balance_after=0, endpoint="Workshop",
    model="a-model-whose-name-goes-on-and-on-and-on-2026-11-21", input_tokens=9_000, output_tokens=700,
    reasoning_tokens=90, cache_read_tokens=80, created_at=now - timedelta(hours=11 * n)) for n in range(40))
group = Group.objects.create(name="Research and development")
Membership.objects.create(group=group, user=me, is_manager=True)
other = User.objects.create_user(f"mia-{{uuid4().hex}}@example.org", "correct-horse-battery", name="Mia Member")
Membership.objects.create(group=group, user=other)
budget = Budget.objects.create(name="Close", scope="user", user=me, amount=1_000_000, created_by=me)
BudgetUsage.objects.create(budget=budget, subject=me.id, period_start=period_start("month", now), spent=870_000)
"""


def furnish(stack: Stack, person: Person) -> None:
    command = [sys.executable, "manage.py", "shell", "-c", FURNISH.format(email=person.email)]
    environment = stack.environment | stack.runtime()
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_the_account(
    open_tab: Open, axe: Axe, stack: Stack, person: Person, phone: bool, scheme: str
) -> None:
    furnish(stack, person)
    page = open_tab("/settings", phone=phone, color_scheme=scheme)
    for path in PATHS:
        page.goto(path)
        axe(page, path)
    page.goto("/settings/usage")
    page.get_by_text("As a table").click()
    axe(page, "the table of the days")
    assert page.locator(".plot").evaluate("element => element.getBoundingClientRect().right <= innerWidth")


def test_a_person_goes_through_their_settings(open_tab: Open, axe: Axe, stack: Stack, person: Person) -> None:
    furnish(stack, person)
    page = open_tab("/settings")
    page.get_by_role("main").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    tabs = page.get_by_role("navigation", name="Settings")
    tabs.get_by_role("link", name="Account").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Username").fill("bench")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    tabs.get_by_role("link", name="Balance").click()
    expect(page.locator(".budget.is-close")).to_contain_text("87 %")
    expect(page.locator(".ledger tbody tr")).to_have_count(25)
    page.get_by_role("link", name="Older").click()
    expect(page.locator(".ledger tbody tr")).to_have_count(15)
    page.locator(".me > button").click()
    expect(page.locator("#account-menu")).to_contain_text("Close: 87% used")


def test_a_manager_sets_a_budget_in_the_dialog(open_tab: Open, axe: Axe, stack: Stack, person: Person) -> None:
    furnish(stack, person)
    page = open_tab("/people")
    page.get_by_role("link", name="Set a budget for Mia Member").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("For March")
    dialog.get_by_label("Amount").fill("12.5")
    axe(page, "the form of a budget")
    buttons = (dialog.get_by_role("link", name="Cancel"), dialog.get_by_role("button", name="Save"))
    assert len({button.evaluate("element => getComputedStyle(element).fontSize") for button in buttons}) == 1
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator(".person", has_text="Mia Member")).to_contain_text("$0.00 of $12.50 this month")


@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
def test_a_chat_says_what_it_cost_in_the_dialog(open_tab: Open, axe: Axe, phone: bool) -> None:
    page = open_tab(phone=phone)
    send(page, "[[echo]] How much is this?")
    settled(page)
    page.locator("#chat-actions button").first.click()
    page.locator("#chat-menu").get_by_text("Usage and cost").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".cost-sum")).to_contain_text("Calls1")
    expect(dialog).to_contain_text("qwen3-32b")
    axe(page, "what a chat cost")
    dialog.get_by_role("link", name="Close").click()
    expect(dialog).to_be_hidden()
