"""Bodies as forms (`application/x-www-form-urlencoded`), which older clients and shell scripts send."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.exceptions import ParseError

from accounts.models import User
from api.base.parsers import DEEPEST, parse_form
from chat.models import Conversation
from tests.api.conftest import Api

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]
Make = Callable[..., Conversation]
FORM = "application/x-www-form-urlencoded"


def send(user: User | None, method: str, path: str, fields: Any, **headers: str) -> Any:
    api = Api(user)
    raw = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    return api.client.generic(method, path, raw, FORM, headers=api.headers | headers)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"", {}),
        (b"a=1&b=%C3%BC&c=", {"a": "1", "b": "\u00fc", "c": ""}),
        (b"arg[conversationId]=x&arg[title]=Two+words", {"arg": {"conversationId": "x", "title": "Two words"}}),
        (b"tags[]=a&tags[]=b", {"tags": ["a", "b"]}),
        (b"a[b][c]=1&a[b][d]=2", {"a": {"b": {"c": "1", "d": "2"}}}),
        (b"a%5Bb%5D=1", {"a": {"b": "1"}}),
    ],
)
def test_fields_become_an_object(raw: bytes, read: dict[str, Any]) -> None:
    assert parse_form(raw) == read


@pytest.mark.parametrize(
    "raw",
    [b"a=1&a=2", b"a=1&a[b]=2", b"a[b]=1&a=2", b"a[]=1&a=2", b"a[b=1", b"a]b=1", b"[a]=1", b"a[b]c=1", b"a[][b]=1",
     b"a=%00", b"a=%ff", b"\xff=1", b"a=%ED%A0%80", b"a" + b"[b]" * (DEEPEST + 1) + b"=1", b"a[b]=1&a[b][c]=2",
     b"&".join(b"a%d=1" % number for number in range(5_000))],
    ids=lambda raw: repr(raw[:24]),
)  # fmt: skip
def test_what_readers_disagree_about_is_refused(raw: bytes) -> None:
    with pytest.raises(ParseError):
        parse_form(raw)


def test_forms_do_what_objects_do(owner: User, make_conversation: Make) -> None:
    chat = make_conversation(owner)
    renamed = send(owner, "POST", "/api/convos/update", {"arg[conversationId]": chat.id, "arg[title]": "Dogs"})
    assert (renamed.status_code, renamed.json()["title"]) == (201, "Dogs")
    archived = send(owner, "POST", "/api/convos/archive", {"arg[conversationId]": chat.id, "arg[isArchived]": "true"})
    assert archived.json()["isArchived"] is True
    tagged = send(owner, "PUT", f"/api/tags/convo/{chat.id}", [("tags[]", "a"), ("tags[]", "b")])
    assert tagged.json() == ["a", "b"]
    body = {"text": "Hello", "endpoint": "Somewhere", "model": "tiny", "temperature": "0.5", "parentMessageId": ""}
    del body["parentMessageId"]
    started = send(owner, "POST", "/api/agents/chat/Somewhere", body)
    assert started.status_code == 200, started.content
    assert Conversation.objects.get(id=started.json()["conversationId"]).settings == {"temperature": 0.5}


def test_people_sign_in_with_a_form(owner: User) -> None:
    answer = send(None, "POST", "/api/auth/login", {"email": owner.email, "password": "correct-horse-battery"})
    assert answer.json()["user"]["email"] == owner.email


def test_the_same_is_refused(owner: User, make_conversation: Make) -> None:
    chat = make_conversation(owner)
    fields = {"arg[conversationId]": chat.id, "arg[title]": "Mine"}
    for more in ({"arg[owner]": "x"}, {"tenantId": "x"}, {"arg[isAdmin]": "true"}):
        assert send(owner, "POST", "/api/convos/update", fields | more).status_code == 400
    assert send(owner, "POST", "/api/convos/archive", fields | {"arg[isArchived]": "perhaps"}).status_code == 400
    assert send(owner, "POST", "/api/convos/update", b"arg[title=1").status_code == 400
    chat.refresh_from_db()
    assert chat.title == "Cats at night"


def test_more_than_three_megabytes_is_too_much(owner: User) -> None:
    raw = b"a=" + b"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert send(owner, "POST", "/api/convos/update", raw).status_code == 413


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_another_site_s_form_does_nothing(owner: User, make_conversation: Make, origin: str | None) -> None:
    """Security case 56, for what a browser sends without asking first."""
    chat = make_conversation(owner)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(owner)
    raw = urlencode({"arg[conversationId]": chat.id, "arg[title]": "Mine"})
    headers = {"Origin": origin} if origin else {}
    for method, path in (
        ("POST", "/api/convos/update"),
        ("POST", "/api/convos/archive/all"),
        ("DELETE", "/api/convos"),
    ):
        assert client.generic(method, path, raw, FORM, headers=headers).status_code == 403
    if origin:
        login = {"email": owner.email, "password": "correct-horse-battery"}
        assert send(None, "POST", "/api/auth/login", login, Origin=origin).status_code == 403
    chat.refresh_from_db()
    assert (chat.title, chat.is_archived) == ("Cats at night", False)
