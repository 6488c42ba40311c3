"""Real processes are killed in mid-stream; nothing that was said is lost, and nothing is said twice."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.fault.conftest import calls_of, provider_text, queue_unheard
from tests.fault.reader import Reader
from tests.fault.tab import Tab
from tests.load.stack import Stack

pytestmark = pytest.mark.fault

Row = Callable[[str], dict[str, Any]]
Pid = Callable[[str], int]


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (other processes have no event to wait for)
            await asyncio.sleep(0.05)


async def test_the_web_is_killed_and_the_tab_reads_on(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Pid, row_of: Row
) -> None:
    prompt = "[[tokens:200 delay=20]] web"
    await person_tab.ask(prompt)
    watching = asyncio.create_task(person_tab.watch())
    await until(lambda: len(person_tab.text) > 200)
    os.kill(pid_of("web"), signal.SIGKILL)
    await watching
    assert person_tab.state == "complete"
    assert person_tab.connections >= 2
    assert person_tab.text == await provider_text(short_lease_stack, prompt)
    assert " ".join(row_of(person_tab.run)["text"].split()) == person_tab.text
    assert await calls_of(short_lease_stack, prompt) == 1


async def test_the_web_is_killed_and_a_program_resumes_its_stream(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Pid
) -> None:
    prompt = "[[tokens:200 delay=20]] program"
    reader = Reader(person_tab.base, person_tab.person, person_tab.session)
    await reader.ask(prompt)
    reading = asyncio.create_task(reader.read())
    await until(lambda: len(reader.text) > 200)
    os.kill(pid_of("web"), signal.SIGKILL)
    await reading
    assert reader.connections >= 2
    assert reader.final is not None
    text = " ".join(reader.text.split())
    assert text == await provider_text(short_lease_stack, prompt)
    assert " ".join(reader.final["responseMessage"]["content"][0]["text"].split()) == text
    assert await calls_of(short_lease_stack, prompt) == 1


async def test_the_generator_is_killed_and_the_partial_reply_can_be_continued(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Pid, row_of: Row
) -> None:
    prompt = "[[tokens:500 delay=20]] generator"
    await person_tab.ask(prompt)
    run = person_tab.run
    watching = asyncio.create_task(person_tab.watch())
    await until(lambda: len(person_tab.text) > 1500)
    os.kill(pid_of("generator"), signal.SIGKILL)
    await watching
    assert person_tab.state == "interrupted"
    row = row_of(run)
    assert (row["state"], row["message_state"], row["error"]) == ("interrupted", "interrupted", "interrupted")
    assert row["hold"] == "settled"
    assert [entry["estimated"] for entry in row["entries"]] == [True]
    kept = " ".join(row["text"].split())
    assert len(kept) > 500
    assert (await provider_text(short_lease_stack, prompt)).startswith(kept)
    assert await calls_of(short_lease_stack, prompt) == 1
    assert "/continue" in person_tab.foot

    person_tab.state = ""
    await person_tab.post(f"/c/{row['conversation_id']}/messages/{row['message_id']}/continue")
    assert person_tab.run != run
    await person_tab.watch()
    continued = row_of(person_tab.run)
    assert person_tab.state == continued["message_state"] == "complete"
    assert continued["message_id"] == row["message_id"]
    assert " ".join(continued["text"].split()).startswith(kept)
    assert len(continued["text"]) > len(row["text"])


async def test_a_generator_told_to_stop_finishes_what_it_writes(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Pid, row_of: Row
) -> None:
    prompt = "[[tokens:120 delay=20]] drain"
    await person_tab.ask(prompt)
    watching = asyncio.create_task(person_tab.watch())
    await until(lambda: len(person_tab.text) > 100)
    draining = pid_of("generator")
    os.kill(draining, signal.SIGTERM)
    await watching
    assert person_tab.state == "complete"
    assert person_tab.text == await provider_text(short_lease_stack, prompt)
    await until(lambda: pid_of("generator") not in {0, draining})
    person_tab.state, person_tab.parts = "", {}
    await person_tab.ask("[[tokens:5]] after the drain")
    await person_tab.watch()
    assert person_tab.state == "complete"


@pytest.mark.parametrize("wiped", [False, True], ids=["restarted", "with-its-data-lost"])
async def test_valkey_is_killed_and_nobody_reads_a_word_twice(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Pid, row_of: Row, wiped: bool
) -> None:
    prompt = f"[[tokens:250 delay=20]] valkey {wiped}"
    await person_tab.ask(prompt)
    watching = asyncio.create_task(person_tab.watch())
    await until(lambda: len(person_tab.text) > 200)
    if wiped:
        shutil.rmtree(short_lease_stack.folder / "data" / "valkey" / "appendonlydir")
    os.kill(pid_of("valkey"), signal.SIGKILL)
    await asyncio.sleep(2)
    late = Tab(person_tab.base, person_tab.person, person_tab.session, run=person_tab.run, ticket=person_tab.ticket)
    await asyncio.gather(watching, late.watch())
    assert person_tab.state == late.state == "complete"
    assert person_tab.text == late.text == await provider_text(short_lease_stack, prompt)
    assert row_of(person_tab.run)["state"] == "done"
    assert await calls_of(short_lease_stack, prompt) == 1


async def test_postgres_is_killed_and_pages_recover_by_themselves(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Pid, row_of: Row
) -> None:
    prompt = "[[tokens:200 delay=20]] postgres"
    await person_tab.ask(prompt)
    watching = asyncio.create_task(person_tab.watch())
    await until(lambda: len(person_tab.text) > 200)
    os.kill(pid_of("postgres"), signal.SIGKILL)
    statuses: list[int] = []
    async with asyncio.timeout(40):
        while statuses[-3:] != [200, 200, 200]:
            status, html = await person_tab.get("/c/new")
            statuses.append(status)
            if status != 200:
                assert status == 503, html[:300]
                assert "Traceback" not in html
            await asyncio.sleep(0.05)
    assert 503 in statuses
    await watching
    assert person_tab.state == "complete"
    assert person_tab.text == await provider_text(short_lease_stack, prompt)
    assert row_of(person_tab.run)["state"] == "done"


@pytest.mark.parametrize("part", ["postgres", "valkey"])
async def test_a_reply_that_ends_while_a_server_is_away_is_stored_and_told(
    short_lease_stack: Stack, person_tab: Tab, pid_of: Pid, row_of: Row, part: str
) -> None:
    prompt = f"[[gate:{part}]] ends while it is away"
    await person_tab.ask(prompt)
    watching = asyncio.create_task(person_tab.watch())
    await until(lambda: len(person_tab.text) > 10)
    os.kill(pid_of(part), signal.SIGKILL)
    async with person_tab.session.post(f"{short_lease_stack.model_url}/__release", params={"name": part}) as reply:
        assert reply.status == 200
    await watching
    row = row_of(person_tab.run)
    assert (person_tab.state, row["state"], row["hold"]) == ("complete", "done", "settled")
    assert person_tab.text == " ".join(row["text"].split())
    assert [entry["estimated"] for entry in row["entries"]] == [False]
    assert await calls_of(short_lease_stack, prompt) == 1


async def test_a_turn_no_generator_heard_of_is_found_by_the_sweeper(
    short_lease_stack: Stack, person_tab: Tab, row_of: Row
) -> None:
    prompt = "[[tokens:5]] unheard"
    person_tab.run = await asyncio.to_thread(queue_unheard, short_lease_stack, person_tab.person, prompt)
    assert row_of(person_tab.run)["state"] == "queued"
    await person_tab.watch()
    assert person_tab.state == "complete"
    assert person_tab.text == await provider_text(short_lease_stack, prompt)
