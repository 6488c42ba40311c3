"""The table of limits, and the variables that change it."""

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from core import rate_limits
from core.limits import LIMITS, settings_of
from siteconfig.environment.reader import Environment


def numbers(**variables: str) -> dict[str, int]:
    with pytest.MonkeyPatch.context() as patch:
        for rule in LIMITS.values():
            for name in (rule.most_from, rule.minutes_from, rule.switch):
                patch.delenv(name, raising=False) if name else None
        for name, value in variables.items():
            patch.setenv(name, value)
        return dict(settings_of(Environment()))


def test_the_numbers_that_hold_where_nobody_says_otherwise() -> None:
    assert numbers() == {
        "LOGIN_MAX": 7, "LOGIN_WINDOW": 5, "TWO_FACTOR_TEMP_MAX": 7, "TWO_FACTOR_TEMP_WINDOW": 5,
        "REGISTER_MAX": 5, "REGISTER_WINDOW": 60, "INVITATION_MAX": 20, "INVITATION_WINDOW": 5,
        "RESET_PASSWORD_MAX": 2, "RESET_PASSWORD_WINDOW": 2,
        "RESET_PASSWORD_SUBMISSION_MAX": 2, "RESET_PASSWORD_SUBMISSION_WINDOW": 2,
        "VERIFY_EMAIL_MAX": 2, "VERIFY_EMAIL_WINDOW": 2,
        "VERIFY_EMAIL_SUBMISSION_MAX": 2, "VERIFY_EMAIL_SUBMISSION_WINDOW": 2,
        "MESSAGE_IP_MAX": 0, "MESSAGE_IP_WINDOW": 1, "MESSAGE_USER_MAX": 0, "MESSAGE_USER_WINDOW": 1,
        "SEARCH_USER_MAX": 300, "SEARCH_USER_WINDOW": 1, "FORK_IP_MAX": 30, "FORK_IP_WINDOW": 1,
        "FORK_USER_MAX": 7, "FORK_USER_WINDOW": 1, "WRITE_USER_MAX": 300, "WRITE_USER_WINDOW": 1,
        "WRITE_IP_MAX": 300, "WRITE_IP_WINDOW": 1, "WRITE_MEGABYTES_MAX": 200, "WRITE_MEGABYTES_WINDOW": 60,
    }  # fmt: skip


def test_variables_change_them() -> None:
    limits = numbers(
        FORK_IP_MAX="3", FORK_IP_WINDOW="10", RESET_PASSWORD_MAX="9", RESET_PASSWORD_SUBMISSION_WINDOW="4",
        MESSAGE_IP_MAX="8", MESSAGE_USER_MAX="8", LIMIT_MESSAGE_USER="true",
    )  # fmt: skip
    assert (limits["FORK_IP_MAX"], limits["FORK_IP_WINDOW"]) == (3, 10)
    assert (limits["RESET_PASSWORD_SUBMISSION_MAX"], limits["RESET_PASSWORD_SUBMISSION_WINDOW"]) == (9, 4)
    assert (limits["MESSAGE_IP_MAX"], limits["MESSAGE_USER_MAX"]) == (0, 8)


@pytest.mark.parametrize("name", sorted(numbers()))
def test_they_are_among_the_settings(name: str) -> None:
    assert isinstance(getattr(django_settings, name), int)


@pytest.mark.parametrize(
    ("name", "most", "seconds"),
    [
        ("second_factor", 5, 300), ("wrong_keys", 60, 300), ("oauth", 60, 300), ("title", 20, 60), ("export", 3, 3_600),
        ("endpoint_trial", 10, 60),
    ],
)  # fmt: skip
def test_some_cannot_be_changed(name: str, most: int, seconds: int) -> None:
    assert rate_limits.named(name) == rate_limits.Limit(name, most, seconds)


def test_an_address_has_as_many_failures_as_an_account(settings: Settings) -> None:
    settings.LOGIN_MAX, settings.LOGIN_WINDOW = 3, 60
    assert rate_limits.named("login") == rate_limits.Limit("login", 3, 3_600)
    assert rate_limits.named("login_address") == rate_limits.Limit("login_address", 3, 3_600)
