"""Reserving, extending, settling and releasing credit: the one gate in front of every chargeable call.

The locks are the rows themselves: one conditional update of each budget's usage and of the balance places a hold, so
any number of turns starting at once cannot reserve more than there is. Without any limits holds are still placed, with
no amount, and the ledger is still written; no call is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy

from billing.models import Balance, Hold, LedgerEntry
from billing.services import budgets, policy
from billing.services.adjust import refill_if_due
from billing.services.budgets import Binding, OverBudget
from billing.services.ledger import Due, LedgerLine, opening_statements, write
from core.refusal import Refusal
from core.sql_pipeline import Statement, run_pipeline

__all__ = ["LedgerLine", "NoCredit", "OverBudget", "Reserve", "with_refill"]

T = TypeVar("T")
REPLY_SLICE = 1_000  # tokens of the reply that a hold pays for ahead
SLICES = (REPLY_SLICE, 250, 50, 10)  # where not as much can be had, a smaller one


class NoCredit(Refusal):
    """There is not enough credit left for this: `needed` is what it would reserve."""

    code = "token_balance"
    status = 402
    default_message = gettext_lazy("You don't have enough credit for this.")

    def __init__(self, needed: int = 0) -> None:
        super().__init__()
        self.needed = needed


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserve:
    """What a call needs at first: credits and tokens, at a role's coefficient, and the budgets that bind it."""

    user_id: UUID
    credits: int
    tokens: int = 0
    reply_tokens: int = REPLY_SLICE  # how many of them are of the reply
    coefficient: Decimal = Decimal(1)
    key_id: UUID | None = None  # the API key that the call is begun with
    bindings: Sequence[Binding] = field(default=())


_RESERVE = """
UPDATE billing_balance SET held = held + %s, updated_at = now() WHERE user_id = %s AND credits - held >= %s
"""
_INSERT_HOLD = """
INSERT INTO billing_hold
    (id, user_id, state, amount, reply_tokens, on_balance, limited, coefficient, key_id, created_at)
VALUES (%s, %s, 'open', %s, %s, %s, %s, %s, %s, now())
"""


def place_statements(*, hold_id: UUID, reserve: Reserve) -> list[Statement]:
    """Return the statements that place a hold, for the caller's transaction. They raise `NoCredit`, `OverBudget`."""
    credits, user_id = reserve.credits, reserve.user_id
    enforced = policy.current().enforced
    reserving, noting = budgets.reserve_statements(
        reserve.bindings, hold_id=hold_id, credits=credits, tokens=reserve.tokens
    )
    statements: list[Statement] = []
    if enforced:
        statements += opening_statements(user_id)
        statements.append(Statement(_RESERVE, (credits, user_id, max(credits, 1)), on_no_row=NoCredit(max(credits, 1))))
    statements += reserving
    limited = enforced or bool(reserve.bindings)
    values = (
        hold_id,
        user_id,
        credits if enforced else 0,
        reserve.reply_tokens,
        enforced,
        limited,
        reserve.coefficient,
        reserve.key_id,
    )
    return [*statements, Statement(_INSERT_HOLD, values), *noting]


def place(*, hold_id: UUID, reserve: Reserve) -> None:
    """Place a hold by itself. Raises `NoCredit`, `OverBudget`."""

    def placed() -> None:
        with transaction.atomic():
            run_pipeline(place_statements(hold_id=hold_id, reserve=reserve))

    with_refill(reserve.user_id, placed)


def with_refill(user_id: UUID, work: Callable[[], T]) -> T:
    """Return what the work returns; where it is refused for want of credit, do it once more after a refill that is due.

    Also where nothing was due: of several refused at the same moment one adds the refill, and it is for all of them.
    """
    try:
        return work()
    except NoCredit as short:
        if policy.current().refill is None:
            raise
        refill_if_due(user_id=user_id, needed=short.needed)
    return work()


def available(*, user_id: UUID) -> int:
    """Return the credits that are neither spent nor held."""
    row, start = Balance.objects.filter(user_id=user_id).first(), policy.current().start_credits
    return row.credits_with(start) - row.held if row else start


def settle(*, hold_id: UUID, lines: Sequence[LedgerLine]) -> list[LedgerEntry]:
    """Charge `lines` and close the hold, once; what it reserved beyond them is free again.

    A hold that is closed already is left alone; its entries are returned.
    """
    settle_many({hold_id: lines})
    return list(LedgerEntry.objects.filter(hold_id=hold_id).order_by("created_at", "id"))


def settle_many(lines_of: Mapping[UUID, Sequence[LedgerLine]]) -> None:
    """Settle several holds in one transaction: the number of statements does not grow with theirs.

    Locks the holds' rows, then the balances', then the budgets', each in the order of their keys, so that two who
    settle the same holds wait for one another and do not deadlock. The budgets' come last because many people may
    share one: their locks are held for the shortest time.
    """
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH due AS (SELECT id FROM billing_hold WHERE id = ANY(%s) AND state = 'open' ORDER BY id FOR UPDATE)"
                " UPDATE billing_hold h SET state = 'settled', closed_at = now() FROM due WHERE h.id = due.id"
                " RETURNING h.id, h.user_id, h.amount, h.on_balance, h.limited",
                [list(lines_of)],
            )
            closed = cursor.fetchall()
        dues = [
            Due(user, lines_of[hold], hold, freed, on_balance) for hold, user, freed, on_balance, _limited in closed
        ]
        entries = write(dues)
        bound = [row[0] for row in closed if row[-1]]
        if bound:
            budgets.settle({hold_id: spent_in(entries, hold_id) for hold_id in bound})


def release(*, hold_id: UUID) -> None:
    """Close the hold without a charge; a closed one is left alone."""
    with transaction.atomic():
        hold = Hold.objects.select_for_update().filter(id=hold_id, state=Hold.State.OPEN).first()
        if hold is None:
            return
        Hold.objects.filter(id=hold_id).update(state=Hold.State.RELEASED, closed_at=timezone.now())
        if hold.amount:
            Balance.objects.filter(user_id=hold.user_id).update(held=F("held") - hold.amount)
        if hold.limited:
            budgets.settle({hold_id: (0, 0)})


def spent_in(entries: Sequence[LedgerEntry], hold_id: UUID) -> tuple[int, int]:
    """Return the credits and the tokens that new entries of a hold add to what its budgets have spent."""
    own = [entry for entry in entries if entry.hold_id == hold_id]
    names = ("input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens")
    return -sum(entry.credits for entry in own), sum(getattr(entry, name) for entry in own for name in names)
