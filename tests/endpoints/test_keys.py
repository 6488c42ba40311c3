"""People's own keys: what is kept, what is put in before a call, and what never leaves."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import AuditEntry, User
from accounts.services.erasure import erase_person, export_person
from endpoints.catalog import keys, registry, stored_endpoints
from endpoints.catalog.keys import KeyProblem, KeyRefused, KeyState
from endpoints.models import UserKey
from endpoints.providers.base import Endpoint
from endpoints.transport.exchange import allowlist_of
from messages.events import Failed
from tests.endpoint_maker import make_endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_registry")]

SECRET = "sk-of-olivia-0123456789"
YAML = """
version: 1.3.5
endpoints:
  allowedAddresses: ["127.0.0.1:11434"]
"""


@pytest.fixture(autouse=True)
def add_endpoint(settings: Settings, tmp_path: Path, admin_user: User) -> Callable[..., None]:
    """`Own` takes a person's key, `Anywhere` also their address, `Shared` neither; return what adds more."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(YAML)

    def add(name: str, **fields: Any) -> None:
        stored_endpoints.save(
            actor=admin_user,
            entry=stored_endpoints.Entry(name=name, **{"kind": "custom", "model_names": ("tiny",), **fields}),
        )

    add("Own", base_url="https://own.example.com/v1", key_from_user=True)
    add("Anywhere", key_from_user=True)
    add("Shared", base_url="https://shared.example.com/v1", api_key="sk-the-operators")
    return add


def endpoint(name: str) -> Endpoint:
    current_endpoint = registry.current().get(name)
    assert current_endpoint is not None
    return current_endpoint


def put(user: User, name: str, value: str, **fields: Any) -> None:
    keys.store(user=user, endpoint=name, value=value, **{"expires_at": None, **fields})


def problem(user: User, name: str) -> str:
    with pytest.raises(KeyProblem) as refusal:
        keys.resolve(endpoint(name), user.id)
    assert name in refusal.value.message
    return refusal.value.code


def test_a_key_is_put_in_for_its_person_alone(owner: User, stranger: User) -> None:
    put(owner, "Own", f"  {SECRET}\n")
    resolved = keys.resolve(endpoint("Own"), owner.id)
    assert (resolved.connection.api_key, resolved.connection.base_url) == (SECRET, "https://own.example.com/v1")
    assert problem(stranger, "Own") == "no_user_key"


def test_it_is_encrypted_and_never_told(owner: User) -> None:
    put(owner, "Own", SECRET)
    row = UserKey.objects.get()
    assert SECRET not in row.value
    resolved = keys.resolve(endpoint("Own"), owner.id)
    outputs = [
        repr(row),
        str(row),
        repr(resolved),
        repr(keys.parse(SECRET)),
        json.dumps(list(AuditEntry.objects.values("before", "after")), default=str),
    ]
    assert not [output for output in outputs if SECRET in output]
    file = io.BytesIO()
    export_person(owner, file)
    with zipfile.ZipFile(file) as archive:
        exported = archive.read("endpoint_keys.json").decode()
    assert json.loads(exported)[0]["endpoint"] == "Own"
    assert SECRET not in exported
    assert row.value not in exported


def test_an_expired_key_says_so_until_it_is_replaced(owner: User) -> None:
    put(owner, "Own", SECRET, expires_at=timezone.now() + timedelta(hours=1))
    assert keys.state(owner, "Own").standing == "valid"
    UserKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert keys.state(owner, "Own").standing == "expired"
    assert problem(owner, "Own") == "expired_user_key"
    assert keys.forget_expired() == 1
    assert UserKey.objects.get().value == ""
    assert keys.forget_expired() == 0
    with pytest.raises(KeyProblem) as refusal:
        keys.resolve(endpoint("Own"), owner.id)
    assert (refusal.value.code, set(refusal.value.details)) == ("expired_user_key", {"endpoint", "expiredAt"})
    put(owner, "Own", SECRET)
    assert keys.state(owner, "Own") == KeyState("valid", None)


def test_revoked_keys_are_gone(owner: User, stranger: User) -> None:
    for name in ("Own", "Anywhere"):
        put(owner, name, SECRET)
    put(stranger, "Own", "sk-sams")
    assert keys.revoke(user=owner, endpoint="Own")
    assert not keys.revoke(user=owner, endpoint="Own")
    assert keys.state(owner, "Own") == KeyState("none")
    assert keys.revoke_all(user=owner) == 1
    assert UserKey.objects.get().user == stranger
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"user_key.stored", "user_key.revoked"}


def test_keys_go_with_their_person(owner: User) -> None:
    put(owner, "Own", SECRET)
    erase_person(user=owner)
    assert not UserKey.objects.exists()


def test_a_key_of_another_creds_key_counts_as_none(owner: User, settings: Settings) -> None:
    put(owner, "Own", SECRET)
    settings.CREDS_KEY = "f" * 64
    assert problem(owner, "Own") == "no_user_key"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "   ",
        "x" * 16_385,
        "sk-a\nsk-b",
        "sk-ключ",
        "{not json",
        '{"apiKey": 1}',
        '{"other": "x"}',
        '{"apiKey": "a\\nb"}',
    ],
)
def test_what_is_no_key_is_refused(owner: User, value: str) -> None:
    with pytest.raises(KeyRefused):
        put(owner, "Own", value)
    assert not UserKey.objects.exists()


