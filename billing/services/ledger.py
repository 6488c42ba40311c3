"""Writing ledger entries and the balances' running sums, together and under the balances' locks."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import connection

from billing.models import Balance, LedgerEntry
from billing.services import policy
from billing.services.pricing import Rates, charge
from billing.services.quantities import Quantities
from core.ids import uuid7
from core.sql_pipeline import Statement

UNKNOWN = {"unknown": True}
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One model call to be charged. `key` makes a repeated charge harmless; `rates` None: nobody knows the price."""

    key: str
    reason: str
    endpoint: str
    model: str
    quantities: Quantities
    rates: Rates | None
    coefficient: Decimal = Decimal(1)
    estimated: bool = False

    @property
    def credits(self) -> int:
        return charge(self.quantities, self.rates, self.coefficient) if self.rates else 0

    @property
    def tokens(self) -> int:
        return self.quantities.in_bounds().tokens


@dataclass(frozen=True, slots=True)
class Due:
    """What one person owes, and the credit that is held no more.

    `on_balance`: the balance counts. Then no more is charged than there is beside what other holds reserve, so that
    no call brings a balance below 0: a provider may count more than was reserved.
    """

    user_id: UUID
    lines: Sequence[LedgerLine]
    hold_id: UUID | None = None
    freed: int = 0
    on_balance: bool = False


def opening_statements(user_id: UUID) -> list[Statement]:
    """Return the statements that make sure the person has a balance.

    Where balances are on it begins with the start credits. One that was opened while they were off gets them when it
    first counts, unless an administrator gave the person some: what was used until then stays in the ledger, and is no
    debt.
    """
    rules = policy.current()
    if not rules.enforced:
        return [Statement(_OPEN_BALANCE, (user_id, 0, True, uuid7()))]
    return [
        Statement(_OPEN_BALANCE, (user_id, rules.start_credits, False, uuid7())),
        Statement(_BEGIN, (user_id, rules.start_credits, uuid7())),
    ]


_OPEN_BALANCE = """
WITH opened AS (
    INSERT INTO billing_balance (user_id, credits, held, last_refill_at, updated_at, awaits_start)
    VALUES (%s, %s, 0, now(), now(), %s)
    ON CONFLICT (user_id) DO NOTHING RETURNING user_id, credits
)
INSERT INTO billing_ledgerentry (id, user_id, key, reason, credits, balance_after, endpoint, model,
    input_tokens, output_tokens, reasoning_tokens, cache_read_tokens, cache_write_tokens, estimated, rates,
    coefficient, created_at)
SELECT %s, user_id, 'start:' || user_id, 'start', credits, credits, '', '',
    0, 0, 0, 0, 0, false, '{}', 1, clock_timestamp() FROM opened WHERE credits <> 0
"""

# Written out, as everything that settles many at once: the server keeps the plan, whatever their number.
_LOCKED = f"""
SELECT {", ".join(field.attname for field in Balance._meta.concrete_fields)} FROM billing_balance
WHERE user_id = ANY(%s) ORDER BY user_id FOR UPDATE
"""
_BEGIN = """
WITH waiting AS (SELECT user_id, credits FROM billing_balance WHERE user_id = %s AND awaits_start FOR UPDATE),
begun AS (
    UPDATE billing_balance b SET awaits_start = false, updated_at = now(),
        credits = CASE WHEN w.credits <= 0 THEN %s ELSE w.credits END,
        last_refill_at = CASE WHEN w.credits <= 0 THEN now() ELSE b.last_refill_at END
    FROM waiting w WHERE b.user_id = w.user_id RETURNING b.user_id, b.credits, b.credits - w.credits AS change
)
INSERT INTO billing_ledgerentry (id, user_id, key, reason, credits, balance_after, endpoint, model,
    input_tokens, output_tokens, reasoning_tokens, cache_read_tokens, cache_write_tokens, estimated, rates,
    coefficient, created_at)
SELECT %s, user_id, 'begin:' || user_id, 'start', change, credits, '', '',
    0, 0, 0, 0, 0, false, '{}', 1, clock_timestamp() FROM begun WHERE change <> 0
"""


def write(dues: Sequence[Due]) -> list[LedgerEntry]:
    """Write the entries that are new, and change each balance by their sum and by what is freed.

    Call within a transaction. Locks the balances' rows in the order of their people.
    """
    balances = locked_balances({due.user_id for due in dues})
    entries = new_entries(dues, balances)
    store(entries, balances)
    return entries


def new_entries(dues: Sequence[Due], balances: Mapping[UUID, Balance]) -> list[LedgerEntry]:
    """Return the entries of lines whose keys the ledger does not have, and change the locked balances by them."""
    known = _known([line.key for due in dues for line in due.lines])
    entries = []
    for due in dues:
        balance = balances[due.user_id]
        balance.held -= due.freed
        for line in due.lines:
            if line.key not in known:
                known.add(line.key)
                credits = _chargeable(line, balance) if due.on_balance else line.credits
                balance.credits -= credits
                entries.append(_entry(due, line, credits=credits, balance_after=balance.credits))
    return entries


def _known(keys: list[str]) -> set[str]:
    """Return those of the keys that the ledger has."""
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM billing_ledgerentry WHERE key = ANY(%s)", [keys])
        return {row[0] for row in cursor.fetchall()}


def _chargeable(line: LedgerLine, balance: Balance) -> int:
    """Return the credits of the line, or those that are left."""
    left = max(balance.credits - balance.held, 0)
    if line.credits > left:
        log.warning("%s cost %d credits; the %d that were left are charged", line.key, line.credits, left)
    return min(line.credits, left)


def store(entries: Sequence[LedgerEntry], balances: Mapping[UUID, Balance]) -> None:
    """Store new entries, and the locked balances as they are now."""
    if entries:
        LedgerEntry.objects.bulk_create(entries)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE billing_balance b SET credits = v.credits, held = v.held, updated_at = now()"
            " FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS v (id, credits, held) WHERE b.user_id = v.id",
            [
                list(balances),
                [balance.credits for balance in balances.values()],
                [balance.held for balance in balances.values()],
            ],
        )


def locked_balances(user_ids: set[UUID]) -> dict[UUID, Balance]:
    """Return the balances, locked; those that do not exist are opened."""

    def locked() -> dict[UUID, Balance]:
        return {row.user_id: row for row in Balance.objects.raw(_LOCKED, [list(user_ids)])}

    balances = locked()
    missing = sorted(user_ids - set(balances))
    if missing:
        with connection.cursor() as cursor:
            for statement in (statement for user_id in missing for statement in opening_statements(user_id)):
                cursor.execute(statement.sql, statement.params)
        balances = locked()
    return balances


def _entry(due: Due, line: LedgerLine, *, credits: int, balance_after: int) -> LedgerEntry:
    used = line.quantities.in_bounds()
    return LedgerEntry(
        user_id=due.user_id,
        key=line.key,
        reason=line.reason,
        credits=-credits,
        balance_after=balance_after,
        endpoint=line.endpoint,
        model=line.model,
        input_tokens=used.input,
        output_tokens=used.output,
        reasoning_tokens=used.reasoning,
        cache_read_tokens=used.cache_read,
        cache_write_tokens=used.cache_write,
        cache_write_1h_tokens=used.cache_write_1h,
        estimated=line.estimated,
        rates=line.rates.at(used.prompt).to_json() if line.rates else UNKNOWN,
        coefficient=line.coefficient,
        hold_id=due.hold_id,
    )
