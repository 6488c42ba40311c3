"""Case 16: what a key may do is declared by each view, and no scope but `admin` uses the powers of administration."""

import pytest
from django.test import Client

from accounts.models import AuditEntry, Role, User
from accounts.services import api_keys
from api.base.authentication import OptionalBearer
from tests.security.conftest import everything
from tests.security.routes import METHODS, Route, all_routes

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere", "keys_allowed"),
]
SCOPES = ("read", "write", "admin")


def api_routes() -> list[Route]:
    return [route for route in all_routes() if route.is_api]


def ask(user: User, scopes: list[str], route: Route, method: str) -> int:
    key = api_keys.make(user=user, name="Mine", scopes=scopes)
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {key.text}"})
    values = {"name": "TEAM", "kind": "agents"} if "roles/" in route.path else {}
    status = client.generic(method, route.url(**values), b"{}", "application/json").status_code
    key.row.delete()
    return status


def test_every_view_declares_what_keys_may_do() -> None:
    assert len(api_routes()) > 60
    for route in api_routes():
        scopes = getattr(route.callback.cls, "key_scopes", None)
        assert scopes is not None, f"{route.path}: declare `key_scopes` (api.base.scopes)"
        assert set(scopes.values()) <= set(SCOPES), route.path
        if route.path.startswith("/api/admin/") and route.name != "api:admin_login":  # where one signs in
            assert set(scopes.values()) == {"admin"}, route.path


def test_a_key_without_the_declared_scope_is_refused(admin_user: User) -> None:
    before = None
    for route in api_routes():
        asked_by = route.callback.cls.authentication_classes
        if not asked_by or OptionalBearer in asked_by:
            continue  # nobody is asked for a key; whose key opens nothing is told what anybody is
        for method in METHODS:
            needed = route.callback.cls.key_scopes.get(method)
            scopes = [scope for scope in SCOPES if scope != needed]
            assert ask(admin_user, scopes, route, method) in {403, 405}, (route.path, method)
            before = before or everything_but_the_log()
    assert everything_but_the_log() == before


def test_what_only_administrators_may_needs_the_scope_for_it(owner: User, admin_user: User) -> None:
    """Whatever the declarations say: with a key to read and write an administrator does no more than anybody."""
    Role.objects.create(name="TEAM")
    for route in api_routes():
        for method in METHODS:
            if ask(owner, ["read", "write"], route, method) == 403:
                assert ask(admin_user, ["read", "write"], route, method) == 403, (route.path, method)


def test_a_key_to_write_changes_no_permissions(admin_user: User) -> None:
    key = api_keys.make(user=admin_user, name="Mine", scopes=["read", "write"]).text
    client = Client(headers={"Authorization": f"Bearer {key}"})
    before = everything()
    answer = client.put("/api/roles/USER/agents", {"SHARE_PUBLIC": True}, "application/json")
    assert answer.status_code == 403
    assert client.get("/api/roles/USER").status_code == 403, "nor does it read others' roles"
    assert everything().count('"SHARE_PUBLIC": true') == before.count('"SHARE_PUBLIC": true')


def everything_but_the_log() -> str:
    return "\n".join(line for line in everything().splitlines() if str(AuditEntry._meta) not in line)
