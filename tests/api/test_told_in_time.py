"""What a client hears of a run whenever it comes, and in which words it is told why there is none."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from accounts.models import User
from accounts.services import bans
from api.librechat.chat.stream import failure
from chat.models import Conversation, Message, Run
from endpoints.services.failure_words import EXPLANATIONS
from tests.api.conftest import Api, frames_of, read_stream

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("stream_threads", "somewhere")]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]


@pytest.mark.parametrize("code", sorted(set(EXPLANATIONS) - {"internal", "interrupted"}))
def test_every_failure_has_a_type_that_nothing_shadows(code: str) -> None:
    """Clients read `json.code || json.type`: a `code` of our own would be shown as raw JSON."""
    error = json.loads(failure(code)["error"])
    assert "code" not in error
    assert error["type"]
    assert error["reason"] == code
    assert error["info"]


def test_keys_of_one_s_own_are_told_in_the_wire_s_words() -> None:
    for code, kind in (("no_user_key", "no_user_key"), ("expired_user_key", "expired_user_key"),
                       ("bad_user_key", "invalid_user_key"), ("no_base_url", "no_base_url")):  # fmt: skip
        assert json.loads(failure(code)["error"])["type"] == kind


async def test_a_run_that_is_over_still_tells_usage_and_title(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner, title="Reasons", titled_by="model")
    await sync_to_async(make_turn)(chat, needs_title=True)
    frames = [payload for _name, payload in await read_stream(f"/api/agents/chat/stream/{chat.id}", owner)]
    names = [payload.get("event") or ("final" if "final" in payload else "created") for payload in frames]
    assert names == ["created", "on_run_step", "on_message_delta", "on_token_usage", "title", "final"]
    assert frames[3]["data"]["output_tokens"] == 2
    assert frames[4]["data"]["title"] == "Reasons"


async def test_a_title_that_another_run_brought_is_not_told_again(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner, titled_by="model")
    await sync_to_async(make_turn)(chat)
    frames = [payload for _name, payload in await read_stream(f"/api/agents/chat/stream/{chat.id}", owner)]
    assert "title" not in [payload.get("event") for payload in frames]


async def test_who_resumes_has_usage_and_title_in_the_first_frame(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = await sync_to_async(make_conversation)(owner, title="Reasons", titled_by="model")
    await sync_to_async(make_turn)(chat, needs_title=True)
    frames = [frame for _, frame in await read_stream(f"/api/agents/chat/stream/{chat.id}?resume=true", owner)]
    state = frames[0]["resumeState"]
    assert state["collectedUsage"][0]["output_tokens"] == 2
    assert state["titleEvent"]["data"]["title"] == "Reasons"
    assert [payload.get("event") for payload in frames[1:]] == [None]


def test_status_says_what_was_asked_and_what_stands_there(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = make_conversation(owner, icon_url="/cat.png")
    run = make_turn(chat, state="running", parts=[{"type": "think", "think": "Hm"}, {"type": "text", "text": "Be"}])
    assert run.message.parent_id
    Message.objects.filter(id=run.message.parent_id).update(quotes=[{"text": "As you said"}])
    state = Api(owner).get(f"/api/agents/chat/status/{chat.id}").json()["resumeState"]
    assert state["userMessage"]["quotes"] == ["As you said"]
    assert (state["isRegenerate"], state["iconURL"]) == (False, "/cat.png")
    assert [step["stepDetails"]["message_creation"]["content_type"] for step in state["runSteps"]] == ["think", "text"]
    assert [part["type"] for part in state["aggregatedContent"]] == ["think", "text"]
    assert state["responseMessageId"] == str(run.message_id)


async def test_a_regenerate_says_that_it_is_one(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = await sync_to_async(make_conversation)(owner)
    first = await sync_to_async(make_turn)(chat)

    def again() -> dict[str, Any]:
        body = {"conversationId": str(chat.id), "parentMessageId": str(first.message.parent_id), "isRegenerate": True,
                "text": "", "endpoint": "Somewhere", "model": "tiny"}  # fmt: skip
        assert Api(owner).post("/api/agents/chat/Somewhere", body).status_code == 200
        status: dict[str, Any] = Api(owner).get(f"/api/agents/chat/status/{chat.id}").json()
        return status

    status = await sync_to_async(again)()
    assert status["resumeState"]["isRegenerate"] is True
    assert status["resumeState"]["userMessage"]["messageId"] == str(first.message.parent_id)


@pytest.mark.parametrize("stream_id", ["{stranger}", "019ab3d4-0000-7000-8000-00000000beef", "nonsense", "{silent}"])
async def test_a_stream_that_is_none_says_so_under_both_names(
    owner: User, stranger: User, make_conversation: Make, make_turn: Turn, stream_id: str
) -> None:
    other = await sync_to_async(make_conversation)(stranger)
    await sync_to_async(make_turn)(other)
    silent = await sync_to_async(make_conversation)(owner)
    named = stream_id.format(stranger=other.id, silent=silent.id)
    answer = await sync_to_async(Api(owner).get)(f"/api/agents/chat/stream/{named}")
    assert (answer.status_code, sorted(answer.json())) == (404, ["error", "message"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"streamId": "x" * 600}, "INVALID_ABORT_TARGET"),
        ({"conversationId": "x" * 600}, "INVALID_ABORT_TARGET"),
        ({"abortKey": 7}, "INVALID_ABORT_TARGET"),
        ({}, "INVALID_ABORT_TARGET"),
        ({"streamId": "x", "generationCreatedAt": -1}, "INVALID_GENERATION_IDENTITY"),
        ({"streamId": "x", "generationCreatedAt": "now"}, "INVALID_GENERATION_IDENTITY"),
    ],
)
def test_an_abort_that_names_nothing_has_a_code(owner: User, body: dict[str, Any], code: str) -> None:
    answer = Api(owner).post("/api/agents/chat/abort", body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_banned_person_is_told_in_the_chat_and_elsewhere_as_message(owner: User) -> None:
    bans.ban(actor=None, user=owner, minutes=10)
    api = Api(owner)  # a token from before the ban opens nothing
    for path in ("convos", "tags", "endpoints", "api-keys", "balance"):
        answer = api.get(f"/api/{path}")
        assert (answer.status_code, list(answer.json())) == (403, ["message"]), path
    answer = api.post("/api/agents/chat/Somewhere", {"text": "Hello", "endpoint": "Somewhere", "model": "tiny"})
    assert (answer.status_code, answer["Content-Type"]) == (403, "text/event-stream")
    (_, asked), (name, error) = frames_of(answer.content.decode())
    assert (asked["created"], asked["message"]["text"], name) == (True, "Hello", "error")
    assert json.loads(error["text"])["type"] == "ban"
    for raw in (b"", b"{", b"[]", b'{"text": 7}', b'{"a": "' + b"x" * 4_000_000 + b'"}'):
        answer = api.raw("POST", "/api/agents/chat/Somewhere", raw)
        assert (answer.status_code, answer["Content-Type"]) == (403, "text/event-stream"), raw[:20]
    assert not Conversation.objects.exists()


@pytest.mark.parametrize("path", ["config", "banner"])
def test_what_anybody_may_read_does_not_depend_on_a_good_token(owner: User, path: str) -> None:
    anonymous = Api().get(f"/api/{path}")
    for token in ("x", "sk-parley-x", "a.b.c"):
        answer = Api().raw("GET", f"/api/{path}", Authorization=f"Bearer {token}")
        assert (answer.status_code, answer.content) == (200, anonymous.content), token
    banned = Api(owner)
    assert banned.get(f"/api/{path}").status_code == 200
    bans.ban(actor=None, user=owner, minutes=10)
    assert banned.get(f"/api/{path}").content == anonymous.content


def test_nobody_signs_in_who_is_banned(owner: User) -> None:
    api = Api()
    body = {"email": owner.email, "password": "correct-horse-battery"}
    assert api.post("/api/auth/login", body).status_code == 200
    bans.ban(actor=None, user=owner, minutes=10)
    answer = api.post("/api/auth/login", body)
    assert (answer.status_code, list(answer.json())) == (403, ["message"])
    assert api.send("POST", "/api/auth/refresh").status_code in {401, 403}
    assert bans.banned_until(user_id=owner.id) > timezone.now() + timedelta(minutes=9)  # type: ignore[operator]
