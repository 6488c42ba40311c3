"""POST /api/agents/chat: starting a reply."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from billing.models import Balance
from chat.models import Conversation, Message, Run
from endpoints.catalog import registry
from endpoints.services.tokens import estimate_message
from tests.api.conftest import Api, frames_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
ROOT = "00000000-0000-0000-0000-000000000000"
START = "/api/agents/chat/Somewhere"


def hello(**changes: Any) -> dict[str, Any]:
    body = {"text": "Hello", "conversationId": None, "parentMessageId": ROOT, "endpoint": "Somewhere", "model": "tiny"}
    return {**body, **changes}


def test_a_first_message_begins_a_conversation_and_queues_a_run(owner: User) -> None:
    question = uuid4()
    answer = Api(owner).post(START, hello(messageId=str(question), temperature=0.2, promptPrefix="Be kind"))
    assert answer.status_code == 200
    conversation = Conversation.objects.get()
    run = Run.objects.get()
    assert answer.json() == {
        "streamId": str(conversation.id),
        "conversationId": str(conversation.id),
        "generationCreatedAt": int(run.created_at.timestamp() * 1000),
        "status": "started",
        "generationProtocolVersion": 1,
    }
    assert (conversation.owner, conversation.endpoint, conversation.model) == (owner, "Somewhere", "tiny")
    assert conversation.settings == {"temperature": 0.2, "promptPrefix": "Be kind"}
    assert (run.state, run.message.parent_id, run.message.state) == ("queued", question, "streaming")
    assert Message.objects.get(id=question).text == "Hello"


@pytest.mark.parametrize("conversation", [None, "new", ""])
def test_every_way_to_say_new_begins_a_conversation(owner: User, conversation: str | None) -> None:
    assert Api(owner).post("/api/agents/chat", hello(conversationId=conversation)).status_code == 200
    assert Conversation.objects.count() == 1


def test_what_a_real_client_sends_beside_it_is_accepted(owner: User) -> None:
    body = hello(
        sender="User", isCreatedByUser=True, error=False, clientTimestamp="2026-01-31T12:00:00", endpointType="custom",
        key="never", isTemporary=False, isRegenerate=False, isContinued=False, editedContent=None, files=[], spec=None,
        ephemeralAgent={"web_search": False, "mcp": []}, iconURL="", modelLabel=None, resendFiles=True, topP=0.5,
        max_tokens=None, stop=[], reasoning_effort="", responseMessageId=None, overrideParentMessageId=None,
        generationProtocolVersion=2, timezone="Europe/Rome",
    )  # fmt: skip
    assert Api(owner).post(START, body).status_code == 200
    assert Conversation.objects.get().settings == {"topP": 0.5, "resendFiles": True}


def test_the_next_message_is_a_child_of_the_reply(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    before = make_turn(chat)
    body = hello(conversationId=str(chat.id), parentMessageId=str(before.message_id))
    assert Api(owner).post(START, body).status_code == 200
    question = Message.objects.get(parent=before.message)
    assert (question.text, question.conversation_id) == ("Hello", chat.id)
    assert Conversation.objects.count() == 1


def test_a_repeated_request_gets_the_run_of_the_first(owner: User) -> None:
    first = Api(owner).post(START, hello(clientRequestId="once")).json()
    again = Api(owner).post(START, hello(clientRequestId="once")).json()
    assert again == {**first, "status": "resumed"}
    assert Run.objects.count() == 1


def test_regenerating_writes_a_second_reply_beside_the_first(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = make_conversation(owner)
    before = make_turn(chat)
    question = before.message.parent_id
    body = hello(conversationId=str(chat.id), parentMessageId=str(question), isRegenerate=True, text="Why?")
    assert Api(owner).post(START, body).status_code == 200
    assert Message.objects.filter(parent_id=question).count() == 2
    assert Message.objects.filter(author="user").count() == 1


def test_continuing_lets_the_same_reply_grow(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    before = make_turn(chat, state="stopped")
    body = hello(
        conversationId=str(chat.id), parentMessageId=str(before.message.parent_id), isContinued=True,
        responseMessageId=str(before.message_id),
    )  # fmt: skip
    assert Api(owner).post(START, body).status_code == 200
    run = Run.objects.exclude(id=before.id).get()
    assert (run.message_id, run.continues) == (before.message_id, True)
    assert Message.objects.count() == 2


def test_a_model_that_is_not_offered_is_denied_in_the_chat(owner: User) -> None:
    answer = Api(owner).post(START, hello(model="gpt-secret"))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "text/event-stream"
    (first, asked), (second, error) = frames_of(answer.content.decode())
    assert (first, asked["created"], asked["message"]["text"]) == ("message", True, "Hello")
    assert second == "error"
    assert (error["error"], error["final"], error["isCreatedByUser"]) == (True, True, False)
    assert error["parentMessageId"] == asked["message"]["messageId"]
    assert json.loads(error["text"])["type"] == "illegal_model_request"
    assert nothing_began()


@pytest.mark.parametrize(
    "change",
    [
        {"text": 7}, {"text": None}, {"text": {"a": 1}}, {"messageId": "x"}, {"messageId": 5},
        {"messageId": {"$gt": ""}}, {"messageId": str(uuid4()).upper()}, {"messageId": f"{uuid4()} "},
        {"parentMessageId": "../x"},
        {"parentMessageId": [str(uuid4())]}, {"conversationId": "PENDING"}, {"conversationId": 1.5},
        {"model": ["tiny"]}, {"temperature": "hot"}, {"temperature": 9}, {"top_p": -1}, {"max_tokens": 0.5},
        {"stop": "x"}, {"stop": [1]}, {"stop": ["x"] * 99}, {"reasoning_effort": "all"}, {"isRegenerate": "yes"},
        {"endpoint": "Elsewhere"}, {"user": str(uuid4())}, {"role": "ADMIN"}, {"createdAt": "x"},
    ],
)  # fmt: skip
def test_bad_input_begins_nothing(owner: User, change: dict[str, Any]) -> None:
    answer = Api(owner).post(START, hello(**change))
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert nothing_began()


@pytest.mark.parametrize(
    "change",
    [
        {"files": [{"file_id": "f"}]}, {"isTemporary": True}, {"editedContent": {"index": 0}},
        {"addedConvo": {"model": "tiny"}}, {"agent_id": "agent_x"}, {"compact": True},
    ],
)  # fmt: skip
def test_what_is_asked_for_and_not_here_yet_is_refused_by_name(owner: User, change: dict[str, Any]) -> None:
    answer = Api(owner).post(START, hello(**change))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(next(iter(change)))
    assert nothing_began()


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_message_is_refused(owner: User, text: str) -> None:
    answer = Api(owner).post(START, hello(text=text))
    assert (answer.status_code, answer.json()["code"]) == (422, "empty")
    assert nothing_began()


@pytest.mark.parametrize(("field", "value", "code"), [
    ("clientRequestId", "", "INVALID_CLIENT_REQUEST_ID"),
    ("clientRequestId", "x" * 129, "INVALID_CLIENT_REQUEST_ID"),
    ("expectedPredecessorCreatedAt", -1, "INVALID_GENERATION_PREDECESSOR"),
])  # fmt: skip
def test_faulty_protocol_fields_have_codes(owner: User, field: str, value: Any, code: str) -> None:
    answer = Api(owner).post(START, hello(**{field: value}))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert nothing_began()


def test_a_run_that_came_in_between_is_noticed(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat)
    at = int(run.created_at.timestamp() * 1000)
    body = hello(conversationId=str(chat.id), parentMessageId=str(run.message_id))
    answer = Api(owner).post(START, {**body, "expectedPredecessorCreatedAt": at - 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "GENERATION_PREDECESSOR_MISMATCH")
    assert Run.objects.count() == 1
    assert Api(owner).post(START, {**body, "expectedPredecessorCreatedAt": at}).status_code == 200


def test_a_reply_that_is_still_written_cannot_be_answered(
    owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat, state="running")
    answer = Api(owner).post(START, hello(conversationId=str(chat.id), parentMessageId=str(run.message_id)))
    assert (answer.status_code, answer.json()["code"]) == (409, "busy")
    assert Run.objects.count() == 1


def test_a_stranger_cannot_write_into_a_conversation(
    owner: User, stranger: User, make_conversation: Make, make_turn: Turn
) -> None:
    theirs, mine = make_conversation(owner), make_conversation(stranger)
    run = make_turn(theirs, state="stopped")
    ids: list[dict[str, Any]] = [
        {"conversationId": str(theirs.id)},
        {"conversationId": str(theirs.id), "parentMessageId": str(run.message_id)},
        {"conversationId": str(mine.id), "parentMessageId": str(run.message_id)},
        {"conversationId": str(mine.id), "parentMessageId": str(run.message_id), "isRegenerate": True},
        {"conversationId": str(theirs.id), "responseMessageId": str(run.message_id), "isContinued": True},
    ]
    for fields in ids:
        answer = Api(stranger).post(START, hello(**fields))
        assert answer.status_code == 404, fields
        assert list(answer.json()) == ["error"]
    assert Message.objects.count() == 2
    assert Run.objects.count() == 1


def test_nobody_starts_without_signing_in() -> None:
    assert Api().post(START, hello()).status_code == 401
    assert nothing_began()


def test_the_hot_path_asks_for_the_person_and_writes_the_turn(
    owner: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api = Api(owner)
    api.post(START, hello())
    with django_assert_num_queries(8):  # the person; savepoint and release; the five statements of a first turn
        api.post(START, hello())


def nothing_began() -> bool:
    return not (Conversation.objects.exists() or Message.objects.exists() or Run.objects.exists())


def test_ids_on_the_wire_are_the_ids_of_the_rows(owner: User) -> None:
    started = Api(owner).post(START, hello()).json()
    assert UUID(started["conversationId"]) == Conversation.objects.get().id


def test_every_parameter_of_a_model_is_kept_and_told(owner: User) -> None:
    chosen: dict[str, Any] = {
        "temperature": 0.5, "topP": 0.9, "topK": 4, "maxOutputTokens": 100, "maxContextTokens": 5000, "stop": ["x"],
        "reasoning_effort": "low", "reasoning_summary": "auto", "verbosity": "high", "thinking": False,
        "thinkingBudget": 2000, "promptCache": False, "promptCacheTtl": "1h", "web_search": True, "region": "eu-west-1",
        "useResponsesApi": False, "resendFiles": False, "imageDetail": "low", "fileTokenLimit": 9, "system": "Be kind",
        "modelLabel": "Ada", "disableStreaming": True, "effort": "max", "thinkingLevel": "low", "url_context": True,
    }  # fmt: skip
    answer = Api(owner).post(START, hello(**chosen))
    conversation = Conversation.objects.get()
    assert answer.status_code == 200
    assert conversation.settings == chosen
    row = Api(owner).get(f"/api/convos/{conversation.id}").json()
    assert {name: row.get(name) for name in chosen} == chosen
    assert Message.objects.get(author="assistant").sender == "Ada"


@pytest.mark.parametrize(
    "change",
    [{"thinkingBudget": -2}, {"thinking": "yes"}, {"verbosity": "loud"}, {"promptCacheTtl": "2h"}, {"topK": 501}],
)
def test_a_parameter_that_no_model_takes_begins_nothing(owner: User, change: dict[str, Any]) -> None:
    answer = Api(owner).post(START, hello(**change))
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(next(iter(change)))
    assert nothing_began()


def test_the_document_describes_every_parameter(owner: User) -> None:
    schemas = Api(owner).get("/api/openapi.json").json()["components"]["schemas"]
    for name in ("StartIn", "ConversationOut"):
        assert {"temperature", "thinkingBudget", "promptCacheTtl"} <= set(schemas[name]["properties"])


def test_without_credit_the_chat_is_told_the_numbers(owner: User, settings: Settings) -> None:
    settings.BALANCE_ENABLED = True
    text = settings.LIBRECHAT_CONFIG.read_text().rstrip()
    priced = "tokenConfig: {tiny: {prompt: 1, completion: 2, context: 12345}}"
    settings.LIBRECHAT_CONFIG.write_text(f"{text}\n      {priced}\n")
    registry.reset()
    Balance.objects.create(user=owner, credits=3)
    answer = Api(owner).post(START, hello())
    assert answer.status_code == 402
    (error,) = [frame for _name, frame in frames_of(answer.content.decode()) if frame.get("error")]
    asked = estimate_message("Hello")
    reason = json.loads(error["text"])
    reason.pop("info")
    assert reason == {"type": "token_balance", "balance": 3, "tokenCost": asked + 20, "promptTokens": asked}


def test_a_message_that_no_window_takes_is_told_in_the_chat(owner: User, settings: Settings) -> None:
    answer = Api(owner).post(START, hello(text="人" * 40_000))
    assert answer.status_code == 422
    (error,) = [frame for _name, frame in frames_of(answer.content.decode()) if frame.get("error")]
    reason = json.loads(error["text"])
    assert reason["type"] == "INPUT_LENGTH"
    assert reason["info"].startswith(f"{estimate_message('人' * 40_000)} / ")
    assert not Run.objects.exists()
