"""Who may make an account: domains, invitations, approval, and usernames to sign in with."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from celery import current_app
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import tasks
from accounts.models import Invitation, Role, User
from accounts.services import domains, invitations
from accounts.services.signin import address_of_login
from accounts.services.signup import EmailTaken, sign_up
from siteconfig import live
from siteconfig.configuration import Config
from siteconfig.schema.document import Document
from siteconfig.schema.site import Registration
from tests.api.conftest import Api
from tests.cast import PASSWORD

NEW = {"name": "Nina New", "email": "nina@example.org", "password1": PASSWORD}
BODY = {"name": "Nina New", "email": "nina@example.org", "password": PASSWORD, "confirm_password": PASSWORD}


@pytest.fixture(autouse=True)
def no_queue(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is queued is done at once."""

    def work(name: str, arguments: list[str]) -> None:
        getattr(tasks, name.removeprefix("accounts.tasks."))(*arguments)

    monkeypatch.setattr(current_app, "send_task", work)


def invited(email: str = "nina@example.org", role: str = Role.USER, by: User | None = None) -> str:
    """Return the path of the link."""
    made = invitations.invite(by=by, email=email, role=Role.objects.get(name=role))
    parts = urlsplit(invitations.link_of(made))
    return f"{parts.path}?{parts.query}"


def token_of(path: str) -> str:
    return path.partition("token=")[2]


def test_only_listed_domains_register(owner: User, client: Client, settings: Settings) -> None:
    settings.REGISTRATION_ALLOWED_DOMAINS = ["Example.COM", "@example.net"]
    assert "email" in client.post("/register", NEW).context["form"].errors
    assert Api().post("/api/auth/register", BODY).status_code == 403
    for domain in ("example.com", "EXAMPLE.net"):
        assert Api().post("/api/auth/register", BODY | {"email": f"nina@{domain}"}).status_code == 200
    assert User.objects.count() == 3


@pytest.mark.security
@pytest.mark.parametrize(
    "email", ["a@example.com.evil.test", "a@sub.example.com", "a@example.com@evil.test", "a@evilexample.com", "a", ""]
)
def test_a_domain_that_only_looks_listed_is_not(email: str, settings: Settings) -> None:
    settings.REGISTRATION_ALLOWED_DOMAINS = ["example.com"]
    assert not domains.is_allowed(email)


