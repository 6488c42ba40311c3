"""What a tool knows of the run that calls it."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool gets beside its arguments.

    `user_id` is the person on whose behalf it acts: whatever it reads or changes, it may only do what they may.
    `run_id` is the run, `call_id` its call, `agent` the id of the agent that calls. `cancelled` tells whether the
    person has stopped the run: a tool that works in steps looks at it between them. One that waits is ended anyway,
    by `asyncio.CancelledError`.
    """

    user_id: UUID
    run_id: UUID
    call_id: str
    agent: str
    cancelled: Callable[[], bool]
