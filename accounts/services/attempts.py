"""Guessing passwords: failed tries are counted by account and by network address, wherever a password is asked for.

A try counts against the account before it is known whether it fails, so that many at once do not get past the limit,
and no longer if it succeeds. Against the address only failures count: a house full of people may sign in at nine.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import limits
from accounts.services import bans


class TooManyAttempts(limits.TooOften):
    """This account or this network address failed too often lately."""

    def words(self) -> str:
        return _("Too many failed attempts.")


class Attempt:
    """One try; it failed unless somebody says that it did not."""

    succeeded = False


@contextmanager
def attempt(request: HttpRequest, account: str) -> Iterator[Attempt]:
    """Count a try at the password of `account`. Raises `TooManyAttempts`, a violation, and `NotCounted`."""
    limit, address = limits.named("LOGIN"), limits.address_of(request)
    of_address = limits.Limit("login_address", limit.most, limit.window)
    try:
        limits.check(of_address, address)
        counted = limits.count(limit, sha256(account.strip().lower().encode()).hexdigest(), closed=True)
    except limits.NotCounted:
        raise
    except limits.TooOften as often:
        bans.violate("logins", address=address)
        raise TooManyAttempts(often.retry_after) from None
    this = Attempt()
    try:
        yield this
    finally:
        if this.succeeded:
            counted.take_back()
        else:
            _count_failure(of_address, address)


def _count_failure(limit: limits.Limit, address: str) -> None:
    with suppress(limits.TooOften):  # others failed meanwhile; the next try is refused
        limits.count(limit, address)
