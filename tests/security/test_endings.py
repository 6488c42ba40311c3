"""Case 54: what ends sessions ends them all, with tokens, sockets, streams and keys, and at once."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import MailedToken, Role, User
from accounts.services import (
    access_changes,
    api_keys,
    bans,
    erasure,
    people,
    recovery,
    roles,
    sessions,
    social,
    tokens,
)
from accounts.services.proof import Proof
from tests.api.conftest import bearer
from tests.cast import PASSWORD, signed_in, signed_in_by_password
from tests.house import ROOT, sources

pytestmark = [pytest.mark.security, pytest.mark.django_db(transaction=True)]
NEW = "tangerine-lamp-42"
PASSWORDS = {"password1": NEW, "password2": NEW, "usable_password": "true"}
EVERYWHERE = {"page", "refresh", "bearer", "lone bearer", "socket", "bearer stream"}
WITH_KEYS = EVERYWHERE | {"key", "key stream"}


@dataclass(frozen=True)
class Doors:
    """Everything that one person has open, but for the page from which they act themself (`own`)."""

    user: User
    own: Client
    page: Client
    refresh: tokens.Refresh
    bearer: str
    lone: dict[str, str]
    key: str
    proofs: dict[str, Proof]

    @classmethod
    def of(cls, user: User) -> "Doors":
        page, refresh = signed_in_by_password(user), tokens.open_session(user=user)
        key = api_keys.make(user=user, name="Script")
        bearer_ = tokens.access_token(user, refresh.session_id)
        user = User.objects.get(id=user.id)
        proofs = {
            "socket": Proof.of(user, page=page.session.session_key or ""),
            "bearer stream": Proof.of(user, auth=bearer_),
            "key stream": Proof.of(user, auth=key.row),
        }
        return cls(user, signed_in_by_password(user), page, refresh, bearer_, bearer(user), key.text, proofs)

    def open(self) -> set[str]:
        """Return what still opens something."""
        asked = {
            "page": self.page.get("/api/user"),
            "bearer": Client().get("/api/user", headers={"Authorization": f"Bearer {self.bearer}"}),
            "lone bearer": Client().get("/api/user", headers=self.lone),
            "key": Client().get("/api/user", headers={"Authorization": f"Bearer {self.key}"}),
        }
        ways = {name for name, answer in asked.items() if answer.status_code == 200}
        ways |= {name for name, proof in self.proofs.items() if proof.holds()}
        try:
            tokens.rotate(token=self.refresh.token)
        except tokens.SessionGone:
            return ways
        return ways | {"refresh"}


def act(admin: User, user: User, action: str) -> None:
    fields = {"action": action, "_selected_action": [str(user.pk)]}
    assert signed_in(admin).post(reverse("admin:accounts_user_changelist"), fields).status_code == 302


def form(admin: User, user: User, **changes: str | None) -> None:
    fields = {"email": user.email, "name": user.name, "role": "USER", "is_active": "on", "email_verified": "on"}
    sent = {name: value for name, value in (fields | changes).items() if value is not None}
    path = reverse("admin:accounts_user_change", args=[user.pk])
    assert signed_in(admin).post(path, sent).status_code == 302


def reset(entries: Doors, admin: User) -> None:
    token = recovery._issue(entries.user, MailedToken.Purpose.RESET)
    recovery.reset(user_id=entries.user.id, token=token, password=NEW)


def panel_password(entries: Doors, admin: User) -> None:
    path = reverse("admin:auth_user_password_change", args=[entries.user.pk])
    assert signed_in(admin).post(path, PASSWORDS).status_code == 302


def own_password(entries: Doors, admin: User) -> None:
    sent = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert entries.own.post("/account/password", sent).status_code == 302


def own_passkey_removed(entries: Doors, admin: User) -> None:
    row = Authenticator.objects.create(user=entries.user, type="webauthn", data={"name": "x", "credential": {}})
    entries.own.post("/account/reauthenticate", {"password": PASSWORD})
    assert entries.own.post(f"/account/passkeys/{row.pk}/remove").status_code == 302


def arrived(entries: Doors, admin: User) -> None:
    Role.objects.create(name="STAFF", permissions={"REMOTE_AGENTS": {"USE": True}})
    identity = social.Identity(
        provider="openid", subject="1", email="olivia@example.org", email_verified=True, is_admin=False, roles=["STAFF"]
    )
    SocialAccount.objects.create(user=entries.user, provider="openid", uid="1")
    social.sign_in_external(identity=identity)


def api_sign_out(entries: Doors, admin: User) -> None:
    answer = Client().post("/api/auth/logout", headers={"Authorization": f"Bearer {entries.bearer}"})
    assert answer.status_code == 200


def lose_the_right(entries: Doors, admin: User) -> None:
    roles.update(actor=admin, role=Role.objects.get(name="USER"), permissions_={"REMOTE_AGENTS": {"USE": False}})


Event = Callable[[Doors, User], object]
EVENTS: dict[str, tuple[Event, set[str]]] = {
    "password reset by mail": (reset, WITH_KEYS),
    "password set by an administrator": (panel_password, WITH_KEYS),
    "password set by the service": (
        lambda entries, admin: people.set_password(actor=admin, user=entries.user, password=NEW),
        WITH_KEYS,
    ),
    "password set by a command": (
        lambda entries, admin: call_command("reset_password", entries.user.email, "--password", NEW),
        WITH_KEYS,
    ),
    "password changed by themself": (own_password, WITH_KEYS),
    "passkey removed by themself": (own_passkey_removed, EVERYWHERE),
    "role given": (lambda entries, admin: roles.give(actor=admin, user=entries.user, role="ADMIN"), EVERYWHERE),
    "role in a form": (lambda entries, admin: form(admin, entries.user, role="ADMIN"), EVERYWHERE),
    "role by an action": (lambda entries, admin: act(admin, entries.user, "give:ADMIN"), EVERYWHERE),
    "role by a provider": (arrived, EVERYWHERE),
    "switched off in a form": (lambda entries, admin: form(admin, entries.user, is_active=None), WITH_KEYS),
    "switched off by an action": (lambda entries, admin: act(admin, entries.user, "switch_off"), WITH_KEYS),
    "address unverified in a form": (lambda entries, admin: form(admin, entries.user, email_verified=None), WITH_KEYS),
    "banned by an action": (lambda entries, admin: act(admin, entries.user, "ban_for_a_day"), WITH_KEYS),
    "banned": (lambda entries, admin: bans.ban(actor=None, user=entries.user, minutes=1), WITH_KEYS),
    "signed out by an action": (lambda entries, admin: act(admin, entries.user, "sign_out"), EVERYWHERE),
    "second factor removed": (lambda entries, admin: act(admin, entries.user, "remove_second_factor"), EVERYWHERE),
    "erased": (lambda entries, admin: erasure.erase_person(user=entries.user, actor=admin), WITH_KEYS),
    "others signed out": (
        lambda entries, admin: entries.own.post("/account/sessions", {"end": "others"}),
        EVERYWHERE,
    ),
    "sign-out on a page": (lambda entries, admin: entries.page.post("/logout"), {"page", "socket"}),
    "sign-out by bearer": (api_sign_out, {"refresh", "bearer", "bearer stream"}),
    "key taken back": (
        lambda entries, admin: api_keys.delete(user=entries.user, key_id=entries.user.api_keys.get().id),
        {"key", "key stream"},
    ),
    "the role no longer allows keys": (lose_the_right, {"key", "key stream"}),
}


@pytest.fixture(autouse=True)
def ready(settings: Settings) -> None:
    settings.MAIL_CONFIGURED = settings.ALLOW_PASSWORD_RESET = True
    settings.TERMS_TEXT = ""


@pytest.mark.parametrize("event", EVENTS)
def test_it_ends_at_once(event: str, owner: User, admin_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), permissions_={"REMOTE_AGENTS": {"USE": True}})
    entries = Doors.of(owner)
    assert entries.open() == EVERYWHERE | {"key", "key stream"}
    told_ids: list[UUID] = []
    monkeypatch.setattr(access_changes, "_listeners", [told_ids.append])
    happens, ended = EVENTS[event]
    happens(entries, admin_user)
    assert set(told_ids) == {owner.id}, "sockets and streams hear of it, without waiting"
    still = entries.open() | ({"refresh"} if owner.refresh_sessions.exists() else set())
    assert still == WITH_KEYS - ended


def test_every_caller_that_ends_something_is_tried() -> None:
    """Who ends sessions or tokens goes through `sessions`, and the list above has them all."""
    paths = {
        str(path.relative_to(ROOT))
        for path in sources()
        if any(word in path.read_text() for word in ("sessions.end_", "places.end_", "tokens.revoke", "end_session("))
    }
    assert paths == {
        "accounts/admin/people.py", "accounts/services/receivers.py", "api/librechat/accounts/twofactor.py",
        "api/librechat/accounts/views.py",
        "accounts/services/bans.py", "accounts/services/erasure.py", "accounts/services/people.py",
        "accounts/services/recovery.py", "accounts/services/roles.py", "accounts/services/sessions.py",
        "accounts/services/social.py", "web/views/accounts/own.py", "web/views/accounts/security.py",
    }  # fmt: skip


def test_a_link_that_would_set_another_password_ends_with_a_new_one(owner: User, settings: Any) -> None:
    token = recovery._issue(owner, MailedToken.Purpose.RESET)
    people.set_password(actor=None, user=owner, password=NEW)
    with pytest.raises(recovery.BadLink):
        recovery.reset(user_id=owner.id, token=token, password="another-long-password")


def test_an_ended_key_stays_in_the_list(owner: User) -> None:
    made = api_keys.make(user=owner, name="Script")
    sessions.end_all(user=owner, new_password=True)
    made.row.refresh_from_db()
    assert made.row.has_ended


def test_terms_that_are_not_accepted_close_what_is_open(owner: User, settings: Settings) -> None:
    proof = Proof.of(owner)
    assert proof.holds()
    settings.TERMS_TEXT = "Be kind."
    assert not proof.holds()
