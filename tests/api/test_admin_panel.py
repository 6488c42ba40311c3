"""What an administration panel of another make asks: signing in, groups, grants; and who shows it is really them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Banner, Group, RefreshSession, User
from accounts.services import banners, bans, permissions
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
PASSWORD = "correct-horse-battery"


def test_only_who_administers_signs_in_to_the_panel(owner: User, admin_user: User) -> None:
    admin_user.set_password(PASSWORD)
    admin_user.save()
    answer = Api().post("/api/admin/login/local", {"email": admin_user.email, "password": PASSWORD})
    assert answer.status_code == 200
    token = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert Api().raw("GET", "/api/admin/verify", b"", **token).json()["user"]["email"] == admin_user.email
    refused = Api().post("/api/admin/login/local", {"email": owner.email, "password": PASSWORD})
    assert refused.status_code == 403
    assert RefreshSession.objects.filter(user=owner).count() == 0
    assert Api().post("/api/admin/login/local", {"email": owner.email, "password": "wrong"}).status_code == 404
    assert Api(owner).get("/api/admin/verify").status_code == 403
    assert Api().get("/api/admin/verify").status_code == 401


def test_a_banned_administrator_does_not(admin_user: User) -> None:
    admin_user.set_password(PASSWORD)
    admin_user.save()
    bans.ban(actor=None, user=admin_user, minutes=5)
    answer = Api().post("/api/admin/login/local", {"email": admin_user.email, "password": PASSWORD})
    assert answer.status_code == 403


def test_openid_is_not_configured(admin_user: User) -> None:
    answer = Api(admin_user).get("/api/admin/oauth/openid/check")
    assert (answer.status_code, answer.json()["error_code"]) == (404, "OPENID_NOT_CONFIGURED")


def test_groups_have_all_their_fields(owner: User, stranger: User, admin_user: User) -> None:
    api = Api(admin_user)
    body = {
        "name": "Cats", "description": None, "email": "cats@example.org", "avatar": "/cat.png", "source": "local",
        "idOnTheSource": "cn=cats", "memberIds": [str(owner.id), str(stranger.id)],
    }  # fmt: skip
    made = api.post("/api/admin/groups", body)
    assert made.status_code == 201, made.content
    group = made.json()["group"]
    assert (group["email"], group["avatar"], group["idOnTheSource"]) == ("cats@example.org", "/cat.png", "cn=cats")
    assert set(group["memberIds"]) == {str(owner.id), str(stranger.id)}
    assert group["memberCount"] == 2
    (row,) = api.get("/api/admin/groups").json()["groups"]
    assert {name: row[name] for name in row if name != "memberIds"} == {
        name: group[name] for name in group if name != "memberIds"
    }
    changed = api.send("PATCH", f"/api/admin/groups/{group['id']}", {"email": "", "avatar": "/dog.png"})
    assert (changed.json()["group"]["email"], changed.json()["group"]["avatar"]) == ("", "/dog.png")
    empty = api.post("/api/admin/groups", {"name": "Nobody"}).json()["group"]
    assert (empty["memberIds"], empty["email"]) == ([], "")
    assert [group["memberIds"] for group in api.get("/api/admin/groups?search=Nobody").json()["groups"]] == [[]]


@pytest.mark.parametrize(
    ("change", "status"),
    [({"email": "no address"}, 400), ({"source": "entra"}, 400), ({"avatar": "x" * 2_001}, 400),
     ({"idOnTheSource": "cn=cats"}, 409)],
)  # fmt: skip
def test_a_group_that_cannot_be_is_refused(admin_user: User, change: dict[str, Any], status: int) -> None:
    Group.objects.create(name="Before", external_id="cn=cats")
    assert Api(admin_user).post("/api/admin/groups", {"name": "Cats", **change}).status_code == status
    assert Group.objects.count() == 1


def test_grants_are_read_by_principal(owner: User, admin_user: User) -> None:
    api = Api(admin_user)
    given = {"principalType": "user", "principalId": str(owner.id), "capability": "read:users"}
    assert api.post("/api/admin/grants", given).status_code == 201
    (grant,) = api.get(f"/api/admin/grants/user/{owner.id}").json()["grants"]
    assert {name: grant[name] for name in given} == given
    assert api.get(f"/api/admin/grants/user/{admin_user.id}").json() == {"grants": []}
    inborn = api.get("/api/admin/grants/role/ADMIN").json()["grants"]
    assert {grant["capability"] for grant in inborn} == set(permissions.CAPABILITIES)
    assert api.get("/api/admin/grants/role/NONE").status_code == 404
    assert api.get(f"/api/admin/grants/moon/{owner.id}").status_code == 400
    assert Api(owner).get(f"/api/admin/grants/user/{owner.id}").status_code == 403


def test_a_banner_has_its_times() -> None:
    Banner.objects.all().delete()
    banners.show(actor=None, message="Hello", public=True)
    body = Api().get("/api/banner").json()
    assert body["createdAt"].endswith("Z")
    assert body["updatedAt"] >= body["createdAt"]


@pytest.fixture
def long_ago(owner: User) -> Callable[[], Api]:
    """Return a client of somebody who signed in an hour ago."""

    def make() -> Api:
        signed_in = Api().post("/api/auth/login", {"email": owner.email, "password": PASSWORD}).json()
        RefreshSession.objects.update(created_at=timezone.now() - timedelta(hours=1))
        api = Api()
        api.headers = {"Authorization": f"Bearer {signed_in['token']}"}
        return api

    return make


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/auth/2fa/enable"), ("DELETE", "/api/user/delete")])
def test_what_matters_takes_the_password_where_the_sign_in_is_old(
    owner: User, long_ago: Callable[[], Api], method: str, path: str
) -> None:
    api = long_ago()
    refused = api.send(method, path, {})
    assert (refused.status_code, refused.json()["code"]) == (403, "REAUTHENTICATION_REQUIRED")
    assert api.send(method, path, {"password": "wrong"}).status_code == 401
    assert User.objects.filter(id=owner.id).exists()
    assert api.send(method, path, {"password": PASSWORD}).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/auth/2fa/enable"), ("DELETE", "/api/user/delete")])
def test_a_new_sign_in_is_enough(owner: User, method: str, path: str) -> None:
    token = Api().post("/api/auth/login", {"email": owner.email, "password": PASSWORD}).json()["token"]
    assert Api().raw(method, path, b"{}", Authorization=f"Bearer {token}").status_code == 200


def test_guessing_the_password_there_counts_like_signing_in(owner: User, long_ago: Callable[[], Api]) -> None:
    api = long_ago()
    tries = [api.send("DELETE", "/api/user/delete", {"password": f"wrong{n}"}).status_code for n in range(12)]
    assert tries[0] == 401
    assert tries[-1] == 429
    assert api.send("DELETE", "/api/user/delete", {"password": PASSWORD}).status_code == 429
    assert User.objects.filter(id=owner.id).exists()


def test_another_s_password_is_none(owner: User, stranger: User, long_ago: Callable[[], Api]) -> None:
    stranger.set_password("another-horse-battery")
    stranger.save()
    answer = long_ago().send("DELETE", "/api/user/delete", {"password": "another-horse-battery"})
    assert answer.status_code == 401
    assert User.objects.filter(id=owner.id).exists()
