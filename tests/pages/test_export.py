"""Handing out what is stored about a person, to the person."""

import io
import json
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation
from tests.cast import PASSWORD, signed_in


def just_shown(client: Client) -> None:
    assert client.post("/account/reauthenticate", {"password": PASSWORD}).status_code == 302


@pytest.mark.security
def test_case_55_nothing_is_handed_out_without_a_fresh_sign_in(owner: User) -> None:
    client = signed_in(owner)
    for answer in (client.get("/settings/export"), client.post("/settings/export")):
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/reauthenticate")


def test_everything_is_handed_out_in_one_file(
    owner: User, stranger: User, make_chat: Callable[..., Conversation]
) -> None:
    make_chat(owner, title="Mine")
    make_chat(stranger, title="Not mine")
    client = signed_in(owner)
    just_shown(client)
    assert "Download" in client.get("/settings/export").content.decode()
    answer = client.post("/settings/export")
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        chats = json.loads(archive.read("conversations.json"))
    assert [chat["title"] for chat in chats] == ["Mine"]
    assert len(chats[0]["messages"]) == 2


def test_exports_are_limited(owner: User) -> None:
    """Security case 84."""
    client = signed_in(owner)
    just_shown(client)
    answers = []
    for _ in range(4):
        answer = client.post("/settings/export")
        answers.append(answer.status_code)
    assert answers == [200, 200, 200, 429]
