"""Starting, repeating, continuing and stopping a reply: every row it writes, and nothing on a refusal."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, connections
from django.forms.models import model_to_dict
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from billing.models import Balance, Hold, LedgerEntry
from chat.models import Conversation, Message, Run
from chat.services.model_settings import ModelSettings
from chat.services.refusal import TurnRefused
from chat.services.turns import turns
from chat.services.turns.draft import StartedTurn
from chat.services.turns.queue import WORK
from chat.services.turns.turns import start_turn
from core.ids import uuid7
from core.redis_client import client
from tests.conversations import began, counts, draft, end

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]

Capture = DjangoCaptureOnCommitCallbacks
Branch = Callable[..., Conversation]


def saved_equals_built(started: StartedTurn) -> None:
    """What the pipeline stored is what the ORM would have stored, column by column, defaults included."""
    pairs: list[tuple[Any, Any]] = [
        (started.conversation, Conversation), (started.user_message, Message), (started.reply, Message),
        (started.run, Run),
    ]  # fmt: skip
    for built, model in pairs:
        stored = model.objects.get(pk=built.pk)
        columns = [field.attname for field in model._meta.concrete_fields]
        for name in columns:
            if started.is_new is False and model is Conversation and name in {"title", "chosen_root_id", "created_at"}:
                continue  # not the turn's to write
            if model is Conversation and name == "chosen_root_id":
                assert stored.chosen_root_id == started.user_message.id
                continue
            assert getattr(stored, name) == getattr(built, name), (model.__name__, name)


def test_first_turn_stores_everything_and_announces_the_run(
    owner: User, django_capture_on_commit_callbacks: Capture
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        started = start_turn(
            user=owner, conversation_id=None, draft=draft(settings=ModelSettings({"temperature": 0.5}), text=" Why?\n")
        )
    saved_equals_built(started)
    assert started.is_new
    assert not started.repeated
    chat = Conversation.objects.get()
    question, reply = Message.objects.get(author="user"), Message.objects.get(author="assistant")
    run, hold = Run.objects.get(), Hold.objects.get()
    assert (chat.owner, chat.title, chat.titled_by, chat.settings) == (owner, "Why?", "words", {"temperature": 0.5})
    assert (question.text, question.parts) == (" Why?\n", [{"type": "text", "text": " Why?\n"}])
    assert (question.parent, question.chosen_child, question.state) == (None, reply, "complete")
    assert (reply.parent, reply.state, reply.parts, reply.model, reply.sender) == (
        question, "streaming", [], "tiny", "Some Model",
    )  # fmt: skip
    assert reply.created_at > question.created_at
    assert (run.state, run.message, run.hold_id, run.needs_title) == ("queued", reply, hold.id, True)
    assert (hold.user, hold.state, hold.amount, hold.limited) == (owner, "open", 0, False)
    assert client().lrange(WORK, 0, -1) == [str(run.id).encode()]


def test_next_turn_hangs_under_its_parent_and_only_touches_the_conversation(owner: User) -> None:
    first = began(owner)
    reply = end(first.run)
    before = model_to_dict(first.conversation, exclude=["updated_at", "model", "endpoint", "chosen_root"])
    started = start_turn(
        user=owner, conversation_id=first.conversation.id, draft=draft("And dogs?", parent_id=reply.id, model="small")
    )
    saved_equals_built(started)
    assert not started.is_new
    chat = Conversation.objects.get()
    assert model_to_dict(chat, exclude=["updated_at", "model", "endpoint", "chosen_root"]) == before
    assert (chat.model, chat.chosen_root_id) == ("small", first.user_message.id)
    assert chat.updated_at > first.conversation.updated_at
    reply.refresh_from_db()
    assert reply.chosen_child_id == started.user_message.id
    assert not started.run.needs_title


def test_turn_without_a_parent_begins_another_root_and_shows_it(owner: User) -> None:
    first = began(owner)
    end(first.run)
    second = start_turn(user=owner, conversation_id=first.conversation.id, draft=draft("Anew"))
    assert Conversation.objects.get().chosen_root_id == second.user_message.id
    assert Message.objects.filter(parent=None).count() == 2


def test_ids_of_the_client_become_the_ids_of_the_rows(owner: User) -> None:
    question, reply = uuid7(), uuid7()
    started = began(owner, message_id=question, reply_id=reply)
    assert (started.user_message.id, started.reply.id) == (question, reply)
    assert set(Message.objects.values_list("id", flat=True)) == {question, reply}


def test_an_id_that_exists_is_refused_and_tells_nothing(owner: User, stranger: User) -> None:
    theirs = began(stranger)
    before = counts()
    with pytest.raises(TurnRefused) as refusal:
        began(owner, message_id=theirs.user_message.id)
    assert (refusal.value.status, refusal.value.code) == (409, "duplicate")
    assert counts() == before


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"text": " \n\t"}, 422, "empty"),
        ({"text": "a\x00b"}, 422, "characters"),
        ({"text": "a\ud800b"}, 422, "characters"),
        ({"text": "x" * 5_000_000}, 422, "too_long"),
        ({"model": "huge"}, 400, "illegal_model_request"),
        ({"endpoint": "Nowhere"}, 400, "illegal_model_request"),
    ],
    ids=["empty", "nul", "surrogate", "long", "model", "endpoint"],
)
def test_a_draft_that_cannot_be_sent_writes_nothing(
    owner: User, changes: dict[str, Any], status: int, code: str
) -> None:
    with pytest.raises(TurnRefused) as refusal:
        began(owner, **changes)
    assert (refusal.value.status, refusal.value.code) == (status, code)
    assert not any(counts().values())
    assert not Hold.objects.exists()


def test_a_reply_that_is_being_written_cannot_be_answered(owner: User) -> None:
    first = began(owner)
    before = counts()
    with pytest.raises(TurnRefused) as refusal:
        start_turn(user=owner, conversation_id=first.conversation.id, draft=draft(parent_id=first.reply.id))
    assert (refusal.value.status, refusal.value.code) == (409, "busy")
    assert counts() == before
    assert Hold.objects.count() == 1
    assert Message.objects.get(id=first.reply.id).chosen_child is None


@pytest.mark.parametrize("state", ["stopped", "failed", "interrupted"])
def test_a_reply_that_ended_early_can_be_answered(owner: User, state: str) -> None:
    first = began(owner)
    reply = end(first.run, state=state, message_state=state)
    started = start_turn(user=owner, conversation_id=first.conversation.id, draft=draft(parent_id=reply.id))
    assert started.user_message.parent_id == reply.id


@pytest.mark.security
def test_stranger_gets_404_for_conversation_and_parent(owner: User, stranger: User) -> None:
    theirs = began(owner)
    end(theirs.run)
    mine = began(stranger)
    end(mine.run)
    before = counts()
    attempts: list[tuple[UUID, UUID | None]] = [
        (theirs.conversation.id, None),
        (theirs.conversation.id, theirs.reply.id),
        (mine.conversation.id, theirs.reply.id),
        (uuid7(), None),
        (mine.conversation.id, uuid7()),
    ]
    for conversation_id, parent_id in attempts:
        with pytest.raises(Http404):
            start_turn(user=stranger, conversation_id=conversation_id, draft=draft(parent_id=parent_id))
    assert counts() == before
    assert Message.objects.get(id=theirs.reply.id).chosen_child is None


def test_a_parent_of_one_s_own_other_conversation_is_404(owner: User) -> None:
    one, other = began(owner), began(owner)
    end(one.run)
    before = counts()
    with pytest.raises(Http404):
        start_turn(user=owner, conversation_id=other.conversation.id, draft=draft(parent_id=one.reply.id))
    assert counts() == before


def test_credit_is_held_and_without_it_nothing_is_written(owner: User, balances_on: None) -> None:
    began(owner, model="gpt-4o")
    hold, balance = Hold.objects.get(), Balance.objects.get(user=owner)
    assert hold.limited
    assert hold.amount == balance.held > 0
    Balance.objects.filter(user=owner).update(credits=balance.held)
    before = counts()
    with pytest.raises(TurnRefused) as refusal:
        began(owner, model="gpt-4o")
    assert (refusal.value.status, refusal.value.code) == (402, "token_balance")
    assert counts() == before
    assert Hold.objects.count() == 1


def test_what_nobody_can_price_is_refused_where_balances_count(owner: User, balances_on: None) -> None:
    with pytest.raises(TurnRefused) as refusal:
        began(owner, model="tiny")
    assert (refusal.value.status, refusal.value.code) == (402, "unpriced")
    assert not any(counts().values())
    assert not LedgerEntry.objects.exists()


def test_a_repeated_request_returns_the_first_run(owner: User, stranger: User) -> None:
    first = began(owner, client_request_id="once")
    again = began(owner, client_request_id="once", text="Something else")
    assert again.repeated
    assert (again.run, again.reply, again.user_message, again.conversation) == (
        first.run, first.reply, first.user_message, first.conversation,
    )  # fmt: skip
    assert not began(stranger, client_request_id="once").repeated
    assert Run.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_request_repeated_at_once_starts_one_run(make_user: Callable[..., User]) -> None:
    """Security case 80."""
    user = make_user()

    def send(_: int) -> UUID:
        try:
            return began(user, client_request_id="once").run.id
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        runs = list(pool.map(send, range(6)))
    assert len(set(runs)) == 1
    assert counts() == {"Conversation": 1, "Message": 2, "Run": 1, "held": 0}
    assert Hold.objects.count() == 1


def test_the_hot_path_is_a_handful_of_statements(owner: User, balances_on: None) -> None:
    first = began(owner, model="gpt-4o", client_request_id="a")
    reply = end(first.run)
    with CaptureQueriesContext(connection) as queries:
        start_turn(
            user=owner, conversation_id=first.conversation.id,
            draft=draft(parent_id=reply.id, model="gpt-4o", client_request_id="b"),
        )  # fmt: skip
    assert len(queries) <= 12, [query["sql"] for query in queries]


# --- another reply ------------------------------------------------------------------------------------


def test_regenerating_writes_beside_the_old_reply_and_shows_the_new(
    owner: User, django_capture_on_commit_callbacks: Capture
) -> None:
    first = began(owner)
    old = end(first.run)
    with django_capture_on_commit_callbacks(execute=True):
        again = turns.regenerate(user=owner, message_id=old.id, model="small")
    assert again.reply.id != old.id
    stored = Message.objects.get(id=again.reply.id)
    assert (stored.parent_id, stored.state, stored.model) == (old.parent_id, "streaming", "small")
    assert Message.objects.get(id=first.user_message.id).chosen_child_id == stored.id
    assert Message.objects.get(id=old.id).text == "Because."
    run = Run.objects.get(message=stored)
    assert (run.state, run.continues, Hold.objects.get(id=again.run.hold_id or "").state) == (
        "queued", False, "open",
    )  # fmt: skip
    work: Any = client().lrange(WORK, 0, -1)
    assert str(run.id).encode() in work


@pytest.mark.security
def test_regenerate_continue_and_stop_are_404_for_a_stranger(owner: User, stranger: User) -> None:
    first = began(owner)
    reply = end(first.run, state="stopped", message_state="stopped")
    before = counts()
    with pytest.raises(Http404):
        turns.regenerate(user=stranger, message_id=reply.id)
    with pytest.raises(Http404):
        turns.continue_reply(user=stranger, message_id=reply.id)
    with pytest.raises(Http404):
        turns.stop(user=stranger, run_id=first.run.id)
    assert counts() == before


def test_a_question_cannot_be_regenerated_or_continued(owner: User) -> None:
    first = began(owner)
    for verb, status in ((turns.regenerate, 400), (turns.continue_reply, 409)):
        with pytest.raises(TurnRefused) as refusal:
            verb(user=owner, message_id=first.user_message.id)
        assert refusal.value.status == status


def test_without_credit_there_is_no_other_reply(owner: User, balances_on: None) -> None:
    old = end(began(owner, model="gpt-4o").run)
    Balance.objects.filter(user=owner).update(credits=0)
    before = counts()
    with pytest.raises(TurnRefused) as refusal:
        turns.regenerate(user=owner, message_id=old.id)
    assert refusal.value.status == 402
    assert counts() == before
    assert Message.objects.get(author="user").chosen_child_id == old.id


# --- going on -----------------------------------------------------------------------------------------


def test_continuing_lets_the_same_message_grow(owner: User) -> None:
    first = began(owner)
    reply = end(first.run, "Half a", state="interrupted", message_state="interrupted")
    more = turns.continue_reply(user=owner, message_id=reply.id)
    assert more.reply.id == reply.id
    run = Run.objects.get(id=more.run.id)
    assert (run.continues, run.state, run.message_id) == (True, "queued", reply.id)
    reply.refresh_from_db()
    assert (reply.state, reply.text) == ("streaming", "Half a")
    assert Message.objects.count() == 2


@pytest.mark.parametrize(
    ("state", "reason", "may"),
    [
        ("complete", "stop", False), ("complete", "", False), ("complete", "length", True),
        ("complete", "budget", True), ("stopped", "stopped", True), ("failed", "", True), ("interrupted", "", True),
        ("streaming", "", False),
    ],
)  # fmt: skip
def test_only_what_was_cut_off_goes_on(owner: User, state: str, reason: str, may: bool) -> None:
    reply = end(began(owner).run)
    Message.objects.filter(id=reply.id).update(state=state, finish_reason=reason)
    if may:
        assert turns.continue_reply(user=owner, message_id=reply.id).run.continues
        return
    with pytest.raises(TurnRefused) as refusal:
        turns.continue_reply(user=owner, message_id=reply.id)
    assert refusal.value.status == 409
    assert Message.objects.get(id=reply.id).state == state


@pytest.mark.django_db(transaction=True)
def test_continuing_twice_at_once_starts_one_run(make_user: Callable[..., User]) -> None:
    user = make_user()
    reply = end(began(user).run, state="stopped", message_state="stopped")

    def go_on(_: int) -> bool:
        try:
            turns.continue_reply(user=user, message_id=reply.id)
        except TurnRefused:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(go_on, range(4))) == 1
    assert Run.objects.filter(state="queued").count() == 1
    assert Hold.objects.count() == 2


# --- stopping -----------------------------------------------------------------------------------------


def test_stopping_a_queued_run_ends_it_at_once_and_costs_nothing(owner: User, balances_on: None) -> None:
    """Security case 80."""
    first = began(owner, model="gpt-4o")
    run = turns.stop(user=owner, run_id=first.run.id)
    assert run.state == "stopped"
    assert run.finished_at is not None
    reply = Message.objects.get(id=first.reply.id)
    assert (reply.state, reply.finish_reason, reply.parts) == ("stopped", "stopped", [])
    assert Hold.objects.get().state == "released"
    assert Balance.objects.get(user=owner).held == 0
    assert list(LedgerEntry.objects.values_list("reason", flat=True)) == ["start"]


def test_stopping_a_running_run_only_asks_its_generator(owner: User) -> None:
    first = began(owner)
    Run.objects.filter(id=first.run.id).update(state="running")
    run = turns.stop(user=owner, run_id=first.run.id)
    assert (run.state, run.stop_requested) == ("running", True)
    assert Message.objects.get(id=first.reply.id).state == "streaming"
    assert Hold.objects.get().state == "open"


def test_stopping_what_is_over_changes_nothing(owner: User) -> None:
    first = began(owner)
    end(first.run)
    run = turns.stop(user=owner, run_id=first.run.id)
    assert (run.state, run.stop_requested) == ("done", False)
    assert Message.objects.get(id=first.reply.id).text == "Because."


@pytest.mark.security
def test_a_ticket_is_for_one_person_and_one_run() -> None:
    run, user = uuid7(), uuid7()
    tickets = {turns.ticket_for(run, user), turns.ticket_for(run, uuid7()), turns.ticket_for(uuid7(), user)}
    assert len(tickets) == 3
    assert turns.ticket_for(run, user) in tickets
