"""API keys: shown once, kept as a hash, limited by scope and time; the same decision in each way they are sent."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, AuditEntry, User
from accounts.services import api_keys, bans, roles
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere", "keys_allowed")]
Call = Callable[..., Any]


def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
    return Client(raise_request_exception=False).generic(
        method, path, b"{}" if body is None else body, "application/json", headers=headers
    )


@pytest.mark.security
def test_case_55_no_key_is_made_long_after_signing_in(owner: User) -> None:
    api = Api.by_password(owner)
    owner.refresh_sessions.update(created_at=timezone.now() - timedelta(hours=1))
    for client in (api, Api(owner)):
        answer = client.send("POST", "/api/api-keys", {"name": "My script"})
        assert (answer.status_code, answer.json()["code"]) == (403, "REAUTHENTICATION_REQUIRED")
    assert not ApiKey.objects.exists()


def test_a_key_is_made_shown_once_and_deleted(owner: User) -> None:
    api = Api.by_password(owner)
    made = api.send("POST", "/api/api-keys", {"name": "My script"})
    assert made.status_code == 201
    key = made.json()["key"]
    assert (key[:3], len(key), made.json()["keyPrefix"]) == ("sk-", 67, key[:8])
    assert key not in str(list(ApiKey.objects.values()))
    listed = api.send("GET", "/api/api-keys").json()["keys"]
    assert [key["name"] for key in listed] == ["My script"]
    assert key not in str(listed)
    assert call("GET", "/api/user", Authorization=f"Bearer {key}").json()["email"] == owner.email
    assert "lastUsedAt" in api.send("GET", f"/api/api-keys/{made.json()['id']}").json()
    assert api.send("DELETE", f"/api/api-keys/{made.json()['id']}").status_code == 204
    assert call("GET", "/api/user", Authorization=f"Bearer {key}").status_code == 401
    assert AuditEntry.objects.filter(action="api_key.created").count() == 1


def test_a_role_must_allow_keys(owner: User) -> None:
    made = api_keys.make(user=owner, name="Made before")
    roles.update(actor=None, role=owner.role, permissions_={"REMOTE_AGENTS": {"USE": False}})
    refused = Api.by_password(owner).send("POST", "/api/api-keys", {"name": "My script"})
    assert (refused.status_code, "code" in refused.json()) == (403, False)
    assert call("GET", "/api/user", Authorization=f"Bearer {made.text}").status_code == 403


@pytest.mark.parametrize(
    "body",
    [{"name": ""}, {"name": "x" * 101}, {"name": "a", "scopes": []}, {"name": "a", "scopes": ["fly"]},
     {"name": "a", "expiresAt": "yesterday"}, {"name": "a", "expiresAt": "2001-01-01T00:00:00Z"},
     {"name": "a", "expiresAt": "2099-01-01T00:00:00"}, {"name": "a", "user": "x"}],
)  # fmt: skip
def test_a_faulty_key_is_not_made(owner: User, body: dict[str, Any]) -> None:
    assert Api.by_password(owner).send("POST", "/api/api-keys", body).status_code == 400
    assert not ApiKey.objects.exists()


def test_a_stranger_finds_no_key(owner: User, stranger: User) -> None:
    row = api_keys.make(user=owner, name="Mine").row
    for method in ("GET", "DELETE"):
        assert Api(stranger).send(method, f"/api/api-keys/{row.id}").status_code == 404
    assert ApiKey.objects.count() == 1


@pytest.mark.security
@pytest.mark.parametrize(
    ("scopes", "method", "path", "status"),
    [
        (["read"], "GET", "/api/convos", 200),
        (["read"], "POST", "/api/tags", 403),
        (["write"], "GET", "/api/convos", 403),
        (["write"], "POST", "/api/tags", 200),
        (["read", "write"], "GET", "/api/admin/users", 403),
        (["admin"], "GET", "/api/admin/users", 403),
        (["read", "write", "admin"], "POST", "/api/auth/2fa/disable", 403),
        (["read", "write", "admin"], "DELETE", "/api/user/delete", 403),
        (["read", "write", "admin"], "POST", "/api/api-keys", 403),
    ],
)
def test_case_16_a_key_does_what_its_scope_says_however_it_is_sent(
    owner: User, scopes: list[str], method: str, path: str, status: int
) -> None:
    body = b'{"tag": "Mine"}' if path == "/api/tags" else None
    for way in ("bearer", "header", "query", "cookie"):
        key = api_keys.make(user=owner, name=way, scopes=scopes).text
        if way == "bearer":
            answer = call(method, path, body, Authorization=f"Bearer {key}")
        elif way == "header":
            answer = call(method, path, body, **{"X-Api-Key": key})
        elif way == "query":
            answer = call(method, f"{path}?api_key={key}&key={key}&token={key}", body)
        else:
            answer = call(method, path, body, Cookie=f"refreshToken={key}; sessionid={key}; key={key}")
        expected = status if way in {"bearer", "header"} else 401
        if path == "/api/tags" and status == 200 and way == "header":
            expected = 409 if answer.status_code == 409 else 200  # the bookmark is there already
        assert answer.status_code == expected, (way, answer.content)


def test_an_administrators_key_with_the_scope_administers(admin_user: User) -> None:
    key = api_keys.make(user=admin_user, name="Robot", scopes=["admin"]).text
    assert call("GET", "/api/admin/users", Authorization=f"Bearer {key}").status_code == 200
    assert call("GET", "/api/convos", Authorization=f"Bearer {key}").status_code == 403


def test_a_key_ends_with_its_time_and_with_its_person(owner: User) -> None:
    made = api_keys.make(user=owner, name="Mine")
    headers = {"Authorization": f"Bearer {made.text}"}
    assert call("GET", "/api/convos", **headers).status_code == 200
    bans.ban(actor=None, user=owner, minutes=5)
    assert call("GET", "/api/convos", **headers).status_code == 403
    bans.lift(actor=None, user=owner)
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert call("GET", "/api/convos", **headers).status_code == 401
    ApiKey.objects.update(expires_at=None)
    owner.is_active = False
    owner.save()
    assert call("GET", "/api/convos", **headers).status_code == 403


@pytest.mark.security
def test_what_only_looks_like_a_key_opens_nothing(owner: User) -> None:
    """Security case 25."""
    for text in ("sk-", "sk-" + "0" * 64, "sk-' OR pg_sleep(8)--", "sk-{{7*7}}", "sk-\u00e9", "x" * 5_000):
        assert call("GET", "/api/user", Authorization=f"Bearer {text}").status_code == 401
        assert call("GET", "/api/user", **{"X-Api-Key": text}).status_code == 401


def test_at_most_twenty_keys(owner: User) -> None:
    for number in range(20):
        api_keys.make(user=owner, name=str(number))
    with pytest.raises(api_keys.BadKey, match="at most 20"):
        api_keys.make(user=owner, name="One more")
