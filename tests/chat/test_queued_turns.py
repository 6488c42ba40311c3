"""The queue of a conversation: what is sent when, and what never is sent twice."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import Http404
from pytest_django import Settings

from accounts.models import ApiKey, User
from accounts.services import api_keys
from chat import access
from chat.models import Conversation, InboxItem, Message, QueuedTurn, Run
from chat.services.model_settings import ModelSettings
from chat.services.quotes import Quote
from chat.services.refusal import TurnRefused
from chat.services.turns import queued_turns, turns, waiting, waking
from chat.services.turns.draft import Draft, StartedTurn
from tests.conversations import began, draft, end

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]


@pytest.fixture
def first(owner: User) -> StartedTurn:
    """A turn whose reply is being written."""
    started = began(owner)
    Run.objects.filter(id=started.run.id).update(state="running")
    return started


def add(owner: User, started: StartedTurn, text: str, **changes: Any) -> QueuedTurn:
    is_first = changes.pop("is_first", False)
    sent = Draft(text=text, parent_id=started.reply.id, **changes)
    return queued_turns.add(user=owner, conversation_id=started.conversation.id, draft=sent, is_first=is_first)


def texts(started: StartedTurn) -> list[str]:
    return [item.text for item in queued_turns.waiting_in(started.conversation.id)]


def test_messages_wait_in_order_and_each_answers_the_reply_before_it(owner: User, first: StartedTurn) -> None:
    for text in ("And dogs?", "And birds?"):
        assert add(owner, first, text).state == "queued"
    add(owner, first, "First!", is_first=True)
    assert texts(first) == ["First!", "And dogs?", "And birds?"]
    assert queued_turns.send_next(first.conversation.id) is None, "the reply is still being written"
    parent, run = first.reply, first.run
    for text in ("First!", "And dogs?", "And birds?"):
        assert Run.objects.get(id=run.id).has_queue
        end(run)
        started = queued_turns.send_next(first.conversation.id)
        assert started is not None
        assert (started.user_message.text, started.user_message.parent_id) == (text, parent.id)
        assert (started.reply.endpoint, started.reply.model) == ("Somewhere", "tiny")
        parent, run = started.reply, started.run
    assert not Run.objects.get(id=run.id).has_queue, "nothing follows the last"
    end(run)
    assert queued_turns.send_next(first.conversation.id) is None
    assert set(QueuedTurn.objects.values_list("state", flat=True)) == {"sent"}


@pytest.mark.parametrize("state", ["stopped", "failed", "interrupted"])
def test_the_queue_waits_after_what_did_not_end_well(owner: User, first: StartedTurn, state: str) -> None:
    item = add(owner, first, "And dogs?")
    end(first.run, state=state, message_state=state)
    assert queued_turns.send_next(first.conversation.id) is None
    assert texts(first) == ["And dogs?"]
    assert add(owner, first, "And birds?").state == "queued", "one behind it waits, too"
    sent = queued_turns.send_now(user=owner, item_id=item.id)
    assert sent.user_message.parent_id == first.reply.id
    end(sent.run)
    started = queued_turns.send_next(first.conversation.id)
    assert started is not None
    assert started.user_message.text == "And birds?"


def test_a_message_of_its_own_lets_the_queue_go_on(owner: User, first: StartedTurn) -> None:
    add(owner, first, "And dogs?")
    end(first.run, state="stopped", message_state="stopped")
    typed = turns.start_turn(
        user=owner, conversation_id=first.conversation.id, draft=draft(text="Once more", parent_id=first.reply.id)
    )
    assert Run.objects.get(id=typed.run.id).has_queue
    end(typed.run)
    again = turns.regenerate(user=owner, message_id=typed.reply.id)
    assert Run.objects.get(id=again.run.id).has_queue
    end(again.run)
    started = queued_turns.send_next(first.conversation.id)
    assert started is not None
    assert started.user_message.parent_id == again.reply.id


def test_what_is_queued_when_nothing_is_written_is_sent_at_once(owner: User, first: StartedTurn) -> None:
    end(first.run)
    item = add(owner, first, "And dogs?")
    assert item.state == "sent"
    assert Message.objects.filter(text="And dogs?", parent=first.reply).exists()


def test_a_request_that_is_repeated_is_queued_and_sent_once(owner: User, first: StartedTurn) -> None:
    item = add(owner, first, "And dogs?", client_request_id="r1")
    assert add(owner, first, "And dogs?", client_request_id="r1").id == item.id
    with pytest.raises(queued_turns.QueueRefused) as refused:
        add(owner, first, "And birds?", client_request_id="r1")
    assert (refused.value.status, refused.value.code) == (409, "conflict")
    end(first.run)
    queued_turns.send_next(first.conversation.id)
    assert add(owner, first, "And dogs?", client_request_id="r1").state == "sent"
    assert Message.objects.filter(text="And dogs?").count() == 1


def test_what_it_is_sent_with_is_kept(owner: User, first: StartedTurn) -> None:
    add(
        owner,
        first,
        "And dogs?",
        endpoint="Somewhere",
        model="small",
        settings=ModelSettings({"temperature": 0.5}),
        quotes=(Quote(text="purr", messageId=first.user_message.id),),
    )
    end(first.run)
    started = queued_turns.send_next(first.conversation.id)
    assert started is not None
    assert (started.reply.model, started.conversation.settings) == ("small", {"temperature": 0.5})
    assert started.user_message.quotes == [{"text": "purr", "messageId": str(first.user_message.id)}]


def test_what_is_refused_is_kept_with_the_reason_and_can_be_sent_later(
    owner: User, first: StartedTurn, balances_on: None, settings: Settings
) -> None:
    item = add(owner, first, "And dogs?", endpoint="Somewhere", model="gpt-4o")
    end(first.run)
    settings.BALANCE_START_CREDITS = 0
    assert queued_turns.send_next(first.conversation.id) is None
    item.refresh_from_db()
    assert (item.state, item.refusal_code) == ("refused", "token_balance")
    assert item.refusal
    assert texts(first) == ["And dogs?"]
    assert queued_turns.send_next(first.conversation.id) is None, "it is not tried again by itself"
    with pytest.raises(TurnRefused):
        queued_turns.send_now(user=owner, item_id=item.id)
    item.refresh_from_db()
    assert item.state == "refused"


@pytest.mark.parametrize("text", ["", " \n", "a\x00b", "x" * 1_100_000], ids=["empty", "blank", "nul", "long"])
def test_what_no_turn_can_be_is_not_queued(owner: User, first: StartedTurn, text: str) -> None:
    with pytest.raises(TurnRefused):
        add(owner, first, text)
    assert not QueuedTurn.objects.exists()


def test_a_queued_message_counts_once_towards_the_limits(
    owner: User, first: StartedTurn, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    for module in (queued_turns, turns):
        monkeypatch.setattr(module, "count_message", lambda user, text="": counted.append(text))
    item = add(owner, first, "And dogs?")
    assert counted == ["And dogs?"]
    end(first.run)
    queued_turns.send_next(first.conversation.id)
    assert counted == ["And dogs?"]
    item.refresh_from_db()
    assert (item.state, item.text, item.draft) == ("sent", "", {}), "the message has them now"


def test_a_queue_has_an_end(owner: User, first: StartedTurn) -> None:
    for number in range(queued_turns.MAX_QUEUED):
        add(owner, first, f"{number}")
    with pytest.raises(queued_turns.QueueRefused) as refused:
        add(owner, first, "one more")
    assert (refused.value.status, refused.value.code) == (429, "full")


def test_what_is_removed_or_sent_is_gone(owner: User, first: StartedTurn) -> None:
    removed, sent = add(owner, first, "And dogs?"), add(owner, first, "And birds?")
    assert queued_turns.remove(user=owner, item_id=removed.id).state == "cancelled"
    removed.refresh_from_db()
    assert removed.text == ""
    with pytest.raises(queued_turns.QueueRefused) as refused:
        queued_turns.send_now(user=owner, item_id=sent.id)
    assert refused.value.code == "busy"
    end(first.run)
    queued_turns.send_next(first.conversation.id)
    for item in (removed, sent):
        for verb in (queued_turns.remove, queued_turns.send_now):
            with pytest.raises(queued_turns.SentAlready):
                verb(user=owner, item_id=item.id)


def test_a_queued_message_becomes_a_word_to_the_reply(owner: User, first: StartedTurn) -> None:
    item = add(owner, first, "Shorter, please")
    queued_turns.steer_with(user=owner, item_id=item.id)
    assert InboxItem.objects.get().body["text"] == "Shorter, please"
    assert texts(first) == []
    late = add(owner, first, "And dogs?")
    end(first.run)
    with pytest.raises(waiting.NotSteerable):
        queued_turns.steer_with(user=owner, item_id=late.id)
    assert texts(first) == ["And dogs?"]


def test_what_a_reply_has_not_heard_waits_after_its_end(owner: User, first: StartedTurn) -> None:
    waiting.steer(user=owner, run_id=first.run.id, text="Shorter")
    waiting.steer(user=owner, run_id=first.run.id, text="In verse")
    end(first.run, state="stopped", message_state="stopped")
    waking.keep_unheard([first.run.id])
    assert texts(first) == ["Shorter", "In verse"]
    assert not InboxItem.objects.exists()


def test_what_is_said_to_a_run_that_never_began_is_kept_when_it_is_stopped(owner: User) -> None:
    started = began(owner)
    waiting.steer(user=owner, run_id=started.run.id, text="Shorter")
    assert turns.stop(user=owner, run_id=started.run.id).state == "stopped"
    assert texts(started) == ["Shorter"]


def test_strangers_have_none_of_it(owner: User, stranger: User, first: StartedTurn) -> None:
    item = add(owner, first, "And dogs?")
    for verb in (queued_turns.remove, queued_turns.send_now, queued_turns.steer_with):
        with pytest.raises(Http404):
            verb(user=stranger, item_id=item.id)
    with pytest.raises(Http404):
        add(stranger, first, "Mine")
    with pytest.raises(Http404):
        queued_turns.add(user=owner, conversation_id=uuid4(), draft=Draft(text="Nowhere"))


def test_what_a_message_refers_to_is_its_persons_own(owner: User, stranger: User, first: StartedTurn) -> None:
    other = began(stranger)
    for changes in ({"parent_id": other.reply.id}, {"quotes": (Quote(text="purr", messageId=other.reply.id),)}):
        sent = Draft(text="And dogs?", **changes)
        with pytest.raises(Http404):
            queued_turns.add(user=owner, conversation_id=first.conversation.id, draft=sent)
    assert not QueuedTurn.objects.exists()


def test_an_account_or_a_key_that_is_closed_sends_nothing_more(
    owner: User, first: StartedTurn, keys_allowed: None
) -> None:
    key = api_keys.make(user=owner, name="Script").row
    used = api_keys.in_use.set(key.id)
    by_key = add(owner, first, "By key")
    api_keys.in_use.reset(used)
    ApiKey.objects.all().delete()
    end(first.run)
    assert queued_turns.send_next(first.conversation.id) is None
    by_key.refresh_from_db()
    assert (by_key.state, by_key.refusal_code) == ("refused", "key")
    queued = QueuedTurn.objects.create(conversation=first.conversation, text="By page")
    User.objects.filter(id=owner.id).update(is_active=False)
    assert queued_turns.send_next(first.conversation.id) is None
    queued.refresh_from_db()
    assert (queued.state, queued.refusal_code) == ("refused", "inactive")


def test_what_is_sent_for_a_key_counts_for_the_key(owner: User, first: StartedTurn, keys_allowed: None) -> None:
    key = api_keys.make(user=owner, name="Script").row
    used = api_keys.in_use.set(key.id)
    add(owner, first, "By key")
    api_keys.in_use.reset(used)
    end(first.run)
    seen: list[Any] = []
    start = turns.start_turn

    def noted(**values: Any) -> StartedTurn:
        seen.append(api_keys.in_use.get())
        return start(**values)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(turns, "start_turn", noted)
        queued_turns.send_next(first.conversation.id)
    assert seen == [key.id]
    assert api_keys.in_use.get() is None


def test_forgotten_queues_are_found_and_only_those(owner: User, first: StartedTurn) -> None:
    add(owner, first, "And dogs?")
    assert queued_turns.forgotten(after=0, limit=9) == [], "it is being written"
    end(first.run)
    Run.objects.filter(id=first.run.id).update(finished_at="2026-01-31T12:00:00Z")
    assert queued_turns.forgotten(after=5, limit=9) == [first.conversation.id]
    queued_turns.send_next(first.conversation.id)
    assert queued_turns.forgotten(after=5, limit=9) == []


def test_the_queue_goes_with_its_conversation(owner: User, first: StartedTurn) -> None:
    add(owner, first, "And dogs?")
    with connection.cursor() as cursor:  # as conversations are purged
        cursor.execute("DELETE FROM chat_generation")
        cursor.execute("UPDATE chat_conversation SET chosen_root_id = NULL")
        cursor.execute("DELETE FROM chat_message")
        cursor.execute("DELETE FROM chat_conversation")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not QueuedTurn.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_sent_by_several_at_once_one_is_sent(owner: User) -> None:
    started = began(owner)
    Run.objects.filter(id=started.run.id).update(state="running")
    for text in ("And dogs?", "And birds?"):
        add(owner, started, text)
    end(started.run)

    def send(_: int) -> bool:
        try:
            return queued_turns.send_next(started.conversation.id) is not None
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sent = list(pool.map(send, range(4)))
    assert sent.count(True) == 1
    assert texts(started) == ["And birds?"]


def test_a_conversation_knows_whether_something_waits(owner: User, first: StartedTurn) -> None:
    conversation = access.conversation_for(owner, first.conversation.id)
    assert conversation.has_queue is False  # type: ignore[attr-defined]
    add(owner, first, "And dogs?")
    assert access.conversation_for(owner, first.conversation.id).has_queue is True  # type: ignore[attr-defined]


def test_a_conversation_in_the_trash_sends_nothing(owner: User, first: StartedTurn) -> None:
    add(owner, first, "And dogs?")
    end(first.run)
    Conversation.objects.filter(id=first.conversation.id).update(deleted_at="2026-01-31T12:00:00Z")
    assert queued_turns.send_next(first.conversation.id) is None
    assert Message.objects.count() == 2
