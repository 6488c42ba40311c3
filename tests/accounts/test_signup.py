"""Making accounts: who becomes the administrator, and what is refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client

from accounts.models import Role, User
from accounts.services import people
from accounts.services.signup import EmailTaken, RegistrationClosed, sign_up

GOOD = {"name": "Nina New", "email": "nina@example.org", "password": "correct-horse-battery"}


@pytest.mark.django_db
def test_the_first_becomes_the_administrator_and_nobody_after() -> None:
    first = sign_up(**GOOD)
    second = sign_up(**GOOD | {"email": "second@example.org"})
    assert (first.role_id, second.role_id) == (Role.ADMIN, Role.USER)
    first.refresh_from_db()
    assert first.check_password(GOOD["password"])
    assert (first.name, first.email, first.provider, first.email_verified) == (
        "Nina New",
        "nina@example.org",
        "local",
        True,
    )


@pytest.mark.security
@pytest.mark.django_db
def test_a_site_that_has_people_gets_no_second_administrator_when_the_first_is_gone() -> None:
    """Security case 61."""
    first = sign_up(**GOOD)
    sign_up(**GOOD | {"email": "second@example.org"})
    first.delete()
    assert sign_up(**GOOD).role_id == Role.USER


@pytest.mark.security
@pytest.mark.django_db(transaction=True)
def test_of_many_first_people_at_once_exactly_one_is_the_administrator() -> None:
    """Security case 61."""

    def attempt(number: int) -> None:
        try:
            sign_up(**GOOD | {"email": f"p{number}@example.org"})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(attempt, range(16)))
    assert User.objects.count() == 16
    assert User.objects.filter(role=Role.ADMIN).count() == 1


@pytest.mark.security
@pytest.mark.django_db(transaction=True)
def test_of_many_with_one_address_at_once_one_gets_it() -> None:
    def attempt(number: int) -> bool:
        try:
            sign_up(**GOOD | {"email": "NINA@example.org" if number % 2 else "nina@example.org"})
        except EmailTaken:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == 1
    assert User.objects.get().email == "nina@example.org"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "  "}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.c\nBcc: x@y.z"}, "email"),
        ({"email": f"{'a' * 250}@example.org"}, "email"),
        ({"username": "u" * 81}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "          "}, "password"),
        ({"password": "password123"}, "password"),
        ({"password": "nina@example.org"}, "password"),
        ({"password": "Xy-1" * 40}, "password"),
    ],
)
def test_what_is_no_account_is_refused_by_field_and_nothing_is_made(change: dict[str, str], field: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        sign_up(**GOOD | change)
    assert list(refusal.value.message_dict) == [field]
    assert not User.objects.exists()


@pytest.mark.django_db
def test_where_registration_is_closed_nobody_signs_up(settings: Any) -> None:
    settings.ALLOW_REGISTRATION = False
    with pytest.raises(RegistrationClosed):
        sign_up(**GOOD)
    assert not User.objects.exists()


def test_a_taken_address_is_refused_and_its_account_untouched(owner: User, make_user: Callable[..., User]) -> None:
    before = User.objects.values().get()
    with pytest.raises(EmailTaken):
        sign_up(**GOOD | {"email": f" {owner.email.upper()} "})
    assert User.objects.values().get() == before


@pytest.mark.security
@pytest.mark.django_db
@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\ufeff", "\U000e0041", "\x07", "\x85"])
def test_case_30_a_name_that_hides_or_turns_letters_makes_no_account(client: Client, hidden: str) -> None:
    cache.clear()
    name = f"Ann{hidden}gpj.exe"
    page = client.post("/register", {"name": name, "email": "ann@example.org", "password1": GOOD["password"]})
    assert (page.status_code, list(page.context["form"].errors)) == (200, ["name"])
    body = {
        "name": name,
        "email": "ann@example.org",
        "password": GOOD["password"],
        "confirm_password": GOOD["password"],
    }
    assert client.post("/api/auth/register", body, "application/json").status_code == 404
    with pytest.raises(ValidationError) as fault:
        people.make_account(actor=None, name=name, email="ann@example.org", password=GOOD["password"])
    assert list(fault.value.message_dict) == ["name"]
    assert not User.objects.exists()
