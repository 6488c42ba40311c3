"""Temporary bans of people and addresses, and the violations that cause automatic ones.

Each kind of violation has a score (`LOGIN_VIOLATION_SCORE` and so on). A person's scores of one kind add up in Redis;
each time the sum passes a multiple of `BAN_INTERVAL`, the person and the address are banned for `BAN_DURATION`.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Ban, User
from accounts.services import audit, sessions
from core import rate_limits
from core.client_address import parse
from core.ttl_cache import ttl_cache

log = logging.getLogger(__name__)
REMEMBERED: Final = 30 * 24 * 3600  # seconds after which a person's violations of a kind are forgotten


@dataclass(frozen=True, slots=True)
class ActiveBans:
    people: dict[UUID, datetime]
    addresses: dict[str, datetime]


def banned_until(*, user_id: UUID | None = None, address: str = "") -> datetime | None:
    """Return until when this person or this address is kept out, or None. Asks the database every two seconds."""
    now = timezone.now()
    ends = [banned().people.get(user_id) if user_id else None, banned().addresses.get(address)]
    return max((end for end in ends if end is not None and end > now), default=None)


@ttl_cache
def banned() -> ActiveBans:
    """Return everybody who is kept out now, each with the latest end."""
    rows = Ban.objects.filter(until__gt=timezone.now()).values_list("user_id", "address", "until")
    people: dict[UUID, datetime] = {}
    addresses: dict[str, datetime] = {}
    for person, address, until in rows.order_by("until"):
        if address is not None:
            addresses[parse(address) or address] = until
        else:
            people[person] = until
    return ActiveBans(people, addresses)


def ban(
    *, actor: User | None, user: User | None = None, address: str = "", minutes: float, reason: str = ""
) -> list[Ban]:
    """Keep a person, an address or both out for so many minutes, and end the person's sessions."""
    until, address = timezone.now() + timedelta(minutes=minutes), parse(address) or ""
    subjects = ([{"user": user}] if user else []) + ([{"address": address}] if address else [])
    with transaction.atomic():
        made = [
            Ban.objects.create(until=until, reason=reason[:200], created_by=actor, **subject) for subject in subjects
        ]
        if user is not None:
            sessions.end_all(user=user)
        target = (
            audit.AuditTarget("user", str(user.id), user.email)
            if user
            else audit.AuditTarget("address", address, address)
        )
        after = {"until": until, "reason": reason, "address": address}
        audit.record(actor=actor, action="ban.set", target=target, after=after)
    banned.invalidate()
    return made


def lift(*, actor: User | None, user: User | None = None, address: str = "") -> int:
    """Let a person or an address in again; return how many bans that ended."""
    plain = parse(address)
    condition = (
        Q(user=user) if user else Q(address__in=[plain, f"::ffff:{plain}"] if plain and "." in plain else [plain])
    )
    with transaction.atomic():
        ended = Ban.objects.filter(condition, until__gt=timezone.now()).update(until=timezone.now())
        if ended:
            target = (
                audit.AuditTarget("user", str(user.id), user.email) if user else audit.AuditTarget("address", address)
            )
            audit.record(actor=actor, action="ban.lifted", target=target)
    banned.invalidate()
    return ended


def record_violation(kind: str, *, user: User | None = None, address: str = "") -> int:
    """Count a violation; ban when it is time to. Return the sum of scores of this kind.

    Who is not known is counted by address. While Redis is away nothing is counted.
    """
    score = settings.VIOLATION_SCORES.get(kind, 1)
    log.warning("violation %s by %s", kind, user.id if user else "an unknown person")
    subject = str(user.id) if user else address
    if not score or not subject:
        return 0
    key = f"violation:{kind}:{subject}"
    try:
        cache.add(key, 0, timeout=REMEMBERED)
        total = int(cache.incr(key, score))
    except (ValueError, redis.RedisError, OSError):
        log.warning("violation %s is not counted", kind, exc_info=True)
        return 0
    interval = settings.BAN_INTERVAL
    passed = interval > 0 and total // interval > (total - score) // interval
    if settings.BAN_VIOLATIONS and passed and not (user and user.is_admin):
        minutes = settings.BAN_DURATION_MS / 60_000
        if minutes > 0:
            ban(actor=None, user=user, address=address, minutes=minutes, reason=kind)
        elif user:
            sessions.end_all(user=user)
    return total


def count_mailed(name: str, address: str) -> None:
    """Count one use of a mailed link, or of asking for one, by the limit `name`. Raises `TooOften`, a violation."""
    try:
        rate_limits.count_named(name, address)
    except rate_limits.TooOften:
        record_violation("verify_email_limit" if name.startswith("verify") else "reset_password_limit", address=address)
        raise


def words_for(until: object) -> str:
    return _("Access is blocked until %(time)s (UTC) because of too many violations.") % {"time": f"{until:%H:%M}"}
