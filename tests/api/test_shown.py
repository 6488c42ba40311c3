"""How a client shows a conversation: `endpointType`, `iconURL` and `greeting` come back as they were sent."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.models import Conversation, Run
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]
ROOT = "00000000-0000-0000-0000-000000000000"
SENT = {"endpointType": "custom", "iconURL": "https://example.org/cat.png", "greeting": "Miaow!"}


def start(api: Api, conversation: str | None = None, **more: Any) -> str:
    body = {"text": "Hello", "conversationId": conversation, "parentMessageId": ROOT, "endpoint": "Somewhere",
            "model": "tiny", **more}  # fmt: skip
    answer = api.post("/api/agents/chat", body)
    assert answer.status_code == 200, answer.content
    chat_id: str = answer.json()["conversationId"]
    return chat_id


def shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row.get(name) for name in SENT}


def test_what_was_sent_comes_back_everywhere(owner: User) -> None:
    api = Api(owner)
    chat = start(api, **SENT)
    assert shown(api.get(f"/api/convos/{chat}").json()) == SENT
    assert api.get("/api/convos").json()["conversations"][0]["iconURL"] == SENT["iconURL"]
    arg = {"conversationId": chat}
    assert shown(api.post("/api/convos/update", {"arg": arg | {"title": "T"}}).json()) == SENT
    assert shown(api.post("/api/convos/pin", {"arg": arg | {"pinned": True}}).json()) == SENT
    assert shown(api.post("/api/convos/archive", {"arg": arg | {"isArchived": True}}).json()) == SENT
    assert shown(api.post("/api/convos/duplicate", arg).json()["conversation"]) == SENT


def test_the_next_message_keeps_it_or_changes_it(owner: User) -> None:
    api = Api(owner)
    chat = start(api, **SENT)
    start(api, chat)
    assert shown(api.get(f"/api/convos/{chat}").json()) == SENT
    start(api, chat, iconURL="dog", greeting="")
    assert shown(api.get(f"/api/convos/{chat}").json()) == {**SENT, "iconURL": "dog", "greeting": None}


def test_an_icon_goes_with_the_endpoint_it_stood_for(owner: User) -> None:
    api = Api(owner)
    chat = start(api, **SENT)
    Conversation.objects.update(endpoint="Elsewhere")
    start(api, chat)
    assert "iconURL" not in api.get(f"/api/convos/{chat}").json()


@pytest.mark.parametrize(
    ("endpoint", "kind"),
    [("Somewhere", "custom"), ("Gone", "custom"), ("local", "custom"), ("openAI", None), ("google", None),
     ("anthropic", None), ("bedrock", None), ("azureOpenAI", None), ("OpenAI", "custom")],
)  # fmt: skip
def test_every_conversation_says_of_which_type_its_endpoint_is(
    owner: User, make_conversation: Make, endpoint: str, kind: str | None
) -> None:
    """Also one that no client began: without it the published reader throws at a name it does not know."""
    chat = make_conversation(owner, endpoint=endpoint)
    assert Api(owner).get(f"/api/convos/{chat.id}").json().get("endpointType") == kind


def test_an_icon_too_long_to_keep_does_not_stop_a_chat(owner: User) -> None:
    api = Api(owner)
    chat = start(api, iconURL="data:image/png;base64," + "A" * 9_000, greeting="x" * 2_000)
    assert {"iconURL", "greeting"}.isdisjoint(api.get(f"/api/convos/{chat}").json())


@pytest.mark.parametrize("field", ["iconURL", "greeting"])
def test_it_is_a_text(owner: User, field: str) -> None:
    body = {"text": "Hello", "endpoint": "Somewhere", "model": "tiny", field: {"$gt": ""}}
    assert Api(owner).post("/api/agents/chat", body).status_code == 400
