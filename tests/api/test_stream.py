"""GET /api/agents/chat/stream: the event stream, live, resumed and from the database."""

import asyncio
import json
import queue
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient

from accounts.models import User
from accounts.services import sessions, tokens
from api.librechat.chat import chat_views, stream
from api.librechat.chat.stream import WIRE_TYPES, failure
from chat.models import Conversation, Run
from chat.services.notices import notify_now
from chat.services.organise import conversations
from endpoints.services.failure_words import EXPLANATIONS
from messages.events import Failed, Finished, PartDelta, PartStarted, Usage
from messages.parts import Reasoning, Text
from runs import follow
from tests.api.conftest import bearer, frames_of, read_stream
from tests.api.logs import events, joined, store_end, text_of, writing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stream_threads")]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
Frames = list[tuple[str, dict[str, Any]]]


async def test_a_run_is_followed_from_its_beginning_to_its_end(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner, titled_by="words", title="Why?")
    run = await sync_to_async(make_turn)(chat, state="running", reply="")
    reading = asyncio.create_task(read_stream(f"/api/agents/chat/stream/{chat.id}", owner))
    async with writing(run) as say:
        await joined(run)
        say(PartStarted(0, Reasoning("Hm")))
        say(PartStarted(1, Text("Be")))
        await asyncio.sleep(0.1)
        say(PartDelta(1, "cause."))
        say(Usage(input_tokens=3, output_tokens=2))
        await store_end(run, "Because.", title="Reasons")
        say(Finished())
    frames = await asyncio.wait_for(reading, 10)
    order = events(frames)
    assert order[:4] == ["created", "on_run_step", "on_reasoning_delta", "on_run_step"]
    assert order[-3:] == ["on_token_usage", "title", "final"]
    assert text_of(frames) == "Because."
    created, final = frames[0][1], frames[-1][1]
    assert {name for name, _ in frames} == {"message"}
    assert (created["streamId"], created["message"]["text"]) == (str(chat.id), "Why?")
    assert frames[-2][1]["data"] == {"conversationId": str(chat.id), "title": "Reasons"}
    assert (final["title"], final["conversation"]["title"]) == ("Reasons", "Reasons")
    assert final["requestMessage"]["messageId"] == created["message"]["messageId"]
    assert final["responseMessage"]["content"] == [{"type": "text", "text": "Because."}]
    assert final["responseMessage"]["messageId"] == str(run.message_id)


