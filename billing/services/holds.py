"""Reserving, extending, settling and releasing credit: the one gate in front of everything that costs.

The lock is the balance's row: a hold is placed by one conditional update of it, so however many turns start at
once, no more is reserved than there is. Where balances are off holds are placed all the same, without an
amount, and the ledger is written; only nobody is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from accounts.ids import uuid7
from accounts.pipeline import Statement
from billing.models import Balance, Hold, LedgerEntry
from billing.pricing import Rates, TokenCounts, charge

REPLY_SLICE = 1_000  # tokens of the reply that a hold pays for ahead
UNKNOWN = {"unknown": True}


class NoCredit(Exception):
    """There is not enough credit left for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One model call to be charged. `key` makes a repeated charge harmless; `rates` None: nobody knows the price."""

    key: str
    reason: str
    endpoint: str
    model: str
    counts: TokenCounts
    rates: Rates | None
    coefficient: Decimal = Decimal(1)
    estimated: bool = False

    @property
    def credits(self) -> int:
        return charge(self.counts, self.rates, self.coefficient) if self.rates else 0


_RESERVE = """
UPDATE billing_balance SET held = held + %s, updated_at = now() WHERE user_id = %s AND credits - held >= %s
"""
_INSERT_HOLD = """
INSERT INTO billing_hold (id, user_id, state, amount, limited, created_at) VALUES (%s, %s, 'open', %s, %s, now())
"""


def place_statements(*, hold_id: UUID, user_id: UUID, credits: int) -> list[Statement]:
    """Return the statements that place a hold, for the caller's transaction. They raise `NoCredit`."""
    if not settings.BALANCE_ENABLED:
        return [Statement(_INSERT_HOLD, (hold_id, user_id, 0, False))]
    return [
        *opening_statements(user_id),
        Statement(_RESERVE, (credits, user_id, max(credits, 1)), otherwise=NoCredit()),
        Statement(_INSERT_HOLD, (hold_id, user_id, credits, True)),
    ]


def slice_credits(
    *, rates: Rates, input_tokens: int, output_tokens: int = REPLY_SLICE, coefficient: Decimal = Decimal(1)
) -> int:
    """Return what to reserve for so many tokens of prompt and of reply."""
    return charge(TokenCounts(input=input_tokens, output=output_tokens), rates, coefficient)


def available(*, user_id: UUID) -> int:
    """Return the credits that are neither spent nor held."""
    row = Balance.objects.filter(user_id=user_id).values_list("credits", "held").first()
    return row[0] - row[1] if row else settings.BALANCE_START_CREDITS


def extend(*, hold_id: UUID, credits: int) -> bool:
    """Reserve more under an open hold; False when there is not so much left, or the hold is closed."""
    if credits <= 0:
        return True
    with transaction.atomic():
        hold = Hold.objects.select_for_update().filter(id=hold_id, state=Hold.State.OPEN).first()
        if hold is None:
            return False
        if not hold.limited:
            return True
        free = Balance.objects.filter(user_id=hold.user_id, credits__gte=F("held") + credits)
        if not free.update(held=F("held") + credits, updated_at=timezone.now()):
            return False
        Hold.objects.filter(id=hold_id).update(amount=F("amount") + credits)
    return True


def extend_by_tokens(*, hold_id: UUID, rate: Decimal, tokens: int) -> int:
    """Reserve up to `tokens` more at `rate` credits each, as many as can be paid, at least one; return how many.

    0 means that not even one token can be had.
    """
    hold = Hold.objects.filter(id=hold_id, state=Hold.State.OPEN).first()
    if hold is None:
        return 0
    if not hold.limited or rate <= 0:
        return tokens
    wanted = tokens
    while wanted >= 1:
        if extend(hold_id=hold_id, credits=charge(TokenCounts(output=wanted), _flat(rate))):
            return wanted
        wanted = min(wanted - 1, int(available(user_id=hold.user_id) / rate))
    return 0


def settle(*, hold_id: UUID, lines: Sequence[Line]) -> list[LedgerEntry]:
    """Charge `lines` and close the hold, once; what it reserved beyond them is free again.

    A hold that is closed already is left alone; its entries are returned.
    """
    settle_many({hold_id: lines})
    return list(LedgerEntry.objects.filter(hold_id=hold_id).order_by("created_at", "id"))


