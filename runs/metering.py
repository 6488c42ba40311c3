"""The credit of a running reply: the hold is extended, slice by slice, before it is used up."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeVar
from uuid import UUID

from django.db import InterfaceError, OperationalError

from billing.services import holds
from billing.services.pricing import Rates
from endpoints.catalog.facts import facts, vocabulary_of
from endpoints.catalog.prices import FREE, rates_of
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.services.tokens import prompt_size
from runs.persistence import ClaimedRun

MARGIN = holds.REPLY_SLICE // 10  # tokens before the end of a slice at which the next one is asked for

NO_HOLD = UUID(int=0)  # of a run that is not begun for want of credit
RETRY_AFTER = 0.5  # s, while the database is away

T = TypeVar("T")
log = logging.getLogger(__name__)


class InThread(Protocol):
    def __call__(self, work: Callable[[], T]) -> Awaitable[T]: ...


class RunBudget:
    """Asks billing for more before the run spends it. Where nothing limits it, every answer is yes, at no cost."""

    def __init__(self, job: ClaimedRun, endpoint: Endpoint | None, in_thread: InThread) -> None:
        self._hold_id = job.hold_id or NO_HOLD
        self._run_in_thread = in_thread
        self._rates: Rates | None = None
        if job.limited and endpoint is not None:
            rates = rates_of(endpoint, job.model) or FREE  # unknown: only tokens are counted
            self._rates = rates.scaled(job.coefficient)
        self._paid = job.reply_tokens  # tokens of the reply that are paid for

    async def cover_prompt(self, request: ModelRequest) -> ModelRequest | None:
        """Reserve the cost of the whole prompt; the hold so far covers only the person's own message.

        Returns the request, or None without credit. Its reply is capped at what can be paid for where that is less
        than the model would write: what nobody has set is otherwise left to the provider.
        """
        rates = self._rates
        if rates is None:
            return request
        vocabulary = vocabulary_of(request.model)
        asked = prompt_size(request.messages, vocabulary)
        tokens = asked - prompt_size(request.messages[-1:], vocabulary)
        amount = holds.slice_credits(rates=rates, input_tokens=tokens, output_tokens=0)
        if not await self.in_thread(lambda: holds.extend(hold_id=self._hold_id, credits=amount, tokens=tokens)):
            return None
        left = await self.in_thread(lambda: holds.affordable(hold_id=self._hold_id, rate=rates.completion))
        if left is None:
            return request
        most = self._paid + left
        known = facts(request.endpoint, request.model)
        if most < (request.max_tokens or known.longest_reply(prompt_tokens=asked)):
            return replace(request, max_tokens=most)
        return request

    async def cover_reply(self, tokens: int) -> bool:
        """Reserve the next slice when `tokens` of the reply have nearly used up what is paid; False without credit."""
        rates = self._rates
        if rates is None or tokens + MARGIN < self._paid:
            return True
        more = await self.in_thread(
            lambda: holds.extend_by_tokens(hold_id=self._hold_id, rate=rates.completion, tokens=holds.REPLY_SLICE)
        )
        self._paid += more
        return tokens < self._paid

    async def in_thread(self, work: Callable[[], T]) -> T:
        return await retry_while_db_down(self._run_in_thread, work)


async def retry_while_db_down(in_thread: InThread, work: Callable[[], T]) -> T:
    """Ask the database; while it is away the run waits for the answer."""
    while True:
        try:
            return await in_thread(work)
        except (OperationalError, InterfaceError):
            log.warning("the database cannot be asked yet", exc_info=True)
            await asyncio.sleep(RETRY_AFTER)
