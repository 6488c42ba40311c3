"""What an open hold covers: charging the calls under it that are over, and reserving the next one.

A hold that several calls share, as all rounds of a run do, is brought to the amount that all of them need at once, in
one transaction with the charge of those that are over. The amount is absolute, so that repeating it changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from billing.models import Balance, Budget, Hold, HoldShare
from billing.services import budgets, ledger, policy
from billing.services.budgets import OverBudget
from billing.services.holds import NoCredit, spent_in, with_refill
from billing.services.ledger import Due, LedgerLine
from billing.services.pricing import in_credits
from core.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a hold has to cover.

    `credits` (with their fraction) and `tokens` are needed whole; on top of them come at least `min_reply` and at most
    `max_reply` tokens of a reply, at `rate` credits each. `prompt_tokens` (of the call at hand) and `written_tokens`
    (of those charged already) are kept for the estimate of a call that is lost with its process.
    """

    credits: Decimal = Decimal(0)
    tokens: int = 0
    rate: Decimal = Decimal(0)
    min_reply: int = 0
    max_reply: int = 0
    prompt_tokens: int = 0
    written_tokens: int = 0

    def credits_with(self, reply_tokens: int) -> int:
        return in_credits(self.credits + reply_tokens * self.rate)


@dataclass(frozen=True, slots=True)
class Covered:
    """How many tokens of the reply a hold covers now, and how many more could be had; None: as many as one likes."""

    reply_tokens: int
    more: int | None


@dataclass(frozen=True, slots=True)
class _Limit:
    """What the balance or a hard budget has for a hold, and the refusal where that is too little."""

    left: int  # with what the hold reserves of it already
    base: Decimal  # of it that is needed whole
    unit: Decimal  # for each token of the reply
    refusal: Refusal

    @property
    def room(self) -> int | None:
        """How many tokens of the reply can be had; -1 where not even the rest can be; None for any number."""
        if self.base > self.left:
            return -1
        return int((self.left - self.base) // self.unit) if self.unit > 0 else None


def cover(*, hold_id: UUID, user_id: UUID, demand: Demand, lines: Sequence[LedgerLine] = ()) -> Covered:
    """Charge `lines` and bring the open hold to what `demand` needs, with as much of the reply as can be had.

    A refill that is due is added before a reply is covered in part. Raises `NoCredit`, `OverBudget`; then nothing is
    changed. Also `NoCredit` where the hold is closed. Locks the hold's row, the balance's, then the budgets'.
    """
    if policy.current().refill is not None:
        try:
            return with_refill(user_id, lambda: _cover(hold_id, demand, lines, in_part=False))
        except NoCredit:
            pass  # as much as there is, then
    return _cover(hold_id, demand, lines, in_part=True)


def look(*, hold_id: UUID, demand: Demand) -> Covered:
    """Return what `cover` would, for a hold that covers `demand` with all of its reply already. Changes nothing.

    Three queries at most. Raises `NoCredit` where the hold is closed.
    """
    hold = Hold.objects.filter(id=hold_id, state=Hold.State.OPEN).first()
    if hold is None:
        raise NoCredit
    balance = Balance.objects.filter(user_id=hold.user_id).first() if hold.on_balance else None
    if balance is not None:
        balance.held -= hold.amount
    shares = list(budgets.shares_of(hold.id)) if hold.limited else []
    _charge(shares, (0, 0))
    return _room(list(_limits(hold, balance, shares, demand)), demand, in_part=True)


@transaction.atomic
def _cover(hold_id: UUID, demand: Demand, lines: Sequence[LedgerLine], *, in_part: bool) -> Covered:
    hold = Hold.objects.select_for_update().filter(id=hold_id, state=Hold.State.OPEN).first()
    if hold is None:
        raise NoCredit
    balances = ledger.locked_balances({hold.user_id}) if lines or hold.on_balance else {}
    balance = balances.get(hold.user_id)
    dues = [Due(hold.user_id, lines, hold.id, hold.amount, hold.on_balance)] if balances else []
    entries = ledger.new_entries(dues, balances)
    shares = budgets.locked_shares(hold.id) if hold.limited else []
    _charge(shares, spent_in(entries, hold.id))
    covered = _room(list(_limits(hold, balance, shares, demand)), demand, in_part=in_part)
    credits, tokens = demand.credits_with(covered.reply_tokens), demand.tokens + covered.reply_tokens
    if balance is not None and hold.on_balance:
        balance.held += credits
    if balances:
        ledger.store(entries, balances)
    _keep(hold, credits if hold.on_balance else 0, demand)
    for share in shares:
        amount = credits if share.usage.budget.unit == Budget.Unit.CREDITS else tokens
        share.usage.held += amount
        share.amount = amount
    if shares:
        budgets.store_shares(shares)
    return covered


def _charge(shares: Sequence[HoldShare], spent: tuple[int, int]) -> None:
    """Turn what the hold reserves of its budgets into what was spent."""
    credits, tokens = spent
    for share in shares:
        share.usage.spent += credits if share.usage.budget.unit == Budget.Unit.CREDITS else tokens
        share.usage.held -= share.amount


def _limits(hold: Hold, balance: Balance | None, shares: Sequence[HoldShare], demand: Demand) -> Iterator[_Limit]:
    """Yield what limits the hold; what it reserved before is not counted as held."""
    if balance is not None and hold.on_balance:
        needed = max(demand.credits_with(demand.max_reply) - hold.amount, 1)
        yield _Limit(balance.credits - balance.held, demand.credits, demand.rate, NoCredit(needed))
    for share in shares:
        budget = share.usage.budget
        if budget.is_hard:
            left, refusal = budget.amount - share.usage.spent - share.usage.held, OverBudget(budget.id)
            if budget.unit == Budget.Unit.CREDITS:
                yield _Limit(left, demand.credits, demand.rate, refusal)
            else:
                yield _Limit(left, Decimal(demand.tokens), Decimal(1), refusal)


def _room(limits: Sequence[_Limit], demand: Demand, *, in_part: bool) -> Covered:
    """Return how much of the reply there is room for. Raises the refusal of the first limit that leaves too little."""
    rooms = [(room, limit) for limit in limits if (room := limit.room) is not None]
    for room, limit in rooms:
        is_whole = not in_part and isinstance(limit.refusal, NoCredit)
        if room < (demand.max_reply if is_whole else demand.min_reply):
            raise limit.refusal
    most = min((room for room, _limit in rooms), default=None)
    reply = demand.max_reply if most is None else min(demand.max_reply, most)
    return Covered(reply, None if most is None else most - reply)


def _keep(hold: Hold, amount: int, demand: Demand) -> None:
    """Store what has changed of the hold."""
    changes = {"amount": amount, "prompt_tokens": demand.prompt_tokens, "written_tokens": demand.written_tokens}
    if any(getattr(hold, name) != value for name, value in changes.items()):
        Hold.objects.filter(id=hold.id).update(**changes)
