"""Every rate limit: how many times in how many minutes, and the variables that change it.

`core.rate_limits` counts against a row by its name. A row with variables is in Django's settings under their names, as
whole numbers; 0 times means no limit. A row without variables is fixed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Rule:
    """One limit. `name` is its name in Redis, too, so it is never changed."""

    name: str
    most: int = 0
    minutes: int = 0
    most_from: str = ""
    minutes_from: str = ""
    switch: str = ""  # without this variable there is no limit
    like: str = ""  # another limit, whose numbers it has where no variable of its own says otherwise


LIMITS: Final = {
    rule.name: rule
    for rule in (
        # Signing in, and what goes with it, by account and by address.
        Rule("login", 7, 5, "LOGIN_MAX", "LOGIN_WINDOW"),
        Rule("login_address", like="login"),
        Rule("two_factor_temp", 7, 5, "TWO_FACTOR_TEMP_MAX", "TWO_FACTOR_TEMP_WINDOW"),
        Rule("second_factor", 5, 5),
        Rule("wrong_keys", 60, 5),
        Rule("oauth", 60, 5),
        Rule("register", 5, 60, "REGISTER_MAX", "REGISTER_WINDOW"),
        Rule("invitation", 20, 5, "INVITATION_MAX", "INVITATION_WINDOW"),
        Rule("reset_password", 2, 2, "RESET_PASSWORD_MAX", "RESET_PASSWORD_WINDOW"),
        Rule(
            "reset_password_submission",
            0,
            0,
            "RESET_PASSWORD_SUBMISSION_MAX",
            "RESET_PASSWORD_SUBMISSION_WINDOW",
            like="reset_password",
        ),
        Rule("verify_email", 2, 2, "VERIFY_EMAIL_MAX", "VERIFY_EMAIL_WINDOW"),
        Rule(
            "verify_email_submission",
            0,
            0,
            "VERIFY_EMAIL_SUBMISSION_MAX",
            "VERIFY_EMAIL_SUBMISSION_WINDOW",
            like="verify_email",
        ),
        # Chats.
        Rule("message_ip", 40, 1, "MESSAGE_IP_MAX", "MESSAGE_IP_WINDOW", switch="LIMIT_MESSAGE_IP"),
        Rule("message_user", 40, 1, "MESSAGE_USER_MAX", "MESSAGE_USER_WINDOW", switch="LIMIT_MESSAGE_USER"),
        Rule("search_user", 300, 1, "SEARCH_USER_MAX", "SEARCH_USER_WINDOW"),
        Rule("fork_ip", 30, 1, "FORK_IP_MAX", "FORK_IP_WINDOW"),
        Rule("fork_user", 7, 1, "FORK_USER_MAX", "FORK_USER_WINDOW"),
        Rule("title", 20, 1),
        # Everything that is written (`core.quotas`).
        Rule("write_user", 300, 1, "WRITE_USER_MAX", "WRITE_USER_WINDOW"),
        Rule("write_ip", 300, 1, "WRITE_IP_MAX", "WRITE_IP_WINDOW"),
        Rule("write_megabytes", 200, 60, "WRITE_MEGABYTES_MAX", "WRITE_MEGABYTES_WINDOW"),
        # What makes this server work or ask others.
        Rule("export", 3, 60),
        Rule("endpoint_trial", 10, 1),
    )
}


class EnvironmentReader(Protocol):
    def whole(self, name: str, default: int, *, least: int = 0) -> int: ...

    def switch(self, name: str, default: bool) -> bool: ...


def settings_of(env: EnvironmentReader) -> Iterator[tuple[str, int]]:
    """Yield the settings of all limits: the names of their variables, and the numbers that hold."""
    numbers: dict[str, tuple[int, int]] = {}
    for rule in LIMITS.values():
        if not rule.most_from:
            continue
        most, minutes = numbers[rule.like] if rule.like else (rule.most, rule.minutes)
        most = env.whole(rule.most_from, most) * (not rule.switch or env.switch(rule.switch, False))
        minutes = env.whole(rule.minutes_from, minutes, least=1)
        numbers[rule.name] = most, minutes
        yield rule.most_from, most
        yield rule.minutes_from, minutes
