"""The fixed cast, how they sign in, and the switch that makes any connection beyond loopback fail."""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase
from pytest_django import Settings

from accounts.models import Role, User
from accounts.services import banners, bans, site
from accounts.services.permissions import bits_of
from billing.services import policy
from core.ttl_cache import ttl_cache
from endpoints.catalog import registry, stored_endpoints

PASSWORD = "correct-horse-battery"


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """No network beyond loopback, by construction."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(address: Any) -> None:
        if isinstance(address, tuple) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to reach {address[0]}")

    def guarded(self: socket.socket, address: Any) -> None:
        check(address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        check(address)
        return connect_ex(self, address)

    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", guarded)
    patch.setattr(socket.socket, "connect_ex", guarded_ex)
    yield
    patch.undo()


@pytest.fixture(autouse=True, scope="session")
def emptied_tables() -> Iterator[None]:
    """After a test with real transactions, empty the tables that hold something; the rows of the migrations come back.

    Django truncates all of them and makes content types and permissions anew, which takes ten times as long.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_tables)
    yield
    patch.undo()


LASTING = {"django_migrations", "django_content_type", "auth_permission"}


def _empty_tables(_: object) -> None:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    every = " UNION ALL ".join(
        f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names if name not in LASTING
    )
    with connection.cursor() as cursor:
        cursor.execute(every)
        full = [name for (name,) in cursor.fetchall()]
        # No trigger runs: neither those of foreign keys nor those that keep ledger and audit log from changes.
        deletes = "".join(f"DELETE FROM {name};" for name in full)
        cursor.execute(f"SET session_replication_role = replica; {deletes} RESET session_replication_role")
    Role.objects.bulk_create([Role(name=name) for name in (Role.USER, Role.ADMIN)])


@pytest.fixture(autouse=True)
def fresh_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is counted in Redis, and what processes remember for a moment, does not outlive a test.

    The latter is not asked for again in its midst.
    """
    cache.clear()
    for cached in ttl_cache.every:
        cached.clear()
    monkeypatch.setattr(ttl_cache, "FRESH", float("inf"))
    banners.latest.remember([])
    site.stored.remember(None)
    policy.stored.remember(None)
    stored_endpoints.stored.remember(())
    monkeypatch.setattr(stored_endpoints, "_last", [()])
    bans.banned.remember(bans.ActiveBans({}, {}))  # until one is set: every request asks


@pytest.fixture(autouse=True, scope="session")
def remembered_sign_ins() -> Iterator[None]:
    """A client that is signed in by force has signed in just now, as the pages note it."""

    def note(request: Any, user: Any, **_: Any) -> None:
        if not get_authentication_records(request, user):
            record_authentication(request, user, method="password")

    user_logged_in.connect(note, weak=False, dispatch_uid="remembered_sign_ins")
    yield
    user_logged_in.disconnect(dispatch_uid="remembered_sign_ins")


@pytest.fixture(autouse=True)
def light_settings(settings: Settings) -> None:
    """Static files without the manifest that a start makes, and a password hash that costs nothing."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.REGISTER_MAX = 0  # all tests come from one address
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def signed_in(user: User, **headers: str) -> Client:
    """Return a browser where the person has signed in just now. A fault of ours is an answer, and no exception."""
    client = Client(raise_request_exception=False, headers=headers)
    client.force_login(user)
    return client


def sign_in(client: Client, login: str, password: str = PASSWORD, **fields: str) -> Any:
    """Send the page's form; return the answer."""
    return client.post("/login", {"login": login, "password": password, **fields})


def signed_in_by_password(user: User, **headers: str) -> Client:
    client = Client(headers=headers)
    assert sign_in(client, user.email).status_code == 302
    return client


def confirm(client: Client) -> None:
    """Give the password once more."""
    assert client.post("/account/reauthenticate", {"password": PASSWORD}).status_code == 302


def code_of(secret: str, steps_ahead: int = 0) -> str:
    """Return what the app of a second factor shows."""
    return str(totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + steps_ahead)))


def user_of(client: Client) -> User | None:
    """Return who is signed in in a browser."""
    user_id = client.session.get("_auth_user_id")
    return User.objects.get(id=user_id) if user_id else None


@pytest.fixture
def fresh_registry() -> Iterator[None]:
    registry.reset()
    yield
    registry.reset()


@pytest.fixture
def make_user(db: None) -> Callable[..., User]:
    def make(name: str = "Someone", *, role: str = Role.USER, **fields: Any) -> User:
        email = fields.pop("email", f"{name.lower().replace(' ', '.')}@example.org")
        return User.objects.create_user(email, PASSWORD, name=name, role_id=role, **fields)

    return make


@pytest.fixture
def keys_allowed(db: None) -> None:
    """People with the role `USER` may have API keys, which the site as it comes does not let them."""
    role = Role.objects.get(name=Role.USER)
    role.permissions = role.permissions | {"REMOTE_AGENTS": {"USE": True}}
    role.save(update_fields=["permissions"])
    bits_of.clear()


@pytest.fixture
def owner(make_user: Callable[..., User]) -> User:
    return make_user("Olivia Owner")


@pytest.fixture
def stranger(make_user: Callable[..., User]) -> User:
    return make_user("Sam Stranger")


@pytest.fixture
def admin_user(make_user: Callable[..., User]) -> User:
    return make_user("Ada Admin", role=Role.ADMIN)


@pytest.fixture
def sharer(make_user: Callable[..., User]) -> User:
    """Somebody whose role lets them share, and look for everybody."""
    people = dict.fromkeys(("VIEW_USERS", "VIEW_GROUPS", "VIEW_ROLES"), True)
    permissions = {"PROJECTS": {"SHARE": True, "SHARE_PUBLIC": True}, "PEOPLE_PICKER": people}
    Role.objects.create(name="SHARERS", permissions=permissions)
    return make_user("Sharon Sharer", role="SHARERS")