def test_the_file_may_list_domains(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Registration(allowedDomains=["example.com"])
    monkeypatch.setattr(live, "current", lambda: Config(Document(version="1", registration=listed)))
    assert domains.is_allowed("a@example.com")
    assert not domains.is_allowed("a@example.org")


def test_an_invitation_works_while_registration_is_closed(
    admin_user: User, client: Client, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MAIL_CONFIGURED, settings.ALLOW_REGISTRATION = True, False
    settings.REGISTRATION_APPROVAL, settings.REGISTRATION_ALLOWED_DOMAINS = True, ["example.com"]
    client.force_login(admin_user)
    with django_capture_on_commit_callbacks(execute=True):
        made = client.post("/admin/accounts/invitation/add/", {"email": "Nina@example.org", "role": Role.ADMIN})
    assert made.status_code == 302
    assert mail.outbox[0].to == ["nina@example.org"]
    link = re.search(r"http\S+", str(mail.outbox[0].body))[0]  # type: ignore[index]
    path = f"{urlsplit(link).path}?{urlsplit(link).query}"
    guest = Client()
    assert b"nina@example.org" in guest.get(path).content
    answer = guest.post(path, {"name": "Nina", "password": PASSWORD, "email": "other@example.org"})
    assert answer["Location"] == "/c/new"
    nina = User.objects.get(email="nina@example.org")
    assert (nina.role_id, nina.email_verified, nina.waits_for_approval) == (Role.ADMIN, True, False)
    assert guest.get("/api/user").status_code == 200
    for send in (guest.get, guest.post):
        assert send(path).status_code == 400


@pytest.mark.security
def test_the_answer_to_an_invitation_never_holds_its_token(
    admin_user: User, client: Client, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    """Security case 53."""
    settings.MAIL_CONFIGURED = True
    client.force_login(admin_user)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/admin/accounts/invitation/add/", {"email": "n@example.org", "role": "USER"}, follow=True)
    token = re.search(r"token=(\w+)", str(mail.outbox[0].body))[1]  # type: ignore[index]
    listed = client.get("/admin/accounts/invitation/").content.decode()
    for page in (answer.content.decode(), listed):
        assert "n@example.org" in page
        assert token not in page
        assert Invitation.objects.get().token_hash not in page


def test_without_a_mail_server_the_command_prints_the_link(
    admin_user: User, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client.force_login(admin_user)
    assert client.get("/admin/accounts/invitation/add/").status_code == 200
    call_command("invite_user", "nina@example.org")
    path = capsys.readouterr().out.strip().rpartition("http://localhost:3080")[2]
    assert Client().get(path).status_code == 200
    with pytest.raises(CommandError):
        call_command("invite_user", admin_user.email)
    with pytest.raises(CommandError):
        call_command("invite_user", "n@example.org", "--role", "NONE")


@pytest.mark.security
def test_an_invitation_is_for_its_address_and_for_once(owner: User, settings: Settings) -> None:
    """Security case 53."""
    settings.ALLOW_REGISTRATION = False
    token = token_of(invited())
    for change in ({"email": "other@example.org"}, {"token": "0" * 64}, {"token": token.upper()}, {"token": "x"},
                   {"token": Invitation.objects.get().token_hash}):  # fmt: skip
        assert Api().post("/api/auth/register", BODY | {"token": token} | change).status_code == 400, change
    assert Api().post("/api/auth/register", BODY).status_code == 403
    assert Api().post("/api/auth/register", BODY | {"token": ""}).status_code == 403
    assert Api().post("/api/auth/register", BODY | {"token": token}).status_code == 200
    assert Api().post("/api/auth/register", BODY | {"token": token}).status_code == 400
    assert User.objects.count() == 2


@pytest.mark.security
def test_an_old_invitation_opens_nothing(owner: User, client: Client) -> None:
    path = invited()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(path).status_code == 400
    with pytest.raises(invitations.BadInvitation):
        sign_up(name="N", email="nina@example.org", password=PASSWORD, invitation=token_of(path))


@pytest.mark.security
def test_an_invitation_of_somebody_who_came_otherwise_does_no_harm(owner: User, client: Client) -> None:
    path = invited()
    sign_up(name="Nina", email="nina@example.org", password=PASSWORD)
    answer = client.post(path, {"name": "Other", "password": "another-horse-battery"})
    assert answer["Location"] == "/login"
    assert User.objects.get(email="nina@example.org").check_password(PASSWORD)
    with pytest.raises(ValidationError):
        invited()


def test_a_new_invitation_replaces_the_older(owner: User, client: Client) -> None:
    older, newer = invited(), invited()
    assert (client.get(older).status_code, client.get(newer).status_code) == (400, 200)


@pytest.mark.security
@pytest.mark.django_db(transaction=True)
def test_of_many_who_accept_at_once_one_succeeds(owner: User) -> None:
    token = token_of(invited())

    def attempt(_: int) -> bool:
        try:
            sign_up(name="Nina", email="nina@example.org", password=PASSWORD, invitation=token)
        except (invitations.BadInvitation, EmailTaken):
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == 1


def test_new_people_wait_until_an_administrator_lets_them_in(
    admin_user: User, client: Client, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.REGISTRATION_APPROVAL = True
    guest = Client()
    guest.post("/register", NEW)
    assert guest.get("/c/new")["Location"] == "/account/waiting"
    settings.MAIL_CONFIGURED = True
    client.force_login(admin_user)
    nina = User.objects.get(email=NEW["email"])
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/admin/accounts/user/", {"action": "approve", "_selected_action": [str(nina.id)]})
    assert mail.outbox[0].to == [nina.email]
    assert guest.get("/settings/security").status_code == 200


def test_the_first_person_waits_for_nobody(settings: Settings) -> None:
    settings.REGISTRATION_APPROVAL = True
    assert not sign_up(name="Ada", email="ada@example.org", password=PASSWORD).waits_for_approval


@pytest.mark.security
def test_with_mail_registering_tells_nobody_who_has_an_account(
    owner: User, settings: Settings, django_capture_on_commit_callbacks: Any
) -> None:
    settings.MAIL_CONFIGURED = True
    answers = set()
    for email in (owner.email, "nina@example.org"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = Client().post("/register", NEW | {"email": email})
        answers.add((answer.status_code, answer["Location"]))
    assert answers == {(302, "/verify/sent")}
    assert [letter.to for letter in mail.outbox] == [[owner.email], ["nina@example.org"]]
    assert owner.check_password(PASSWORD)
    assert User.objects.count() == 2


@pytest.fixture
def named_owner(owner: User, settings: Settings) -> User:
    settings.LOGIN_METHODS = {"email", "username"}
    owner.username = "Olivia"
    owner.save()
    return owner


def test_a_user_name_signs_in(named_owner: User, client: Client, settings: Settings) -> None:
    assert client.post("/login", {"login": "olivia ", "password": PASSWORD}).status_code == 302
    assert Api().post("/api/auth/login", {"email": "OLIVIA", "password": PASSWORD}).status_code == 200
    assert Client().post("/login", {"login": named_owner.email, "password": PASSWORD}).status_code == 302
    settings.LOGIN_METHODS = {"username"}
    assert address_of_login(named_owner.email) != named_owner.email
    settings.LOGIN_METHODS = {"email"}
    assert Api().post("/api/auth/login", {"email": "olivia", "password": PASSWORD}).status_code == 404


@pytest.mark.security
@pytest.mark.parametrize("login", ["nobody", "", "olivia", "%", "\u2603", "o" * 300])
def test_wrong_and_unknown_names_are_the_same(login: str, named_owner: User, client: Client) -> None:
    assert Api().post("/api/auth/login", {"email": login, "password": "wrong"}).status_code == 404
    assert client.post("/login", {"login": login, "password": "wrong"}).status_code == 200
    assert "_auth_user_id" not in client.session


@pytest.mark.security
def test_a_user_name_that_looks_like_an_address_stands_in_nobodys_way(named_owner: User, stranger: User) -> None:
    stranger.username = named_owner.email
    stranger.save()
    assert address_of_login(named_owner.email) == named_owner.email


@pytest.mark.security
def test_a_user_name_belongs_to_one_person(named_owner: User, client: Client) -> None:
    form = client.post("/register", NEW | {"username": "OLIVIA"}).context["form"]
    assert list(form.errors) == ["username"]
    assert Api().post("/api/auth/register", BODY | {"username": "olivia"}).status_code == 404
    assert client.post("/register", NEW | {"username": "nina"}).status_code == 302
    assert User.objects.get(email=NEW["email"]).username == "nina"
