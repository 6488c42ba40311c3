"""The set-up and people's own keys in a browser, wide and light, small and dark."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import send, settled, sign_in_on_page
from tests.load.stack import ROOT, Stack

pytestmark = pytest.mark.browser
Open = Callable[..., Page]
Axe = Callable[[Page, str], None]

EACH_THEIR_OWN = """
from accounts.models import User
from endpoints.catalog import stored_endpoints
entry = stored_endpoints.Entry(
    kind="custom", name="Bring your own", base_url="{url}", key_from_user=True, model_names=("mine",)
)
stored_endpoints.save(actor=User.objects.get(email={email!r}), entry=entry)
"""
CLEAN = "from endpoints.models import OperatorEndpoint; OperatorEndpoint.objects.all().delete()"


def shell(stack: Stack, code: str) -> None:
    environment = stack.environment | stack.runtime()
    subprocess.run([sys.executable, "manage.py", "shell", "-c", code], cwd=ROOT, env=environment, check=True)


@pytest.fixture(autouse=True)
def clean(stack: Stack) -> Iterator[None]:
    """What is entered here is in nobody else's list of models."""
    yield
    shell(stack, CLEAN)


@pytest.mark.parametrize(("phone", "scheme"), [(False, "light"), (True, "dark")], ids=["wide-light", "phone-dark"])
def test_from_a_pasted_key_to_an_answer(
    open_tab: Open, axe: Axe, stack: Stack, administrator_email: str, phone: bool, scheme: str
) -> None:
    page = open_tab("/login?next=/setup", signed_in=False, phone=phone, color_scheme=scheme)
    sign_in_on_page(page, administrator_email)
    axe(page, "providers")
    page.get_by_role("link", name="Another server").click()
    axe(page, "key")
    page.fill("input[name=name]", "Laboratory")
    page.fill("input[name=base_url]", f"{stack.model_url}/v1")
    page.fill("input[name=api_key]", "sk-works")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Models of Laboratory")).to_be_visible()
    axe(page, "models")
    page.get_by_role("button", name="Test").click()
    expect(page.locator("#trial")).to_contain_text("It works")
    axe(page, "tested")
    page.get_by_role("button", name="Turn on and chat").click()
    page.wait_for_url("**/c/new?endpoint=Laboratory*")
    send(page, "Hello")
    settled(page)


@pytest.mark.parametrize(("phone", "scheme"), [(True, "light"), (False, "dark")], ids=["phone-light", "wide-dark"])
def test_a_chat_asks_for_ones_own_key(
    open_tab: Open, axe: Axe, stack: Stack, administrator_email: str, phone: bool, scheme: str
) -> None:
    shell(stack, EACH_THEIR_OWN.format(url=f"{stack.model_url}/v1", email=administrator_email))
    page = open_tab("/c/new", phone=phone, color_scheme=scheme)
    page.reload()  # two seconds at most, and every process knows it
    expect(page.locator("[data-model=mine]")).to_have_count(1)
    page.locator("#model-button").click()
    page.locator("[data-model=mine]").click()
    dialog = page.locator("#dialog")
    expect(dialog).to_contain_text("needs your own key")
    axe(page, "dialog")
    dialog.locator("input[name=apiKey]").fill("sk-wrong")
    dialog.get_by_role("button", name="Save key").click()
    expect(dialog).to_be_hidden()
    send(page, "Hello")
    settled(page, "failed")
    expect(page.locator("#messages")).to_contain_text("The provider rejected your key")
    page.goto("/settings/keys")
    axe(page, "keys")
    page.get_by_role("button", name="Test the key for Bring your own").click()
    expect(page.locator("#trial")).to_contain_text("Your key was rejected")
    axe(page, "tested")
    page.get_by_role("button", name="Revoke the key for Bring your own").click()
    expect(page.get_by_text("No key")).to_be_visible()
    page.get_by_role("link", name="Add a key for Bring your own").click()
    expect(page.locator("#dialog input[name=apiKey]")).to_be_visible()
