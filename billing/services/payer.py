"""Who pays for a call, from which hold, and at which rates."""

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from billing.services.ledger import LedgerLine
from billing.services.pricing import Rates


@dataclass(slots=True, eq=False)
class OpenHold:
    """A hold that the calls of a run share, as the process knows it that makes them.

    `lines` are of calls that are over and not charged yet: the next reservation under the hold charges them in its
    transaction, or whoever ends the run, or stores its state for another process, does. `reserved` has what each call
    at hand needs, in credits with their fraction and in tokens. `lock` lets one reservation at a time through.
    """

    id: UUID
    limited: bool  # whether anything limits it: the balance, or a budget
    coefficient: Decimal = Decimal(1)  # of the person's role, when it was placed
    amount: int = 0  # credits that it is known to cover; 0 where that is not known
    prompt_tokens: int = 0  # of the model call at hand, by estimate
    written_tokens: int = 0  # that calls wrote which are over, by estimate
    lines: list[LedgerLine] = field(default_factory=list)
    reserved: dict[object, tuple[Decimal, int]] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A person who pays for calls: to be passed to whatever makes them, also a tool or a subrun.

    With `hold` the calls share it; without, each places one of its own and closes it, for which `role` (the person's,
    for coefficients and budgets) and `key_id` (the API key that the call is begun with) are needed.
    """

    user_id: UUID
    role: str = ""
    key_id: UUID | None = None
    hold: OpenHold | None = None
    conversation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class CallPrice:
    """Which model is called, at an endpoint of this name, and what it costs; `rates` None: nobody knows."""

    endpoint: str
    model: str
    rates: Rates | None
