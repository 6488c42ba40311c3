"""Violations add up to bans; who is banned gets in nowhere; headers trick nobody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Ban, User
from accounts.services import bans, tokens
from chat.services.tree import forking
from core.rate_limits import TooOften, address_of
from tests.api.conftest import Api


def test_who_is_banned_gets_in_nowhere(client: Client, owner: User, admin_user: User) -> None:
    client.force_login(owner)
    tokens.open_session(user=owner)
    assert Api(owner).send("GET", "/api/user").status_code == 200
    bans.ban(actor=admin_user, user=owner, minutes=5, reason="Spam")
    assert not owner.refresh_sessions.exists()
    assert client.get("/c/new").status_code == 302, "the session has ended"
    client.force_login(owner)
    page = client.get("/c/new")
    assert page.status_code == 403
    assert "blocked until" in page.content.decode()
    answer = Api(owner).send("GET", "/api/user")
    assert (answer.status_code, "blocked until" in answer.json()["message"]) == (403, True)
    assert bans.lift(actor=admin_user, user=owner) == 1
    assert Api(owner).send("GET", "/api/user").status_code == 200
    assert [entry.action for entry in AuditEntry.objects.order_by("seq")] == ["ban.set", "ban.lifted"]


def test_a_banned_address_cannot_even_sign_in(client: Client, owner: User) -> None:
    bans.ban(actor=None, address="127.0.0.1", minutes=5)
    assert client.get("/login").status_code == 403
    assert Client(REMOTE_ADDR="127.0.0.2").get("/login").status_code == 200


def test_a_ban_ends_by_itself(owner: User) -> None:
    bans.ban(actor=None, user=owner, minutes=5)
    Ban.objects.update(until=timezone.now() - timedelta(seconds=1))
    bans.banned.invalidate()
    assert bans.banned_until(user_id=owner.id) is None


def test_every_twentieth_point_of_one_kind_bans_person_and_address(owner: User, settings: Any) -> None:
    settings.BAN_DURATION_MS = 60_000
    for _ in range(19):
        bans.record_violation("fork_limit", user=owner, address="192.0.2.7")
    bans.record_violation("concurrent", user=owner)
    assert not Ban.objects.exists()
    assert bans.record_violation("fork_limit", user=owner, address="192.0.2.7") == 20
    assert {(ban.user, ban.address) for ban in Ban.objects.all()} == {(owner, None), (None, "192.0.2.7")}
    assert bans.banned_until(address="192.0.2.7") is not None


def test_scores_count_and_zero_never_bans(owner: User, settings: Any) -> None:
    settings.VIOLATION_SCORES = {"illegal_model_request": 25, "token_balance": 0}
    assert bans.record_violation("token_balance", user=owner) == 0
    bans.record_violation("illegal_model_request", user=owner)
    assert Ban.objects.count() == 1
    settings.BAN_VIOLATIONS = False
    bans.record_violation("illegal_model_request", user=owner)
    assert Ban.objects.count() == 1


def test_administrators_do_not_ban_themselves(admin_user: User, settings: Any) -> None:
    settings.VIOLATION_SCORES = {"concurrent": 100}
    bans.record_violation("concurrent", user=admin_user)
    assert not Ban.objects.exists()


@pytest.mark.parametrize(
    ("hops", "header", "address"),
    [
        (0, "203.0.113.9", "10.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "6.6.6.6, 198.51.100.1, 203.0.113.9", "198.51.100.1"),
        (2, "203.0.113.9", "10.0.0.1"),
        (1, "<script>", "10.0.0.1"),
        (1, "", "10.0.0.1"),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_only_what_trusted_proxies_say_counts(settings: Any, hops: int, header: str, address: str) -> None:
    """Security case 59: a spoofed header does not help."""
    settings.TRUST_PROXY = hops
    request = HttpRequest()
    request.META = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": header}
    assert address_of(request) == address


def test_a_role_change_ends_every_session(client: Client, owner: User, make_user: Callable[..., User]) -> None:
    """Security case 54."""
    from accounts.services import roles  # noqa: PLC0415 (only here)

    client.force_login(owner)
    assert client.get("/c/new").status_code == 200
    roles.give(actor=None, user=owner, role="ADMIN")
    assert client.get("/c/new").status_code == 302


@pytest.mark.security
def test_case_59_failed_sign_ins_are_limited_and_counted_whatever_the_header_says(owner: User, settings: Any) -> None:
    settings.VIOLATION_SCORES = {"logins": 20}
    body = {"email": owner.email, "password": "wrong"}
    answers = []
    for number in range(9):
        headers = {"X-Forwarded-For": f"203.0.113.{number}"}
        answers.append(Client().post("/api/auth/login", body, "application/json", headers=headers).status_code)
    assert answers[:7] == [404] * 7
    assert answers[7] == 429
    assert Ban.objects.get().address == "127.0.0.1"
    assert answers[8] == 403


def test_new_accounts_are_limited_by_address(db: None, settings: Any) -> None:
    settings.REGISTER_MAX, settings.REGISTER_WINDOW = 2, 60
    answers = [
        Client().post(
            "/api/auth/register",
            {"name": "New Comer", "email": f"n{number}@example.org", "password": "correct-horse-battery",
             "confirm_password": "correct-horse-battery"},
            "application/json",
        )
        for number in range(3)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Retry-After"].isdigit()
    assert User.objects.count() == 2


def test_copying_and_asking_for_mails_too_often_are_violations(owner: User, settings: Any) -> None:
    settings.VIOLATION_SCORES = {"fork_limit": 20, "reset_password_limit": 20, "verify_email_limit": 20}
    settings.FORK_USER_MAX, settings.RESET_PASSWORD_MAX, settings.VERIFY_EMAIL_MAX = 1, 1, 1
    forking.count(owner, "")
    with pytest.raises(TooOften):
        forking.count(owner, "")
    for name, address in (("reset_password", "192.0.2.1"), ("verify_email", "192.0.2.2")):
        bans.count_mailed(name, address)
        with pytest.raises(TooOften):
            bans.count_mailed(name, address)
    assert {(ban.user, ban.address) for ban in Ban.objects.all()} == {
        (owner, None), (None, "192.0.2.1"), (None, "192.0.2.2"),
    }  # fmt: skip