def settle_many(lines_of: Mapping[UUID, Sequence[Line]]) -> None:
    """Settle several holds in one transaction: the number of statements does not grow with theirs.

    Locks the holds' rows, then the balances', each in the order of their keys, so that two who settle the same
    holds wait for one another and do not deadlock.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH due AS (SELECT id FROM billing_hold WHERE id = ANY(%s) AND state = 'open' ORDER BY id FOR UPDATE)"
                " UPDATE billing_hold h SET state = 'settled', closed_at = now() FROM due WHERE h.id = due.id"
                " RETURNING h.id, h.user_id, h.amount",
                [list(lines_of)],
            )
            closed = cursor.fetchall()
        _charge([_Due(user_id, lines_of[hold_id], hold_id, amount) for hold_id, user_id, amount in closed])


def release(*, hold_id: UUID) -> None:
    """Close the hold without a charge; a closed one is left alone."""
    with transaction.atomic():
        hold = Hold.objects.select_for_update().filter(id=hold_id, state=Hold.State.OPEN).first()
        if hold is None:
            return
        Hold.objects.filter(id=hold_id).update(state=Hold.State.RELEASED, closed_at=timezone.now())
        if hold.amount:
            Balance.objects.filter(user_id=hold.user_id).update(held=F("held") - hold.amount)


def charge_once(*, user_id: UUID, line: Line) -> LedgerEntry | None:
    """Charge a small call that had no hold of its own, such as a title. None when it was charged before."""
    with transaction.atomic():
        entries = _charge([_Due(user_id, [line])])
    return entries[0] if entries else None


def opening_statements(user_id: UUID) -> list[Statement]:
    """Return the statements that make sure the person has a balance, begun with the start credits."""
    start = settings.BALANCE_START_CREDITS
    return [
        Statement(
            """
            WITH opened AS (
                INSERT INTO billing_balance (user_id, credits, held, updated_at) VALUES (%s, %s, 0, now())
                ON CONFLICT (user_id) DO NOTHING RETURNING user_id, credits
            )
            INSERT INTO billing_ledgerentry (id, user_id, key, reason, credits, balance_after, endpoint, model,
                input_tokens, output_tokens, reasoning_tokens, cache_read_tokens, cache_write_tokens, estimated, rates,
                coefficient, created_at)
            SELECT %s, user_id, 'start:' || user_id, 'start', credits, credits, '', '',
                0, 0, 0, 0, 0, false, '{}', 1, now() FROM opened WHERE credits <> 0
            """,
            (user_id, start, uuid7()),
        )
    ]


@dataclass(frozen=True, slots=True)
class _Due:
    """What one person owes, and the credit that is held no more."""

    user_id: UUID
    lines: Sequence[Line]
    hold_id: UUID | None = None
    freed: int = 0


def _charge(dues: Sequence[_Due]) -> list[LedgerEntry]:
    """Write the entries that are new, and change each balance by their sum and by what is freed."""
    balances = _locked_balances({due.user_id for due in dues})
    keys = [line.key for due in dues for line in due.lines]
    known = set(LedgerEntry.objects.filter(key__in=keys).values_list("key", flat=True)) if keys else set()
    entries = []
    for due in dues:
        balance = balances[due.user_id]
        balance.held -= due.freed
        for line in due.lines:
            if line.key not in known:
                known.add(line.key)
                balance.credits -= line.credits
                entries.append(_entry(due.user_id, line, hold_id=due.hold_id, balance_after=balance.credits))
    LedgerEntry.objects.bulk_create(entries)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_balance b SET credits = v.credits, held = v.held, updated_at = now()"
            " FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS v (id, credits, held) WHERE b.user_id = v.id",
            [list(balances), [each.credits for each in balances.values()], [each.held for each in balances.values()]],
        )
    return entries


def _locked_balances(user_ids: set[UUID]) -> dict[UUID, Balance]:
    """Return the balances, locked; those that do not exist are opened."""

    def locked() -> dict[UUID, Balance]:
        rows = Balance.objects.select_for_update().filter(user_id__in=user_ids).order_by("user_id")
        return {row.user_id: row for row in rows}

    found = locked()
    missing = sorted(user_ids - set(found))
    if missing:
        with connection.cursor() as cursor:
            for statement in (each for user_id in missing for each in opening_statements(user_id)):
                cursor.execute(statement.sql, statement.params)
        found = locked()
    return found


def _entry(user_id: UUID, line: Line, *, hold_id: UUID | None, balance_after: int) -> LedgerEntry:
    return LedgerEntry(
        user_id=user_id,
        key=line.key,
        reason=line.reason,
        credits=-line.credits,
        balance_after=balance_after,
        endpoint=line.endpoint,
        model=line.model,
        input_tokens=max(line.counts.input, 0),
        output_tokens=max(line.counts.output, 0),
        reasoning_tokens=max(line.counts.reasoning, 0),
        cache_read_tokens=max(line.counts.cache_read, 0),
        cache_write_tokens=max(line.counts.cache_write, 0),
        estimated=line.estimated,
        rates=line.rates.at(line.counts.prompt).to_json() if line.rates else UNKNOWN,
        coefficient=line.coefficient,
        hold_id=hold_id,
    )


def _flat(rate: Decimal) -> Rates:
    return Rates(prompt=rate, completion=rate, cache_read=rate, cache_write=rate)
