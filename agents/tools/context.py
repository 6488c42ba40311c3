"""What a tool knows of the run that calls it, and what it may do there."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from billing.services.payer import CallPrice
from billing.services.quantities import Quantities
from endpoints.providers.base import ModelRequest
from endpoints.services.metered import MeteredCall
from endpoints.services.reserved import PaidCall
from messages.parts import FileRef, Part


class PaidCalls(Protocol):
    """The calls that a tool makes of others: each is reserved before, and charged to the run's person after.

    Both raise `NoCredit`, `OverBudget` and `UnknownPrice` before the call is made; a tool that lets them pass fails
    with words that say so. Each call has a key of its own, so that one is never charged twice.
    """

    def model(self, request: ModelRequest) -> AbstractAsyncContextManager[MeteredCall]:
        """Call a model; as `endpoints.services.metered.metered`."""
        ...

    def other(self, quantities: Quantities, price: CallPrice) -> AbstractAsyncContextManager[PaidCall]:
        """Make a call that is counted in something else than a model's reply; `quantities` is the most it can use.

        As `endpoints.services.reserved.reserved`.
        """
        ...


def _say_nothing(part: Part) -> None:
    """What a tool emits is heard only while it is carried out."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool gets beside its arguments.

    `user_id` is the person on whose behalf it acts: whatever it reads or changes, it may only do what they may.
    `run_id` is the run, `call_id` its call, `agent` the id of the agent that calls. `cancelled` tells whether the
    person has stopped the run: a tool that works in steps looks at it between them. One that waits is ended anyway,
    by `asyncio.CancelledError`. `files` are those of the conversation, as far as the model has been told of them, the
    latest last. `metered` pays for what the tool calls itself. `emit` shows the person a part of the message at once,
    as yielding an `AddPart` does: for what is deeper in the tool than its generator.
    """

    user_id: UUID
    run_id: UUID
    call_id: str
    agent: str
    cancelled: Callable[[], bool]
    files: tuple[FileRef, ...]
    metered: PaidCalls
    emit: Callable[[Part], None] = _say_nothing
