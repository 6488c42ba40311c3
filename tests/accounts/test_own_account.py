"""One's own account: where it is signed in, the terms, waiting for approval, and its end."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import RefreshSession, User
from accounts.services import erasure, sessions, tokens
from billing.models import LedgerEntry
from chat.models import Conversation, Message
from tests.api.conftest import Api, bearer
from tests.cast import PASSWORD, confirm, signed_in_by_password

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def places(client: Client) -> str:
    return client.get("/account/sessions").content.decode().replace("\xa0", " ")


def test_every_place_is_listed_with_its_device(owner: User, stranger: User) -> None:
    here = signed_in_by_password(owner, **{"User-Agent": FIREFOX})
    signed_in_by_password(owner, **{"User-Agent": "curl/8.0"})
    signed_in_by_password(stranger, **{"User-Agent": "Netscape/4.0"})
    Api.by_password(owner)
    page = here.get("/account/sessions").content.decode()
    assert page.index("This device") < page.index("curl/8.0")
    assert "Firefox · Linux" in page
    assert "API client" in page
    assert "Netscape" not in page


def test_a_place_says_when_it_was_last_used(owner: User, stranger: User) -> None:
    here, there = signed_in_by_password(owner), signed_in_by_password(owner)
    signed_in_by_password(stranger)
    long_ago = timezone.now() - timedelta(days=3)
    UserSession.objects.update(created_at=long_ago, last_seen_at=long_ago)
    assert "last used 3 days" in places(here)
    there.get("/account/sessions")
    assert set(UserSession.objects.values_list("last_seen_at", flat=True)) == {long_ago}, "seen a moment ago already"
    cache.clear()  # as five minutes do
    sessions._quiet_until.clear()
    there.get("/account/sessions", REMOTE_ADDR="192.0.2.7")
    seen = UserSession.objects.exclude(last_seen_at=long_ago).get()
    assert (seen.session_key, seen.ip) == (there.session.session_key, "192.0.2.7")
    page = places(here)
    assert "last used now" in page
    assert "signed in 3 days" in page


def test_a_client_was_last_used_when_it_renewed_its_token(owner: User) -> None:
    here = signed_in_by_password(owner)
    refresh = tokens.open_session(user=owner)
    RefreshSession.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert "last used 3 days" in places(here)
    tokens.rotate(token=refresh.token)
    assert "last used now" in places(here)


def test_noting_the_use_costs_a_write_only_now_and_then(owner: User) -> None:
    here = signed_in_by_password(owner)
    here.get("/api/user")
    with CaptureQueriesContext(connection) as queries:
        here.get("/api/user")
    assert not [query for query in queries if "usersession" in query["sql"]]


def test_one_place_is_signed_out(owner: User) -> None:
    here, there, api = signed_in_by_password(owner), signed_in_by_password(owner), Api.by_password(owner)
    latest = UserSession.objects.filter(user=owner).latest("id")
    assert here.post("/account/sessions", {"end": f"page-{latest.pk}"}).status_code == 302
    assert there.get("/api/user").status_code == 401
    assert api.get("/api/user").status_code == 200
    assert here.post("/account/sessions", {"end": f"api-{RefreshSession.objects.get().id}"}).status_code == 302
    assert api.get("/api/user").status_code == 401
    assert here.get("/api/user").status_code == 200


def test_all_other_places_are_signed_out(owner: User) -> None:
    here, there, api = signed_in_by_password(owner), signed_in_by_password(owner), Api.by_password(owner)
    assert here.post("/account/sessions", {"end": "others"}).status_code == 302
    assert here.get("/api/user").status_code == 200
    assert there.get("/api/user").status_code == 401
    assert api.get("/api/user").status_code == 401
    assert here.get("/account/sessions").content.count(b"signed in ") == 2


@pytest.mark.security
def test_nobody_ends_the_session_of_another(owner: User, stranger: User) -> None:
    there, here = signed_in_by_password(owner), signed_in_by_password(stranger)
    refresh = tokens.open_session(user=owner)
    page = UserSession.objects.get(user=owner)
    for key in (
        f"page-{page.pk}",
        f"api-{refresh.session_id}",
        "page-x",
        "api-x",
        "",
        "x",
        "page-99999999999999999999",
    ):
        assert here.post("/account/sessions", {"end": key}).status_code == 400, key
    assert there.get("/api/user").status_code == 200
    assert RefreshSession.objects.filter(user=owner).exists()


def test_the_terms_stand_before_everything(owner: User, settings: Settings) -> None:
    settings.TERMS_TEXT = "Be kind.\n\n<script>alert(1)</script>"
    client, api = signed_in_by_password(owner), Api.by_password(owner)
    for path in ("/c/new", "/account/security", "/settings"):
        assert client.get(path)["Location"] == "/account/terms"
    assert client.get("/c/new", headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"
    page = client.get("/account/terms").content.decode()
    assert "Be kind." in page
    assert "<script>alert" not in page
    refusal = api.get("/api/convos")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "TERMS_NOT_ACCEPTED")
    assert api.get("/api/user/terms").json() == {"termsAccepted": False, "termsAcceptedAt": None}
    accepted = api.post("/api/user/terms/accept", None)
    assert (accepted.status_code, set(accepted.json())) == (200, {"message", "termsAcceptedAt"})
    again = api.get("/api/user/terms").json()
    assert again == {"termsAccepted": True, "termsAcceptedAt": accepted.json()["termsAcceptedAt"]}
    assert api.get("/api/user").json()["termsAccepted"] is True
    assert api.get("/api/convos").status_code == 200
    assert client.get("/settings/security").status_code == 200


def test_the_page_accepts_too(owner: User, settings: Settings) -> None:
    settings.TERMS_TEXT = "Be kind."
    client = signed_in_by_password(owner)
    assert client.post("/account/terms")["Location"] == "/c/new"
    owner.refresh_from_db()
    assert owner.terms_accepted_at is not None


@pytest.mark.security
def test_who_waits_for_approval_sees_a_page_and_nothing_else(owner: User) -> None:
    """Security case 14."""
    User.objects.filter(id=owner.id).update(waits_for_approval=True)
    client = signed_in_by_password(owner)
    assert client.get("/c/new")["Location"] == "/account/waiting"
    page = client.get("/account/waiting")
    assert (page.status_code, b"Waiting for approval" in page.content) == (403, True)
    for path in ("/api/user", "/api/convos"):
        assert client.get(path).status_code == 403
        assert Api(owner).get(path).status_code == 403
    assert Api().post("/api/auth/login", {"email": owner.email, "password": PASSWORD}).status_code == 403
    User.objects.filter(id=owner.id).update(waits_for_approval=False)
    assert client.get("/account/waiting")["Location"] == "/c/new"


def test_an_account_is_deleted_with_all_that_is_its_own(
    owner: User, stranger: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Any]
) -> None:
    """Security case 86."""
    make_turn(make_conversation(owner))
    make_turn(make_conversation(stranger))
    key = {"key": "k", "reason": "message", "credits": -1, "balance_after": 0}
    LedgerEntry.objects.create(user=owner, **key)
    client = signed_in_by_password(owner)
    confirm(client)
    assert b"the email address of this account" in client.post("/account/delete", {"email": stranger.email}).content
    assert client.post("/account/delete", {"email": owner.email.upper()})["Location"] == "/account/deleted"
    assert client.get("/account/deleted").status_code == 200
    assert not User.objects.filter(id=owner.id).exists()
    assert list(Conversation.objects.values_list("owner_id", flat=True)) == [stranger.id]
    assert set(Message.objects.values_list("conversation__owner_id", flat=True)) == {stranger.id}
    assert LedgerEntry.objects.filter(user_id=owner.id).count() == 1
    assert client.get("/api/user").status_code == 401


@pytest.mark.security
def test_deleting_asks_who_it_is(owner: User) -> None:
    """Security case 55."""
    client = signed_in_by_password(owner)
    answer = client.post("/account/delete", {"email": owner.email})
    assert answer["Location"].startswith("/account/reauthenticate")
    assert Api(owner).send("DELETE", "/api/user/delete").status_code == 403
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 11 * 60
    session.save()
    assert client.delete("/api/user/delete").status_code == 403
    api = Api.by_password(owner)
    RefreshSession.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    refusal = api.send("DELETE", "/api/user/delete")
    assert (refusal.status_code, refusal.json()["code"]) == (403, "REAUTHENTICATION_REQUIRED")
    assert User.objects.filter(id=owner.id).exists()


def test_the_api_deletes_soon_after_signing_in(owner: User) -> None:
    api = Api.by_password(owner)
    assert api.send("DELETE", "/api/user/delete").status_code == 200
    assert not User.objects.filter(id=owner.id).exists()
    assert api.get("/api/user").status_code == 401


@pytest.mark.security
def test_with_two_factors_deleting_needs_a_code(owner: User) -> None:
    Authenticator.objects.create(user=owner, type="totp", data={"secret": "x"})
    client = Client(headers=bearer(owner))
    assert client.delete("/api/user/delete", {}, "application/json").status_code == 400
    assert User.objects.filter(id=owner.id).exists()


@pytest.mark.security
def test_an_installation_may_keep_its_accounts(owner: User, settings: Settings) -> None:
    settings.ALLOW_ACCOUNT_DELETION = False
    client = signed_in_by_password(owner)
    confirm(client)
    assert client.post("/account/delete", {"email": owner.email}).status_code == 403
    assert Api.by_password(owner).send("DELETE", "/api/user/delete").status_code == 403
    assert User.objects.filter(id=owner.id).exists()


@pytest.mark.security
def test_the_last_administrator_stays(admin_user: User, make_user: Callable[..., User]) -> None:
    with pytest.raises(erasure.LastAdministrator):
        erasure.erase_person(user=admin_user)
    assert Api.by_password(admin_user).send("DELETE", "/api/user/delete").status_code == 403
    make_user("Second Admin", role="ADMIN")
    erasure.erase_person(user=admin_user)


def test_apps_are_asked_to_remove_what_they_keep(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[User] = []
    monkeypatch.setattr(erasure, "_erasers", [seen.append])
    erasure.erase_person(user=owner)
    assert [user.email for user in seen] == [owner.email]
