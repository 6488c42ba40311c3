"""The queue of a conversation over the API: receipts as clients know them, refusals with their statuses."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from accounts.models import User
from api.base.payloads import milliseconds
from chat.models import Conversation, Message, QueuedTurn, Run
from chat.services.turns import queued_turns
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
QUEUE = "/api/agents/chat/queued-turns"


@pytest.fixture
def followed(owner: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Run]) -> Run:
    return make_turn(make_conversation(owner), state="running", reply="")


def body(followed: Run, text: str = "And dogs?", request: str = "r1", **more: Any) -> dict[str, Any]:
    names = {"conversationId": str(followed.conversation_id), "parentMessageId": str(followed.message_id)}
    return {**names, "clientRequestId": request, "text": text, **more}


def listed(owner: User, followed: Run, *requests: str) -> Any:
    query = "".join(f"&clientRequestIds={request}" for request in requests)
    return Api(owner).get(f"{QUEUE}?conversationId={followed.conversation_id}{query}").json()


def test_a_message_is_queued_listed_and_removed(owner: User, followed: Run) -> None:
    answer = Api(owner).post(QUEUE, body(followed, quotes=["purr"]))
    assert answer.status_code == 201
    assert answer.json()["capability"] == {"supported": True, "durability": "durable"}
    receipt = answer.json()["receipt"]
    item = QueuedTurn.objects.get()
    assert receipt == {
        "queuedTurnId": str(item.id), "conversationId": str(followed.conversation_id),
        "parentMessageId": str(followed.message_id), "clientRequestId": "r1", "text": "And dogs?", "quotes": ["purr"],
        "priority": False, "status": "queued", "revision": milliseconds(item.created_at),
        "createdAt": receipt["createdAt"], "updatedAt": receipt["updatedAt"],
    }  # fmt: skip
    Api(owner).post(QUEUE, body(followed, "First!", "r2", priority=True))
    queue = listed(owner, followed)
    assert [(turn["text"], turn["position"]) for turn in queue["queuedTurns"]] == [("First!", 0), ("And dogs?", 1)]
    assert queue["revision"] > 0
    removed = Api(owner).send("DELETE", f"{QUEUE}/{item.id}", {})
    assert (removed.status_code, removed.json()["receipt"]["status"]) == (200, "cancelled")
    again = Api(owner).send("DELETE", f"{QUEUE}/{item.id}", {})
    assert again.status_code == 409
    assert [turn["status"] for turn in listed(owner, followed, "r1")["queuedTurns"]] == ["queued", "cancelled"]


def test_a_receipt_says_what_has_become_of_a_message(owner: User, followed: Run) -> None:
    Api(owner).post(QUEUE, body(followed))
    Run.objects.filter(id=followed.id).update(state="done")
    Message.objects.filter(id=followed.message_id).update(state="complete")
    queued_turns.send_next(followed.conversation_id)
    assert listed(owner, followed)["queuedTurns"] == []
    assert [turn["status"] for turn in listed(owner, followed, "r1")["queuedTurns"]] == ["admitted"]
    repeated = Api(owner).post(QUEUE, body(followed))
    assert (repeated.status_code, repeated.json()["receipt"]["status"]) == (201, "admitted")
    QueuedTurn.objects.update(state="refused", refusal="Too much", refusal_code="token_balance")
    [dead] = listed(owner, followed)["queuedTurns"]
    assert (dead["status"], dead["failure"]) == ("dead", {"code": "token_balance", "message": "Too much"})


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"text": " "}, 422),
        ({"text": 5}, 400),
        ({"conversationId": "x"}, 400),
        ({"conversationId": str(uuid4())}, 404),
        ({"clientRequestId": ""}, 400),
        ({"clientRequestId": "x" * 129}, 400),
        ({"files": [{"file_id": "f"}]}, 400),
        ({"manualSkills": ["s"]}, 400),
        ({"quotes": ["x"] * 99}, 400),
        ({"expectedPredecessorCreatedAt": -1}, 400),
        ({"expectedPredecessorCreatedAt": 1}, 409),
    ],
)
def test_what_cannot_be_queued_is_refused(owner: User, followed: Run, changes: dict[str, Any], status: int) -> None:
    answer = Api(owner).post(QUEUE, body(followed) | changes)
    assert (answer.status_code, QueuedTurn.objects.count()) == (status, 0)


def test_the_run_that_is_expected_is_followed(owner: User, followed: Run) -> None:
    expected = milliseconds(followed.created_at)
    assert Api(owner).post(QUEUE, body(followed, expectedPredecessorCreatedAt=expected)).status_code == 201
    followed.refresh_from_db()
    assert followed.has_queue


def test_another_text_under_the_same_id_is_a_conflict(owner: User, followed: Run) -> None:
    Api(owner).post(QUEUE, body(followed))
    assert Api(owner).post(QUEUE, body(followed, "And birds?")).status_code == 409


def test_strangers_have_none_of_it(owner: User, stranger: User, followed: Run) -> None:
    receipt = Api(owner).post(QUEUE, body(followed)).json()["receipt"]
    assert Api(stranger).post(QUEUE, body(followed, request="r2")).status_code == 404
    assert Api(stranger).get(f"{QUEUE}?conversationId={followed.conversation_id}").status_code == 404
    assert Api(stranger).send("DELETE", f"{QUEUE}/{receipt['queuedTurnId']}", {}).status_code == 404
    assert QueuedTurn.objects.get(id=UUID(receipt["queuedTurnId"])).state == "queued"


@pytest.mark.parametrize("query", ["", "?conversationId=x", f"?conversationId={uuid4()}"])
def test_a_list_is_of_a_conversation(owner: User, query: str) -> None:
    assert Api(owner).get(QUEUE + query).status_code == 404


def test_not_more_than_a_hundred_requests_are_asked_for(owner: User, followed: Run) -> None:
    named = "".join(f"&clientRequestIds={number}" for number in range(101))
    assert Api(owner).get(f"{QUEUE}?conversationId={followed.conversation_id}{named}").status_code == 400
