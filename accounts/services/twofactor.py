"""Two-factor authentication: authenticator and recovery codes. Pages and API share the same rows.

allauth handles passkeys; this module handles every code that a person types.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services import attempts, mails
from core import rate_limits
from core.refusal import Refusal
from core.secrets import Undecipherable, decrypt, encrypt

ENROLMENT_SECONDS: Final = 900
_SECOND: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class TwoFactorFault(Refusal):
    """Something about the second factor is not as it must be."""


class NotSetUp(TwoFactorFault):
    """The person has no second factor, or did not begin to set one up."""

    default_message = gettext_lazy("Two-factor authentication is not set up.")


class AddressNotVerified(TwoFactorFault):
    """The person may come in with an address that is not verified, and must not lock its owner out."""

    default_message = gettext_lazy("Verify your email address first.")


class WrongCode(TwoFactorFault):
    """The code is wrong, was used already or is too old."""

    default_message = gettext_lazy("This code is wrong or was already used.")


class TooManyCodes(TwoFactorFault, attempts.TooManyAttempts):
    """Too many wrong codes for this account or from this network address lately."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What is shown to somebody who sets up an app: once, and nothing is on until a code confirms it."""

    url: str
    backup_codes: list[str]


def is_on(user: User) -> bool:
    """Return whether signing in asks `user` for more than the password."""
    return bool(get_adapter().is_mfa_enabled(user, types=_SECOND))


def may_set_up(user: User) -> bool:
    """Return whether `user` has shown that the address is theirs, where that can be shown."""
    return user.email_verified or not mails.is_configured()


def has_app(user: User) -> bool:
    return bool(get_adapter().is_mfa_enabled(user, types=[Authenticator.Type.TOTP]))


def spend(*, user: User, code: str) -> Authenticator:
    """Use a code up, of the app or for recovery, and return the row that it belongs to.

    The row is locked, so that of several who send the same code one succeeds. Every try counts against a limit of
    the account until one is right. Raises `WrongCode` and `TooManyCodes`.
    """
    forget_failures = _count_try(user)
    row = _spend_app_code(user, code) or _spend_recovery_code(user, code)
    if row is None:
        raise WrongCode
    row.user = user
    forget_failures()
    return row


def begin(*, user: User) -> Enrolment:
    """Make a secret and recovery codes that wait for `confirm`. A second call replaces the first.

    Raises `AddressNotVerified`.
    """
    if not may_set_up(user):
        raise AddressNotVerified
    secret, seed = totp.generate_totp_secret(), RecoveryCodes.generate_seed()
    cache.set(_waiting(user), encrypt(f"{secret} {seed}"), timeout=ENROLMENT_SECONDS)
    codes = RecoveryCodes(_recovery_row(user, seed)).generate_codes()
    return Enrolment(url=get_adapter().build_totp_url(user, secret), backup_codes=codes)


def confirm(*, user: User, code: str) -> None:
    """Turn on what `begin` made, in place of what was on before. Raises `NotSetUp`, `WrongCode`, `TooManyCodes`."""
    secret, seed = _waiting_for(user)
    forget_failures = _count_try(user)
    step = step_of(secret, code)
    if step is None:
        raise WrongCode
    forget_failures()
    with transaction.atomic():
        User.objects.select_for_update().get(id=user.id)
        rows = Authenticator.objects.filter(user=user)
        rows.filter(type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]).delete()
        data = {"secret": encrypt(secret), "last_step": step}
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)
        _recovery_row(user, seed).save()
    cache.delete(_waiting(user))


def verify(*, user: User, code: str) -> None:
    """Check a code of the secret that waits, which stays usable for `confirm`; where none waits, use a code up.

    Raises `NotSetUp`, `WrongCode` and `TooManyCodes`.
    """
    try:
        secret, _seed = _waiting_for(user)
    except NotSetUp:
        if not is_on(user):
            raise
        spend(user=user, code=code)
        return
    forget_failures = _count_try(user)
    if step_of(secret, code) is not None:
        forget_failures()
    elif is_on(user):
        spend(user=user, code=code)
    else:
        raise WrongCode


