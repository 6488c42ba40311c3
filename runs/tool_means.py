"""What a run gives its tools: the files of the conversation, and calls that its person pays for."""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from billing.services.payer import CallPrice
from billing.services.quantities import Quantities
from endpoints.providers.base import ModelRequest
from endpoints.services.metered import MeteredCall, MeteredModel, metered
from endpoints.services.reserved import PaidCall, reserved
from messages.parts import FileRef, ToolCall
from runs.run import ActiveRun

REASON = "tool"  # in the ledger


@dataclass(slots=True, eq=False)
class PaidByRun:
    """Calls that share the hold of a run with its model calls, under keys that begin with `key`."""

    run: MeteredModel
    key: str
    _numbers: Iterator[int] = field(default_factory=count)

    @asynccontextmanager
    async def model(self, request: ModelRequest) -> AsyncIterator[MeteredCall]:
        async with metered(
            request, payer=self.run.payer, reason=REASON, key=self._next_key(), in_thread=self.run.in_thread
        ) as call:
            yield call

    @asynccontextmanager
    async def other(self, quantities: Quantities, price: CallPrice) -> AsyncIterator[PaidCall]:
        async with reserved(
            self.run.payer, quantities, price, reason=REASON, key=self._next_key(), in_thread=self.run.in_thread
        ) as call:
            yield call

    def _next_key(self) -> str:
        return f"{self.key}:{next(self._numbers)}"


def files_of(active: ActiveRun) -> tuple[FileRef, ...]:
    """Return the files that the prompt names, each once, the latest last."""
    said = [part for message in active.job.history for part in message.parts]
    by_id = {file.file_id: file for file in _files((*said, *active.log.reducer.parts))}
    return tuple(by_id.values())


def _files(parts: Iterable[object]) -> Iterator[FileRef]:
    for part in parts:
        if isinstance(part, FileRef):
            yield part
        elif isinstance(part, ToolCall):
            yield from _files(part.result or ())
