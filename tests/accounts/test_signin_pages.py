"""The pages for signing up, in and out."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from tests.cast import PASSWORD, sign_in, user_of

pytestmark = pytest.mark.django_db

NEW = {"name": "Nina New", "email": "nina@example.org", "password1": "correct-horse-battery"}
SOMEWHERE_ELSE = [
    "//evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)", "\\evil.example",
    "/\\evil.example", "///evil.example", "\t//evil.example", "http:///evil.example", "data:text/html,x", "c/new",
    "/\t/evil.example", "/\n/evil.example",
]  # fmt: skip


def test_signing_up_signs_in_and_leads_to_a_new_chat(client: Client) -> None:
    answer = client.post("/register", NEW)
    assert (answer.status_code, answer["Location"]) == (302, "/c/new")
    user = User.objects.get()
    assert (user.name, user.email, user.role_id) == ("Nina New", "nina@example.org", Role.ADMIN)
    assert user.check_password(NEW["password1"])
    assert user_of(client) == user


@pytest.mark.security
def test_signing_up_takes_no_field_that_is_not_asked_for(client: Client, owner: User) -> None:
    """Security case 19."""
    client.post("/register", NEW | {"role": "ADMIN", "is_active": "", "id": str(owner.id), "provider": "x"})
    user = User.objects.get(email=NEW["email"])
    assert (user.role_id, user.is_active, user.provider) == (Role.USER, True, "local")
    assert user.id != owner.id


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"), ({"name": " "}, "name"), ({"name": "n" * 81}, "name"),
        ({"email": "x"}, "email"), ({"email": f"{'a' * 250}@example.org"}, "email"),
        ({"password1": "short"}, "password1"), ({"password1": "x-Y1" * 40}, "password1"),
        ({"password1": " " * 9}, "password1"),
    ],
)  # fmt: skip
def test_a_fault_is_said_at_its_field_and_no_account_is_made(client: Client, change: Any, field: str) -> None:
    answer = client.post("/register", NEW | change)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not User.objects.exists()
    assert user_of(client) is None


@pytest.mark.parametrize("field", NEW)
def test_what_no_text_can_hold_is_refused_before_the_form(client: Client, field: str) -> None:
    answer = client.post("/register", NEW | {field: "a\x00b"})
    assert answer.status_code == 400
    assert not User.objects.exists()
    assert user_of(client) is None


def test_a_taken_address_is_said(client: Client, owner: User) -> None:
    answer = client.post("/register", NEW | {"email": owner.email.upper()})
    assert "email" in answer.context["form"].errors
    assert User.objects.count() == 1


def test_closed_registration_makes_no_account(client: Client, settings: Any) -> None:
    settings.ALLOW_REGISTRATION = False
    assert b"closed" in client.get("/register").content
    assert b"closed" in client.post("/register", NEW).content
    assert not User.objects.exists()


def test_the_form_asks_for_three_things_without_placeholders(client: Client) -> None:
    answer = client.get("/register")
    assert list(answer.context["form"].fields) == ["name", "email", "password1"]
    assert b"placeholder" not in answer.content
    assert b"placeholder" not in client.get("/login").content


def test_signing_in_and_out(client: Client, owner: User) -> None:
    answer = sign_in(client, owner.email.upper())
    assert (answer.status_code, answer["Location"]) == (302, "/c/new")
    assert user_of(client) == owner
    assert client.post("/logout")["Location"] == "/login"
    assert user_of(client) is None


@pytest.mark.security
@pytest.mark.parametrize(
    "password", ["wrong", "' OR pg_sleep(8)--", "{{7*7}}", "${JWT_SECRET}", "a\r\nb: c", "x" * 9999]
)
def test_a_wrong_password_fails_plainly_and_is_not_repeated(client: Client, owner: User, password: str) -> None:
    answer = sign_in(client, owner.email, password=password)
    assert answer.status_code == 200
    assert password not in answer.content.decode()
    unknown = client.post("/login", {"login": "nobody@example.org", "password": password})
    assert answer.context["form"].non_field_errors() == unknown.context["form"].non_field_errors()
    assert user_of(client) is None


@pytest.mark.security
def test_a_person_switched_off_is_told_so_and_not_signed_in(client: Client, owner: User) -> None:
    User.objects.filter(id=owner.id).update(is_active=False)
    assert sign_in(client, owner.email)["Location"] == "/account/inactive"
    assert user_of(client) is None
    wrong = sign_in(client, owner.email, password="wrong")
    assert wrong.status_code == 200, "only who knows the password hears that the account is off"


@pytest.mark.security
def test_guessing_is_stopped_also_under_another_forwarded_address(client: Client, owner: User) -> None:
    """Security case 59."""
    for attempt in range(12):
        client.post(
            "/login",
            {"login": owner.email, "password": f"guess-{attempt}"},
            headers={"X-Forwarded-For": f"198.51.100.{attempt}"},
        )
    answer = sign_in(client, owner.email)
    assert answer.status_code != 302
    assert user_of(client) is None


@pytest.mark.security
@pytest.mark.parametrize("target", SOMEWHERE_ELSE)
def test_signing_in_leads_nowhere_else(client: Client, owner: User, target: str) -> None:
    """Security case 57."""
    assert sign_in(client, owner.email, next=target)["Location"] == "/c/new"


def test_signing_in_leads_back_to_a_page_of_the_site(client: Client, owner: User) -> None:
    assert sign_in(client, owner.email, next="/admin/?a=b")["Location"] == "/admin/?a=b"


@pytest.mark.security
@pytest.mark.parametrize("path", ["/login", "/register", "/logout"])
def test_a_form_without_its_token_is_refused(owner: User, path: str) -> None:
    """Security case 56."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post(path, NEW | {"login": owner.email, "password": PASSWORD}, headers={"Origin": "null"})
    assert answer.status_code == 403
    assert user_of(client) == owner
    assert User.objects.count() == 1
