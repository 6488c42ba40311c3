"""Small doors that stood open: one's own balance, the first administrator, a banned house, links that change a chat."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Ban, Role, User
from accounts.services import bans, social
from billing.models import Balance
from billing.services import adjust
from chat.models import Conversation, Run
from tests.api.conftest import Api
from tests.cast import PASSWORD

pytestmark = [pytest.mark.security, pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_who_sets_balances_does_not_set_their_own(
    method: str, make_user: Callable[..., User], owner: User, admin_user: User
) -> None:
    Role.objects.create(name="Money", permissions={"BALANCE_MANAGEMENT": {"UPDATE": True}})
    helper = make_user("Hal Helper", role="Money")
    body = {"balance": 5, "reason": "x"}
    assert Api(helper).send(method, f"/api/admin/users/{helper.id}/balance", body).status_code == 403
    assert not Balance.objects.exists()
    with pytest.raises(adjust.AdjustmentRefused):
        adjust.add_credits(actor=helper, user=helper, credits=5, reason="x")
    assert Api(helper).send(method, f"/api/admin/users/{owner.id}/balance", body).status_code == 200
    assert Api(admin_user).send(method, f"/api/admin/users/{admin_user.id}/balance", body).status_code == 200


@pytest.mark.parametrize(("provider", "is_admin", "role"), [
    ("ldap", None, "USER"), ("openid", None, "USER"), ("openid", False, "USER"), ("openid", True, "ADMIN"),
    ("saml", None, "USER"), ("google", None, "USER"),
])  # fmt: skip
def test_the_first_through_others_is_an_administrator_only_where_that_is_said(
    provider: str, is_admin: bool | None, role: str, settings: Settings
) -> None:
    settings.ALLOW_SOCIAL_REGISTRATION = True
    assert not User.objects.exists()
    user = social.sign_in_external(
        identity=social.Identity(
            provider=provider, subject="1", email="first@example.org", email_verified=True, is_admin=is_admin
        )
    )
    assert user.role_id == role


def test_a_banned_address_shuts_no_administrator_out(client: Client, admin_user: User, owner: User) -> None:
    bans.ban(actor=None, address="127.0.0.1", minutes=5)
    assert client.get("/login").status_code == 403
    client.force_login(owner)
    assert client.get("/c/new").status_code == 403
    client.force_login(admin_user)
    assert client.get("/c/new").status_code == 200
    assert Api(admin_user).get("/api/user").status_code == 403, "a token is not known yet where addresses are looked at"
    bans.ban(actor=None, user=admin_user, minutes=5)
    assert client.get("/c/new").status_code == 403, "a ban of the person holds"


def test_nobody_bans_the_address_that_they_come_from(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    form = {"address": "127.0.0.1", "until_0": "2999-01-01", "until_1": "00:00:00", "reason": "noise"}
    assert b"is your own address" in client.post(reverse("admin:accounts_ban_add"), form).content
    assert not Ban.objects.exists()


@pytest.mark.parametrize(("site", "is_stored"), [
    (None, True), ("none", True), ("same-origin", True), ("same-site", False), ("cross-site", False),
])  # fmt: skip
@pytest.mark.parametrize("address", ["/c/{}?at={}", "/c/{}/messages?at={}"])
def test_another_sites_link_does_not_change_which_branch_is_shown(
    address: str, site: str | None, is_stored: bool, client: Client, owner: User,
    make_conversation: Callable[..., Conversation], make_turn: Callable[..., Run],
) -> None:  # fmt: skip
    chat = make_conversation(owner)
    first = make_turn(chat, reply="first").message
    second = make_turn(chat, reply="second").message
    chat.refresh_from_db()
    client.force_login(owner)
    before = list(Conversation.objects.values())
    headers = {"Sec-Fetch-Site": site} if site else {}
    shown = [client.get(address.format(chat.id, message.id), headers=headers) for message in (second, first)]
    assert {answer.status_code for answer in shown} == {200}
    assert (list(Conversation.objects.values()) != before) is is_stored


def statements(act: Callable[[], Any]) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        act()
    return [" ".join(query["sql"].split()[:3]) for query in queries.captured_queries]


@pytest.mark.parametrize("way", ["page", "api"])
def test_a_taken_address_costs_what_a_new_one_does(way: str, owner: User, settings: Settings) -> None:
    """Else the time of an answer tells who has an account."""
    settings.MAIL_CONFIGURED = settings.ALLOW_REGISTRATION = True
    cache.clear()

    def register(email: str) -> int:
        if way == "page":
            form = {"name": "New", "email": email, "password1": PASSWORD}
            return Client().post("/register", form).status_code
        body = {"name": "New", "email": email, "password": PASSWORD, "confirm_password": PASSWORD}
        return Api().post("/api/auth/register", body).status_code

    register("warm@example.org")
    people = User.objects.count()
    taken = statements(lambda: register(owner.email))
    assert User.objects.count() == people
    new = statements(lambda: register("new@example.org"))
    assert User.objects.count() == people + 1
    for statement in ('INSERT INTO "accounts_user"', "SELECT pg_advisory_xact_lock(1346458188)"):
        assert taken.count(statement) == new.count(statement) == 1, (statement, taken, new)
    assert len(taken) >= len(new) - 8, (taken, new)


def test_a_command_lets_a_banned_address_in_again(client: Client, owner: User) -> None:
    bans.ban(actor=None, address="127.0.0.1", minutes=5)
    assert client.get("/login").status_code == 403
    call_command("ban_user", owner.email, "0", "--address", "127.0.0.1")
    assert client.get("/login").status_code == 200
