"""The panel of parameters: what it shows, what it keeps, and what it says about what a model cannot take."""

import json
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from chat.models import Conversation, Message
from endpoints.catalog import registry
from tests.api.conftest import Api
from tests.cast import signed_in
from tests.pages.conftest import FRAGMENT

pytestmark = pytest.mark.django_db

Chats = Callable[..., Conversation]
MODEL = {"endpoint": "Somewhere", "model": "tiny"}
DRAFT = {"text": "Hello", **MODEL, "parent": ""}


def carried(html: str) -> Any:
    """Return what the composer is told to send along with the next message."""
    match = re.search(r'id="composer-settings" name="settings" value="([^"]*)" hx-swap-oob="true"', html)
    assert match is not None
    text = match[1].replace("&quot;", '"')
    return json.loads(text) if text else None


def test_the_panel_of_a_new_chat_has_every_control_of_the_model(owner: User) -> None:
    response = signed_in(owner).post("/c/new/parameters", {**MODEL, "act": "open", "settings": '{"top_p": 0.4}'},
                                   headers=FRAGMENT)  # fmt: skip
    html = response.content.decode()
    assert response.status_code == 200
    for key in ("modelLabel", "promptPrefix", "temperature", "stop", "reasoning_effort", "disableStreaming"):
        assert f'name="{key}"' in html
    for key in ("topK", "resendFiles", "imageDetail", "fileTokenLimit"):
        assert f'name="{key}"' not in html
    assert 'name="top_p" min="0" max="1" step="0.01" value="0.4"' in html
    assert "composer-settings" not in html


def test_a_change_of_a_new_chat_goes_to_its_composer_and_with_the_message(owner: User) -> None:
    client = signed_in(owner)
    posted = {**MODEL, "settings": '{"topK": 7}', "temperature": "0.5", "stop": "one\r\n\r\ntwo", "web_search": "on",
              "promptPrefix": "Be kind.", "modelLabel": "Ada"}  # fmt: skip
    response = client.post("/c/new/parameters", posted, headers=FRAGMENT)
    html = response.content.decode()
    chosen = {"topK": 7, "modelLabel": "Ada", "promptPrefix": "Be kind.", "temperature": 0.5, "stop": ["one", "two"],
              "web_search": True}  # fmt: skip
    assert (response.status_code, carried(html)) == (200, chosen)
    assert "Saved" in html
    assert "<form" not in html
    client.post("/c/new/turns", {**DRAFT, "settings": json.dumps(chosen)})
    assert Conversation.objects.get().settings == chosen
    assert Message.objects.get(author="assistant").sender == "Ada"


def test_a_change_of_an_existing_chat_is_kept_at_once(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    client, address = signed_in(owner), f"/c/{chat.id}/parameters"
    before = chat.updated_at
    html = client.post(address, {**MODEL, "temperature": "0.5", "modelLabel": "Ada"}, headers=FRAGMENT).content.decode()
    chat.refresh_from_db()
    assert chat.settings == {"temperature": 0.5, "modelLabel": "Ada"}
    assert chat.updated_at == before
    assert carried(html) is None
    page = client.post(address, {**MODEL, "act": "open", "settings": ""}, headers=FRAGMENT).content.decode()
    assert 'step="0.01" value="0.5"' in page
    turn = client.post(f"/c/{chat.id}/turns", {**DRAFT, "parent": str(Message.objects.latest("created_at").id)},
                       headers=FRAGMENT)  # fmt: skip
    assert "<h2>Ada</h2>" in turn.content.decode()
    assert Message.objects.filter(author="assistant").latest("created_at").sender == "Ada"
    chat.refresh_from_db()
    assert chat.settings == {"temperature": 0.5, "modelLabel": "Ada"}


def test_reset_forgets_everything(owner: User, make_chat: Chats) -> None:
    chat = make_chat(owner)
    Conversation.objects.filter(id=chat.id).update(settings={"temperature": 0.5, "topK": 3})
    response = signed_in(owner).post(f"/c/{chat.id}/parameters", {**MODEL, "temperature": "0.5", "act": "reset"},
                                   headers=FRAGMENT)  # fmt: skip
    chat.refresh_from_db()
    assert chat.settings == {}
    assert 'id="parameters"' in response.content.decode()
    assert carried(response.content.decode()) is None


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"temperature": "3"}, "Enter a number from 0 to 2."),
        ({"temperature": "warm"}, "Enter a number from 0 to 2."),
        ({"max_tokens": "1.5"}, "Enter a whole number from 1 to 10000000."),
        ({"stop": "a\nb\nc\nd\ne"}, "Enter at most 4 lines"),
        ({"reasoning_effort": "huge"}, "This value can&#x27;t be used here."),
    ],
)
def test_a_faulty_value_is_said_beside_its_control_and_the_old_one_stays(
    owner: User, make_chat: Chats, posted: dict[str, str], sentence: str
) -> None:
    chat = make_chat(owner)
    kept = {"temperature": 0.5, "max_tokens": 9, "stop": ["x"], "reasoning_effort": "low"}
    Conversation.objects.filter(id=chat.id).update(settings=kept)
    all_posted = {"temperature": "0.5", "max_tokens": "9", "stop": "x", "reasoning_effort": "low", "top_p": "0.1"}
    response = signed_in(owner).post(f"/c/{chat.id}/parameters", {**MODEL, **all_posted, **posted}, headers=FRAGMENT)
    chat.refresh_from_db()
    assert response.status_code == 422
    note = response.content.decode().split(f'id="parameter-{next(iter(posted))}-note"')[1].split("</div>")[0]
    assert sentence in note
    assert chat.settings == {**kept, "top_p": 0.1}


