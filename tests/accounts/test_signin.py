"""Checking a password for the API: the same limits and the same silence as the page."""

import pytest
from django.test import RequestFactory

from accounts.models import User
from accounts.services.attempts import TooManyAttempts
from accounts.services.signin import SwitchedOff, WrongCredentials, check_password
from tests.cast import PASSWORD


def check(email: str, password: str) -> User:
    return check_password(request=RequestFactory().post("/"), email=email, password=password)


def test_the_right_password_says_who(owner: User) -> None:
    assert check(f" {owner.email.upper()}", PASSWORD) == owner


@pytest.mark.security
def test_wrong_and_unknown_are_the_same(owner: User) -> None:
    for email, password in [
        (owner.email, "wrong"),
        ("nobody@example.org", PASSWORD),
        ("", PASSWORD),
        (owner.email, ""),
    ]:
        with pytest.raises(WrongCredentials):
            check(email, password)


@pytest.mark.security
def test_switched_off_is_told_to_who_knows_the_password_only(owner: User) -> None:
    User.objects.filter(id=owner.id).update(is_active=False)
    with pytest.raises(SwitchedOff):
        check(owner.email, PASSWORD)
    with pytest.raises(WrongCredentials):
        check(owner.email, "wrong")


@pytest.mark.security
def test_guessing_is_stopped(owner: User) -> None:
    outcomes = []
    for _ in range(8):
        with pytest.raises((WrongCredentials, TooManyAttempts)) as refusal:
            check(owner.email, "wrong")
        outcomes.append(refusal.type)
    assert outcomes[-1] is TooManyAttempts
    with pytest.raises(TooManyAttempts):
        check(owner.email, PASSWORD)
