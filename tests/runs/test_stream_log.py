"""The stream log against a real Valkey: nothing twice, nothing missing, whatever is lost on the way."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from core.ids import uuid7
from core.redis_client import client as sync_client
from messages.events import Event, Failed, Finished, PartDelta, PartEnded, PartStarted, Snapshot
from messages.parts import Reasoning, Text, ToolCall, grown_text, plain_text
from messages.reducer import MessageParts
from messages.stream_format import KEPT_AFTER_END, decode, encode, key_of, write_end
from runs.follow import Batch, LogReader, Subscription, events_of
from runs.stream_log import LogWriter


@pytest.fixture
async def log_reader() -> AsyncIterator[LogReader]:
    reader = LogReader()
    yield reader
    await reader.aclose()


class Listener:
    def __init__(self, reader: LogReader, run_id: UUID) -> None:
        self.batches: list[Batch] = []
        self.text = ""
        self.ended = asyncio.Event()
        self.tail = reader.follow(run_id, self.hear)
        self.text = text_of(self.tail.reducer)
        if self.tail.ended:
            self.ended.set()

    def hear(self, batch: Batch) -> None:
        self.batches.append(batch)
        if batch.fresh:
            self.text = ""
        for event in batch.events:
            if isinstance(event, Snapshot):
                self.text = plain_text(event.parts)
            elif isinstance(event, PartDelta):
                self.text += event.text
            elif isinstance(event, PartStarted):
                self.text += grown_text(event.part)
        if self.tail.ended:
            self.ended.set()


def text_of(reducer: MessageParts) -> str:
    return plain_text(reducer.parts)


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 (what is waited for is the reader's own state)
            await asyncio.sleep(0.005)


async def test_followers_early_and_late_read_the_same_text(writer: LogWriter, log_reader: LogReader) -> None:
    run_id = uuid7()
    run = writer.open(run_id)
    early = Listener(log_reader, run_id)
    writer.append(run, PartStarted(0, Text("")))
    for number in range(50):
        writer.append(run, PartDelta(0, f"{number} "))
    await until(lambda: early.text.endswith("49 "))
    late = Listener(log_reader, run_id)
    for number in range(50, 100):
        writer.append(run, PartDelta(0, f"{number} "))
    writer.append(run, Finished("stop"))
    await writer.close(run)
    await asyncio.wait_for(asyncio.gather(early.ended.wait(), late.ended.wait()), 10)
    expected = "".join(f"{number} " for number in range(100))
    assert early.text == late.text == expected
    assert len(early.batches) < 20, "frames grow, they do not multiply"


async def test_a_reader_of_another_process_starts_from_the_beginning(writer: LogWriter) -> None:
    run_id = uuid7()
    run = writer.open(run_id)
    writer.append(run, PartStarted(0, Reasoning("hm")))
    writer.append(run, PartEnded(0))
    writer.append(run, PartStarted(1, Text("Hel")))
    writer.append(run, PartDelta(1, "lo"))
    writer.append(run, Finished("stop"))
    await writer.close(run)
    reader = LogReader()
    listener = Listener(reader, run_id)
    await asyncio.wait_for(listener.ended.wait(), 10)
    assert listener.tail.reducer.parts == [Reasoning("hm"), Text("Hello")]
    assert events_of(listener.tail.reducer) == [
        PartStarted(0, Reasoning("hm")), PartEnded(0), PartStarted(1, Text("Hello")), Finished("stop"),
    ]  # fmt: skip
    await reader.aclose()


async def test_a_run_that_continues_begins_with_what_it_has(writer: LogWriter, log_reader: LogReader) -> None:
    run_id = uuid7()
    run = writer.open(run_id, (Text("Half a"),))
    writer.append(run, PartDelta(0, " sentence."))
    writer.append(run, Finished("stop"))
    listener = Listener(log_reader, run_id)
    await asyncio.wait_for(listener.ended.wait(), 10)
    assert text_of(listener.tail.reducer) == listener.text == "Half a sentence."


async def test_lost_data_are_written_again_and_nobody_sees_a_word_twice(
    writer: LogWriter, log_reader: LogReader, redis_client: Redis
) -> None:
    run_id = uuid7()
    run = writer.open(run_id)
    early = Listener(log_reader, run_id)
    writer.append(run, PartStarted(0, Text("one ")))
    await until(lambda: early.text == "one ")
    await redis_client.delete(key_of(run_id))
    writer.append(run, PartDelta(0, "two "))
    await until(lambda: early.text == "one two ")
    late_reader = LogReader()
    late = Listener(late_reader, run_id)
    writer.append(run, PartDelta(0, "three"))
    writer.append(run, Finished("stop"))
    await asyncio.wait_for(asyncio.gather(early.ended.wait(), late.ended.wait()), 10)
    assert early.text == late.text == "one two three"
    await late_reader.aclose()


async def test_a_write_whose_answer_was_lost_is_not_read_twice(
    writer: LogWriter, log_reader: LogReader, redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = uuid7()
    run = writer.open(run_id)
    listener = Listener(log_reader, run_id)
    writer.append(run, PartStarted(0, Text("one ")))
    await until(lambda: listener.text == "one ")
    write, failures = writer._write, iter([True])

    async def write_and_lose_the_answer(batch: Any) -> None:
        await write(batch)
        if next(failures, False):
            raise RedisConnectionError("the answer was lost")

    monkeypatch.setattr(writer, "_write", write_and_lose_the_answer)
    writer.append(run, PartDelta(0, "two "))
    await until(lambda: "two" in listener.text)
    writer.append(run, PartDelta(0, "three"))
    writer.append(run, Finished("stop"))
    await asyncio.wait_for(listener.ended.wait(), 10)
    assert listener.text == "one two three"


async def test_the_sweepers_word_ends_a_log_outside_of_its_order(log_reader: LogReader, writer: LogWriter) -> None:
    run_id = uuid7()
    run = writer.open(run_id)
    listener = Listener(log_reader, run_id)
    writer.append(run, PartStarted(0, Text("Half")))
    await until(lambda: listener.text == "Half")
    write_end(sync_client(), run_id, Failed("interrupted"))
    await asyncio.wait_for(listener.ended.wait(), 10)
    assert listener.batches[-1] == Batch([Failed("interrupted")], over=True)


@pytest.mark.parametrize("ends", [True, False], ids=["ended", "left"])
@pytest.mark.parametrize("pauses", [True, False], ids=["in pieces", "at once"])
async def test_a_closed_log_expires(writer: LogWriter, redis_client: Redis, ends: bool, pauses: bool) -> None:
    run = writer.open(uuid7())
    writer.append(run, PartStarted(0, Text("x")))
    if pauses:
        await until(lambda: run.last_id)
        assert await redis_client.ttl(key_of(run.run_id)) > KEPT_AFTER_END
    if ends:
        writer.append(run, Finished())
    await writer.close(run)
    assert 0 < await redis_client.ttl(key_of(run.run_id)) <= KEPT_AFTER_END


async def test_the_end_of_a_log_is_one_round_trip(
    writer: LogWriter, redis_client: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [writer.open(uuid7()) for _ in range(3)]
    monkeypatch.setattr(writer._client, "expire", None)  # by itself it would be one more, for each run
    for run in runs:
        writer.append(run, PartStarted(0, Text("x")))
        writer.append(run, Finished())
    await asyncio.gather(*map(writer.close, runs))
    assert all([0 < await redis_client.ttl(key_of(run.run_id)) <= KEPT_AFTER_END for run in runs])


def test_a_tail_takes_only_what_it_has_not() -> None:
    tail = Subscription(uuid7())
    began = PartStarted(0, Text(""))
    assert tail.apply(0, [began, PartDelta(0, "abc")]) == Batch([began, PartDelta(0, "abc")])
    assert tail.apply(2, [PartDelta(0, "bcd")]) == Batch([PartDelta(0, "d")])
    assert tail.apply(0, [began, PartDelta(0, "abcd")]) is None
    called = PartStarted(1, ToolCall("x", "y"))
    assert tail.apply(4, [PartDelta(0, "d"), called]) == Batch([called])
    with pytest.raises(LookupError):
        tail.apply(9, [PartDelta(0, "z")])


async def test_a_log_of_another_release_is_read_at_its_end_from_the_database(
    log_reader: LogReader, redis_client: Redis
) -> None:
    run_id = uuid7()
    listener = Listener(log_reader, run_id)
    for entry in ('[0,[["t","Hel"]]]', '[3,[["t","lo"]]]', '[5,[["f","stop"]]]'):
        await redis_client.xadd(key_of(run_id), {"e": entry})
    await asyncio.wait_for(listener.ended.wait(), 10)
    assert listener.batches == [Batch([], over=True)]
    assert listener.tail.reducer.parts == []


def test_entries_survive_the_wire() -> None:
    events: list[Event] = [Snapshot((Text("ü"),)), PartDelta(0, "🙂"), Finished("length")]
    assert decode(encode(7, events).encode()) == (7, events)
