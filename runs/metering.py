"""Who pays for the model calls of a run, and waiting for a database that is away."""

import asyncio
import logging
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from django.db import InterfaceError, OperationalError

from billing.services.payer import CallPrice, OpenHold, Payer
from endpoints.services.metered import MeteredModel
from endpoints.services.reserved import InThread
from runs.persistence import ClaimedRun

RETRY_AFTER = 0.5  # s, while the database is away

T = TypeVar("T")
log = logging.getLogger(__name__)


def model_of(job: ClaimedRun, in_thread: InThread, price: CallPrice | None) -> MeteredModel:
    """Return the model of the run: all its calls share the hold that was placed when it was begun.

    `price` is that of the model that is called first, where it is known already.
    """

    async def patient(work: Callable[[], T]) -> T:
        return await retry_while_db_down(in_thread, work)

    hold = OpenHold(
        job.hold_id,
        limited=job.limited,
        coefficient=job.coefficient,
        amount=job.held,
        written_tokens=job.written_tokens,
    )
    payer = Payer(user_id=job.owner_id, hold=hold, conversation_id=job.conversation_id)
    keys = (f"generation:{job.id}:{number}" for number in count())
    prices = {(price.endpoint, price.model): price} if price else {}
    return MeteredModel(payer, "message", keys, patient, prices=prices)


async def retry_while_db_down(in_thread: InThread, work: Callable[[], T]) -> T:
    """Ask the database; while it is away the run waits for the answer."""
    while True:
        try:
            return await in_thread(work)
        except (OperationalError, InterfaceError):
            log.warning("the database cannot be asked yet", exc_info=True)
            await asyncio.sleep(RETRY_AFTER)
