"""The websocket of a tab against the real log, channel layer and database."""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from accounts.services import sessions
from chat.services.notices import notify_now
from chat.services.organise import conversations
from chat.services.turns.draft import StartedTurn
from chat.services.turns.ending import announce_end
from chat.services.turns.turns import ticket_for
from core.ids import uuid7
from endpoints.providers.reply_parts import ReplyParts
from messages.events import Failed, Finished, PartDelta, PartStarted
from messages.parts import Text
from runs import follow
from runs.stream_log import LogWriter, RunLog
from tests.conversations import end
from tests.pages.tabs import Socket, Tabs
from web import consumers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("somewhere", "one_process")]


@pytest.fixture
def written(started: StartedTurn, writer: LogWriter) -> RunLog:
    return writer.open(started.run.id)


async def finish(started: StartedTurn, writer: LogWriter, run: RunLog, text: str) -> None:
    """End a run as the generator does: first the database, then the log."""
    await sync_to_async(end)(started.run, text)
    writer.append(run, Finished("stop"))
    await writer.close(run)


async def test_a_tab_follows_a_run_to_its_end(
    connect_tab: Tabs, owner: User, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    socket, gid = await connect_tab(), str(started.run.id)
    await socket.say(follow=gid, ticket=ticket_for(started.run.id, owner.id))
    writer.append(written, PartStarted(0, Text("Because ")))
    assert (await socket.until("n"))[:3] == ["n", gid, 0]
    writer.append(written, PartDelta(0, "cats."))
    assert "Because" in await socket.text_until("cats.")
    await finish(started, writer, written, "Because cats.")
    done = await socket.until("d")
    assert done[1:3] == [gid, "complete"]
    assert "regenerate" in done[3]
    assert await socket.settled() == []


async def test_blocks_of_thoughts_stand_apart_and_an_encrypted_one_is_named(
    connect_tab: Tabs, owner: User, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    socket, gid = await connect_tab(), str(started.run.id)
    await socket.say(follow=gid, ticket=ticket_for(started.run.id, owner.id))
    reply = ReplyParts()
    for event in [
        *reply.think("One."),
        *reply.sign("sig"),
        *reply.think("Two."),
        *reply.seal("Ab"),
        *reply.text("Cats."),
    ]:
        writer.append(written, event)
    shown = [await socket.until("n") for _ in range(4)]
    assert [frame[2] for frame in shown] == [0, 1, 2, 3]
    assert "share this reasoning" in shown[2][3]
    assert "Ab" not in shown[2][3]
    late = await connect_tab()
    await late.say(follow=gid, ticket=ticket_for(started.run.id, owner.id))
    snapshot = (await late.until("reset"))[2]
    assert [f'data-part="{index}"' in snapshot for index in range(4)] == [True] * 4
    await finish(started, writer, written, "Cats.")
    await socket.until("d")


async def test_a_late_tab_gets_what_was_said_before_and_then_the_rest(
    connect_tab: Tabs, owner: User, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    early, late, gid = await connect_tab(), await connect_tab(), str(started.run.id)
    ticket = ticket_for(started.run.id, owner.id)
    await early.say(follow=gid, ticket=ticket)
    writer.append(written, PartStarted(0, Text("First *block*.\n\nSecond")))
    await early.text_until("Second")
    await late.say(follow=gid, ticket=ticket)
    reset = await late.until("reset")
    assert reset[1] == gid
    assert "<em>block</em>" in reset[2]
    writer.append(written, PartDelta(0, " is longer."))
    for socket in (early, late):
        await socket.text_until("is longer")
    await finish(started, writer, written, "All")
    assert (await early.until("d"))[2] == (await late.until("d"))[2] == "complete"


async def test_without_a_ticket_the_owner_is_looked_up(
    connect_tab: Tabs, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    socket = await connect_tab()
    await socket.say(follow=str(started.run.id))
    writer.append(written, PartStarted(0, Text("Hello")))
    await socket.text_until("Hello")


@pytest.mark.security
async def test_a_person_who_is_signed_out_loses_the_socket(
    connect_tab: Callable[..., Awaitable[Socket]], owner: User
) -> None:
    """Security case 12."""
    socket = await connect_tab()
    await sync_to_async(sessions.end_all)(user=owner)
    assert await socket.closed_with() == 4401


@pytest.mark.security
async def test_a_sign_out_closes_the_tabs_of_that_browser_and_no_others(owner: User) -> None:
    """Security case 54."""
    here, there = Client(), Client()
    sockets = []
    for client in (here, there):
        await sync_to_async(client.force_login)(owner)
        sockets.append(await Socket(owner, client.session.session_key).open())
    await sync_to_async(here.post)("/logout")
    assert await sockets[0].closed_with() == 4401
    assert await sockets[1].settled() == []
    for socket in sockets:
        await socket.close()


@pytest.mark.security
async def test_who_has_not_accepted_the_terms_gets_no_socket(owner: User, settings: Settings) -> None:
    settings.TERMS_TEXT = "Be kind."
    socket = await Socket(owner).open()
    assert await socket.closed_with() == 4401


async def test_a_person_who_waits_for_approval_gets_no_socket(owner: User) -> None:
    """Security case 14."""
    owner.waits_for_approval = True
    socket = await Socket(owner).open()
    assert await socket.closed_with() == 4401


async def test_a_stranger_is_told_that_there_is_no_such_run(
    connect_tab: Tabs, owner: User, stranger: User, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    """Security case 7."""
    gid = str(started.run.id)
    socket = await connect_tab(stranger)
    for ticket in ("", ticket_for(started.run.id, owner.id), "\ud800", 7, None):
        await socket.say(follow=gid, ticket=ticket)
        assert await socket.until("gone") == ["gone", gid]
    nobodys = str(uuid7())
    await socket.say(follow=nobodys)
    assert await socket.until("gone") == ["gone", nobodys]
    writer.append(written, PartStarted(0, Text("secret")))
    await writer.close(written)
    assert await socket.settled() == []


@pytest.mark.security
@pytest.mark.parametrize("frame", [" ", "x", "[]", "7", "null", '"follow"', "[" * 4_000, '{"a":"' + "x" * 5_000 + '"}'])
async def test_a_frame_that_is_no_message_closes_the_socket(owner: User, frame: str) -> None:
    socket = await Socket(owner).open()
    await socket.say_text(frame)
    assert await socket.closed_with() == 4400


@pytest.mark.security
async def test_bytes_close_the_socket(owner: User) -> None:
    socket = await Socket(owner).open()
    await socket.say_bytes(b'{"ping": 1}')
    assert await socket.closed_with() == 4400


@pytest.mark.parametrize(
    "message",
    [{}, {"follow": 7}, {"follow": "no-id"}, {"follow": None}, {"ack": "x"}, {"ack": -(10**30)}, {"ack": 10**30},
     {"unfollow": str(uuid7())}, {"unfollow": []}, {"anything": {"else": 1}}],
)  # fmt: skip
async def test_a_message_that_means_nothing_is_ignored(connect_tab: Tabs, message: dict[str, Any]) -> None:
    socket = await connect_tab()
    await socket.say(**message)
    assert await socket.settled() == []


@pytest.mark.security
async def test_nobody_gets_in_without_signing_in(make_user: Callable[..., User]) -> None:
    locked_out = await sync_to_async(make_user)("Locked Out", is_active=False)
    for user in (AnonymousUser(), locked_out):
        socket = await Socket(user).open()
        assert await socket.closed_with() == 4401


async def test_a_run_that_is_over_and_whose_log_is_gone_is_read_from_the_database(
    connect_tab: Tabs, started: StartedTurn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SILENCE", 0.1)
    await sync_to_async(end)(started.run, "Stored *words*")
    socket = await connect_tab()
    await socket.say(follow=str(started.run.id))
    assert "<em>words</em>" in (await socket.until("reset"))[2]
    assert (await socket.until("d"))[2] == "complete"


async def test_the_sweeper_s_word_brings_the_message_as_it_is_stored(
    connect_tab: Tabs, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    socket = await connect_tab()
    await socket.say(follow=str(started.run.id))
    writer.append(written, PartStarted(0, Text("Half, and more that was not saved")))
    await socket.text_until("more")

    def sweep() -> None:
        end(started.run, "Half", state="interrupted", message_state="interrupted")
        announce_end(started.run, Failed("interrupted"))

    await sync_to_async(sweep)()
    reset = await socket.until("reset")
    assert "Half" in reset[2]
    assert "more" not in reset[2]
    done = await socket.until("d")
    assert done[2] == "interrupted"
    assert "/continue" in done[3]


async def test_a_run_whose_conversation_was_deleted_is_gone(
    connect_tab: Tabs, owner: User, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    socket = await connect_tab()
    await socket.say(follow=str(started.run.id))
    writer.append(written, PartStarted(0, Text("Hello")))
    await socket.text_until("Hello")
    await sync_to_async(conversations.delete)(user=owner, conversation_id=started.conversation.id)
    writer.append(written, Finished("stopped"))
    assert await socket.until("gone") == ["gone", str(started.run.id)]


async def test_after_unfollowing_nothing_more_comes(
    connect_tab: Tabs, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    socket, other, gid = await connect_tab(), await connect_tab(), str(started.run.id)
    for open_socket in (socket, other):
        await open_socket.say(follow=gid)
    writer.append(written, PartStarted(0, Text("one ")))
    for open_socket in (socket, other):
        await open_socket.text_until("one")
    await socket.say(unfollow=gid)
    assert await socket.settled()
    socket.messages.clear()
    writer.append(written, PartDelta(0, "two"))
    await other.text_until("two")
    assert await socket.settled() == []
    await other.say(unfollow=gid)
    await other.settled()
    assert UUID(gid) not in consumers._renderers, "the last tab that leaves ends the reading"


async def test_a_tab_that_closes_unfollows_its_runs(
    connect_tab: Tabs, started: StartedTurn, writer: LogWriter, written: RunLog
) -> None:
    socket, run_id = await connect_tab(), started.run.id
    await socket.say(follow=str(run_id))
    writer.append(written, PartStarted(0, Text("one")))
    await socket.text_until("one")
    assert consumers._renderers[run_id].viewers
    await socket.close()
    assert run_id not in consumers._renderers


async def test_notices_reach_all_tabs_of_a_person_and_no_others(connect_tab: Tabs, owner: User, stranger: User) -> None:
    one, two, theirs = await connect_tab(), await connect_tab(), await connect_tab(stranger)
    await notify_now(owner.id, "title", {"conversation": "x", "title": "Cats"})
    for socket in (one, two):
        assert await socket.until("notice") == ["notice", "title", {"conversation": "x", "title": "Cats"}]
    assert await theirs.settled() == []


# --- a slow tab ---------------------------------------------------------------------------------------


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "UNACKNOWLEDGED", 2_000)


def paragraphs(first: int, last: int) -> str:
    return "".join(f"Word{number} is here.\n\n" for number in range(first, last))


async def fall_behind(socket: Socket, other: Socket, writer: LogWriter, run: RunLog) -> None:
    """Let `other` read everything and acknowledge it, and `socket` nothing, until more is said than it may miss."""
    writer.append(run, PartStarted(0, Text("")))
    for number in range(10):
        writer.append(run, PartDelta(0, paragraphs(number * 20, number * 20 + 20)))
        await other.text_until(f"Word{number * 20 + 19} ")
        await other.say(ack=other.received)
        await other.settled()
        other.messages.clear()
    assert await_nothing(socket) < 8_000


def await_nothing(socket: Socket) -> int:
    """Return how many bytes wait for the tab: no more than the window and one frame."""
    queue = socket._socket.output_queue
    return sum(len(frame["text"].encode()) for frame in list(queue._queue) if frame["type"] == "websocket.send")


async def test_a_slow_tab_is_sent_nothing_until_it_has_caught_up_and_then_the_whole(
    connect_tab: Tabs, started: StartedTurn, writer: LogWriter, written: RunLog, small_window: None
) -> None:
    slow, quick, gid = await connect_tab(), await connect_tab(), str(started.run.id)
    for socket in (slow, quick):
        await socket.say(follow=gid)
        await socket.settled()  # who follows too late begins with a `reset` of its own
    await fall_behind(slow, quick, writer, written)
    await slow.text_until("Word0 ")
    while await_nothing(slow):
        await slow.hear()
    assert "Word199 " not in json.dumps(slow.messages)
    await slow.say(ack=slow.received)
    reset = await slow.until("reset")
    assert all(f"Word{number} " in reset[2] for number in range(199))
    await slow.say(ack=slow.received)
    await slow.settled()  # it is heard by now: a tab says so again and again, this one does not
    await finish(started, writer, written, "All")
    assert (await slow.until("d"))[2] == "complete"


async def test_a_slow_tab_hears_of_an_end_that_came_while_it_was_behind(
    connect_tab: Tabs, started: StartedTurn, writer: LogWriter, written: RunLog, small_window: None
) -> None:
    slow, quick, gid = await connect_tab(), await connect_tab(), str(started.run.id)
    for socket in (slow, quick):
        await socket.say(follow=gid)
        await socket.settled()  # who follows too late begins with a `reset` of its own
    await fall_behind(slow, quick, writer, written)
    await finish(started, writer, written, "The whole of it")
    await quick.until("d")
    await slow.text_until("Word0 ")
    while await_nothing(slow):
        await slow.hear()
    assert "d" not in {message[0] for message in slow.messages}
    await slow.say(ack=slow.received)
    assert "The whole of it" in (await slow.until("reset"))[2]
    assert (await slow.until("d"))[2] == "complete"


async def test_a_message_larger_than_the_window_arrives_all_the_same(
    connect_tab: Tabs, started: StartedTurn, writer: LogWriter, written: RunLog, small_window: None
) -> None:
    socket, gid = await connect_tab(), str(started.run.id)
    await socket.say(follow=gid)
    writer.append(written, PartStarted(0, Text("")))
    for batch in range(5):
        writer.append(written, PartDelta(0, paragraphs(batch * 200, batch * 200 + 200)))
        await socket.text_until(f"Word{batch * 200 + 199} ")
        await socket.say(ack=socket.received)
        await socket.settled()
    await finish(started, writer, written, "All")
    assert (await socket.until("d"))[2] == "complete"
