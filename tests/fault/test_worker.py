"""The worker is killed, held up, or loses its broker; titles are written all the same, and runs are looked after."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.fault.tab import Tab
from tests.fault.test_crashes import until
from tests.load.stack import YAML, Stack, running_stack

pytestmark = pytest.mark.fault

RETURN = 6  # seconds until what a killed worker held begins again
Row = Callable[[str], dict[str, object]]


@pytest.fixture(scope="module")
def short_lease_stack() -> Iterator[Stack]:
    titled = YAML.replace("titleConvo: false", "titleConvo: true")
    with running_stack(yaml=titled, GENERATION_LEASE_SECONDS="4", TASK_RETURN_SECONDS=str(RETURN)) as running:
        yield running


def title_of(stack: Stack, conversation: object) -> tuple[str, str]:
    with psycopg.connect(stack.runtime()["DATABASE_URL"]) as connection:
        row = connection.execute(
            "SELECT title, titled_by FROM chat_conversation WHERE id = %s", [conversation]
        ).fetchone()
        assert row
        return row[0], row[1]


async def asked_for_titles(tab: Tab, row_of: Row, count: int, first: int) -> list[object]:
    """Ask in `count` new chats whose titles take `first` ms; return the chats once their replies are there."""
    chats = []
    for number in range(count):
        tab.state = ""
        await tab.ask(f"[[tokens:3]] [[title:Number_{number} first={first}]]")
        await tab.watch()
        chats.append(row_of(tab.run)["conversation_id"])
    return chats


async def test_a_killed_worker_s_title_is_written_by_the_next(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Callable[[str], int], row_of: Row
) -> None:
    [chat] = await asked_for_titles(person_tab, row_of, 1, first=3000)
    os.kill(worker := pid_of("worker"), signal.SIGKILL)
    await until(lambda: pid_of("worker") not in {0, worker})
    await until(lambda: title_of(short_lease_stack, chat)[0] == "Number 0", 150)


async def test_slow_titles_hold_nobody_up_who_waits_for_a_lost_run(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Callable[[str], int], row_of: Row
) -> None:
    await asked_for_titles(person_tab, row_of, 4, first=30_000)
    person_tab.state = ""
    await person_tab.ask("[[tokens:500 delay=20]] lost")
    watching = asyncio.create_task(person_tab.watch())
    await until(lambda: len(person_tab.text) > 100)
    began = time.monotonic()
    os.kill(pid_of("generator"), signal.SIGKILL)
    await watching
    assert person_tab.state == "interrupted"
    assert time.monotonic() - began < 30  # the titles hold both threads for longer
    assert row_of(person_tab.run)["state"] == "interrupted"


async def test_the_broker_dies_with_a_title_in_the_works(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Callable[[str], int], row_of: Row
) -> None:
    [chat] = await asked_for_titles(person_tab, row_of, 1, first=3000)
    os.kill(pid_of("valkey"), signal.SIGKILL)
    await until(lambda: title_of(short_lease_stack, chat)[1] == "model", 90)
    [later] = await asked_for_titles(person_tab, row_of, 1, first=0)
    await until(lambda: title_of(short_lease_stack, later)[0] == "Number 0", 90)
