"""Password guessing: failed attempts are counted by account and by network address, wherever a password is asked for.

An attempt counts against the account before its result is known, so that parallel attempts cannot exceed the limit;
success takes it back. Only failures count against the address: a whole office may sign in at nine o'clock.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from accounts.services import bans
from core import rate_limits


class TooManyAttempts(rate_limits.TooOften):
    """This account or this network address failed too often lately."""

    default_message = gettext_lazy("Too many failed attempts.")


class Attempt:
    """One try; it failed unless somebody says that it did not."""

    succeeded = False


@contextmanager
def attempt(request: HttpRequest, account: str) -> Iterator[Attempt]:
    """Count a try at the password of `account`. Raises `TooManyAttempts`, a violation, and `NotCounted`."""
    limit, address = rate_limits.named("login"), rate_limits.address_of(request)
    of_address = rate_limits.named("login_address")
    try:
        rate_limits.check(of_address, address, refusal=TooManyAttempts)
        key = sha256(account.strip().lower().encode()).hexdigest()
        counted = rate_limits.count(limit, key, closed=True, refusal=TooManyAttempts)
    except TooManyAttempts:
        bans.record_violation("logins", address=address)
        raise
    this = Attempt()
    try:
        yield this
    finally:
        if this.succeeded:
            counted.take_back()
        else:
            _count_failure(of_address, address)


def _count_failure(limit: rate_limits.Limit, address: str) -> None:
    with suppress(rate_limits.TooOften):  # others failed meanwhile; the next try is refused
        rate_limits.count(limit, address)
