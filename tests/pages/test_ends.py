"""`web.streaming.frames.ends_of`: the last frame of a run, read quickly, is what the page would show of the message."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat.models import Conversation, Message, Run
from tests.pages.conftest import make_reply, make_run
from web.fragments import footer
from web.presenters import present_messages
from web.streaming.frames import ends_of

Chats = Callable[..., Conversation]
FIELDS: dict[str, dict[str, Any]] = {
    "complete": {},
    "stopped": {"state": "stopped", "finish_reason": "stopped"},
    "failed": {"state": "failed", "parts": [{"type": "error", "code": "overloaded"}], "text": ""},
    "empty": {"parts": [], "text": ""},
    "cut off": {"finish_reason": "length", "left_out": 3},
    "rated": {"feedback": {"rating": "thumbsUp"}},
}


@pytest.fixture
def ended(owner: User, make_chat: Chats) -> Callable[..., Run]:
    """Return a function that stores a run that has ended, of a message with these fields."""

    def make(**fields: Any) -> Run:
        chat = make_chat(owner)
        run = make_run(Message.objects.get(conversation=chat, author="assistant"))
        Run.objects.filter(id=run.id).update(state="done")
        Message.objects.filter(id=run.message_id).update(**{"state": "complete", **fields})
        return run

    return make


def _expected(run: Run) -> str:
    message = Message.objects.get(id=run.message_id)
    view = present_messages([message])[message.id]
    return json.dumps(["d", str(run.id), message.state, footer(view)], ensure_ascii=False, separators=(",", ":"))


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
@pytest.mark.parametrize("place", ["alone", "a second version", "followed by a question"])
def test_the_end_is_the_footer_that_the_page_would_show(
    ended: Callable[..., Run], fields: dict[str, Any], place: str
) -> None:
    run = ended(**fields)
    message = Message.objects.get(id=run.message_id)
    if place == "a second version":
        assert message.parent is not None
        make_reply(message.parent, "Another one")
    elif place == "followed by a question":
        Message.objects.create(conversation=message.conversation, author="user", text="And?", parent=message)
    assert ends_of({run.id: False}) == {run.id: _expected(run)}


def test_one_query_for_any_number_of_plain_ends(ended: Callable[..., Run], django_assert_num_queries: Any) -> None:
    runs = [ended() for _ in range(5)]
    with django_assert_num_queries(1):
        frames = ends_of({run.id: False for run in runs})
    assert set(frames) == {run.id for run in runs}


def test_a_plain_end_renders_no_part(ended: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    run = ended()
    monkeypatch.setattr("web.presenters.render", lambda text: pytest.fail("rendered"))
    assert run.id in ends_of({run.id: False})


def test_one_that_is_asked_for_whole_comes_with_its_parts(ended: Callable[..., Run]) -> None:
    run, other = ended(), ended()
    frames = ends_of({run.id: True, other.id: False})
    reset, end = frames[run.id].split("\n")
    assert json.loads(reset)[0] == "reset"
    assert "Answer 0" in json.loads(reset)[2]
    assert end == _expected(run)
    assert frames[other.id] == _expected(other)


def test_a_message_that_goes_on_is_not_at_its_end(ended: Callable[..., Run]) -> None:
    run = ended()
    make_run(Message.objects.get(id=run.message_id))
    assert "Regenerate" not in ends_of({run.id: False})[run.id]


def test_a_run_that_is_gone_is_left_out(ended: Callable[..., Run]) -> None:
    run = ended()
    Conversation.objects.all().delete()
    assert ends_of({run.id: False}) == {}