def test_a_key_for_an_endpoint_of_the_operator_is_refused(owner: User) -> None:
    for name in ("Shared", "Nowhere"):
        with pytest.raises(KeyRefused):
            put(owner, name, SECRET)
    with pytest.raises(KeyRefused):
        put(owner, "Own", SECRET, expires_at=timezone.now())


def test_the_fields_of_a_provider_are_put_in(owner: User) -> None:
    fields = {"accessKeyId": "AKIA", "secretAccessKey": "s", "sessionToken": "t"}
    put(owner, "Own", json.dumps(fields))
    resolved = keys.resolve(endpoint("Own"), owner.id)
    assert dict(resolved.connection.credentials) == {
        "aws_access_key_id": "AKIA", "aws_secret_access_key": "s", "aws_session_token": "t",
    }  # fmt: skip
    put(owner, "Own", '{"GOOGLE_API_KEY": "AIza"}')
    assert keys.resolve(endpoint("Own"), owner.id).connection.api_key == "AIza"
    put(owner, "Own", '{"GOOGLE_API_KEY": "AIza", "GOOGLE_SERVICE_KEY": {}}')
    with pytest.raises(KeyRefused, match="Service account"):
        put(owner, "Own", '{"GOOGLE_SERVICE_KEY": {"type": "service_account"}}')


def test_an_address_of_ones_own(owner: User) -> None:
    assert problem(owner, "Anywhere") == "no_user_key"
    put(owner, "Anywhere", SECRET)
    assert problem(owner, "Anywhere") == "no_base_url"
    put(owner, "Anywhere", json.dumps({"apiKey": SECRET, "baseURL": "https://mine.example.com/v1/"}))
    resolved = keys.resolve(endpoint("Anywhere"), owner.id)
    assert (resolved.connection.base_url, resolved.connection.api_key) == ("https://mine.example.com/v1", SECRET)
    assert not resolved.origin.written_by_operator


def test_an_address_is_not_taken_where_the_operator_wrote_one(owner: User) -> None:
    put(owner, "Own", json.dumps({"apiKey": SECRET, "baseURL": "https://mine.example.com"}))
    assert keys.resolve(endpoint("Own"), owner.id).connection.base_url == "https://own.example.com/v1"


def test_an_exempt_address_is_exempt_on_exactly_its_port(owner: User) -> None:
    def pasted(url: str) -> str:
        return json.dumps({"apiKey": SECRET, "baseURL": url})

    put(owner, "Anywhere", pasted("http://127.0.0.1:11434/v1"))
    mine = keys.resolve(endpoint("Anywhere"), owner.id)
    assert (mine.origin.written_by_operator, allowlist_of(mine)) == (False, (("127.0.0.1", 11434),))
    for url in ("http://127.0.0.1:11435/v1", "http://127.0.0.2:11434", "http://localhost:11434"):
        with pytest.raises(KeyRefused):
            put(owner, "Anywhere", pasted(url))


def test_an_address_that_is_no_longer_exempt_is_invalid(owner: User, settings: Settings) -> None:
    put(owner, "Anywhere", json.dumps({"apiKey": SECRET, "baseURL": "http://127.0.0.1:11434/v1"}))
    settings.LIBRECHAT_CONFIG.write_text("version: 1.3.5\n")
    registry.reset()
    assert problem(owner, "Anywhere") == "invalid_base_url"


def test_nothing_of_the_operators_goes_to_an_address_of_a_person() -> None:
    """Security case 44."""
    operators = make_endpoint(
        name="Mixed", label="Mixed", wire="openai", api_key="sk-operators", headers={"X-Org": "secret"},
        query={"code": "secret"}, credentials={"aws_access_key_id": "secret"}, url_from_user=True,
        variants={"big": make_endpoint(name="Mixed", label="Mixed", wire="openai", api_key="sk-operators")},
        written_by_operator=True,
    )  # fmt: skip
    with pytest.raises(KeyProblem) as refusal:
        keys.with_key(operators, keys.parse('{"baseURL": "https://mine.example.com"}'))
    assert refusal.value.code == "no_user_key"
    mine = keys.with_key(operators, keys.parse('{"baseURL": "https://mine.example.com", "apiKey": "sk-mine"}'))
    assert (
        mine.connection.api_key,
        mine.connection.headers,
        mine.connection.query,
        mine.connection.credentials,
        mine.models.variants,
    ) == ("sk-mine", {}, {}, {}, {})
    assert mine.for_model("big").connection.api_key == "sk-mine"


def test_a_refused_key_is_said_to_whom_it_belongs() -> None:
    own = make_endpoint(name="Own", label="Own", wire="openai", key_from_user=True)
    shared = make_endpoint(name="Shared", label="Shared", wire="openai")
    assert keys.with_user_key_error(Failed("bad_key"), own).code == "bad_user_key"
    assert keys.with_user_key_error(Failed("bad_key"), shared).code == "bad_key"
    assert keys.with_user_key_error(Failed("timeout"), own).code == "timeout"
