"""Links by mail: verifying an address, and choosing a new password."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from celery import current_app
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import tasks
from accounts.models import MailedToken, RefreshSession, Role, User
from accounts.services import recovery, tokens
from accounts.services.signup import sign_up
from tests.api.conftest import Api
from tests.cast import PASSWORD

NEW = "another-horse-battery"


@pytest.fixture(autouse=True)
def with_mail(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server, and a worker that does at once what is queued."""
    settings.MAIL_CONFIGURED = settings.ALLOW_PASSWORD_RESET = True
    for name in ("RESET_PASSWORD", "RESET_PASSWORD_SUBMISSION", "VERIFY_EMAIL", "VERIFY_EMAIL_SUBMISSION"):
        setattr(settings, f"{name}_MAX", 50)

    def work(name: str, arguments: list[str]) -> None:
        getattr(tasks, name.removeprefix("accounts.tasks."))(*arguments)

    monkeypatch.setattr(current_app, "send_task", work)


@pytest.fixture
def unverified(owner: User) -> User:
    User.objects.filter(id=owner.id).update(email_verified=False)
    owner.refresh_from_db()
    return owner


def link() -> str:
    link = re.search(r"http\S+", str(mail.outbox[-1].body))
    assert link is not None
    return link[0]


def asked(link: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(link).query).items()}


