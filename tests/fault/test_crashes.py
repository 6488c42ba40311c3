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


async def test_the_web_is_killed_and_the_tab_reads_on(stack: Stack, tab: Tab, pid_of: Pid, row_of: Row) -> None:
    prompt = "[[tokens:200 delay=20]] web"
    await tab.ask(prompt)
    watching = asyncio.create_task(tab.watch())
    await until(lambda: len(tab.text) > 200)
    os.kill(pid_of("web"), signal.SIGKILL)
    await watching
    assert tab.state == "complete"
    assert tab.connections >= 2
    assert tab.text == await provider_text(stack, prompt)
    assert " ".join(row_of(tab.run)["text"].split()) == tab.text
    assert await calls_of(stack, prompt) == 1


async def test_the_web_is_killed_and_a_program_resumes_its_stream(stack: Stack, tab: Tab, pid_of: Pid) -> None:
    prompt = "[[tokens:200 delay=20]] program"
    reader = Reader(tab.base, tab.person, tab.session)
    await reader.ask(prompt)
    reading = asyncio.create_task(reader.read())
    await until(lambda: len(reader.text) > 200)
    os.kill(pid_of("web"), signal.SIGKILL)
    await reading
    assert reader.connections >= 2
    assert reader.final is not None
    text = " ".join(reader.text.split())
    assert text == await provider_text(stack, prompt)
    assert " ".join(reader.final["responseMessage"]["content"][0]["text"].split()) == text
    assert await calls_of(stack, prompt) == 1


async def test_the_generator_is_killed_and_the_partial_reply_can_be_continued(
    stack: Stack, tab: Tab, pid_of: Pid, row_of: Row
) -> None:
    prompt = "[[tokens:500 delay=20]] generator"
    await tab.ask(prompt)
    run = tab.run
    watching = asyncio.create_task(tab.watch())
    await until(lambda: len(tab.text) > 1500)
    os.kill(pid_of("generator"), signal.SIGKILL)
    await watching
    assert tab.state == "interrupted"
    row = row_of(run)
    assert (row["state"], row["message_state"], row["error"]) == ("interrupted", "interrupted", "interrupted")
    assert row["hold"] == "settled"
    assert [entry["estimated"] for entry in row["entries"]] == [True]
    kept = " ".join(row["text"].split())
    assert len(kept) > 500
    assert (await provider_text(stack, prompt)).startswith(kept)
    assert await calls_of(stack, prompt) == 1
    assert "/continue" in tab.foot

    tab.state = ""
    await tab.post(f"/c/{row['conversation_id']}/messages/{row['message_id']}/continue")
    assert tab.run != run
    await tab.watch()
    continued = row_of(tab.run)
    assert tab.state == continued["message_state"] == "complete"
    assert continued["message_id"] == row["message_id"]
    assert " ".join(continued["text"].split()).startswith(kept)
    assert len(continued["text"]) > len(row["text"])


async def test_a_generator_told_to_stop_finishes_what_it_writes(
    stack: Stack, tab: Tab, pid_of: Pid, row_of: Row
) -> None:
    prompt = "[[tokens:120 delay=20]] drain"
    await tab.ask(prompt)
    watching = asyncio.create_task(tab.watch())
    await until(lambda: len(tab.text) > 100)
    draining = pid_of("generator")
    os.kill(draining, signal.SIGTERM)
    await watching
    assert tab.state == "complete"
    assert tab.text == await provider_text(stack, prompt)
    await until(lambda: pid_of("generator") not in {0, draining})
    tab.state, tab.parts = "", {}
    await tab.ask("[[tokens:5]] after the drain")
    await tab.watch()
    assert tab.state == "complete"


@pytest.mark.parametrize("wiped", [False, True], ids=["restarted", "with-its-data-lost"])
async def test_valkey_is_killed_and_nobody_reads_a_word_twice(
    stack: Stack, tab: Tab, pid_of: Pid, row_of: Row, wiped: bool
) -> None:
    prompt = f"[[tokens:250 delay=20]] valkey {wiped}"
    await tab.ask(prompt)
    watching = asyncio.create_task(tab.watch())
    await until(lambda: len(tab.text) > 200)
    if wiped:
        shutil.rmtree(stack.folder / "data" / "valkey" / "appendonlydir")
    os.kill(pid_of("valkey"), signal.SIGKILL)
    await asyncio.sleep(2)
    late = Tab(tab.base, tab.person, tab.session, run=tab.run, ticket=tab.ticket)
    await asyncio.gather(watching, late.watch())
    assert tab.state == late.state == "complete"
    assert tab.text == late.text == await provider_text(stack, prompt)
    assert row_of(tab.run)["state"] == "done"
    assert await calls_of(stack, prompt) == 1


async def test_postgres_is_killed_and_pages_recover_by_themselves(
    stack: Stack, tab: Tab, pid_of: Pid, row_of: Row
) -> None:
    prompt = "[[tokens:200 delay=20]] postgres"
    await tab.ask(prompt)
    watching = asyncio.create_task(tab.watch())
    await until(lambda: len(tab.text) > 200)
    os.kill(pid_of("postgres"), signal.SIGKILL)
    statuses: list[int] = []
    async with asyncio.timeout(40):
        while statuses[-3:] != [200, 200, 200]:
            status, html = await tab.get("/c/new")
            statuses.append(status)
            if status != 200:
                assert status == 503, html[:300]
                assert "Traceback" not in html
            await asyncio.sleep(0.05)
    assert 503 in statuses
    await watching
    assert tab.state == "complete"
    assert tab.text == await provider_text(stack, prompt)
    assert row_of(tab.run)["state"] == "done"


@pytest.mark.parametrize("part", ["postgres", "valkey"])
async def test_a_reply_that_ends_while_a_server_is_away_is_stored_and_told(
    stack: Stack, tab: Tab, pid_of: Pid, row_of: Row, part: str
) -> None:
    prompt = f"[[gate:{part}]] ends while it is away"
    await tab.ask(prompt)
    watching = asyncio.create_task(tab.watch())
    await until(lambda: len(tab.text) > 10)
    os.kill(pid_of(part), signal.SIGKILL)
    async with tab.session.post(f"{stack.model_url}/__release", params={"name": part}) as reply:
        assert reply.status == 200
    await watching
    row = row_of(tab.run)
    assert (tab.state, row["state"], row["hold"]) == ("complete", "done", "settled")
    assert tab.text == " ".join(row["text"].split())
    assert [entry["estimated"] for entry in row["entries"]] == [False]
    assert await calls_of(stack, prompt) == 1


async def test_a_turn_no_generator_heard_of_is_found_by_the_sweeper(stack: Stack, tab: Tab, row_of: Row) -> None:
    prompt = "[[tokens:5]] unheard"
    tab.run = await asyncio.to_thread(queue_unheard, stack, tab.person, prompt)
    assert row_of(tab.run)["state"] == "queued"
    await tab.watch()
    assert tab.state == "complete"
    assert tab.text == await provider_text(stack, prompt)
