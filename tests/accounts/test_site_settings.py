"""What administrators set for the site in the browser, over the file and the environment."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, SiteSettings, User
from accounts.services import domains, signup, site
from billing.models import MoneySettings
from billing.services import policy

pytestmark = pytest.mark.django_db

SITE = reverse("admin:accounts_sitesettings_change", args=["1"])
MONEY = reverse("admin:billing_moneysettings_change", args=["1"])
EMPTY = {"allow_registration": "unknown", "require_approval": "unknown"}


@pytest.fixture(autouse=True)
def administrators_browser(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)


def test_nothing_set_leaves_what_the_environment_says(settings: Any) -> None:
    settings.APP_TITLE, settings.ALLOW_REGISTRATION = "Of the environment", False
    assert (site.current().app_title, site.current().allow_registration) == ("Of the environment", False)


def test_what_is_set_holds_at_once_on_every_page_and_is_in_the_audit_log(client: Client, admin_user: User) -> None:
    fields = EMPTY | {"app_title": "Duck Pond", "welcome": "Quack, {{user.name}}", "footer": "Feed no bread."}
    assert client.post(SITE, fields)["Location"] == SITE
    page = client.get("/c/new").content.decode()
    for text in ("Duck Pond", f"Quack, {admin_user.name}", "Feed no bread."):
        assert text in page
    assert client.get("/api/config").json()["appTitle"] == "Duck Pond"
    entry = AuditEntry.objects.latest("seq")
    assert (entry.actor_id, entry.after["app_title"]) == (admin_user.id, "Duck Pond")
    client.post(SITE, EMPTY | {"app_title": "Goose Pond"})
    assert SiteSettings.objects.get().app_title == "Goose Pond"
    entry = AuditEntry.objects.latest("seq")
    assert (entry.before["app_title"], entry.after["app_title"]) == ("Duck Pond", "Goose Pond")


def test_registration_is_closed_and_opened(client: Client, settings: Any) -> None:
    client.post(SITE, EMPTY | {"allow_registration": "false"})
    with pytest.raises(signup.RegistrationClosed):
        signup.sign_up(name="New", email="new@example.org", password="correct-horse-battery")
    settings.ALLOW_REGISTRATION = False
    client.post(SITE, EMPTY | {"allow_registration": "true", "require_approval": "true"})
    made = signup.sign_up(name="New", email="new@example.org", password="correct-horse-battery")
    assert made.waits_for_approval


def test_a_directory_is_not_opened_beside(client: Client, settings: Any) -> None:
    settings.DIRECTORY = object()
    client.post(SITE, EMPTY | {"allow_registration": "true"})
    assert not site.current().allow_registration


def test_domains_are_added(client: Client) -> None:
    client.post(SITE, EMPTY | {"allowed_domains": "example.org, example.net"})
    assert domains.is_allowed("a@example.net")
    assert not domains.is_allowed("a@example.com")


def test_the_rules_of_money_are_set_over_the_environments(client: Client) -> None:
    refill = {"refill": "true", "refill_amount": "500", "refill_value": "1", "refill_unit": "months"}
    fields = {"enforced": "true", "start_credits": "70", "unknown": "default", "default_rate": "2.5", **refill}
    assert client.post(MONEY, fields).status_code == 302
    rules = policy.current()
    assert (rules.enforced, rules.start_credits, rules.unknown, rules.default_rate) == (
        True, 70, "default", Decimal("2.5"),
    )  # fmt: skip
    assert rules.refill == policy.Refill(500, 1, "months")
    assert rules.pricing == policy.written().pricing
    client.post(MONEY, {"enforced": "unknown", "refill": "false"})
    assert (policy.current().enforced, policy.current().refill) == (policy.written().enforced, None)


def test_half_a_refill_is_refused_and_explained(client: Client) -> None:
    answer = client.post(MONEY, {"enforced": "unknown", "refill": "true", "refill_amount": "500"})
    assert "Set the refill&#x27;s credits" in answer.content.decode()
    assert not MoneySettings.objects.exists()


@pytest.mark.security
@pytest.mark.parametrize("path", [SITE, MONEY])
def test_others_change_nothing(client: Client, owner: User, path: str) -> None:
    client.force_login(owner)
    assert client.post(path, EMPTY | {"app_title": "Mine"}, follow=True).status_code == 403
    assert not SiteSettings.objects.exists()
