"""Case 55: nothing that only administrators may do is done with a sign-in of long ago, through whatever door."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Banner, Group, RefreshSession, User
from accounts.services import api_keys, tokens
from accounts.services.freshness import FIELD
from billing.models import Balance, Price
from endpoints.models import OperatorEndpoint
from tests.api.conftest import bearer
from tests.cast import PASSWORD, signed_in
from tests.security.conftest import everything
from tests.security.routes import Route, all_routes

pytestmark = [
    pytest.mark.security,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("stream_threads", "somewhere"),
]
NOT_ASKED = {"api:user_delete", "api:admin_login"}  # they ask for the password themselves
LONG_AGO = 660  # seconds: more than ten minutes
WRITING = ("POST", "PUT", "PATCH", "DELETE")
WAYS_OUT = {"admin:login", "admin:logout", "admin:jsi18n"}
AGAIN = "/account/reauthenticate"


def signed_in_long_ago(user: User, ago: float = LONG_AGO) -> Client:
    client = signed_in(user)
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] = time.time() - ago
    session.save()
    return client


@pytest.fixture
def ids(owner: User) -> dict[str, Any]:
    """Rows that addresses can name, so that what is refused is not only missing."""
    Balance.objects.create(user=owner, credits=0)
    row = OperatorEndpoint.objects.create(
        name="Lab", kind="custom", base_url="http://127.0.0.1:9/v1", model_names=["x"]
    )
    return {"user_id": owner.id, "row_id": row.id, "group_id": Group.objects.create(name="G").id, "name": "USER",
            "kind": "agents", "slug": "openai"}  # fmt: skip


def pages() -> list[Route]:
    return [route for route in all_routes() if not route.is_api and route.name not in WAYS_OUT]


def object_paths() -> Iterator[str]:
    """The pages of the administration that name a row by any text are tried with rows that exist."""
    for row in (Banner.objects.create(message="x"), Price.objects.create(model="x", prompt=1, completion=1)):
        for verb in ("change", "delete"):
            yield reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{verb}", args=[row.pk])


def test_no_page_of_the_administration_takes_anything(owner: User, admin_user: User, ids: dict[str, Any]) -> None:
    paths = [route.url(**ids) for route in pages() if route.path.startswith("/admin/")] + list(object_paths())
    assert len(paths) > 80
    stale, before = signed_in_long_ago(admin_user), everything()
    for path in paths:
        for method in WRITING:
            answer = stale.generic(method, path, b"post=yes", "application/x-www-form-urlencoded")
            assert answer.status_code == 302, (method, path, answer.status_code)
            assert answer["Location"].startswith(AGAIN), (method, path)
    assert everything() == before


def test_nor_does_any_other_page_that_others_do_not_have(owner: User, admin_user: User, ids: dict[str, Any]) -> None:
    """Found by what they answer: others get 404 or 403 where an administrator does not."""
    names = set()
    for route in pages():
        path = route.url(**ids)
        if path.startswith("/admin/") or signed_in(owner).post(path).status_code not in {403, 404}:
            continue
        if signed_in(admin_user).post(path).status_code in {403, 404, 405}:
            continue
        names.add(route.name)
        answer = signed_in_long_ago(admin_user).post(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith(AGAIN), path
    # the last one asks everybody whose role allows keys
    assert names == {"chat:setup_key", "chat:setup_models", "chat:setup_test", "chat:api_key_create"}


def with_an_old_session(user: User) -> dict[str, str]:
    session = tokens.open_session(user=user)
    RefreshSession.objects.filter(id=session.session_id).update(created_at=timezone.now() - timedelta(seconds=LONG_AGO))
    return {"Authorization": f"Bearer {tokens.access_token(user, session.session_id)}"}


def with_a_lone_token(user: User) -> dict[str, str]:
    return bearer(user, iat=timezone.now() - timedelta(seconds=LONG_AGO))


def with_a_page(user: User) -> dict[str, str]:
    return {"Cookie": "; ".join(cookie.OutputString() for cookie in signed_in_long_ago(user).cookies.values())}


@pytest.mark.parametrize("way", [with_an_old_session, with_a_lone_token, with_a_page])
def test_no_route_of_the_api_that_others_do_not_have_takes_anything(
    way: Callable[[User], dict[str, str]], owner: User, admin_user: User, ids: dict[str, Any]
) -> None:
    ordinary = Client(raise_request_exception=False, headers=bearer(owner))
    stale = Client(raise_request_exception=False, headers=way(admin_user))
    requests = []
    for route in [route for route in all_routes() if route.is_api and route.name not in NOT_ASKED]:
        for method in WRITING:
            if ordinary.generic(method, route.url(**ids), b"{}", "application/json").status_code != 403:
                continue
            requests.append((method, route.url(**ids)))
    assert len(requests) > 15
    before = everything()
    for method, path in requests:
        answer = stale.generic(method, path, b"{}", "application/json")
        assert answer.status_code == 403, (method, path, answer.status_code)
        assert answer.json()["code"] == "REAUTHENTICATION_REQUIRED", (method, path)
    assert everything() == before


def test_a_client_signs_in_again_and_goes_on(admin_user: User, owner: User) -> None:
    path, body = f"/api/admin/users/{owner.id}/balance", {"balance": 5, "reason": "x"}
    refused = Client(headers=with_an_old_session(admin_user)).put(path, body, "application/json")
    assert refused.status_code == 403
    sent = {"email": admin_user.email, "password": PASSWORD}
    token = Client().post("/api/auth/login", sent, "application/json").json()["token"]
    fresh = Client(headers={"Authorization": f"Bearer {token}"})
    assert fresh.put(path, body, "application/json").status_code == 200


def test_a_refreshed_token_is_as_old_as_its_session(admin_user: User, owner: User) -> None:
    session = tokens.open_session(user=admin_user)
    RefreshSession.objects.update(created_at=timezone.now() - timedelta(seconds=LONG_AGO))
    client = Client()
    client.cookies["refreshToken"] = session.token
    token = client.post("/api/auth/refresh").json()["token"]
    answer = Client(headers={"Authorization": f"Bearer {token}"}).delete(f"/api/admin/groups/{uuid4()}")
    assert answer.json()["code"] == "REAUTHENTICATION_REQUIRED"


def test_a_key_to_administer_is_not_asked(admin_user: User, owner: User) -> None:
    key = api_keys.make(user=admin_user, name="Robot", scopes=["admin"])
    client = Client(headers={"Authorization": f"Bearer {key.text}"})
    path, body = f"/api/admin/users/{owner.id}/balance", {"balance": 5, "reason": "x"}
    assert client.put(path, body, "application/json").status_code == 200


def opened(client: Client, path: str) -> str:
    page = client.get(path).content.decode()
    return page.partition(f'name="{FIELD}" value="')[2].partition('"')[0]


def test_a_form_that_was_opened_in_time_may_be_filled_in(admin_user: User, owner: User) -> None:
    cache.clear()
    path = reverse("admin:billing_balance_adjust", args=[owner.id])
    form = {"credits": "5", "reason": "x", "key": str(uuid4())}
    proof = opened(signed_in(admin_user), path)
    assert proof
    stale = signed_in_long_ago(admin_user)
    assert stale.get(path).status_code == 302, "without a proof there is no form to open"
    others = opened(signed_in(admin_user), reverse("admin:accounts_role_matrix"))
    for wrong in ("", "x", others, proof[:-1] + ("A" if proof[-1] != "A" else "B")):
        assert stale.post(path, form | {FIELD: wrong})["Location"].startswith(AGAIN)
    assert not Balance.objects.filter(user=owner).exists()
    assert stale.post(path, form | {FIELD: proof})["Location"] == reverse("admin:billing_balance_changelist")
    assert Balance.objects.get(user=owner).credits == 5


def test_its_proof_ends_with_the_hour_and_the_sign_in(
    admin_user: User, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = reverse("admin:billing_balance_adjust", args=[owner.id])
    form = {"credits": "5", "reason": "x", "key": str(uuid4()), FIELD: opened(signed_in(admin_user), path)}
    stale, now = signed_in_long_ago(admin_user, 3_700), time.time()
    monkeypatch.setattr("django.core.signing.time.time", lambda: now + 3_601)
    assert stale.post(path, form)["Location"].startswith(AGAIN)
    monkeypatch.undo()
    User.objects.filter(id=admin_user.id).update(sign_in_version=5)
    admin_user.refresh_from_db()
    assert signed_in_long_ago(admin_user).post(path, form)["Location"].startswith(AGAIN)


@pytest.mark.parametrize("name", ["accounts_group_add", "accounts_role_add", "accounts_user_add"])
def test_the_forms_of_the_administration_bring_the_proof(admin_user: User, name: str) -> None:
    assert opened(signed_in(admin_user), reverse(f"admin:{name}"))
    assert opened(signed_in(admin_user), reverse("admin:auth_user_password_change", args=[admin_user.pk]))


def test_after_signing_in_again_it_goes_on_where_it_was(admin_user: User, ids: dict[str, Any]) -> None:
    stale = signed_in_long_ago(admin_user)
    page = reverse("chat:setup_models", args=[ids["row_id"]])
    answer = stale.post(f"{page}/test", headers={"Referer": f"http://testserver{page}"})
    assert answer["Location"] == f"{AGAIN}?next={page.replace('/', '%2F')}"
    elsewhere = stale.post(f"{page}/test", headers={"Referer": "http://evil.example/x"})
    assert "evil" not in elsewhere["Location"]
    partial = stale.post(f"{page}/test", headers={"HX-Request": "true"})
    assert partial["HX-Redirect"].startswith(AGAIN)
