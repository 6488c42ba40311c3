"""What lists take, what a message's row says, and addresses and bodies in other spellings."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from pytest_django import Settings

from accounts.models import Role, User
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api, read_stream

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
Make = Callable[..., Conversation]
Turn = Callable[..., Run]


@pytest.mark.parametrize("query", ["", "?search=", "?search=%20", "?pageSize=5", "?conversationId="])
def test_messages_of_nothing_are_none(owner: User, query: str) -> None:
    answer = Api(owner).get(f"/api/messages{query}")
    assert (answer.status_code, answer.json()) == (200, {"messages": [], "nextCursor": None})


def test_a_message_that_is_not_there_is_an_empty_page(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat)
    api = Api(owner)
    for named in ("019ab3d4-0000-7000-8000-00000000beef", "nonsense"):
        for query in (f"?conversationId={chat.id}&messageId={named}", f"?messageId={named}"):
            assert api.get(f"/api/messages{query}").json() == {"messages": [], "nextCursor": None}
    assert len(api.get(f"/api/messages?messageId={run.message_id}").json()["messages"]) == 1


def test_strangers_find_no_message_by_its_id(
    stranger: User, owner: User, make_conversation: Make, make_turn: Turn
) -> None:
    run = make_turn(make_conversation(owner))
    assert Api(stranger).get(f"/api/messages?messageId={run.message_id}").json()["messages"] == []
    answer = Api(stranger).get(f"/api/messages?conversationId={run.conversation_id}&messageId={run.message_id}")
    assert answer.status_code == 404


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_messages_are_sorted_by_endpoint_page_by_page(owner: User, make_conversation: Make, direction: str) -> None:
    chat = make_conversation(owner)
    for number in range(5):
        Message.objects.create(conversation=chat, author="user", text=str(number), endpoint="ABABA"[number], parts=[])
    rows: list[dict[str, Any]] = []
    cursor = ""
    for _page in range(3):
        path = f"/api/messages?conversationId={chat.id}&sortBy=endpoint&sortDirection={direction}&pageSize=2"
        body = Api(owner).get(f"{path}&cursor={cursor}").json()
        rows += body["messages"]
        cursor = body["nextCursor"] or ""
    assert cursor == ""
    names = [row["endpoint"] for row in rows]
    assert names == sorted("AAABB", reverse=direction == "desc")
    assert len({row["messageId"] for row in rows}) == 5


@pytest.mark.parametrize("limit", ["0", "abc", "-1", "1.5", ""])
def test_a_limit_that_is_none_is_the_usual_one(owner: User, make_conversation: Make, limit: str) -> None:
    for number in range(27):
        make_conversation(owner, str(number))
    body = Api(owner).get(f"/api/convos?limit={limit}").json()
    assert (len(body["conversations"]), body["nextCursor"] is None) == (25, False)
    assert Api(owner).get(f"/api/projects?limit={limit}").status_code == 200


def test_search_hits_name_endpoint_and_icon(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner, icon_url="/cat.png")
    make_turn(chat, text="Why purr?", reply="Purr because.")
    hits = Api(owner).get("/api/messages?search=purr").json()["messages"]
    assert len(hits) == 2
    assert {(hit["endpoint"], hit["iconURL"]) for hit in hits} == {("Somewhere", "/cat.png")}


@pytest.mark.parametrize("option", ["default", "", None])
def test_a_fork_without_a_choice_goes_up_to_the_level(
    owner: User, make_conversation: Make, make_turn: Turn, option: str | None
) -> None:
    run = make_turn(make_conversation(owner))
    body = {"conversationId": str(run.conversation_id), "messageId": str(run.message_id), "option": option}
    answer = Api(owner).post("/api/convos/fork", body)
    assert (answer.status_code, len(answer.json()["messages"])) == (200, 2)


def test_copying_has_a_limit_of_its_own_for_a_person(owner: User, make_conversation: Make, settings: Settings) -> None:
    assert settings.FORK_USER_MAX == 7
    settings.FORK_USER_WINDOW = 60
    chat = make_conversation(owner)
    tried = [Api(owner).post("/api/convos/duplicate", {"conversationId": str(chat.id)}).status_code for _ in range(8)]
    assert tried == [201] * 7 + [429]


def test_a_row_counts_the_text_that_stands_there(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    run = make_turn(chat, text="How many tokens are these words, about?")
    api = Api(owner)
    question, reply = api.get(f"/api/messages/{chat.id}").json()
    assert (question["endpoint"], reply["endpoint"]) == ("Somewhere", "Somewhere")
    assert 8 <= question["tokenCount"] <= 20
    assert reply["tokenCount"] == 2  # as the provider said
    long = "word " * 400
    edited = api.send("PUT", f"/api/messages/{chat.id}/{run.message_id}", {"text": long}).json()
    assert 340 <= edited["tokenCount"] <= 900
    assert edited["endpoint"] == "Somewhere"
    assert api.get(f"/api/messages/{chat.id}").json()[1]["tokenCount"] == edited["tokenCount"]


def test_many_messages_are_still_read_by_few_queries(
    owner: User, make_conversation: Make, make_turn: Turn, django_assert_max_num_queries: Any
) -> None:
    chat = make_conversation(owner)
    for _ in range(12):
        make_turn(chat)
    with django_assert_max_num_queries(8):
        assert len(Api(owner).get(f"/api/messages/{chat.id}").json()) == 24


@pytest.mark.parametrize("path", ["/api/config", "/c/new", "/login", "/api/nothing", "/static/none.css"])
def test_search_engines_are_asked_to_stay_away(owner: User, path: str, settings: Settings) -> None:
    client = Client()
    client.force_login(owner)
    assert client.get(path)["X-Robots-Tag"] == "noindex"
    settings.NO_INDEX = False
    assert "X-Robots-Tag" not in client.get(path).headers


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("GET", "/api/convos/", None), ("GET", "/api/user/", None), ("GET", "/api/agents/chat/active/", None),
     ("GET", "/api/config/", None), ("POST", "/api/convos/archive/all/", {}), ("GET", "/api/tags/", None),
     ("POST", "/api/agents/chat/Somewhere/", {"text": "Hi", "endpoint": "Somewhere", "model": "tiny"})],
)  # fmt: skip
def test_a_slash_too_many_is_none(owner: User, method: str, path: str, body: Any) -> None:
    assert Api(owner).send(method, path, body).status_code == 200, path


@pytest.mark.parametrize("path", ["/api/convos//", "/api/nothing/", "/api//", "/api/", "/api"])
def test_what_is_no_address_is_none_with_a_slash_either(owner: User, path: str) -> None:
    answer = Api(owner).get(path)
    assert (answer.status_code, list(answer.json())) == (404, ["message"])


def test_a_slash_changes_nothing_of_who_may(owner: User) -> None:
    assert Api().get("/api/convos/").status_code == 401
    assert Api(owner).get("/api/admin/users/").status_code == 403


def test_a_bookmark_may_end_with_a_slash(owner: User) -> None:
    api = Api(owner)
    for name in ("a", "a/"):
        api.post("/api/tags", {"tag": name})
    assert api.send("DELETE", "/api/tags/a%2F").json()["tag"] == "a/"
    assert [tag["tag"] for tag in api.get("/api/tags").json()] == ["a"]


@pytest.mark.usefixtures("stream_threads")
@pytest.mark.django_db(transaction=True)
async def test_a_stream_takes_a_slash_too(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    run = await sync_to_async(make_turn)(await sync_to_async(make_conversation)(owner))
    frames = await read_stream(f"/api/agents/chat/stream/{run.conversation_id}/", owner)
    assert "final" in frames[-1][1]


@pytest.mark.parametrize("role", ["USER", "MAKER"])
def test_keys_are_listed_for_roles_that_have_them(owner: User, role: str) -> None:
    permitted = {"REMOTE_AGENTS": {"USE": True, "CREATE": True}}
    Role.objects.get_or_create(name="MAKER", defaults={"permissions": permitted})
    User.objects.filter(id=owner.id).update(role_id=role)
    owner.refresh_from_db()
    answer = Api(owner).get("/api/api-keys")
    assert (answer.status_code, list(answer.json())) == ((200, ["keys"]) if role == "MAKER" else (403, ["message"]))


@pytest.mark.parametrize(
    ("name", "status"), [("x", 404), ("ab", 200), ("", 200), (None, 200), (" x ", 404), ("x y", 404)]
)
def test_a_user_name_has_two_characters(name: str | None, status: int) -> None:
    body = {"name": "New Comer", "username": name, "email": "new@example.org", "password": "correct-horse-battery",
            "confirm_password": "correct-horse-battery"}  # fmt: skip
    assert Api().post("/api/auth/register", body).status_code == status
