"""Sharing a project by keys alone, on a wide screen and on a phone, with axe after each state."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.load.people import Person, make_people
from tests.load.stack import ROOT, Stack

pytestmark = pytest.mark.browser
_LET = """
from accounts.models import Role, User
bits = {"PROJECTS": {"SHARE": True, "SHARE_PUBLIC": True}, "PEOPLE_PICKER": {"VIEW_USERS": True, "VIEW_GROUPS": True}}
role, _ = Role.objects.get_or_create(name="SHARERS", defaults={"permissions": bits})
User.objects.filter(email="%s").update(role=role)
"""


@pytest.fixture
def sharing_person(stack: Stack, person: Person) -> Person:
    """Let the person of the test share."""
    command = [sys.executable, "manage.py", "shell", "-c", _LET % person.email]
    subprocess.run(command, cwd=ROOT, env=stack.environment | stack.runtime(), check=True, capture_output=True)
    make_people(stack, 3, first=7_000)
    return person


@pytest.mark.usefixtures("sharing_person")
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_project_is_shared(
    open_tab: Callable[..., Page], axe: Callable[[Page, str], None], phone: bool, scheme: str
) -> None:
    page = open_tab("/projects/new", phone=phone, color_scheme=scheme)
    page.get_by_label("Name").fill("Moon base")
    page.get_by_role("button", name="Create project").click()
    page.goto("/projects")
    page.locator("#project-rows .card-name").first.click()
    axe(page, "a project")
    page.get_by_role("link", name="Share project").click()
    box = page.get_by_role("combobox", name="Add people, groups or roles")
    expect(box).to_be_focused()
    axe(page, "the share dialog")
    box.press_sequentially("bench 700")
    expect(page.get_by_role("option")).to_have_count(3)
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Bench 7001")
    axe(page, "people found")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Access for Bench 7001")).to_have_value("viewer")
    expect(box).to_be_focused()
    page.get_by_label("Access for Bench 7001").select_option("editor")
    page.get_by_role("switch").check()
    axe(page, "somebody added")
    with page.expect_navigation():
        page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Share project").click()
    expect(page.get_by_label("Access for Bench 7001")).to_have_value("editor")
    expect(page.get_by_role("switch")).to_be_checked()
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("combobox", name="Add people, groups or roles").press_sequentially("bench")
    expect(page.locator("#people-found [role=option]").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#people-found [role=option]")).to_have_count(0)
    expect(page.get_by_role("dialog")).to_be_visible()
    address = page.locator("form.share").get_attribute("action") or ""
    page.goto(address)
    axe(page, "the share page alone")
