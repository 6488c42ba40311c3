"""Model specs over the API: what clients are told of them, and what they may ask for."""

import json
from collections.abc import Callable

import pytest

from accounts.models import Role, User
from accounts.services import roles
from chat.models import Conversation, Message
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.security, pytest.mark.usefixtures("write_spec_file")]
Write = Callable[..., None]


def ask(api: Api, **body: object) -> tuple[int, str]:
    answer = api.post("/api/agents/chat", {"text": "Why?", **body})
    return answer.status_code, answer.content.decode()


def test_the_startup_config_lists_the_specs_in_their_order(owner: User) -> None:
    config = Api(owner).get("/api/config").json()
    specs = config["modelSpecs"]
    assert (specs["enforce"], specs["prioritize"]) == (False, True)
    assert "addedEndpoints" not in specs
    assert [spec["name"] for spec in specs["list"]] == ["writer", "helper", "hidden"]
    helper = specs["list"][1]
    assert helper["preset"] == {
        "endpoint": "Somewhere", "model": "small", "temperature": 0.3, "promptPrefix": "A secret prompt",
    }  # fmt: skip
    assert "agent_secret" not in json.dumps(config)
    assert config["interface"]["modelSelect"] is config["interface"]["parameters"] is False
    assert "modelSpecs" not in Api().get("/api/config").json()


def test_the_prompt_of_an_enforced_spec_never_reaches_a_client(owner: User, write_spec_file: Write) -> None:
    write_spec_file("enforce: true")
    api = Api(owner)
    config = api.get("/api/config").json()
    assert config["modelSpecs"]["enforce"] is True
    assert ask(api, spec="helper")[0] == 200
    chat = Conversation.objects.get()
    said = [api.get(path).content.decode() for path in (
        "/api/config", "/api/convos", f"/api/convos/{chat.id}", f"/api/messages/{chat.id}", "/api/endpoints",
    )]  # fmt: skip
    assert not [text for text in said if "A secret prompt" in text or "agent_secret" in text]


def test_people_may_choose_beside_the_specs_what_the_file_says(owner: User, write_spec_file: Write) -> None:
    write_spec_file("addedEndpoints: [Elsewhere]")
    config = Api(owner).get("/api/config").json()
    assert config["modelSpecs"]["addedEndpoints"] == ["Elsewhere"]
    assert (config["interface"]["modelSelect"], config["interface"]["parameters"]) == (True, False)
    write_spec_file("addedEndpoints: [Elsewhere]", more="interface: {modelSelect: false}\n")
    config = Api(owner).get("/api/config").json()
    assert (config["interface"]["modelSelect"], config["interface"]["parameters"]) == (False, True)


def test_a_conversation_tells_its_spec(owner: User) -> None:
    api = Api(owner)
    assert ask(api, spec="helper")[0] == 200
    chat = Conversation.objects.get()
    assert api.get(f"/api/convos/{chat.id}").json()["spec"] == "helper"
    assert api.get("/api/convos").json()["conversations"][0]["spec"] == "helper"
    Message.objects.update(state="complete")
    reply = Message.objects.get(author="assistant")
    goes_on = {"conversationId": str(chat.id), "parentMessageId": str(reply.id)}
    assert ask(api, endpoint="Elsewhere", model="large", **goes_on)[0] == 200
    assert "spec" not in api.get(f"/api/convos/{chat.id}").json()


@pytest.mark.parametrize(
    "body",
    [{"spec": "unknown"}, {"endpoint": "Somewhere"}, {"endpoint": "Somewhere", "model": "tiny"},
     {"endpoint": "Elsewhere", "spec": ""}, {"endpoint": "Elsewhere", "spec": None}],
)  # fmt: skip
def test_where_specs_are_enforced_clients_name_one_that_is_there(
    owner: User, write_spec_file: Write, body: dict[str, object]
) -> None:
    write_spec_file("enforce: true")
    status, text = ask(Api(owner), **body)
    assert status == 400
    assert "illegal_model_request" in text
    assert Conversation.objects.count() == 0


def test_where_specs_are_enforced_the_rest_of_the_body_does_not_count(owner: User, write_spec_file: Write) -> None:
    write_spec_file("enforce: true")
    body = {"endpoint": "Elsewhere", "model": "large", "promptPrefix": "Mine", "temperature": 2, "modelLabel": "Me"}
    assert ask(Api(owner), spec="helper", **body)[0] == 200
    chat = Conversation.objects.get()
    assert (chat.endpoint, chat.model, chat.spec, chat.settings) == ("Somewhere", "small", "helper", {})


def test_a_role_learns_only_of_specs_it_may_use(owner: User) -> None:
    roles.update(actor=None, role=Role.objects.get(name="USER"), model_access={"Somewhere/tiny": {"enabled": True}})
    api = Api(owner)
    assert [spec["name"] for spec in api.get("/api/config").json()["modelSpecs"]["list"]] == ["hidden"]
    assert ask(api, spec="helper")[0] == 400
    assert ask(api, spec="writer", endpoint="Somewhere", model="tiny")[0] == 400
    assert ask(api, spec="hidden")[0] == 200


def test_another_reply_may_be_asked_of_another_spec(owner: User) -> None:
    api = Api(owner)
    ask(api, spec="helper")
    Message.objects.update(state="complete")
    question = Message.objects.get(author="user")
    body = {"isRegenerate": True, "conversationId": str(question.conversation_id), "spec": "writer",
            "overrideParentMessageId": str(question.id)}  # fmt: skip
    assert ask(api, **body)[0] == 200
    newest = Message.objects.filter(author="assistant").order_by("created_at").last()
    assert newest is not None
    assert (newest.spec, newest.model) == ("writer", "large")


def test_a_spec_can_be_a_favourite(owner: User) -> None:
    api, address = Api(owner), "/api/user/settings/favorites"
    wanted = [{"spec": "helper"}, {"model": "large", "endpoint": "Elsewhere"}]
    assert api.post(address, {"favorites": [*wanted, {"spec": "nowhere"}]}).json() == wanted
    assert api.get(address).json() == wanted
