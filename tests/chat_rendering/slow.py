"""Workers that take as long as the code they are given says (`slow_worker`), and limits that only their tests meet."""

from collections.abc import Iterator

import pytest

from tests.chat_rendering.slow_worker import COMMAND
from web.rendering import pool as pools
from web.rendering import results
from web.rendering.pool import Pool, Worker


class Slow(Pool):
    """A pool of slow workers that counts how many were started."""

    def __init__(self) -> None:
        super().__init__(start=self._begin)
        self.started: list[Worker] = []

    def _begin(self) -> Worker:
        self.started.append(Worker(COMMAND))
        return self.started[-1]


@pytest.fixture(autouse=True)
def unhurried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give workers time by the clock, so that a busy machine shows nothing plain, except where `slow` tests the limits.

    The limit of CPU time stays, as does the place where it is kept: the worker.
    """
    if "slow" in request.fixturenames:
        return
    monkeypatch.setattr(pools, "JOB_SECONDS", 60.0)
    monkeypatch.setattr(pools, "PATIENCE", 60.0)
    monkeypatch.setattr(pools, "ALLOWANCE", 3600.0)  # all tests of a process are one person
    monkeypatch.setattr(results, "PAGE_SECONDS", 120.0)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    """Let all that is rendered go to slow workers, with nothing remembered."""
    pool = Slow()
    assert pool.wait_until_ready(60)
    monkeypatch.setattr(results, "pool", pool)
    results.memory.clear()
    yield pool
    pool.close()
    results.memory.clear()
