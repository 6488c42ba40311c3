import asyncio

import pytest

from core import tasks
from core.tasks import end_tasks


async def test_tasks_are_over_afterwards_whatever_they_raise() -> None:
    async def fails() -> None:
        raise ValueError

    waiting = asyncio.create_task(asyncio.Event().wait())
    failing = asyncio.create_task(fails())
    await asyncio.sleep(0)
    await end_tasks(waiting, failing)
    assert waiting.cancelled()
    assert isinstance(failing.exception(), ValueError)


async def test_a_task_that_loses_its_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN", 0.01)
    losses: list[str] = []

    async def loses_two() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if len(losses) == 2:
                    raise
                losses.append("lost")

    losing = asyncio.create_task(loses_two())
    await asyncio.sleep(0)
    await end_tasks(losing)
    assert losing.cancelled()
    assert losses == ["lost", "lost"]


async def test_nothing_to_end_is_no_wait() -> None:
    await end_tasks()