def path(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def test_who_signs_up_verifies_the_address_and_signs_in(
    client: Client, owner: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/register", {"name": "Nina", "email": "nina@example.org", "password1": PASSWORD})
    assert answer["Location"] == "/verify/sent"
    assert "_auth_user_id" not in client.session
    nina = User.objects.get(email="nina@example.org")
    assert (nina.email_verified, mail.outbox[0].to) == (False, ["nina@example.org"])
    credentials = {"login": nina.email, "password": PASSWORD}
    assert client.post("/login", credentials)["Location"] == "/verify/sent"
    assert Api().post("/api/auth/login", {"email": nina.email, "password": PASSWORD}).status_code == 422
    assert client.get(path(link())).status_code == 200
    assert not User.objects.get(id=nina.id).email_verified  # looking at a link does not use it up
    assert client.post(path(link()))["Location"] == "/login"
    assert client.post("/login", credentials)["Location"] == "/c/new"
    assert client.post(path(link())).status_code == 400


def test_the_first_account_needs_no_mail() -> None:
    ada = sign_up(name="Ada", email="ada@example.org", password=PASSWORD)
    assert (ada.role_id, ada.email_verified) == (Role.ADMIN, True)


def test_without_a_mail_server_everybody_is_verified(owner: User, settings: Settings) -> None:
    settings.MAIL_CONFIGURED = False
    assert sign_up(name="Ben", email="ben@example.org", password=PASSWORD).email_verified


def test_an_installation_may_let_people_in_before(unverified: User, settings: Settings, client: Client) -> None:
    settings.ALLOW_UNVERIFIED_EMAIL_LOGIN = True
    assert client.post("/login", {"login": unverified.email, "password": PASSWORD})["Location"] == "/c/new"


def test_the_api_verifies(unverified: User) -> None:
    recovery.send_verification(email=unverified.email)
    body = asked(link())
    answer = Api().post("/api/user/verify", body)
    assert (answer.status_code, answer.json()["status"]) == (200, "success")
    assert Api().post("/api/user/verify", body).status_code == 400


@pytest.mark.security
def test_asking_says_the_same_for_everybody(
    owner: User, unverified: User, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    """Security case 53."""
    for route in ("/api/auth/requestPasswordReset", "/api/user/verify/resend"):
        answers = []
        for email in (owner.email, "nobody@example.org", "no address"):
            with django_capture_on_commit_callbacks() as queued:
                answer = Api().post(route, {"email": email})
            answers.append((answer.status_code, answer.content, len(queued)))
        assert len(set(answers)) == 1
        assert answers[0][0] == 200


@pytest.mark.security
def test_the_answer_never_holds_the_token(owner: User, django_capture_on_commit_callbacks: Callable[..., Any]) -> None:
    """Security case 53."""
    with django_capture_on_commit_callbacks(execute=True):
        answer = Api().post("/api/auth/requestPasswordReset", {"email": owner.email})
    token = asked(link())["token"]
    assert token not in answer.content.decode()
    assert len(token) == 64
    assert token not in str(list(MailedToken.objects.values()))


def test_a_new_password_ends_every_session(client: Client, owner: User) -> None:
    elsewhere, refresh = Client(), tokens.open_session(user=owner)
    elsewhere.force_login(owner)
    access = {"Authorization": f"Bearer {tokens.access_token(owner, refresh.session_id)}"}
    assert client.get("/api/user", headers=access).status_code == 200
    recovery.send_reset(email=owner.email)
    assert client.get(path(link())).status_code == 200
    assert client.post(path(link()), {"password": NEW})["Location"] == "/login"
    owner.refresh_from_db()
    assert owner.check_password(NEW)
    assert elsewhere.get("/api/user").status_code == 401
    assert client.get("/api/user", headers=access).status_code == 401
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=refresh.token)


@pytest.mark.security
def test_a_link_works_once_for_its_person_and_its_purpose(owner: User, stranger: User) -> None:
    """Security case 53."""
    recovery.send_reset(email=owner.email)
    token = asked(link())["token"]
    body = {"userId": str(owner.id), "token": token, "password": NEW}
    for change in (
        {"userId": str(stranger.id)}, {"userId": ""}, {"userId": "x"}, {"token": ""}, {"token": None},
        {"token": "0" * 64}, {"token": token.upper()}, {"token": MailedToken.objects.get().token_hash},
        {"confirm_password": "different"}, {"password": "short"}, {"password": " " * 9},
    ):  # fmt: skip
        assert Api().post("/api/auth/resetPassword", body | change).status_code == 400, change
    assert Api().post("/api/user/verify", {"email": owner.email, "token": token}).status_code == 400
    assert Api().post("/api/auth/resetPassword", body).status_code == 200
    assert Api().post("/api/auth/resetPassword", body).status_code == 400


@pytest.mark.security
def test_an_old_link_opens_nothing(owner: User) -> None:
    recovery.send_reset(email=owner.email)
    MailedToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(recovery.BadLink):
        recovery.reset(user_id=owner.id, token=asked(link())["token"], password=NEW)


@pytest.mark.security
def test_a_newer_link_replaces_the_older(owner: User) -> None:
    recovery.send_reset(email=owner.email)
    older = asked(link())["token"]
    recovery.send_reset(email=owner.email)
    with pytest.raises(recovery.BadLink):
        recovery.reset(user_id=owner.id, token=older, password=NEW)


def test_a_poor_password_leaves_the_link_usable(owner: User) -> None:
    recovery.send_reset(email=owner.email)
    token = asked(link())["token"]
    with pytest.raises(ValidationError):
        recovery.reset(user_id=owner.id, token=token, password="password")
    recovery.reset(user_id=owner.id, token=token, password=NEW)


@pytest.mark.parametrize("off", ["ALLOW_PASSWORD_RESET", "MAIL_CONFIGURED"])
def test_where_it_is_off_nothing_resets(off: str, owner: User, settings: Settings, client: Client) -> None:
    recovery.send_reset(email=owner.email)
    body = {"userId": str(owner.id), "token": asked(link())["token"], "password": NEW}
    setattr(settings, off, False)
    assert client.get("/account/password/reset").status_code == 403
    assert client.post("/account/password/reset", {"email": owner.email}).status_code == 403
    assert client.get(path(link())).status_code == 400
    assert Api().post("/api/auth/requestPasswordReset", {"email": owner.email}).status_code == 403
    assert Api().post("/api/auth/resetPassword", body).status_code == 403
    config = Api().get("/api/config").json()
    assert (config["passwordResetEnabled"], config["emailEnabled"]) == (False, off != "MAIL_CONFIGURED")


@pytest.mark.security
def test_a_person_switched_off_gets_no_mail(owner: User) -> None:
    User.objects.update(is_active=False, email_verified=False)
    recovery.send_reset(email=owner.email)
    recovery.send_verification(email=owner.email)
    assert not mail.outbox


@pytest.mark.security
@pytest.mark.parametrize(
    ("name", "route", "body"),
    [
        ("RESET_PASSWORD", "/api/auth/requestPasswordReset", {"email": "a@example.org"}),
        ("RESET_PASSWORD_SUBMISSION", "/api/auth/resetPassword", {"userId": "x", "token": "x", "password": NEW}),
        ("VERIFY_EMAIL", "/api/user/verify/resend", {"email": "a@example.org"}),
        ("VERIFY_EMAIL_SUBMISSION", "/api/user/verify", {"email": "a@example.org", "token": "x"}),
    ],
)
def test_asking_too_often_is_refused(name: str, route: str, body: Any, settings: Settings) -> None:
    """Security case 59."""
    setattr(settings, f"{name}_MAX", 2)
    statuses = [
        Api().raw("POST", route, b"{}", **{"X-Forwarded-For": f"10.0.0.{n}"}).status_code if n else
        Api().post(route, body).status_code
        for n in range(3)
    ]  # fmt: skip
    assert statuses[2] == 429
    assert 429 not in statuses[:2]


def test_the_page_to_ask_answers_alike_and_leads_on(client: Client, owner: User) -> None:
    for email in (owner.email, "nobody@example.org"):
        answer = client.post("/account/password/reset", {"email": email})
        assert answer["Location"] == "/account/password/reset/done"
    assert client.get("/account/password/reset/done").status_code == 200
    assert b"Forgot" in client.get("/login").content


def test_what_opens_nothing_any_more_is_deleted(owner: User, stranger: User) -> None:
    for user in (owner, stranger):
        recovery.send_reset(email=user.email)
        tokens.open_session(user=user)
    past = timezone.now() - timedelta(seconds=1)
    MailedToken.objects.filter(user=owner).update(expires_at=past)
    RefreshSession.objects.filter(user=owner).update(expires_at=past)
    tasks.purge()
    assert list(MailedToken.objects.values_list("user", flat=True)) == [stranger.id]
    assert list(RefreshSession.objects.values_list("user", flat=True)) == [stranger.id]
