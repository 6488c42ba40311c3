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
from billing.services.pricing import Rates, charge
from billing.services.quantities import Quantities
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


def slice_credits(
    *, rates: Rates, input_tokens: int, output_tokens: int = REPLY_SLICE, coefficient: Decimal = Decimal(1)
) -> int:
    """Return what to reserve for so many tokens of prompt and of reply."""
    return charge(Quantities(input=input_tokens, output=output_tokens), rates, coefficient)


def available(*, user_id: UUID) -> int:
    """Return the credits that are neither spent nor held."""
    row, start = Balance.objects.filter(user_id=user_id).first(), policy.current().start_credits
    return row.credits_with(start) - row.held if row else start


def affordable(*, hold_id: UUID, rate: Decimal) -> int | None:
    """Return how many more tokens at `rate` credits each the hold could still get; None: as many as one likes."""
    hold = Hold.objects.filter(id=hold_id, limited=True).first()
    if hold is None:
        return None
    credits, tokens = budgets.left_for(hold_id)
    if hold.on_balance:
        left = available(user_id=hold.user_id)
        credits = left if credits is None else min(credits, left)
    limits = [] if tokens is None else [tokens]
    if credits is not None and rate > 0:
        limits.append(int(credits / rate))
    return max(min(limits), 0) if limits else None


def extend(*, hold_id: UUID, credits: int, tokens: int = 0) -> bool:
    """Reserve more under an open hold; False when there is not so much left, or the hold is closed."""
    if credits <= 0 and tokens <= 0:
        return True
    try:
        return _extend(hold_id, credits, tokens)
    except OverBudget:
        return False
    except NoCredit:
        whose = Hold.objects.filter(id=hold_id).values_list("user_id", flat=True).get()
    try:
        return with_refill(whose, lambda: _extend(hold_id, credits, tokens))
    except (NoCredit, OverBudget):
        return False


def _extend(hold_id: UUID, credits: int, tokens: int) -> bool:
    with transaction.atomic():
        hold = Hold.objects.select_for_update().filter(id=hold_id, state=Hold.State.OPEN).first()
        if hold is None:
            return False
        if hold.limited:
            if hold.on_balance:
                _extend_balance(hold, credits)
            budgets.extend(hold_id=hold_id, credits=credits, tokens=tokens)
    return True


def _extend_balance(hold: Hold, credits: int) -> None:
    free = Balance.objects.filter(user_id=hold.user_id, credits__gte=F("held") + credits)
    if not free.update(held=F("held") + credits, updated_at=timezone.now()):
        raise NoCredit(credits)
    Hold.objects.filter(id=hold.id).update(amount=F("amount") + credits)


def extend_by_tokens(*, hold_id: UUID, rate: Decimal, tokens: int) -> int:
    """Reserve up to `tokens` more at `rate` credits each, as many as can be paid, at least one; return how many.

    0 means that not even one token can be had.
    """
    hold = Hold.objects.filter(id=hold_id, state=Hold.State.OPEN).first()
    if hold is None:
        return 0
    if not hold.limited:
        return tokens
    wanted = tokens
    while wanted >= 1:
        if extend(hold_id=hold_id, credits=charge(Quantities(output=wanted), _flat(rate)), tokens=wanted):
            return wanted
        left = affordable(hold_id=hold_id, rate=rate)
        wanted = min(wanted - 1, wanted if left is None else left)
    return 0


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
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH due AS (SELECT id FROM billing_hold WHERE id = ANY(%s) AND state = 'open' ORDER BY id FOR UPDATE)"
                " UPDATE billing_hold h SET state = 'settled', closed_at = now() FROM due WHERE h.id = due.id"
                " RETURNING h.id, h.user_id, h.amount, h.limited",
                [list(lines_of)],
            )
            closed = cursor.fetchall()
        write([Due(user_id, lines_of[hold_id], hold_id, amount) for hold_id, user_id, amount, _limited in closed])
        bound = [hold_id for hold_id, _user, _amount, limited in closed if limited]
        if bound:
            budgets.settle({hold_id: _spent(lines_of[hold_id]) for hold_id in bound})


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


def _spent(lines: Sequence[LedgerLine]) -> tuple[int, int]:
    return sum(line.credits for line in lines), sum(line.tokens for line in lines)


def _flat(rate: Decimal) -> Rates:
    return Rates(prompt=rate, completion=rate, cache_read=rate, cache_write=rate)
