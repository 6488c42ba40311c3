"""The end of asyncio's tasks."""

import asyncio
from typing import Any

AGAIN = 0.5  # seconds


async def end_tasks(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel the tasks and return when they are over; what they raise is dropped.

    One that goes on is cancelled again: before Python 3.12, `asyncio.wait_for` drops a cancellation that comes as its
    work ends (python/cpython#86296), and redis-py writes to its socket by it.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=AGAIN)
    await asyncio.gather(*tasks, return_exceptions=True)