def test_what_the_model_cannot_take_is_said_beside_its_control(owner: User) -> None:
    registry.reset()
    posted = {"endpoint": "Somewhere", "model": "tiny", "reasoning_summary": "auto", "temperature": "1"}
    html = signed_in(owner).post("/c/new/parameters", posted, headers=FRAGMENT).content.decode()
    note = html.split('id="parameter-reasoning_summary-note"')[1].split("</div>")[0]
    assert "Only available with the Responses API." in note
    assert "1 setting is changed or left out for this model" in html
    assert carried(html) == {"temperature": 1.0, "reasoning_summary": "auto"}


def test_without_scripts_the_panel_is_a_page(owner: User, make_chat: Chats) -> None:
    chat, client = make_chat(owner), signed_in(owner)
    assert 'id="parameters"' in client.get(f"/c/{chat.id}/parameters").content.decode()
    saved = client.post(f"/c/{chat.id}/parameters", {**MODEL, "temperature": "0.5"})
    assert (saved.status_code, saved["Location"]) == (302, f"/c/{chat.id}")
    new = client.post("/c/new/parameters", {**MODEL, "temperature": "0.5", "stop": "a\nb"})
    assert new["Location"] == "/c/new?endpoint=Somewhere&model=tiny&temperature=0.5&stop=a%2Cb"
    faulty = client.post("/c/new/parameters", {**MODEL, "temperature": "9"})
    assert faulty.status_code == 422
    assert 'value="9"' in faulty.content.decode()


def test_a_model_that_is_gone_has_no_controls(owner: User) -> None:
    html = signed_in(owner).get("/c/new/parameters?endpoint=Gone&model=x").content.decode()
    assert "This model isn't available" in html
    assert 'name="temperature"' not in html


def test_settings_that_cannot_be_read_count_as_none(owner: User) -> None:
    for text in ("{", "[]", '{"temperature": 99}'):
        posted = {**MODEL, "settings": text, "top_p": "0.5"}
        html = signed_in(owner).post("/c/new/parameters", posted, headers=FRAGMENT).content.decode()
        assert carried(html) == {"top_p": 0.5}


def test_strangers_and_the_anonymous_get_nothing(owner: User, stranger: User, client: Client, make_chat: Chats) -> None:
    chat = make_chat(owner)
    for method in ("get", "post"):
        assert getattr(signed_in(stranger), method)(f"/c/{chat.id}/parameters", MODEL).status_code == 404
        assert getattr(signed_in(owner), method)(f"/c/{uuid4()}/parameters", MODEL).status_code == 404
        assert getattr(client, method)("/c/new/parameters", MODEL).status_code == 302
    chat.refresh_from_db()
    assert chat.settings == {}


def test_a_reply_tells_on_page_and_api_what_did_not_fit(owner: User, make_chat: Chats) -> None:
    chat, client = make_chat(owner), signed_in(owner)
    reply = Message.objects.get(conversation=chat, author="assistant")
    assert "did not fit" not in client.get(f"/c/{chat.id}").content.decode()
    Message.objects.filter(id=reply.id).update(left_out=3)
    assert "3 earlier messages didn't fit and weren't sent" in client.get(f"/c/{chat.id}").content.decode()
    messages = Api(owner).get(f"/api/messages/{chat.id}").json()
    assert [message["metadata"]["leftOut"] for message in messages if "leftOut" in message.get("metadata", {})] == [3]


def test_the_gauge_tells_how_full_the_window_is(owner: User, make_chat: Chats) -> None:
    chat, client = make_chat(owner), signed_in(owner)
    address = f"/c/{chat.id}/context"
    assert 'role="meter"' not in client.get(address).content.decode()
    usage = {"input_tokens": 3_000, "cache_read_tokens": 1_000, "output_tokens": 4_000}
    Message.objects.filter(conversation=chat, author="assistant").update(usage=usage)
    for page in (address, f"/c/{chat.id}"):
        html = client.get(page).content.decode()
        assert 'aria-valuemax="32000" aria-valuenow="8000" aria-valuetext="25 %"' in html
    Conversation.objects.filter(id=chat.id).update(settings={"maxContextTokens": 10_000})
    assert 'aria-valuemax="10000" aria-valuenow="8000"' in client.get(address).content.decode()
    assert 'role="meter"' not in client.get("/c/new").content.decode()


def test_a_strangers_gauge_is_not_there(owner: User, stranger: User, make_chat: Chats) -> None:
    assert signed_in(stranger).get(f"/c/{make_chat(owner).id}/context").status_code == 404