async def test_a_run_that_is_over_is_told_from_the_database(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    await sync_to_async(make_turn)(chat)
    frames = await read_stream(f"/api/agents/chat/stream/{chat.id}", owner)
    assert events(frames) == ["created", "on_run_step", "on_message_delta", "on_token_usage", "final"]
    assert text_of(frames) == frames[-1][1]["responseMessage"]["text"] == "Because."


async def test_two_readers_hear_the_same(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="running", reply="")
    path = f"/api/agents/chat/stream/{chat.id}"
    first = asyncio.create_task(read_stream(path, owner))
    async with writing(run) as say:
        say(PartStarted(0, Text("Be")))
        await asyncio.sleep(0.1)
        second = asyncio.create_task(read_stream(path, owner))
        await asyncio.sleep(0.1)
        say(PartDelta(0, "cause."))
        await store_end(run, "Because.")
        say(Finished())
    assert [text_of(await asyncio.wait_for(reading, 10)) for reading in (first, second)] == ["Because."] * 2


async def test_a_resuming_client_gets_what_there_is_as_one_frame(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="running", reply="")
    async with writing(run) as say:
        say(PartStarted(0, Text("Be")))
        await asyncio.sleep(0.1)
        reading = asyncio.create_task(read_stream(f"/api/agents/chat/stream/{chat.id}?resume=true", owner))
        await asyncio.sleep(0.4)
        say(PartDelta(0, "cause."))
        await store_end(run, "Because.")
        say(Finished())
    frames = await asyncio.wait_for(reading, 10)
    assert events(frames) == ["sync", "on_message_delta", "final"]
    state = frames[0][1]["resumeState"]
    assert state["aggregatedContent"] == [{"type": "text", "text": "Be"}]
    assert state["userMessage"]["text"] == "Why?"
    assert state["responseMessageId"] == str(run.message_id)
    assert text_of(frames) == "cause."
    assert frames[1][1]["data"]["id"] == state["runSteps"][0]["id"]


async def test_resuming_what_has_said_nothing_yet_does_not_wait(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="queued", reply="")
    response: Any = await AsyncClient().get(f"/api/agents/chat/stream/{chat.id}?resume=true", headers=bearer(owner))
    first = await asyncio.wait_for(anext(aiter(response.streaming_content)), 5)
    ((_, payload),) = frames_of(first.decode())
    assert payload["resumeState"]["aggregatedContent"] == []
    assert payload["resumeState"]["responseMessageId"] == str(run.message_id)


async def test_a_stopped_run_ends_as_aborted(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="stopped", reply="Beca")
    final = (await read_stream(f"/api/agents/chat/stream/{chat.id}", owner))[-1][1]
    assert (final["final"], final["aborted"], final["earlyAbort"]) == (True, True, False)
    assert final["conversation"] == {"conversationId": str(chat.id)}
    assert final["responseMessage"]["content"] == [{"type": "text", "text": "Beca"}]
    assert (final["responseMessage"]["unfinished"], final["responseMessage"]["messageId"]) == (
        True,
        str(run.message_id),
    )


async def test_a_failure_is_the_last_frame(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="running", reply="")
    reading = asyncio.create_task(read_stream(f"/api/agents/chat/stream/{chat.id}", owner))
    async with writing(run) as say:
        say(PartStarted(0, Text("Be")))
        await store_end(run, "Be", state="failed", error="rate_limit")
        say(Failed("rate_limit", "secret detail of the provider"))
    frames = await asyncio.wait_for(reading, 10)
    name, payload = frames[-1]
    assert (name, payload["generationProtocolVersion"]) == ("error", 1)
    assert json.loads(payload["error"])["type"] == "model_rate_limit"
    assert "secret detail" not in json.dumps(frames)


async def test_an_interrupted_run_ends_unfinished(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    await sync_to_async(make_turn)(chat, state="interrupted", reply="Beca")
    final = (await read_stream(f"/api/agents/chat/stream/{chat.id}", owner))[-1][1]
    assert (final["responseMessage"]["unfinished"], final["responseMessage"]["text"]) == (True, "Beca")


async def test_a_conversation_deleted_meanwhile_ends_the_stream(
    owner: User, make_conversation: Make, make_turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SILENCE", 0.2)
    chat = await sync_to_async(make_conversation)(owner)
    await sync_to_async(make_turn)(chat, state="running", reply="")
    reading = asyncio.create_task(read_stream(f"/api/agents/chat/stream/{chat.id}", owner))
    await asyncio.sleep(0.2)
    await sync_to_async(conversations.delete)(user=owner, conversation_id=chat.id)
    final = (await asyncio.wait_for(reading, 10))[-1][1]
    assert (final["reconcile"], final["conversation"]) == (True, {"conversationId": str(chat.id)})


async def test_silence_is_filled_with_comments(
    owner: User, make_conversation: Make, make_turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "KEEP_ALIVE", 0.05)
    chat = await sync_to_async(make_conversation)(owner)
    await sync_to_async(make_turn)(chat, state="running", reply="")
    response: Any = await AsyncClient().get(f"/api/agents/chat/stream/{chat.id}", headers=bearer(owner))
    pieces = aiter(response.streaming_content)
    await anext(pieces)
    assert await asyncio.wait_for(anext(pieces), 5) == b": keep-alive\n\n"


async def test_the_headers_keep_proxies_from_holding_it_back(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    await sync_to_async(make_turn)(chat)
    accept = {"Accept": "text/event-stream", "Accept-Encoding": "gzip"}
    response: Any = await AsyncClient().get(f"/api/agents/chat/stream/{chat.id}", headers={**bearer(owner), **accept})
    assert set(response["Cache-Control"].split(", ")) == {"no-cache", "no-transform", "private"}
    assert response["X-Accel-Buffering"] == "no"
    assert response["Content-Encoding"] == "identity"
    assert response["x-librechat-generation-protocol"] == "1"


async def test_a_stranger_and_an_unknown_id_get_404(
    owner: User, stranger: User, make_conversation: Make, make_turn: Turn
) -> None:
    """Security case 7."""
    chat = await sync_to_async(make_conversation)(owner)
    await sync_to_async(make_turn)(chat, state="running", reply="")
    for stream_id in (chat.id, uuid4(), "nonsense"):
        for query in ("", "?resume=true"):
            path = f"/api/agents/chat/stream/{stream_id}{query}"
            response: Any = await AsyncClient().get(path, headers=bearer(stranger))
            assert (response.status_code, list(response.json())) == (404, ["error", "message"])


async def test_a_conversation_without_a_run_has_no_stream(owner: User, make_conversation: Make) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    response: Any = await AsyncClient().get(f"/api/agents/chat/stream/{chat.id}", headers=bearer(owner))
    assert response.status_code == 404


async def test_a_run_that_was_followed_by_another_is_named(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat)
    at = int(run.created_at.timestamp() * 1000)
    path = f"/api/agents/chat/stream/{chat.id}?generationCreatedAt="
    response: Any = await AsyncClient().get(f"{path}{at - 5}", headers=bearer(owner))
    assert (response.status_code, response.json()["code"]) == (409, "GENERATION_REPLACED")
    assert events(await read_stream(f"{path}{at}", owner))[-1] == "final"


async def test_nobody_follows_without_signing_in(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    await sync_to_async(make_turn)(chat)
    response: Any = await AsyncClient().get(f"/api/agents/chat/stream/{chat.id}")
    assert (response.status_code, list(response.json())) == (401, ["message"])


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> "queue.Queue[None]":
    """Has a word for each time that somebody has looked for a title; nobody looks again without being told."""
    monkeypatch.setattr(chat_views, "TITLE_SECONDS", 600)
    monkeypatch.setattr(chat_views, "TITLE_LOOK", 600)
    notices: queue.Queue[None] = queue.Queue()
    get = chat_views.TitleView.get

    def noted(*args: Any, **kwargs: Any) -> Any:
        try:
            return get(*args, **kwargs)
        finally:
            notices.put(None)

    monkeypatch.setattr(chat_views.TitleView, "get", noted)
    return notices


async def test_the_title_is_waited_for(
    owner: User, make_conversation: Make, make_turn: Turn, looks: "queue.Queue[None]"
) -> None:
    chat = await sync_to_async(make_conversation)(owner, titled_by="words", title="Why?")
    run = await sync_to_async(make_turn)(chat, needs_title=True)
    path = f"/api/convos/gen_title/{chat.id}"
    asking = asyncio.create_task(AsyncClient().get(path, headers=bearer(owner)))
    for _ in range(2):  # at first, and once it listens: neither finds one
        await asyncio.to_thread(looks.get, timeout=20)
    assert not asking.done()
    await store_end(run, "Because.", title="Reasons")
    await notify_now(owner.id, "title", {"conversation": str(chat.id), "title": "Reasons"})
    response = await asyncio.wait_for(asking, 20)
    assert (response.status_code, response.json()) == (200, {"title": "Reasons"})
    assert looks.qsize() == 1


async def test_a_title_whose_word_is_lost_is_found_by_looking(
    owner: User, make_conversation: Make, make_turn: Turn, looks: "queue.Queue[None]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_views, "TITLE_LOOK", 0.05)
    chat = await sync_to_async(make_conversation)(owner, titled_by="words", title="Why?")
    run = await sync_to_async(make_turn)(chat, needs_title=True)
    path = f"/api/convos/gen_title/{chat.id}"
    asking = asyncio.create_task(AsyncClient().get(path, headers=bearer(owner)))
    for _ in range(3):
        await asyncio.to_thread(looks.get, timeout=20)
    await store_end(run, "Because.", title="Reasons")
    response = await asyncio.wait_for(asking, 20)
    assert response.json() == {"title": "Reasons"}


async def test_a_title_that_does_not_come_is_waited_for_no_longer_than_a_while(
    owner: User, make_conversation: Make, make_turn: Turn, looks: "queue.Queue[None]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_views, "TITLE_SECONDS", 0.2)
    chat = await sync_to_async(make_conversation)(owner, titled_by="words", title="Why?")
    await sync_to_async(make_turn)(chat, needs_title=True)
    asking = AsyncClient().get(f"/api/convos/gen_title/{chat.id}", headers=bearer(owner))
    answer = await asyncio.wait_for(asking, 20)
    assert answer.status_code == 404


async def test_a_title_that_will_never_come_is_not_waited_for(
    owner: User, stranger: User, make_conversation: Make, make_turn: Turn, looks: "queue.Queue[None]"
) -> None:
    chat = await sync_to_async(make_conversation)(owner, titled_by="words")
    await sync_to_async(make_turn)(chat)
    for user in (owner, stranger):
        asking = AsyncClient().get(f"/api/convos/gen_title/{chat.id}", headers=bearer(user))
        answer = await asyncio.wait_for(asking, 20)
        assert (answer.status_code, list(answer.json())) == (404, ["message"])
    assert looks.qsize() == 2


def test_every_way_to_fail_has_words_and_known_ones_their_type() -> None:
    assert set(WIRE_TYPES) <= set(EXPLANATIONS)
    for code in EXPLANATIONS:
        payload = failure(code)
        assert payload["error"]


@pytest.mark.security
async def test_a_client_that_is_signed_out_hears_no_more(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    """Security case 12: at once, also while the model says nothing."""
    chat = await sync_to_async(make_conversation)(owner)
    run = await sync_to_async(make_turn)(chat, state="running", reply="")
    session = await sync_to_async(tokens.open_session)(user=owner)
    header = {"Authorization": f"Bearer {tokens.access_token(owner, session.session_id)}"}
    response: Any = await AsyncClient().get(f"/api/agents/chat/stream/{chat.id}", headers=header)
    async with writing(run) as say:
        say(PartStarted(0, Text("before")))
        pieces = [await anext(response.streaming_content), await anext(response.streaming_content)]
        await sync_to_async(sessions.end_all)(user=owner)
        async with asyncio.timeout(5):
            pieces += [piece async for piece in response.streaming_content]
        say(PartDelta(0, "afterwards"))
    assert b"created" in pieces[0]
    assert b"final" not in b"".join(pieces)
    assert len(pieces) <= 4
