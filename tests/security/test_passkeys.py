"""Passkeys: each answer opens one thing, once, for its own person, and only who may come in comes in."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from fido2.webauthn import CollectedClientData
from pytest_django import Settings

from accounts.models import User
from accounts.services import bans, passkeys
from tests.accounts.soft_key import PRESENT, VERIFIED, SoftKey
from tests.cast import PASSWORD

pytestmark = [pytest.mark.security, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def unlimited_codes(db: None, settings: Settings) -> None:
    settings.TWO_FACTOR_TEMP_MAX = 0


def options_in(page: bytes) -> dict[str, Any]:
    match = re.search(r'<script id="passkey-options"[^>]*>(.*?)</script>', page.decode(), re.DOTALL)
    assert match is not None
    options: dict[str, Any] = json.loads(html.unescape(match[1]))
    return options


def add(user: User, key: SoftKey, **changes: Any) -> Any:
    """Sign in with the password and add a passkey; return the answer."""
    client = Client()
    client.post("/login", {"login": user.email, "password": PASSWORD})
    client.post("/account/reauthenticate", {"password": PASSWORD})
    options = options_in(client.get("/account/passkeys/add").content)
    answer = {**key.made(options, **changes), **changes.get("beside", {})}
    return client.post("/account/passkeys/add", {"name": "x", "credential": json.dumps(answer)})


@pytest.fixture
def key(owner: User) -> SoftKey:
    made = SoftKey()
    assert add(owner, made).status_code in {200, 302}
    assert Authenticator.objects.filter(user=owner, type="webauthn").count() == 1
    return made


def asked(client: Client) -> dict[str, Any]:
    answer = client.get("/login/passkey", headers={"Accept": "application/json"})
    options: dict[str, Any] = answer.json()["request_options"]
    return options


def opens(client: Client, answer: dict[str, Any]) -> bool:
    client.post("/login/passkey", {"credential": json.dumps(answer)})
    return client.get("/api/user").status_code == 200


def test_a_passkey_signs_in(key: SoftKey, owner: User) -> None:
    for _ in range(2):
        client = Client()
        assert opens(client, key.used(asked(client)))
        assert client.get("/api/user").json()["email"] == owner.email


LIES: dict[str, Callable[[SoftKey, User], dict[str, Any]]] = {
    "another origin": lambda key, other: {"origin": "https://evil.example"},
    "a look-alike origin": lambda key, other: {"origin": "https://eviltestserver"},
    "an origin without TLS": lambda key, other: {"origin": "http://testserver"},
    "another site": lambda key, other: {"site": "evil.example"},
    "the handle of somebody else": lambda key, other: {"handle": str(other.id.hex).encode()},
    "a handle that is none": lambda key, other: {"handle": b"AAAA"},
    "the answer to another question": lambda key, other: {"kind": CollectedClientData.TYPE.CREATE},
    "nobody at the key": lambda key, other: {"flags": VERIFIED},
    "no finger, face or PIN": lambda key, other: {"flags": PRESENT},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_answer_that_lies_opens_nothing(lie: str, key: SoftKey, admin_user: User) -> None:
    client = Client()
    assert not opens(client, key.used(asked(client), **LIES[lie](key, admin_user)))


def test_what_was_asked_is_answered_once(key: SoftKey) -> None:
    client = Client()
    options = asked(client)
    assert not opens(client, key.used(options, origin="https://evil.example"))
    assert not opens(client, key.used(options)), "the question was kept after a wrong answer"
    client = Client()
    answer = key.used(asked(client))
    other = Client()
    asked(other)
    assert not opens(other, answer), "of another browser"
    assert opens(client, answer)
    client.post("/logout")
    assert not opens(client, answer)


def test_a_copied_key_is_noticed(key: SoftKey) -> None:
    """The copy counts from where it was made; the one that is behind opens nothing."""
    for counter, expected in ((5, True), (5, False), (4, False), (6, True), (0, False)):
        client = Client()
        assert opens(client, key.used(asked(client), counter=counter)) is expected, counter


def test_a_key_that_does_not_count_is_taken(owner: User) -> None:
    key = SoftKey(counts=False)
    add(owner, key)
    for _ in range(2):
        client = Client()
        assert opens(client, key.used(asked(client)))


def test_a_key_without_its_person_is_no_password(key: SoftKey, admin_user: User) -> None:
    """A stolen key has no finger. What is asked beside a password may do without one, but opens nothing else."""
    own = SoftKey()
    add(admin_user, own)
    client = Client()
    client.post("/login", {"login": admin_user.email, "password": PASSWORD})
    options = options_in(client.get("/login/code").content)
    session = client.session
    del session["account_login"]  # as after a quarter of an hour
    session.save()
    assert not opens(client, key.used(options, flags=PRESENT))


def test_beside_a_password_a_touch_is_enough(key: SoftKey, owner: User) -> None:
    client = Client()
    client.post("/login", {"login": owner.email, "password": PASSWORD})
    options = options_in(client.get("/login/code").content)
    client.post("/login/code", {"credential": json.dumps(key.used(options, flags=PRESENT))})
    assert client.get("/api/user").status_code == 200


def _inactive(user: User) -> None:
    User.objects.filter(id=user.id).update(is_active=False)


def _banned(user: User) -> None:
    bans.ban(actor=None, user=user, minutes=60)


def _waiting(user: User) -> None:
    User.objects.filter(id=user.id).update(waits_for_approval=True)


@pytest.mark.parametrize("kept_out", [_inactive, _banned, _waiting])
def test_who_is_kept_out_stays_out(kept_out: Callable[[User], None], key: SoftKey, owner: User) -> None:
    kept_out(owner)
    client = Client()
    assert not opens(client, key.used(asked(client)))


def test_adding_one_takes_a_fresh_sign_in(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    answer = client.get("/account/passkeys/add")
    assert answer.status_code == 302
    assert "/account/reauthenticate" in answer["Location"]
    client.post("/account/passkeys/add", {"name": "x", "credential": "{}"})
    assert not Authenticator.objects.filter(user=owner).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": "https://evil.example"}, {"site": "evil.example"}, {"flags": PRESENT}, {"flags": VERIFIED},
        {"beside": {"more": "x" * passkeys.MAX_ANSWER_CHARACTERS}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_passkey_of_this_site_is_not_kept(changes: dict[str, Any], owner: User) -> None:
    add(owner, SoftKey(), **changes)
    assert not Authenticator.objects.filter(user=owner).exists()
