"""Replies that are blank, or begin so: what is stored, and what the next message sends."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from chat.models import Message, Run
from chat.services.loading import load_conversations
from chat.services.turns import turns
from chat.services.turns.draft import StartedTurn
from messages.events import Event, PartDelta, PartEnded, PartStarted
from messages.parts import Reasoning, Text, ToolCall, is_readable
from messages.reducer import MessageParts
from runs.scrub import Scrubber
from runs.worker import Generator
from tests.conversations import began, draft
from tests.model_server.fixtures import ModelServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire, pytest.mark.usefixtures("provider")]

CHATS = [
    ["Open?", "\n", "Still there?", " \t ", "Say it.", "It is open. \n"],
    ["a", "", "b", "\u00a0\u3000"],
]
HEARD = [
    [("user", "Open?\n\nStill there?\n\nSay it."), ("assistant", "It is open."), ("user", "And now?")],
    [("user", "a\n\nb\n\nAnd now?")],
]


async def over(started: StartedTurn) -> Message:
    async with asyncio.timeout(20):
        while (await Run.objects.aget(id=started.run.id)).is_open:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return await Message.objects.aget(id=started.reply.id)


def heard(model_server: ModelServer) -> list[tuple[str, str]]:
    return [(message["role"], message["content"]) for message in model_server.requests()[-1]["body"]["messages"]]


async def test_blank_lines_before_a_reply_are_not_stored(owner: User, generator: Generator) -> None:
    reply = await over(await sync_to_async(began)(owner, text="[[blank:The_shop_opens_at_nine.]]"))
    assert (reply.state, reply.text) == ("complete", "The shop opens at nine.")
    assert reply.parts == [{"type": "text", "text": "The shop opens at nine."}]


async def test_after_a_blank_reply_the_chat_goes_on(
    owner: User, generator: Generator, model_server: ModelServer
) -> None:
    first = await sync_to_async(began)(owner, text="[[blank]] Open?")
    assert (await over(first)).text == ""
    next_one = await sync_to_async(turns.start_turn)(
        user=owner, conversation_id=first.conversation.id, draft=draft(text="Well?", parent_id=first.reply.id)
    )
    assert (await over(next_one)).state == "complete"
    assert heard(model_server) == [("user", "[[blank]] Open?\n\nWell?")]


@pytest.mark.parametrize("number", [0, 1])
async def test_chats_that_were_loaded_with_blanks_go_on(
    owner: User, generator: Generator, model_server: ModelServer, number: int
) -> None:
    messages = [{"role": "assistant" if at % 2 else "user", "content": text} for at, text in enumerate(CHATS[number])]
    line = json.dumps({"title": "Blanks", "created": 1_780_000_000, "messages": messages})
    await sync_to_async(load_conversations)(user=owner, lines=[line], endpoint="Somewhere", model="tiny")
    last = await Message.objects.filter(text=CHATS[number][-1]).alatest("created_at")
    started = await sync_to_async(turns.start_turn)(
        user=owner, conversation_id=last.conversation_id, draft=draft(text="And now?", parent_id=last.id)
    )
    assert (await over(started)).state == "complete"
    assert heard(model_server) == HEARD[number]
    stored = Message.objects.filter(conversation_id=last.conversation_id).order_by("created_at")
    assert [message.text async for message in stored][: len(messages)] == CHATS[number]


async def test_going_on_after_blanks_repeats_no_blank(
    owner: User, generator: Generator, model_server: ModelServer
) -> None:
    started = await sync_to_async(began)(owner, text="Say it.")
    await over(started)
    changed = Message.objects.filter(id=started.reply.id)
    await changed.aupdate(state="stopped", text=" \n", parts=[{"type": "text", "text": " \n"}])
    more = await sync_to_async(turns.continue_reply)(user=owner, message_id=started.reply.id)
    await over(more)
    assert heard(model_server) == [("user", "Say it.")]


CUT: dict[str, tuple[list[Event], list[str]]] = {
    "blank, then words": (
        [PartStarted(0, Text("\n")), PartDelta(0, " \u3000\n"), PartDelta(0, "\n\nYes. \n"), PartDelta(0, "\n")],
        ["Yes. \n\n"],
    ),
    "only blank": ([PartStarted(0, Text(" ")), PartDelta(0, "\n\n"), PartEnded(0)], []),
    "code that is indented": ([PartStarted(0, Text("\n")), PartDelta(0, "\n    a = 1\n")], ["    a = 1\n"]),
    "after thoughts": ([PartStarted(0, Reasoning(" \nHm.")), PartStarted(1, Text("\n\nYes."))], [" \nHm.", "Yes."]),
    "a blank between": (
        [PartStarted(0, Reasoning("H")), PartStarted(1, Text(" ")), PartStarted(2, Reasoning("So")), PartDelta(2, "!")],
        ["H", "So!"],
    ),
    "after a call": (
        [PartStarted(0, Text("Look. \n")), PartStarted(1, ToolCall("1", "look")), PartStarted(2, Text("\n\nThere."))],
        ["Look. \n", "There."],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CUT)
def test_a_text_begins_where_there_is_something_to_read(name: str) -> None:
    given, kept = CUT[name]
    reducer, scrubber = MessageParts(), Scrubber()
    for event in given:
        for cleaned in scrubber.clean(event):
            reducer.apply(cleaned)
    assert [part.text for part in reducer.parts if is_readable(part)] == kept


def test_a_text_that_goes_on_keeps_its_blanks() -> None:
    scrubber = Scrubber([Reasoning("Hm."), Text("So far.")])
    assert scrubber.clean(PartStarted(0, Text("\n\nMore."))) == (PartDelta(1, "\n\nMore."),)
    assert scrubber.clean(PartDelta(0, " And")) == (PartDelta(1, " And"),)
    assert scrubber.clean(PartStarted(1, ToolCall("1", "look"))) == (PartStarted(2, ToolCall("1", "look")),)


def test_a_text_that_does_not_go_on_is_ended() -> None:
    thought = PartStarted(0, Reasoning("Hm."))
    assert Scrubber([Text("So far.")]).clean(thought) == (PartEnded(0), PartStarted(1, Reasoning("Hm.")))
