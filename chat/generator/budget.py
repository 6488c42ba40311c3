"""The credit of one run while it writes: slices of the hold, extended before they are used up."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

from django.conf import settings

from billing.pricing import Rates
from billing.services import holds
from chat.generator.persist import Job
from endpoints.adapters.base import Endpoint, ModelRequest
from endpoints.prices import rates_of

SLICE = 1_000  # tokens of the reply that are paid for ahead
CHARACTERS_PER_TOKEN = 4


class Budget:
    """Asks billing for more before the run spends it. Where balances are off, every answer is yes, at no cost."""

    def __init__(self, job: Job, endpoint: Endpoint | None, threads: Executor) -> None:
        self._hold_id = job.hold_id
        self._threads = threads
        self._rates: Rates | None = None
        if settings.BALANCE_ENABLED and endpoint is not None:
            self._rates = rates_of(endpoint, job.model)
        self._paid_tokens = SLICE

    async def cover_prompt(self, request: ModelRequest) -> bool:
        """Reserve the cost of the whole prompt; the hold so far covers only the person's own message."""
        if self._rates is None:
            return True
        rates = self._rates
        characters = sum(len(message.content) for message in request.messages)
        last = len(request.messages[-1].content) if request.messages else 0
        tokens = (characters - last) // CHARACTERS_PER_TOKEN
        return await self._extend(lambda: holds.slice_credits(rates=rates, input_tokens=tokens, output_tokens=0))

    async def cover_reply(self, tokens: int) -> bool:
        """Reserve the next slice when `tokens` of the reply have nearly used up the last one."""
        if self._rates is None or tokens + SLICE // 10 < self._paid_tokens:
            return True
        rates = self._rates
        self._paid_tokens += SLICE
        return await self._extend(lambda: holds.slice_credits(rates=rates, input_tokens=0, output_tokens=SLICE))

    async def _extend(self, credit: Callable[[], int]) -> bool:
        loop = asyncio.get_running_loop()
        amount = credit()
        return await loop.run_in_executor(self._threads, lambda: holds.extend(hold_id=self._hold_id, credits=amount))