def turn_off(*, user: User) -> None:
    """Remove the app and the recovery codes; these stay while there is a passkey that they stand in for."""
    with transaction.atomic():
        rows = Authenticator.objects.filter(user=user)
        rows.filter(type=Authenticator.Type.TOTP).delete()
        if not rows.filter(type=Authenticator.Type.WEBAUTHN).exists():
            rows.delete()


def reset(*, user: User) -> None:
    """Remove every second factor, for somebody who lost them all."""
    Authenticator.objects.filter(user=user).delete()


def new_backup_codes(*, user: User) -> list[str]:
    """Replace the recovery codes. Raises `NotSetUp`."""
    if not is_on(user):
        raise NotSetUp
    with transaction.atomic():
        User.objects.select_for_update().get(id=user.id)
        Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
        row = _recovery_row(user, RecoveryCodes.generate_seed())
        row.save()
    codes: list[str] = RecoveryCodes(row).generate_codes()
    return codes


def hash_of(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def step_of(secret: str, code: str) -> int | None:
    """Return the step of time whose code this is, or None."""
    for step in totp.yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step))):
            return int(step)
    return None


def mark_used(*, user: User, step: int) -> None:
    """Let no code of this step or an earlier one open anything again."""
    with transaction.atomic():
        row = _locked(user, Authenticator.Type.TOTP)
        if row is not None:
            row.data["last_step"] = max(step, row.data.get("last_step", 0))
            row.save(update_fields=["data"])


def _count_try(user: User) -> Callable[[], None]:
    """Count a try against the limit of the account; return what forgets the failed ones."""
    tries = rate_limits.named("second_factor")
    rate_limits.count(tries, str(user.id), refusal=TooManyCodes)
    return lambda: rate_limits.forget(tries, str(user.id))


def _spend_app_code(user: User, code: str) -> Authenticator | None:
    with transaction.atomic():
        row = _locked(user, Authenticator.Type.TOTP)
        if row is None:
            return None
        step = step_of(decrypt(row.data["secret"]), code)
        if step is None or step <= row.data.get("last_step", 0):
            return None
        row.data["last_step"] = step
        row.last_used_at = timezone.now()
        row.save(update_fields=["data", "last_used_at"])
        return row


def _spend_recovery_code(user: User, code: str) -> Authenticator | None:
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    if row is None or not RecoveryCodes(row).validate_code(code):
        return None
    row.refresh_from_db()
    row.record_usage()
    return row


def _locked(user: User, kind: str) -> Any:
    return Authenticator.objects.select_for_update().filter(user=user, type=kind).first()


def _recovery_row(user: User, seed: str) -> Any:
    data = {"seed": encrypt(seed), "used_mask": 0, "viewed_at": time.time()}
    return Authenticator(user=user, type=Authenticator.Type.RECOVERY_CODES, data=data)


def _waiting(user: User) -> str:
    return f"twofactor.waiting:{user.id}"


def _waiting_for(user: User) -> tuple[str, str]:
    stored = cache.get(_waiting(user))
    try:
        secret, seed = decrypt(stored or "").split(" ")
    except (Undecipherable, ValueError):
        raise NotSetUp from None
    return secret, seed


@dataclass(frozen=True, slots=True)
class Ways:
    """What signs a person in."""

    has_password: bool
    app: Authenticator | None
    passkeys: list[Authenticator]
    codes_left: int | None  # None: there are no recovery codes

    @property
    def has_app(self) -> bool:
        return self.app is not None


def ways_of(user: User) -> Ways:
    """Return what signs `user` in. One query."""
    rows = list(Authenticator.objects.filter(user=user).order_by("created_at"))
    codes = next((row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES), None)
    return Ways(
        has_password=user.has_usable_password(),
        app=next((row for row in rows if row.type == Authenticator.Type.TOTP), None),
        passkeys=[row for row in rows if row.type == Authenticator.Type.WEBAUTHN],
        codes_left=len(RecoveryCodes(codes).get_unused_codes()) if codes else None,
    )
