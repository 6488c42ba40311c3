"""MetoGPT's admin API and upstream's on the same paths: shapes, rules, who may do what."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import AuditEntry, CapabilityGrant, Group, ModelAccess, Role, User
from accounts.services import audit, roles
from billing.models import Balance, LedgerEntry
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
# The bodies of MetoGPT's README.
PRO = {
    "name": "PRO",
    "permissions": {
        "ROLE_MANAGEMENT": {"CREATE": False, "UPDATE": False, "DELETE": False},
        "BALANCE_MANAGEMENT": {"UPDATE": False},
    },
    "modelAccess": {
        "gpt-4": {"enabled": True, "coefficient": 1.5},
        "claude-3": {"enabled": True, "coefficient": 1.8},
    },
}


@pytest.fixture
def admin(admin_user: User) -> Api:
    return Api(admin_user)


def test_users_are_listed_with_their_balances(admin: Api, owner: User) -> None:
    admin.send("PUT", f"/api/admin/users/{owner.id}/balance", {"balance": 2000, "reason": "Start"})
    body = admin.send("GET", "/api/admin/users").json()
    users = {user["email"]: user for user in body["users"]}
    assert set(users[owner.email]) >= {"_id", "email", "username", "name", "role", "balance", "createdAt"}
    assert (users[owner.email]["_id"], users[owner.email]["balance"]) == (str(owner.id), 2000)
    assert (body["total"], body["limit"], body["offset"]) == (2, 50, 0)


def test_a_balance_is_set_with_a_reason(admin: Api, admin_user: User, owner: User) -> None:
    path = f"/api/admin/users/{owner.id}/balance"
    answer = admin.send("PUT", path, {"balance": 5000, "reason": "Monthly allowance"})
    assert (answer.status_code, answer.json()["balance"], answer.json()["user"]["balance"]) == (200, 5000, 5000)
    assert admin.send("PATCH", path, {"balance": 4000, "reason": "Less"}).json()["balance"] == 4000
    entries = LedgerEntry.objects.filter(user=owner).order_by("id")
    assert [(entry.credits, entry.note, entry.actor_id) for entry in entries] == [
        (5000, "Monthly allowance", admin_user.id), (-1000, "Less", admin_user.id),
    ]  # fmt: skip
    for bad in ({"balance": 5}, {"balance": -1, "reason": "x"}, {"balance": 1.5, "reason": "x"}, {"balance": "5",
                "reason": "x"}, {"balance": True, "reason": "x"}, {"balance": 10**17, "reason": "x"},
                {"balance": 1, "reason": " "}, {"balance": 1, "reason": "x", "user": "y"}):  # fmt: skip
        assert admin.send("PUT", path, bad).status_code == 400, bad
    assert admin.raw("PUT", path, b'{"balance": NaN, "reason": "x"}').status_code == 400
    for text in (
        b"4000.0000000000000001",
        b"4000.00000000000000000000000000000000000001",
        b"1e999",
        b"1e999999999",
        b"1e-9999",
    ):
        assert admin.raw("PUT", path, b'{"balance": %s, "reason": "x"}' % text).status_code == 400, text
    assert Balance.objects.get(user=owner).credits == 4000
    assert admin.raw("PUT", path, b'{"balance": 4.5e3, "reason": "x"}').json()["balance"] == 4500


def test_roles_are_made_changed_and_deleted(admin: Api, owner: User) -> None:
    made = admin.send("POST", "/api/admin/roles", PRO)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in ("name", "modelAccess")} == {
        "name": "PRO", "modelAccess": PRO["modelAccess"],
    }  # fmt: skip
    assert made.json()["role"]["permissions"]["ROLE_MANAGEMENT"] == {"CREATE": False, "UPDATE": False, "DELETE": False}
    assert admin.send("POST", "/api/admin/roles", PRO).status_code == 409
    listed = admin.send("GET", "/api/admin/roles").json()
    assert {role["name"] for role in listed["roles"]} == {"ADMIN", "USER", "PRO"}
    changed = admin.send("PUT", "/api/admin/roles/PRO", {"modelAccess": {"gpt-4": {"enabled": True, "coefficient": 2}}})
    assert changed.json()["modelAccess"] == {"gpt-4": {"enabled": True, "coefficient": 2.0}}
    admin.send("PUT", f"/api/admin/users/{owner.id}/role", {"role": "PRO"})
    in_use = admin.send("DELETE", "/api/admin/roles/PRO")
    assert (in_use.status_code, "1 person" in in_use.json()["error"]) == (409, True)
    admin.send("PUT", f"/api/admin/users/{owner.id}/role", {"role": "USER"})
    assert admin.send("DELETE", "/api/admin/roles/PRO").json()["success"] is True
    assert not ModelAccess.objects.exists()


def test_a_role_can_be_renamed_with_its_people(admin: Api, owner: User) -> None:
    admin.send("POST", "/api/admin/roles", PRO)
    admin.send("PUT", f"/api/admin/users/{owner.id}/role", {"role": "PRO"})
    answer = admin.send("PATCH", "/api/admin/roles/PRO", {"name": "Experts", "description": "They know"})
    assert (answer.status_code, answer.json()["name"], answer.json()["description"]) == (200, "Experts", "They know")
    owner.refresh_from_db()
    assert owner.role_id == "Experts"
    assert ModelAccess.objects.filter(role="Experts").count() == 2
    assert not Role.objects.filter(name="PRO").exists()
    assert admin.send("PATCH", "/api/admin/roles/USER", {"name": "Other"}).status_code == 403


@pytest.mark.parametrize(
    "change",
    [
        {"permissions": {"FLY": {"USE": True}}},
        {"permissions": {"AGENTS": {"FLY": True}}},
        {"permissions": {"AGENTS": {"USE": 1}}},
        {"permissions": {"AGENTS": True}},
        {"modelAccess": {"m": {"enabled": True, "coefficient": -1}}},
        {"modelAccess": {"m": {"enabled": True, "coefficient": 1001}}},
        {"modelAccess": {"m": {"enabled": "yes"}}},
        {"modelAccess": {"m": 1}},
        {"modelAccess": {"m": {"price": 1}}},
        {"name": ""},
        {"name": "a/b"},
        {"name": "x" * 65},
    ],
)
def test_a_bad_role_is_refused_and_nothing_changes(admin: Api, change: dict[str, Any]) -> None:
    before = admin.send("GET", "/api/admin/roles").json()
    assert admin.send("POST", "/api/admin/roles", PRO | change).status_code == 400
    assert admin.send("PUT", "/api/admin/roles/USER", change).status_code in {400, 403}
    assert admin.send("GET", "/api/admin/roles").json() == before
    assert not AuditEntry.objects.exists()


def test_the_models_of_a_person_are_those_of_the_role(admin: Api, owner: User) -> None:
    admin.send("POST", "/api/admin/roles", PRO | {"modelAccess": {"tiny": {"enabled": True, "coefficient": 1.5}}})
    admin.send("PUT", f"/api/admin/users/{owner.id}/role", {"role": "PRO"})
    body = admin.send("GET", f"/api/admin/users/{owner.id}/models").json()
    assert body["models"] == [{"endpoint": "Somewhere", "model": "tiny", "enabled": True, "coefficient": 1.5}]
    owner.refresh_from_db()
    assert Api(owner).send("GET", "/api/models").json() == {"Somewhere": ["tiny"]}
    refused = Api(owner).send(
        "POST", "/api/agents/chat", {"text": "Hello", "endpoint": "Somewhere", "model": "small", "conversationId": None}
    )
    assert refused.status_code == 400 or b"not available" in refused.getvalue()


def test_the_last_administrator_stays_one(admin: Api, admin_user: User) -> None:
    answer = admin.send("PUT", f"/api/admin/users/{admin_user.id}/role", {"role": "USER"})
    assert answer.status_code == 400
    assert "only administrator" in answer.json()["error"]


def test_a_new_role_ends_the_old_sessions(admin: Api, make_user: Callable[..., User], owner: User) -> None:
    """Security case 54."""
    from accounts.services import tokens  # noqa: PLC0415 (only here)

    tokens.open_session(user=owner)
    admin.send("PUT", f"/api/admin/users/{owner.id}/role", {"role": "ADMIN"})
    assert not owner.refresh_sessions.exists()


def test_a_manager_of_roles_gives_nothing_they_do_not_have(admin: Api, owner: User, stranger: User) -> None:
    """Else one permission would be all of them."""
    admin.send("POST", "/api/admin/roles", {"name": "Managers", "permissions": {"ROLE_MANAGEMENT": {
        "CREATE": True, "UPDATE": True, "DELETE": True}}})  # fmt: skip
    admin.send("PUT", f"/api/admin/users/{owner.id}/role", {"role": "Managers"})
    owner.refresh_from_db()
    manager = Api(owner)
    assert manager.send("GET", "/api/admin/roles").status_code == 200
    assert manager.send("POST", "/api/admin/roles", PRO).status_code == 201
    money = {"permissions": {"BALANCE_MANAGEMENT": {"UPDATE": True}}}
    assert manager.send("PUT", "/api/admin/roles/PRO", money).status_code == 403
    assert manager.send("PUT", "/api/admin/roles/Managers", money).status_code == 403
    assert manager.send("PUT", "/api/admin/roles/ADMIN", {"description": "x"}).status_code == 403
    assert manager.send("POST", "/api/admin/roles", {"name": "Rich", **money}).status_code == 403
    for user in (owner, stranger):
        assert manager.send("PUT", f"/api/admin/users/{user.id}/role", {"role": "ADMIN"}).status_code == 403
    assert manager.send("PUT", f"/api/admin/users/{owner.id}/role", {"role": "PRO"}).status_code == 403
    assert manager.send("PUT", f"/api/admin/users/{stranger.id}/role", {"role": "PRO"}).status_code == 200
    refused = manager.send("PUT", f"/api/admin/users/{stranger.id}/balance", {"balance": 1, "reason": "x"})
    assert refused.status_code == 403


def test_groups_and_their_members(admin: Api, owner: User) -> None:
    made = admin.send("POST", "/api/admin/groups", {"name": "Team", "memberIds": [str(owner.id)]})
    assert made.status_code == 201
    path = f"/api/admin/groups/{made.json()['group']['id']}"
    assert made.json()["group"]["memberCount"] == 1
    answer = admin.send("PATCH", path, {"name": "The team", "description": "All of us"})
    assert answer.json()["group"]["name"] == "The team"
    assert admin.send("POST", f"{path}/members", {"userId": str(owner.id), "isManager": True}).status_code == 200
    [member] = admin.send("GET", f"{path}/members").json()["members"]
    assert (member["userId"], member["isManager"]) == (str(owner.id), True)
    assert admin.send("DELETE", f"{path}/members/{owner.id}").json() == {"success": True}
    assert admin.send("DELETE", f"{path}/members/{owner.id}").status_code == 404
    assert [group["name"] for group in admin.send("GET", "/api/admin/groups?search=team").json()["groups"]] == [
        "The team"
    ]
    assert admin.send("GET", "/api/admin/groups?source=moon").status_code == 400
    assert admin.send("DELETE", path).json()["success"] is True
    assert admin.send("GET", path).status_code == 404


def test_a_synced_group_is_changed_in_its_directory(admin: Api, owner: User) -> None:
    group = Group.objects.create(name="Staff", source="ldap", external_id="cn=staff")
    assert admin.send("POST", f"/api/admin/groups/{group.id}/members", {"userId": str(owner.id)}).status_code == 409


def test_powers_are_given_and_taken(admin: Api, owner: User) -> None:
    body = {"principalType": "user", "principalId": str(owner.id), "capability": "read:audit_log"}
    assert admin.send("POST", "/api/admin/grants", body).status_code == 201
    helper = Api(owner)
    assert helper.send("GET", "/api/admin/audit-log").status_code == 403, "not without access:admin"
    admin.send("POST", "/api/admin/grants", body | {"capability": "access:admin"})
    assert helper.send("GET", "/api/admin/audit-log").status_code == 200
    assert helper.send("GET", "/api/admin/grants/effective").json() == {
        "capabilities": ["access:admin", "read:audit_log"]
    }
    assert helper.send("GET", "/api/admin/users").status_code == 403
    gone = admin.send("DELETE", f"/api/admin/grants/user/{owner.id}/read:audit_log")
    assert gone.json() == {"success": True}
    assert helper.send("GET", "/api/admin/audit-log").status_code == 403
    assert admin.send("POST", "/api/admin/grants", body | {"capability": "fly"}).status_code == 400
    assert admin.send("POST", "/api/admin/grants", body | {"principalId": "nobody"}).status_code == 404
    assert CapabilityGrant.objects.count() == 1


def test_the_audit_log_is_filtered_exported_and_verified(admin: Api, admin_user: User, owner: User) -> None:
    roles.give(actor=admin_user, user=owner, role="ADMIN")
    admin.send("POST", "/api/admin/roles", PRO | {"description": "=cmd|' /C calc'!A0"})
    admin.send("PUT", f"/api/admin/users/{owner.id}/balance", {"balance": 5, "reason": "x"})
    body = admin.send("GET", "/api/admin/audit-log").json()
    assert [entry["action"] for entry in body["entries"]] == ["balance.changed", "role.created", "user.role"]
    assert body["entries"][0]["context"]["address"] == "127.0.0.1"
    assert body["entries"][1]["integrity"]["prevHash"] == body["entries"][2]["integrity"]["hash"]
    only = admin.send("GET", f"/api/admin/audit-log?targetId={owner.id}&action=user.role").json()
    assert only["total"] == 1
    page = admin.send("GET", "/api/admin/audit-log?limit=2").json()
    assert page["nextCursor"] == 2
    assert [entry["id"] for entry in admin.send("GET", "/api/admin/audit-log?cursor=2").json()["entries"]] == ["1"]
    assert admin.send("GET", "/api/admin/audit-log?from=yesterday").status_code == 400
    csv = admin.send("GET", "/api/admin/audit-log/export.csv").getvalue().decode()
    assert csv.count("\n") == 4
    assert admin.send("GET", "/api/admin/audit-log/verify").json() == {"valid": True, "entries": 3, "brokenAt": None}
    assert audit.verify().broken_at is None


def test_ones_own_role_can_be_read(owner: User) -> None:
    body = Api(owner).send("GET", "/api/roles/USER").json()
    assert body["permissions"]["PROJECTS"] == {"CREATE": True, "SHARE": False, "SHARE_PUBLIC": False}
    assert body["permissions"]["AGENTS"] == dict.fromkeys(("USE", "CREATE", "SHARE", "SHARE_PUBLIC"), False)
    assert Api(owner).send("GET", "/api/roles/ADMIN").status_code == 403
    assert Api(owner).send("PUT", "/api/roles/USER/agents", {"SHARE": True}).status_code == 403


def test_bits_of_one_type_are_changed(admin: Api) -> None:
    answer = admin.send("PUT", "/api/roles/USER/people-picker", {"VIEW_USERS": True})
    assert answer.json()["permissions"]["PEOPLE_PICKER"] == {
        "VIEW_USERS": True, "VIEW_GROUPS": False, "VIEW_ROLES": False,
    }  # fmt: skip
    assert admin.send("PUT", "/api/roles/USER/people-picker", {"FLY": True}).status_code == 400
    assert admin.send("PUT", "/api/roles/USER/flying", {}).status_code == 404


def test_ones_own_balance(owner: User, settings: Any) -> None:
    assert Api(owner).send("GET", "/api/balance").status_code == 204
    settings.BALANCE_ENABLED, settings.BALANCE_START_CREDITS = True, 300
    assert Api(owner).send("GET", "/api/balance").json() == {
        "user": str(owner.id), "tokenCredits": 300, "autoRefillEnabled": False,
    }  # fmt: skip


def test_people_are_found_by_their_names(admin: Api, owner: User) -> None:
    body = admin.send("GET", "/api/admin/users/search?q=olivia").json()
    assert ([user["id"] for user in body["users"]], body["total"], body["capped"]) == ([str(owner.id)], 1, False)
    assert admin.send("GET", "/api/admin/users/search?q=o").status_code == 400
