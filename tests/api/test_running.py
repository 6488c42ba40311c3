"""What is being written, and stopping it: active, status, abort."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
ABORT = "/api/agents/chat/abort"


def at(run: Run) -> int:
    return int(run.created_at.timestamp() * 1000)


def test_active_names_each_conversation_that_is_being_written_once(
    owner: User, stranger: User, make_conversation: Make, make_turn: Turn
) -> None:
    busy, idle, theirs = make_conversation(owner), make_conversation(owner), make_conversation(stranger)
    make_turn(busy, state="running")
    make_turn(busy, state="queued")
    make_turn(idle)
    make_turn(theirs, state="running")
    assert Api(owner).get("/api/agents/chat/active").json() == {"activeJobIds": [str(busy.id)]}


def test_status_of_a_quiet_conversation_is_only_that(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    make_turn(chat)
    assert Api(owner).get(f"/api/agents/chat/status/{chat.id}").json() == {"active": False}
    assert Api(owner).get("/api/agents/chat/status/new").json() == {"active": False}


def test_status_of_a_run_tells_how_to_join_it(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat, state="running", reply="Beca")
    Message.objects.filter(id=run.message_id).update(usage={})
    content = [{"type": "text", "text": "Beca"}]
    step = {
        "id": f"step_{run.message_id}_0", "runId": str(run.message_id), "type": "message_creation", "index": 0,
        "stepDetails": {
            "type": "message_creation",
            "message_creation": {"message_id": str(run.message_id), "content_type": "text"},
        },
    }  # fmt: skip
    assert Api(owner).get(f"/api/agents/chat/status/{chat.id}").json() == {
        "active": True,
        "streamId": str(chat.id),
        "status": "running",
        "aggregatedContent": content,
        "createdAt": at(run),
        "resumeState": {
            "runSteps": [step],
            "aggregatedContent": content,
            "conversationId": str(chat.id),
            "responseMessageId": str(run.message_id),
            "userMessage": {
                "messageId": str(run.message.parent_id),
                "parentMessageId": "00000000-0000-0000-0000-000000000000",
                "conversationId": str(chat.id),
                "text": "Why?",
            },
            "sender": "tiny",
            "model": "tiny",
            "isRegenerate": False,
            "titleEvent": {"event": "title", "data": {"conversationId": str(chat.id), "title": "Cats at night"}},
        },
        "generationProtocolVersion": 1,
    }


@pytest.mark.parametrize("name", ["streamId", "conversationId", "abortKey"])
def test_a_running_reply_is_asked_to_stop(owner: User, make_conversation: Make, make_turn: Turn, name: str) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat, state="running")
    target = f"{chat.id}:x" if name == "abortKey" else str(chat.id)
    answer = Api(owner).post(ABORT, {name: target})
    assert (answer.status_code, answer.json()) == (200, {"success": True, "aborted": str(chat.id)})
    run.refresh_from_db()
    assert (run.state, run.stop_requested) == ("running", True)


def test_a_reply_nobody_has_begun_ends_at_once(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat, state="queued", reply="")
    assert Api(owner).post(ABORT, {"conversationId": str(chat.id)}).status_code == 200
    run.refresh_from_db()
    assert (run.state, run.message.state) == ("stopped", "stopped")


def test_new_means_the_only_run(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    api = Api(owner)
    assert api.post(ABORT, {"conversationId": "new"}).status_code == 404
    first = make_conversation(owner)
    make_turn(first, state="running")
    assert api.post(ABORT, {"conversationId": "new"}).json() == {"success": True, "aborted": str(first.id)}
    make_turn(make_conversation(owner), state="running")
    answer = api.post(ABORT, {"conversationId": "new"})
    assert (answer.status_code, answer.json()["code"]) == (409, "AMBIGUOUS_ACTIVE_RUN")


@pytest.mark.parametrize(
    ("state", "status"), [("done", "complete"), ("stopped", "aborted"), ("failed", "error"), ("interrupted", "error")]
)
def test_what_is_over_is_settled(
    owner: User, make_conversation: Make, make_turn: Turn, state: str, status: str
) -> None:
    chat = make_conversation(owner)
    make_turn(chat, state=state)
    answer = Api(owner).post(ABORT, {"conversationId": str(chat.id)})
    assert answer.status_code == 200
    assert answer.json() == {
        "success": False,
        "settled": True,
        "code": "RUN_ALREADY_SETTLED",
        "streamId": str(chat.id),
        "terminalStatus": status,
    }


def test_a_run_that_was_replaced_is_not_mistaken_for_the_new_one(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat, state="running")
    answer = Api(owner).post(ABORT, {"conversationId": str(chat.id), "generationCreatedAt": at(run) - 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "RUN_REPLACED")
    run.refresh_from_db()
    assert run.stop_requested is False
    answer = Api(owner).post(ABORT, {"conversationId": str(chat.id), "generationCreatedAt": at(run)})
    assert answer.json()["success"] is True


@pytest.mark.parametrize(
    "body", [{}, {"streamId": ""}, {"streamId": "x"}, {"streamId": 5}, {"streamId": "x" * 513}, {"abortKey": ":"},
             {"conversationId": {"$gt": ""}}, {"generationCreatedAt": -1}, {"owner": "me"}],
)  # fmt: skip
def test_a_target_that_is_none_is_refused(owner: User, body: dict[str, Any]) -> None:
    answer = Api(owner).post(ABORT, body)
    assert answer.status_code == 400
    assert "error" in answer.json()


def test_a_stranger_learns_nothing_and_stops_nothing(
    owner: User, stranger: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat, state="running")
    api = Api(stranger)
    for target in (chat.id, uuid4()):
        assert api.post(ABORT, {"streamId": str(target)}).status_code == 404
        assert api.get(f"/api/agents/chat/status/{target}").status_code == 404
    assert api.get("/api/agents/chat/active").json() == {"activeJobIds": []}
    run.refresh_from_db()
    assert run.stop_requested is False


@pytest.mark.parametrize("path", ["active", f"status/{uuid4()}", "abort"])
def test_nobody_asks_without_signing_in(path: str) -> None:
    method = "POST" if path == "abort" else "GET"
    assert Api().send(method, f"/api/agents/chat/{path}", {} if method == "POST" else None).status_code == 401
