"""Reserving what a call will use, and charging what it has used: for every paid call, whatever it is counted in."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol, TypeVar

from billing.services import coverage, holds, policy
from billing.services.ledger import LedgerLine
from billing.services.payer import CallPrice, OpenHold, Payer
from billing.services.pricing import Rates, exact_charge
from billing.services.quantities import Quantities
from core.ids import uuid7
from core.refusal import Refusal
from endpoints.catalog.prices import FREE, UnknownPrice, reserve_of

T = TypeVar("T")
log = logging.getLogger(__name__)


class InThread(Protocol):
    """Runs database work where that may block, and returns what it returns."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]: ...


@dataclass(slots=True, eq=False)
class PaidCall:
    """A call that is paid for. `reply_tokens` of its reply are reserved, and `more` could be; None: any number."""

    payer: Payer
    price: CallPrice
    reason: str
    key: str
    in_thread: InThread
    reply_tokens: int = 0
    more: int | None = None
    line: LedgerLine | None = None
    _needed: Quantities = field(default_factory=Quantities)
    _hold: OpenHold | None = None

    @property
    def hold(self) -> OpenHold:
        """The payer's, or the call's own. Raises `LookupError` before anything is reserved."""
        if self._hold is None:
            raise LookupError("nothing is reserved yet")
        return self._hold

    @property
    def is_limited(self) -> bool:
        return self.hold.limited

    def settle(self, quantities: Quantities, *, estimated: bool = False) -> None:
        """Say what the call has used; said again, the last one counts. It is charged when the call is left."""
        self.line = LedgerLine(
            key=self.key,
            reason=self.reason,
            endpoint=self.price.endpoint,
            model=self.price.model,
            quantities=quantities,
            rates=self.price.rates,
            coefficient=self.hold.coefficient,
            estimated=estimated,
        )

    async def reserve(self, quantities: Quantities, *, reply_tokens: int = 0) -> None:
        """Reserve `quantities`, and of so many tokens of a reply as many as can be had, at least one.

        Raises `NoCredit`, `OverBudget`, `UnknownPrice`.
        """
        self._needed = quantities
        if self.payer.hold is not None:
            self._hold = self.payer.hold
            await self._cover(min(reply_tokens, 1), reply_tokens)
            return
        own = self._hold = OpenHold(uuid7(), limited=False)  # known before it is placed, so that it is closed
        await uninterrupted(self.in_thread(lambda: self._place(own, reply_tokens)))
        credits, tokens, rate = self._needs()
        self.reply_tokens = reply_tokens
        own.reserved[self] = credits + reply_tokens * rate, tokens + reply_tokens

    async def grow(self, tokens: int) -> None:
        """Reserve up to so many tokens of the reply more, at least one. Raises `NoCredit`, `OverBudget`."""
        await self._cover(self.reply_tokens + 1, self.reply_tokens + tokens)

    async def look(self) -> None:
        """Find out how many tokens `more` could be had."""
        await self._cover(self.reply_tokens, self.reply_tokens)

    def _place(self, own: OpenHold, reply_tokens: int) -> None:
        reserve = reserve_of(self.payer, self.price, self._needed, reply_tokens=reply_tokens)
        own.limited = policy.current().enforced or bool(reserve.bindings)
        own.coefficient = reserve.coefficient
        holds.place(hold_id=own.id, reserve=reserve)

    async def _cover(self, min_reply: int, max_reply: int) -> None:
        hold = self.hold
        async with hold.lock:
            if not hold.limited and not hold.lines:
                self.reply_tokens, self.more = max_reply, None
                return
            lines, demand = tuple(hold.lines), self._demand(min_reply, max_reply)
            covered = await uninterrupted(self.in_thread(lambda: self._covered(demand, lines)))
            del hold.lines[: len(lines)]
            self.reply_tokens, self.more = covered.reply_tokens, covered.more
            credits, tokens, rate = self._needs()
            hold.reserved[self] = credits + covered.reply_tokens * rate, tokens + covered.reply_tokens

    def _covered(self, demand: coverage.Demand, lines: Sequence[LedgerLine]) -> coverage.Covered:
        if self.price.rates is None and policy.current().enforced:
            raise UnknownPrice
        hold, amount = self.hold, demand.credits_with(demand.max_reply)
        if 0 < amount == hold.amount and not lines:  # as it was placed
            return coverage.look(hold_id=hold.id, demand=demand)
        hold.amount = 0
        covered = coverage.cover(hold_id=hold.id, user_id=self.payer.user_id, demand=demand, lines=lines)
        hold.amount = demand.credits_with(covered.reply_tokens)
        return covered

    def _demand(self, min_reply: int, max_reply: int) -> coverage.Demand:
        """Return what the hold must cover: this call, and the others that are at hand."""
        credits, tokens, rate = self._needs()
        others = [amounts for call, amounts in self.hold.reserved.items() if call is not self]
        return coverage.Demand(
            credits=credits + sum((amount for amount, _tokens in others), Decimal(0)),
            tokens=tokens + sum(amount for _credits, amount in others),
            rate=rate,
            min_reply=min_reply,
            max_reply=max_reply,
            prompt_tokens=self.hold.prompt_tokens,
            written_tokens=self.hold.written_tokens,
        )

    def _needs(self) -> tuple[Decimal, int, Decimal]:
        """Return the credits and tokens that the call needs without its reply, and the credits for a token of that."""
        rates: Rates = self.price.rates or FREE  # unknown: only tokens are counted
        coefficient = self.hold.coefficient
        credits = exact_charge(self._needed, rates, coefficient)
        return credits, self._needed.tokens, rates.at(self._needed.prompt).completion * coefficient

    async def close(self) -> None:
        """Have the call charged, and what it reserved beyond that released."""
        hold, line = self._hold, self.line
        if hold is None:
            return
        hold.reserved.pop(self, None)
        hold.lines += [line] if line else []
        if hold is not self.payer.hold:
            await uninterrupted(self.in_thread(lambda: _close(hold)))


def _close(hold: OpenHold) -> None:
    if hold.lines:
        holds.settle(hold_id=hold.id, lines=hold.lines)
    else:
        holds.release(hold_id=hold.id)


@asynccontextmanager
async def reserved(
    payer: Payer,
    quantities: Quantities,
    price: CallPrice,
    *,
    reason: str,
    key: str,
    in_thread: InThread,
    reply_tokens: int = 0,
) -> AsyncIterator[PaidCall]:
    """Reserve what a call uses at most, and charge what `PaidCall.settle` says that it used when the block is left.

    Also when it is left by an exception or cancelled. Where nothing is said, nothing is charged. A repeated `key` is
    charged once. Raises `NoCredit`, `OverBudget`, `UnknownPrice` before the block is entered.
    """
    call = PaidCall(payer, price, reason, key, in_thread)
    try:
        await call.reserve(quantities, reply_tokens=reply_tokens)
        yield call
    finally:
        await call.close()


async def uninterrupted(work: Awaitable[T]) -> T:
    """Return what database work returns. It is waited for to its end, also by who is cancelled meanwhile: what it
    has changed is known then."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        fault = None if task.cancelled() else task.exception()
        if fault is not None and not isinstance(fault, Refusal):
            log.warning("the database work of a cancelled call failed", exc_info=fault)
        raise
