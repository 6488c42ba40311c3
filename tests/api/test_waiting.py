"""Deciding what a run asks and steering it over the API, and how both look in streams and status."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from api.librechat.chat.content import content_of
from api.librechat.chat.steps import RunSteps
from chat.models import ApprovalRequest, Conversation, InboxItem, Message, Run
from messages.events import Event, PartEnded, PartStarted, PartUpdated, Snapshot
from messages.parts import Approval, Part, Question, Steer, Subrun, Text, ToolCall, parts_to_json
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
DECISIONS = ["approve", "reject", "edit", "respond"]
RESUME, STEER = "/api/agents/chat/resume", "/api/agents/chat/steer"
CALLS: list[Part] = [ToolCall("c1", "mail", '{"to": "a"}'), ToolCall("c2", "mail", '{"to": "b"}')]


@pytest.fixture
def waits(owner: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Run]) -> Run:
    """A run that asks for two approvals."""
    run = make_turn(make_conversation(owner), state="waiting", reply="")
    asked = [
        ApprovalRequest.objects.create(
            run=run, call_id=call.id, kind="approval", request={"name": call.name, "arguments": call.arguments}
        )
        for call in CALLS
        if isinstance(call, ToolCall)
    ]
    parts = [*CALLS, *(Approval(str(request.id), request.call_id) for request in asked)]
    Message.objects.filter(id=run.message_id).update(state="streaming", usage={}, parts=parts_to_json(parts))
    return run


def decisions(**words: str) -> list[dict[str, str]]:
    return [{"tool_call_id": call_id, "decision": word} for call_id, word in words.items()]


def resumed(run: Run, **body: Any) -> dict[str, Any]:
    return {"conversationId": str(run.conversation_id), "actionId": str(run.id), **body}


def payload() -> dict[str, Any]:
    return {
        "type": "tool_approval",
        "action_requests": [
            {"name": "mail", "arguments": '{"to": "a"}', "tool_call_id": "c1"},
            {"name": "mail", "arguments": '{"to": "b"}', "tool_call_id": "c2"},
        ],
        "review_configs": [
            {"action_name": "mail", "tool_call_id": call_id, "allowed_decisions": DECISIONS} for call_id in ("c1", "c2")
        ],
    }


def test_status_says_what_is_asked(owner: User, waits: Run) -> None:
    answer = Api(owner).get(f"/api/agents/chat/status/{waits.conversation_id}").json()
    assert (answer["active"], answer["status"]) == (True, "requires_action")
    action = answer["pendingAction"]
    assert action == answer["resumeState"]["pendingAction"]
    assert (action["actionId"], action["streamId"]) == (str(waits.id), str(waits.conversation_id))
    assert (action["responseMessageId"], action["payload"]) == (str(waits.message_id), payload())
    active = Api(owner).get("/api/agents/chat/active").json()
    assert active == {"activeJobIds": [str(waits.conversation_id)]}


def test_all_calls_are_decided_at_once(owner: User, waits: Run) -> None:
    words = [*decisions(c1="approve"), {"tool_call_id": "c2", "decision": "reject", "reason": "Not b"}]
    answer = Api(owner).post(RESUME, resumed(waits, decisions=words))
    assert answer.status_code == 200
    assert answer.json()["status"] == "resumed"
    assert answer.json()["streamId"] == str(waits.conversation_id)
    rows = ApprovalRequest.objects.order_by("call_id").values_list("state", "answer")
    assert list(rows) == [("approved", ""), ("rejected", "Not b")]
    waits.refresh_from_db()
    assert waits.state == "queued"
    again = Api(owner).post(RESUME, resumed(waits, decisions=words))
    assert (again.status_code, "error" in again.json()) == (409, True)


@pytest.mark.parametrize(
    ("body", "status", "key", "value"),
    [
        ({"decisions": decisions(c1="approve")}, 400, "undecided", ["c2"]),
        ({}, 400, "undecided", ["c1", "c2"]),
        ({"decisions": decisions(c1="bribe", c2="approve")}, 403, "disallowed", ["c1"]),
    ],
)
def test_what_is_not_decided_or_not_allowed_changes_nothing(
    owner: User, waits: Run, body: dict[str, Any], status: int, key: str, value: list[str]
) -> None:
    answer = Api(owner).post(RESUME, resumed(waits, **body))
    assert (answer.status_code, answer.json()[key]) == (status, value)
    assert ApprovalRequest.objects.filter(state="pending").count() == 2


@pytest.mark.parametrize("edited", [{"to": "z"}, '{ "to": "z" }'], ids=["object", "text"])
def test_a_call_is_edited_and_another_one_answered(owner: User, waits: Run, edited: Any) -> None:
    words = [
        {"tool_call_id": "c1", "decision": "edit", "editedArguments": edited, "scope": "session"},
        {"tool_call_id": "c2", "decision": "respond", "responseText": "I did."},
    ]
    answer = Api(owner).post(RESUME, resumed(waits, decisions=words))
    assert (answer.status_code, answer.json()["status"]) == (200, "resumed")
    first, second = ApprovalRequest.objects.order_by("call_id")
    assert (first.state, first.request["edited"], first.answer) == ("approved", '{"to": "z"}', "")
    assert (second.state, second.answer) == ("answered", "I did.")
    content = Api(owner).get(f"/api/messages/{waits.conversation_id}/{waits.message_id}").json()[0]["content"]
    assert content[0]["tool_call"]["args"] == '{"to": "z"}'
    assert content[0]["tool_call"]["edited"] is True
    assert "edited" not in content[1]["tool_call"]


@pytest.mark.parametrize(
    ("decision", "code", "words"),
    [
        ({"decision": "edit", "editedArguments": {"to": 7}}, "bad_arguments", "“to” must be text. Change that"),
        ({"decision": "edit", "editedArguments": "{"}, "bad_arguments", "not valid JSON"),
        ({"decision": "edit"}, "bad_arguments", "editedArguments"),
        ({"decision": "respond"}, "empty", "Write an answer first."),
        ({"decision": "respond", "responseText": "x" * 16_001}, "too_long", "too long"),
    ],
)
def test_a_bad_decision_says_what_to_do_and_decides_nothing(
    owner: User, waits: Run, decision: dict[str, Any], code: str, words: str
) -> None:
    for request in ApprovalRequest.objects.all():
        request.request["schema"] = {"properties": {"to": {"type": "string"}}}
        request.save()
    stored = Message.objects.get(id=waits.message_id).parts
    body = resumed(waits, decisions=[*decisions(c1="approve"), {"tool_call_id": "c2"} | decision])
    answer = Api(owner).post(RESUME, body)
    assert (answer.status_code, answer.json()["code"], answer.json()["invalid"]) == (400, code, ["c2"])
    assert words in answer.json()["error"]
    assert ApprovalRequest.objects.filter(state="pending").count() == 2
    waits.refresh_from_db()
    assert waits.state == "waiting"
    assert Message.objects.get(id=waits.message_id).parts == stored


def test_the_stream_completes_an_edited_call_with_what_ran() -> None:
    steps = RunSteps(conversation_id=uuid4(), message_id=uuid4())
    call = ToolCall("c1", "mail", '{"to": "a"}')
    edited = ToolCall("c1", "mail", '{"to": "z"}', edited=True)
    begun: list[Event] = [PartStarted(0, call), PartEnded(0), PartStarted(1, Approval("a1", "c1"))]
    for event in begun:
        steps.translate(event)
    assert steps.translate(PartUpdated(0, edited)) == []
    ended = ToolCall("c1", "mail", '{"to": "z"}', "done", (Text("Sent."),), edited=True)
    [completed] = steps.translate(PartUpdated(0, ended))
    assert completed["event"] == "on_run_step_completed"
    assert completed["data"]["result"]["tool_call"] == {
        "id": "c1", "name": "mail", "args": '{"to": "z"}', "type": "tool_call", "edited": True, "output": "Sent.",
        "progress": 1,
    }  # fmt: skip
    again = RunSteps(conversation_id=uuid4(), message_id=uuid4())
    heard = again.translate(Snapshot((ended,)))
    assert heard[-1]["data"]["result"]["tool_call"] == completed["data"]["result"]["tool_call"]


def test_a_question_is_answered(owner: User, waits: Run) -> None:
    ApprovalRequest.objects.all().delete()
    question = ApprovalRequest.objects.create(
        run=waits, call_id="c1", kind="question", request={"name": "ask", "text": "Which?", "options": ["a", "b"]}
    )
    action = Api(owner).get(f"/api/agents/chat/status/{waits.conversation_id}").json()["pendingAction"]
    assert action["payload"]["question"] == {
        "question": "Which?", "options": [{"label": "a", "value": "a"}, {"label": "b", "value": "b"}],
    }  # fmt: skip
    body = {"conversationId": str(waits.conversation_id), "actionId": action["actionId"]}
    assert Api(owner).post(RESUME, body).status_code == 422
    assert Api(owner).post(RESUME, body | {"answer": "b"}).status_code == 200
    question.refresh_from_db()
    assert (question.state, question.answer) == ("answered", "b")


def test_strangers_decide_and_say_nothing(owner: User, stranger: User, waits: Run) -> None:
    body = resumed(waits, decisions=decisions(c1="approve", c2="approve"))
    assert Api(stranger).post(RESUME, body).status_code == 404
    assert Api(owner).post(RESUME, body | {"actionId": str(uuid4())}).status_code == 404
    said = {"conversationId": str(waits.conversation_id), "text": "Shorter", "clientSteerId": "1"}
    assert Api(stranger).post(STEER, said).status_code == 404
    item = InboxItem.objects.create(run=waits, kind="steer", body={"text": "Mine"})
    target = {"conversationId": str(waits.conversation_id), "steerId": str(item.id)}
    assert Api(stranger).post(f"{STEER}/cancel", target).status_code == 404
    assert Api(stranger).post(f"{STEER}/arm", target).status_code == 404
    assert ApprovalRequest.objects.filter(state="pending").count() == 2
    assert InboxItem.objects.count() == 1


def test_a_word_is_taken_once_shown_as_pending_and_taken_back(owner: User, waits: Run) -> None:
    api, said = Api(owner), {"conversationId": str(waits.conversation_id), "text": "Shorter", "clientSteerId": "mine"}
    answer = api.post(STEER, said)
    item = InboxItem.objects.get()
    assert (answer.status_code, answer.json()) == (
        202, {"status": "queued", "steerId": str(item.id), "clientSteerId": "mine"},
    )  # fmt: skip
    assert api.post(f"{STEER}/deliver", said).json()["steerId"] == str(item.id)
    conflict = api.post(f"{STEER}/deliver", said | {"text": "Longer"})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "STEER_IDEMPOTENCY_CONFLICT")
    pending = api.get(f"/api/agents/chat/status/{waits.conversation_id}").json()["resumeState"]["pendingSteers"]
    assert [(steer["steerId"], steer["text"], steer["clientSteerId"]) for steer in pending] == [
        (str(item.id), "Shorter", "mine")
    ]
    target = {"conversationId": str(waits.conversation_id), "steerId": str(item.id)}
    assert api.post(f"{STEER}/arm", target).json() == {"armed": False, "code": "PREEMPT_UNSUPPORTED"}
    assert api.post(f"{STEER}/cancel", target).json() == {"removed": True}
    assert api.post(f"{STEER}/cancel", target).status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"text": " "}, 400, "EMPTY_TEXT"),
        ({"text": "x" * 16_001}, 413, "STEER_TOO_LONG"),
        ({"conversationId": "x"}, 400, "INVALID_CONVERSATION"),
        ({"clientSteerId": ""}, 400, "INVALID_CLIENT_STEER_ID"),
        ({"clientSteerId": "x" * 129}, 400, "INVALID_CLIENT_STEER_ID"),
        ({"generationCreatedAt": 1}, 409, "RUN_REPLACED"),
    ],
)
def test_what_cannot_be_said(owner: User, waits: Run, changes: dict[str, Any], status: int, code: str) -> None:
    answer = Api(owner).post(STEER, {"conversationId": str(waits.conversation_id), "text": "Hi"} | changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not InboxItem.objects.exists()


def test_nothing_is_said_to_nobody_or_too_often(owner: User, waits: Run) -> None:
    api, said = Api(owner), {"conversationId": str(waits.conversation_id), "text": "Hi"}
    required = api.post(f"{STEER}/deliver", said)
    assert (required.status_code, required.json()["code"]) == (400, "CLIENT_STEER_ID_REQUIRED")
    statuses = [api.post(STEER, said).status_code for _ in range(21)]
    assert statuses == [*[202] * 20, 429]
    Run.objects.update(state="done")
    over = api.post(STEER, said)
    assert (over.status_code, over.json()["code"]) == (404, "NO_ACTIVE_RUN")


def test_the_stream_tells_of_waiting_words_and_subruns() -> None:
    conversation, message, action = uuid4(), uuid4(), uuid4()
    steps = RunSteps(conversation_id=conversation, message_id=message, action_id=action)
    events: list[Event] = [
        PartStarted(0, Text("Let me see.")), PartEnded(0),
        PartStarted(1, CALLS[0]), PartEnded(1), PartStarted(2, CALLS[1]), PartEnded(2),
        PartStarted(3, Approval("a1", "c1")), PartStarted(4, Approval("a2", "c2")),
        PartUpdated(3, Approval("a1", "c1", "approved")),
        PartStarted(5, Question("q1", "c1", "Which?")),
        PartStarted(6, Steer("s1", "Shorter")),
        PartStarted(7, Subrun("r1", "c2", "Research")),
        PartUpdated(7, Subrun("r1", "c2", "Research", "failed", "It failed.")),
        PartStarted(8, Text("Done.")),
    ]  # fmt: skip
    heard = [payload for event in events for payload in steps.translate(event)]
    pending = [told_of["data"] for told_of in heard if told_of["event"] == "on_pending_action"]
    assert [len(told_of["payload"].get("action_requests", ())) for told_of in pending] == [1, 2, 0]
    assert pending[1]["payload"] == payload()
    assert [told_of["actionId"] for told_of in pending] == [str(action), str(action), "q1"]
    [steer] = [told_of["data"] for told_of in heard if told_of["event"] == "on_steer_applied"]
    assert steer == {
        "steerId": "s1", "index": 3, "part": {"type": "steer", "steer": "Shorter", "steerId": "s1"},
    }  # fmt: skip
    subruns = [told_of["data"] for told_of in heard if told_of["event"] == "on_subagent_update"]
    assert [(told_of["phase"], told_of["subagentRunId"], told_of["parentToolCallId"]) for told_of in subruns] == [
        ("start", "r1", "c2"), ("error", "r1", "c2"),
    ]  # fmt: skip
    assert [step["index"] for step in steps.steps] == [0, 1, 2, 4]
    assert [part["type"] for part in steps.content] == ["text", "tool_call", "tool_call", "steer", "text"]
    again = RunSteps(conversation_id=conversation, message_id=message, action_id=action)
    again.translate(Snapshot(tuple(steps._reducer.parts)))
    assert again.content == steps.content == content_of(steps._reducer.parts, message_id=str(message))
