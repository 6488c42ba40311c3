"""What the event stream of a run tells of its subruns while they write."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from api.librechat.chat import subruns
from api.librechat.chat.stream import SNAPSHOT_WAIT, frames, load_reply
from api.librechat.chat.threads import in_database
from chat.models import Conversation, Message, Run
from messages.events import Event, Finished, PartDelta, PartEnded, PartStarted, PartUpdated
from messages.parts import Attachment, Reasoning, Subrun, Text, ToolCall, parts_to_json
from runs import follow
from tests.api.conftest import frames_of, read_stream
from tests.api.logs import events, heard, joined, store_end, writing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stream_threads")]
Say = Callable[[Event], None]
Payload = dict[str, Any]


@pytest.fixture
async def family(
    owner: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Run]
) -> AsyncIterator["Family"]:
    """A run with two subruns, and one below the first."""
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="running", reply="")
    below = {"owner": owner, "conversation": chat, "message_id": run.message_id, "state": "running"}
    children = [await Run.objects.acreate(**below, parent=run, content=[]) for _ in range(2)]
    grandchild = await Run.objects.acreate(**below, parent=children[0], content=[])
    async with AsyncExitStack() as stack:
        all_ = [run, *children, grandchild]
        yield Family(owner, all_, [await stack.enter_async_context(writing(one)) for one in all_])
    assert not followed()


class Family:
    def __init__(self, owner: User, runs: list[Run], voices: list[Say]) -> None:
        self.owner, self.runs, self.voices = owner, runs, voices

    @property
    def path(self) -> str:
        return f"/api/agents/chat/stream/{self.runs[0].conversation_id}"

    def part(self, number: int, state: str = "running") -> Subrun:
        return Subrun(str(self.runs[number].id), f"c{number}", f"Research {number}", state)  # type: ignore[arg-type]

    def say(self, number: int, *events: Event) -> None:
        for event in events:
            self.voices[number](event)

    def reading(self, query: str = "") -> "asyncio.Task[list[Payload]]":
        async def read() -> list[Payload]:
            return [payload for _, payload in await read_stream(f"{self.path}{query}", self.owner)]

        return asyncio.create_task(read())

    async def end(self) -> None:
        await store_end(self.runs[0], "Done.")
        self.say(0, Finished())


def followed() -> set[bytes]:
    return set(follow.reader()._subscriptions)


def of(payloads: list[Payload], run: Run) -> list[Payload]:
    """Return what was told of one subrun."""
    updates = [payload["data"] for payload in payloads if payload.get("event") == "on_subagent_update"]
    return [update for update in updates if update["subagentRunId"] == str(run.id)]


def phases(updates: list[Payload]) -> list[str]:
    return [update["phase"] for update in updates]


def words(updates: list[Payload]) -> str:
    deltas = [update["data"]["delta"] for update in updates if update["phase"] == "message_delta"]
    return "".join(content["text"] for delta in deltas for content in delta["content"])


async def test_what_a_subrun_says_comes_between_its_start_and_its_stop(family: Family) -> None:
    reading = family.reading()
    await joined(family.runs[0])
    family.say(0, PartStarted(0, Text("Let me see.")), PartStarted(1, family.part(1)))
    await joined(family.runs[1])
    family.say(1, PartStarted(0, Reasoning("Hm.")), PartEnded(0), PartStarted(1, Text("Three ")))
    await asyncio.sleep(0.15)
    family.say(1, PartDelta(1, "cats."), PartEnded(1), PartStarted(2, ToolCall("d1", "look")), PartDelta(2, '{"q": 1}'))
    family.say(1, PartUpdated(2, ToolCall("d1", "look", "", "done", (Text("found"),))))
    family.say(1, PartStarted(3, Attachment("file", {"file_id": "f"})), Finished())
    family.say(0, PartUpdated(1, family.part(1, "done")), PartStarted(2, Text("Done.")))
    await family.end()
    payloads = await asyncio.wait_for(reading, 10)
    updates = of(payloads, family.runs[1])
    assert phases(updates) == [
        "start", "run_step", "reasoning_delta", "run_step", "message_delta", "message_delta",
        "run_step", "run_step_delta", "run_step_completed", "stop",
    ]  # fmt: skip
    assert words(updates) == "Three cats."
    message, child = str(family.runs[0].message_id), str(family.runs[1].id)
    about = [
        {name: update[name] for name in ("runId", "parentToolCallId", "label", "subagentType")} for update in updates
    ]
    assert about == [
        {"runId": message, "parentToolCallId": "c1", "label": "Research 1", "subagentType": "Research 1"}
    ] * len(updates)
    assert updates[1]["data"]["runId"] == child
    assert updates[2]["data"] == {
        "id": updates[1]["data"]["id"], "delta": {"content": [{"type": "think", "think": "Hm."}]},
    }  # fmt: skip
    assert updates[8]["data"]["result"]["tool_call"]["output"] == "found"
    assert "attachment" not in events([("", payload) for payload in payloads])


async def test_two_at_once_each_in_its_own_order(family: Family) -> None:
    reading = family.reading()
    await joined(family.runs[0])
    family.say(0, PartStarted(0, family.part(1)), PartStarted(1, family.part(2)))
    await joined(family.runs[1])
    await joined(family.runs[2])
    for number in (1, 2):
        family.say(number, PartStarted(0, Text(f"{number}:")))
    for word in "abc":
        await asyncio.sleep(0.06)
        for number in (2, 1):
            family.say(number, PartDelta(0, word))
    family.say(1, Finished())
    family.say(0, PartUpdated(0, family.part(1, "failed")))
    await asyncio.sleep(0.1)
    family.say(2, PartDelta(0, "d"), Finished())
    family.say(0, PartUpdated(1, family.part(2, "done")))
    await family.end()
    payloads = await asyncio.wait_for(reading, 10)
    for number, text, last in ((1, "1:abc", "error"), (2, "2:abcd", "stop")):
        updates = of(payloads, family.runs[number])
        assert (phases(updates)[:2], phases(updates)[-1], words(updates)) == (["start", "run_step"], last, text)


async def test_a_subrun_of_a_subrun_is_told_of_too(family: Family) -> None:
    reading = family.reading()
    await joined(family.runs[0])
    family.say(0, PartStarted(0, family.part(1)))
    await joined(family.runs[1])
    family.say(1, PartStarted(0, Text("I ask.")), PartEnded(0), PartStarted(1, family.part(3)))
    await joined(family.runs[3])
    family.say(3, PartStarted(0, Text("Deeper.")), Finished())
    family.say(1, PartUpdated(1, family.part(3, "done")), Finished())
    family.say(0, PartUpdated(0, family.part(1, "done")))
    await family.end()
    payloads = await asyncio.wait_for(reading, 10)
    below = of(payloads, family.runs[3])
    assert (phases(below), words(below)) == (["start", "run_step", "message_delta", "stop"], "Deeper.")
    assert {update["runId"] for update in below} == {str(family.runs[1].id)}
    assert phases(of(payloads, family.runs[1])) == ["start", "run_step", "message_delta", "stop"]
    order = [update["data"]["subagentRunId"] for update in payloads if update.get("event") == "on_subagent_update"]
    assert order[0] == order[-1] == str(family.runs[1].id)


async def test_who_resumes_gets_what_a_subrun_has_said_as_few_events(family: Family) -> None:
    family.say(0, PartStarted(0, family.part(1)), PartStarted(1, family.part(2, "done")))
    family.say(1, PartStarted(0, Text("Three")))
    for word in (" black", " cats"):
        await asyncio.sleep(0.06)
        family.say(1, PartDelta(0, word))
    before = family.reading()
    await joined(family.runs[1])
    await heard(family.runs[1], "Three black cats")
    reading = family.reading("?resume=true")
    await joined(family.runs[1], 2)
    family.say(1, PartDelta(0, " sleep."), Finished())
    family.say(0, PartUpdated(0, family.part(1, "done")))
    await family.end()
    payloads, others = await asyncio.wait_for(asyncio.gather(reading, before), 10)
    assert words(of(others, family.runs[1])) == "Three black cats sleep."
    assert events([("", payload) for payload in payloads]) == ["sync", *["on_subagent_update"] * 5, "final"]
    updates = of(payloads, family.runs[1])
    assert phases(updates) == ["start", "run_step", "message_delta", "message_delta", "stop"]
    assert updates[2]["data"]["delta"]["content"] == [{"type": "text", "text": "Three black cats"}]


async def test_a_log_that_is_written_anew_tells_nothing_twice(family: Family) -> None:
    reading = family.reading()
    await joined(family.runs[0])
    family.say(0, PartStarted(0, family.part(1)), PartStarted(1, family.part(2)))
    await joined(family.runs[1])
    family.say(1, PartStarted(0, Text("Three")), PartEnded(0))
    await heard(family.runs[1], "Three")
    async with writing(family.runs[1], (Text("Three cats."), ToolCall("d1", "look", "{}")), 1000) as say:
        await asyncio.sleep(0.1)
        say(PartUpdated(1, ToolCall("d1", "look", "", "done", (Text("found"),))))
        say(Finished())
    async with writing(family.runs[0], (family.part(1, "done"), family.part(2)), 1000) as say:
        await asyncio.sleep(0.2)
        await store_end(family.runs[0], "Done.")
        say(Finished())
    payloads = await asyncio.wait_for(reading, 10)
    updates = of(payloads, family.runs[1])
    assert phases(updates) == [
        "start", "run_step", "message_delta", "message_delta",
        "run_step", "run_step_delta", "run_step_completed", "stop",
    ]  # fmt: skip
    assert words(updates) == "Three cats."
    assert phases(of(payloads, family.runs[2])) == ["start"]


async def test_an_end_waits_a_moment_for_words_that_come_late(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subruns, "DRAIN", 10)
    reading = family.reading()
    await joined(family.runs[0])
    family.say(0, PartStarted(0, family.part(1)))
    await joined(family.runs[1])
    family.say(0, PartUpdated(0, family.part(1, "done")))
    await asyncio.sleep(0.2)
    family.say(1, PartStarted(0, Text("Late.")), Finished())
    await asyncio.sleep(0.2)
    await family.end()
    updates = of(await asyncio.wait_for(reading, 10), family.runs[1])
    assert (phases(updates), words(updates)) == (["start", "run_step", "message_delta", "stop"], "Late.")


async def test_the_end_of_the_stream_waits_for_no_subrun(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subruns, "DRAIN", 60)
    reading = family.reading()
    await joined(family.runs[0])
    family.say(0, PartStarted(0, family.part(1)))
    await joined(family.runs[1])
    family.say(1, PartStarted(0, Text("I go on.")))
    await heard(family.runs[1], "I go on.")
    await store_end(family.runs[0], "Done.")
    family.say(0, PartUpdated(0, family.part(1, "stopped")), Finished())
    payloads = await asyncio.wait_for(reading, 10)
    assert phases(of(payloads, family.runs[1])) == ["start", "run_step", "message_delta", "stop"]
    assert "final" in payloads[-1]


async def test_who_leaves_leaves_the_subruns_too(family: Family) -> None:
    streamed = await in_database(load_reply)(family.runs[0].id)
    async with aclosing(frames(streamed)) as pieces:  # type: ignore[type-var]
        await anext(pieces)
        family.say(0, PartStarted(0, family.part(1)), PartStarted(1, family.part(2)))
        await anext(pieces)
        family.say(1, PartStarted(0, Text("Three")))
        ((_, payload), *_) = frames_of(await anext(pieces))
        assert payload["data"]["phase"] == "run_step"
        assert len(followed()) == 3
    assert not followed()
    named = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]
    assert not named & {"_next", "Event.wait"}


async def test_who_is_too_slow_for_a_subrun_is_cut_off(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "QUEUE_LIMIT", 2)
    streamed = await in_database(load_reply)(family.runs[0].id)
    async with aclosing(frames(streamed)) as pieces:  # type: ignore[type-var]
        await anext(pieces)
        family.say(0, PartStarted(0, family.part(1)))
        await anext(pieces)
        family.say(1, PartStarted(0, Text("a")))
        for _ in range(8):
            await asyncio.sleep(0.06)
            family.say(1, PartDelta(0, "b"))
        async with asyncio.timeout(5):
            text = "".join([piece async for piece in pieces])
    assert '"message_delta"' in text
    assert '"final"' not in text
    assert "error" not in text


async def test_a_run_without_subruns_follows_nothing_but_itself(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[int] = []
    wait = asyncio.wait

    async def counted(futures: Any, **limits: Any) -> Any:
        waited.append(len(futures))
        return await wait(futures, **limits)

    monkeypatch.setattr(asyncio, "wait", counted)
    reading = family.reading()
    await joined(family.runs[0])
    family.say(0, PartStarted(0, Text("Be")))
    await asyncio.sleep(0.1)
    assert len(followed()) == 1
    await family.end()
    await asyncio.wait_for(reading, 10)
    assert max(waited) == 2


@pytest.mark.parametrize("query", ["", "?resume=true"], ids=["new", "resumes"])
async def test_a_run_that_waits_longer_than_its_log_lives_is_told_of_as_it_is_stored(
    owner: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Run], query: str
) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="waiting", reply="")
    parts = (Text("I ask."), ToolCall("c1", "mail", '{"to": "a"}'))
    stored = Message.objects.filter(id=run.message_id)
    await stored.aupdate(state="streaming", usage={}, parts=parts_to_json(parts))
    path = f"/api/agents/chat/stream/{run.conversation_id}{query}"
    async with asyncio.timeout(30):
        reading = asyncio.create_task(read_stream(path, owner))
        await joined(run)
        await asyncio.sleep(2 * SNAPSHOT_WAIT)
        async with writing(run, parts, position=1_000_000) as say:  # it goes on: another generator writes it anew
            say(PartStarted(2, Text("Thanks.")))
            await heard(run, "Thanks.")
            await store_end(run, "I ask.Thanks.")
            say(Finished())
            payloads = [payload for _, payload in await reading]
    first = payloads[0]["resumeState"]["aggregatedContent"] if query else payloads[1:3]
    assert "I ask." in str(first)
    assert "mail" in str(payloads)
    assert "Thanks." in str(payloads[-2])
    assert payloads[-1]["final"]
