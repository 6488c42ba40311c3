"""GET, rename and delete conversations (`/api/convos`)."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
Make = Callable[..., Conversation]
Turn = Callable[..., Run]


def test_the_owner_reads_a_conversation_with_its_parameters(owner: User, make_conversation: Make) -> None:
    chat = make_conversation(owner, settings={"temperature": 0.5, "promptPrefix": "Be kind", "stop": ["END"]})
    answer = Api(owner).get(f"/api/convos/{chat.id}")
    assert answer.status_code == 200
    body = answer.json()
    created, updated = body.pop("createdAt"), body.pop("updatedAt")
    assert created.endswith("Z")
    assert len(created) == len("2026-01-31T12:00:00.000Z") == len(updated)
    assert body == {
        "_id": str(chat.id),
        "conversationId": str(chat.id),
        "title": "Cats at night",
        "user": str(owner.id),
        "endpoint": "Somewhere",
        "endpointType": "custom",
        "model": "tiny",
        "temperature": 0.5,
        "promptPrefix": "Be kind",
        "stop": ["END"],
        "tags": [],
        "isArchived": False,
        "pinned": False,
        "isTemporary": False,
    }


def test_a_stranger_and_an_unknown_id_get_the_same_404(owner: User, stranger: User, make_conversation: Make) -> None:
    chat = make_conversation(owner)
    foreign = Api(stranger).get(f"/api/convos/{chat.id}")
    unknown = Api(stranger).get(f"/api/convos/{uuid4()}")
    assert (foreign.status_code, foreign.json()) == (404, unknown.json())


def test_nobody_reads_without_signing_in(owner: User, make_conversation: Make) -> None:
    answer = Api().get(f"/api/convos/{make_conversation(owner).id}")
    assert answer.status_code == 401
    assert list(answer.json()) == ["message"]


def test_the_list_goes_on_where_the_cursor_says(owner: User, stranger: User, make_conversation: Make) -> None:
    now = timezone.now()
    mine = [make_conversation(owner, f"Number {n}", updated_at=now - timedelta(hours=n)) for n in range(5)]
    make_conversation(stranger, "Not yours")
    make_conversation(owner, "Away", archived_at=timezone.now())
    first = Api(owner).get("/api/convos?limit=3").json()
    second = Api(owner).get(f"/api/convos?limit=3&cursor={first['nextCursor']}").json()
    rows = [*first["conversations"], *second["conversations"]]
    assert [row["conversationId"] for row in rows] == [str(chat.id) for chat in mine]
    assert second["nextCursor"] is None
    assert set(rows[0]) == {
        "_id", "conversationId", "endpoint", "title", "user", "model", "pinned", "createdAt", "updatedAt"
    }  # fmt: skip


def test_archived_and_pinned_ones_have_their_own_lists(owner: User, make_conversation: Make) -> None:
    make_conversation(owner, "Plain")
    make_conversation(owner, "Away", archived_at=timezone.now())
    make_conversation(owner, "Pinned", pin_position=1)
    make_conversation(owner, "Secret", is_temporary=True)

    def titles(query: str) -> set[str]:
        return {row["title"] for row in Api(owner).get(f"/api/convos?{query}").json()["conversations"]}

    assert titles("") == {"Plain", "Pinned"}
    assert titles("isArchived=true") == {"Away"}
    assert titles("pinned=true") == {"Pinned"}


@pytest.mark.parametrize(
    "query", ["isArchived=maybe", "sortBy=owner", "sortDirection=up",
              "projectId=x", "projectId=00000000-0000-4000-8000-000000000000"],
)  # fmt: skip
def test_a_query_that_cannot_be_answered_is_refused(owner: User, query: str) -> None:
    answer = Api(owner).get(f"/api/convos?{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("cursor", ["x", "e30=", "WyJ4IiwgInkiXQ==", "🦊"])
def test_a_cursor_that_cannot_be_read_gives_the_first_page(owner: User, make_conversation: Make, cursor: str) -> None:
    make_conversation(owner)
    answer = Api(owner).get(f"/api/convos?cursor={cursor}")
    assert answer.status_code == 200
    assert len(answer.json()["conversations"]) == 1


def test_a_cursor_that_no_text_can_hold_is_refused(owner: User) -> None:
    answer = Api(owner).get("/api/convos?cursor=%00")
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "message"}


def test_the_list_costs_the_same_with_one_row_and_with_eleven(
    owner: User, make_conversation: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    api = Api(owner)
    make_conversation(owner)
    with django_assert_num_queries(2):
        api.get("/api/convos")
    for _ in range(10):
        make_conversation(owner)
    with django_assert_num_queries(2):
        api.get("/api/convos")


def test_renaming_answers_201_with_the_conversation(owner: User, make_conversation: Make) -> None:
    chat = make_conversation(owner)
    answer = Api(owner).post("/api/convos/update", {"arg": {"conversationId": str(chat.id), "title": "  Dogs \n"}})
    assert answer.status_code == 201
    assert answer.json()["title"] == "Dogs"
    chat.refresh_from_db()
    assert (chat.title, chat.titled_by) == ("Dogs", Conversation.TitledBy.PERSON)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"arg": None},
        {"arg": {}},
        {"arg": {"conversationId": "{id}"}},
        {"arg": {"conversationId": "{id}", "title": "   "}},
        {"arg": {"conversationId": "{id}", "title": 7}},
        {"arg": {"conversationId": "{id}", "title": "x", "user": "me"}},
        {"arg": {"conversationId": {"$gt": ""}, "title": "x"}},
        {"arg": {"conversationId": "{id}", "title": "x"}, "tenantId": 1},
    ],
)
def test_a_bad_rename_changes_nothing(owner: User, make_conversation: Make, body: dict[str, object]) -> None:
    chat = make_conversation(owner)
    arg = body.get("arg")
    if isinstance(arg, dict) and arg.get("conversationId") == "{id}":
        body = {**body, "arg": {**arg, "conversationId": str(chat.id)}}
    answer = Api(owner).post("/api/convos/update", body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    chat.refresh_from_db()
    assert chat.title == "Cats at night"


def test_a_stranger_renames_nothing(owner: User, stranger: User, make_conversation: Make) -> None:
    chat = make_conversation(owner)
    body = {"arg": {"conversationId": str(chat.id), "title": "Mine"}}
    assert Api(stranger).post("/api/convos/update", body).status_code == 404
    chat.refresh_from_db()
    assert chat.title == "Cats at night"


def test_deleting_takes_the_messages_along(owner: User, make_conversation: Make, make_turn: Turn) -> None:
    chat, other = make_conversation(owner), make_conversation(owner)
    make_turn(chat)
    make_turn(other)
    answer = Api(owner).send("DELETE", "/api/convos", {"arg": {"conversationId": str(chat.id)}})
    assert answer.status_code == 201
    assert answer.json() == {
        "acknowledged": True,
        "deletedCount": 1,
        "messages": {"acknowledged": True, "deletedCount": 2},
        "conversationIds": [str(chat.id)],
    }
    assert list(Conversation.objects.all()) == [other]
    assert Message.objects.filter(conversation=other).count() == 2


def test_a_stranger_deletes_nothing(owner: User, stranger: User, make_conversation: Make, make_turn: Turn) -> None:
    chat = make_conversation(owner)
    make_turn(chat)
    answer = Api(stranger).send("DELETE", "/api/convos", {"arg": {"conversationId": str(chat.id)}})
    assert answer.status_code == 404
    assert Message.objects.filter(conversation=chat).count() == 2


@pytest.mark.parametrize(
    "body", [None, {}, {"arg": {}}, {"arg": {"endpoint": "Somewhere"}}, {"arg": {"thread_id": "t"}}]
)
def test_a_delete_that_names_nothing_deletes_nothing(owner: User, make_conversation: Make, body: object) -> None:
    make_conversation(owner)
    assert Api(owner).send("DELETE", "/api/convos", body).status_code == 400
    assert Conversation.objects.count() == 1


def test_the_button_without_a_conversation_is_answered_with_200(owner: User, make_conversation: Make) -> None:
    make_conversation(owner)
    assert Api(owner).send("DELETE", "/api/convos", {"arg": {"source": "button"}}).status_code == 200
    assert Conversation.objects.count() == 1


def test_deleting_all_leaves_what_belongs_to_others(
    owner: User, stranger: User, make_conversation: Make, make_turn: Turn
) -> None:
    make_turn(make_conversation(owner))
    make_conversation(owner)
    theirs = make_conversation(stranger)
    answer = Api(owner).send("DELETE", "/api/convos/all")
    assert answer.status_code == 201
    assert (answer.json()["deletedCount"], answer.json()["messages"]["deletedCount"]) == (2, 2)
    assert list(Conversation.objects.all()) == [theirs]


def test_a_wrong_method_is_answered_with_405(owner: User) -> None:
    answer = Api(owner).send("PUT", "/api/convos", {})
    assert answer.status_code == 405
    assert list(answer.json()) == ["error"]
