"""Long results of tools: stored once, beside their message, whole for whoever wants them and for nobody else."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from django.http import Http404

from accounts.models import User
from accounts.services.tokens import access_token
from chat.models import Message, Run, ToolResult
from chat.services import results, storage
from chat.services.organise import conversations
from chat.services.tree import forking
from chat.services.turns import editing
from messages.events import Event, PartStarted, PartUpdated, Snapshot
from messages.parts import Data, Image, StoredResult, Text, ToolCall, parts_to_json
from tests.cast import signed_in
from tests.conversations import began

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]

LONG = "A long line. " * 1_000
PNG = base64.b64encode(b"\x89PNG" + bytes(9_000)).decode()
CALL = ToolCall("c", "read", "{}", "done", (Text("short"), Text(LONG), Image("image/png", PNG), Data([1])))


@pytest.fixture
def looked_up(owner: User) -> Message:
    """A reply with a long result in it, as the generator leaves it."""
    message = Message.objects.get(id=began(owner).reply.id)
    call = results.store_long(message.id, CALL)
    message.set_content([Text("Look:"), call])
    message.state = Message.State.COMPLETE
    message.save()
    Run.objects.update(state="done")
    return message


def keys_of(message: Message) -> list[UUID]:
    call = message.content[1]
    assert isinstance(call, ToolCall)
    return [UUID(part.id) for part in call.result or () if isinstance(part, StoredResult)]


def test_the_row_holds_the_beginning_and_what_is_short(looked_up: Message) -> None:
    call = looked_up.content[1]
    assert isinstance(call, ToolCall)
    text, image = keys_of(looked_up)
    assert call.result == (
        Text("short"),
        StoredResult(str(text), len(LONG), LONG[:1000]),
        StoredResult(str(image), len(json.dumps(parts_to_json(CALL.result[2:3])[0])), "", "image", "image/png"),  # type: ignore[index]
        Data([1]),
    )
    assert len(json.dumps(looked_up.parts)) < 3_000
    assert ToolResult.objects.count() == 2


def test_a_result_that_fits_stays_in_the_row(owner: User) -> None:
    short = replace(CALL, result=(Text("x" * 8_000),))
    assert results.store_long(began(owner).reply.id, short) is short
    assert not ToolResult.objects.exists()


def test_all_of_it_comes_back_by_one_query_and_by_none_where_none_is_stored(
    owner: User, looked_up: Message, django_assert_num_queries: Callable[..., object]
) -> None:
    other = began(owner).reply
    parts = {looked_up.id: looked_up.content, other.id: (Text("No tool."),)}
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        whole = results.put_back(parts)
    assert whole == {looked_up.id: (Text("Look:"), CALL), other.id: (Text("No tool."),)}
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        results.put_back({other.id: (Text("No tool."),)})
    call = looked_up.content[1]
    events: list[Event] = [PartStarted(0, Text("Look:")), PartUpdated(1, call), Snapshot(looked_up.content)]
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        whole_events = results.put_back_in_events(looked_up.id, events)
    assert whole_events == [PartStarted(0, Text("Look:")), PartUpdated(1, CALL), Snapshot((Text("Look:"), CALL))]


def test_the_api_sends_it_whole(owner: User, looked_up: Message) -> None:
    headers = {"Authorization": f"Bearer {access_token(owner)}"}
    for url in (
        f"/api/messages/{looked_up.conversation_id}",
        f"/api/messages/{looked_up.conversation_id}/{looked_up.id}",
    ):
        sent = signed_in(owner).get(url, headers=headers).json()[-1]["content"][1]["tool_call"]
        assert sent["output"] == f"short\n\n{LONG}\n\n[1]"


def test_the_page_gives_its_owner_all_of_it_as_text_as_a_fragment_and_as_a_picture(
    owner: User, looked_up: Message
) -> None:
    text, image = (f"/results/{key}" for key in keys_of(looked_up))
    client = signed_in(owner)
    assert client.get(text).content.decode() == LONG
    assert client.get(text).headers["Content-Type"] == "text/plain; charset=utf-8"
    fragment = client.get(text, headers={"HX-Request": "true"}).content.decode()
    assert fragment.strip() == f'<pre tabindex="0" aria-label="Result">{LONG}</pre>'
    picture = client.get(image)
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content == base64.b64decode(PNG)
    assert text in client.get(f"/c/{looked_up.conversation_id}").content.decode()


@pytest.mark.parametrize(
    ("mime", "data"), [("image/svg+xml", PNG), ("text/html", PNG), ("image/png", "no base64!" * 900)]
)
def test_what_is_no_picture_that_can_be_shown_is_not_sent(owner: User, mime: str, data: str) -> None:
    reply = began(owner).reply
    call = results.store_long(reply.id, replace(CALL, result=(Image(mime, data),)))
    (stored,) = call.result or ()
    assert isinstance(stored, StoredResult)
    assert signed_in(owner).get(f"/results/{stored.id}").status_code == 404


@pytest.mark.security
def test_nobody_else_reads_it(owner: User, stranger: User, admin_user: User, looked_up: Message) -> None:
    for key in [*keys_of(looked_up), uuid4()]:
        for person in (stranger, admin_user):
            with pytest.raises(Http404):
                results.read(person, key)
            assert signed_in(person).get(f"/results/{key}").status_code == 404
    conversations.delete(user=owner, conversation_id=looked_up.conversation_id)
    with pytest.raises(Http404):
        results.read(owner, keys_of(looked_up)[0])


def test_a_copy_has_its_own_and_keeps_them_when_the_original_goes(owner: User, looked_up: Message) -> None:
    copied = forking.duplicate(user=owner, conversation_id=looked_up.conversation_id)
    copy = copied.messages.get(author="assistant")
    branched = editing.branch(user=owner, message_id=looked_up.id, agent_id=f"{looked_up.endpoint}__{looked_up.model}")
    assert results.put_back({branched.id: branched.content})[branched.id][1] == CALL
    conversations.erase([looked_up.conversation_id])
    assert results.put_back({copy.id: copy.content})[copy.id] == (Text("Look:"), CALL)
    assert ToolResult.objects.count() == 2
    conversations.erase([copied.id])
    assert not ToolResult.objects.exists()


def test_it_counts_as_what_its_owner_stores(owner: User, looked_up: Message) -> None:
    with_results = storage.measure(owner.id)
    of_message = storage.size_of([looked_up.id])
    ToolResult.objects.all().delete()
    assert with_results - storage.measure(owner.id) == of_message - storage.size_of([looked_up.id]) > 0
