"""Workers that take as long as the code they are given says (`slow_worker`)."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from chat.rendering import results
from chat.rendering.pool import Pool, Worker
from tests.chat_rendering.slow_worker import COMMAND


class Slow(Pool):
    """A pool of slow workers that counts how many were started."""

    def __init__(self) -> None:
        super().__init__(start=self._begin)
        self.started: list[Worker] = []

    def _begin(self) -> Worker:
        self.started.append(Worker(COMMAND))
        return self.started[-1]


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """Let all that is rendered go to slow workers, with nothing remembered."""
    pool = Slow()
    assert pool.wait_until_ready(60)
    monkeypatch.setattr(results, "pool", pool)
    results.memory.clear()
    cache.clear()
    yield pool
    pool.close()
    results.memory.clear()
