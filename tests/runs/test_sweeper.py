"""Ending what nobody ends any more: what is kept, what it costs, and that two sweepers do it once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from billing.models import Balance, Hold, LedgerEntry
from chat.models import Message, Run
from chat.services.turns import turns
from chat.services.turns.queue import WORK
from core.redis_client import client
from endpoints.services.tokens import estimate, estimate_message
from messages.stream_format import OUT_OF_BAND, key_of
from runs import persistence
from runs.part_changes import change_of
from runs.sweeper import TOO_LATE, UNHEARD, Sweeper
from tests.conversations import began, end

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("somewhere")]

NOTHING = {"interrupted": 0, "expired": 0, "announced": 0}
Capture = DjangoCaptureOnCommitCallbacks


class Clock:
    """A monotonic clock that goes on when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += seconds


def sweep() -> dict[str, int]:
    """Look, and look again when what has not changed since counts as lost."""
    clock = Clock()
    sweeper = Sweeper(clock)
    first = sweeper.look()
    clock.pass_(settings.GENERATION_LEASE_SECONDS)
    second = sweeper.look()
    return {name: first[name] + second[name] for name in first}


def lose(run: Run, text: str = "Because cats") -> Message:
    """Leave a run as a generator that was killed does."""
    Run.objects.filter(id=run.id).update(state="running", worker="killed", lease_expires_at=timezone.now())
    Message.objects.filter(id=run.message_id).update(parts=[{"type": "text", "text": text}] if text else [])
    return Message.objects.get(id=run.message_id)


def renew(run: Run) -> None:
    progress = persistence.Progress(run.id)
    persistence.save(worker="killed", batch=[progress])


def age(run: Run, **how: float) -> None:
    Run.objects.filter(id=run.id).update(created_at=timezone.now() - timedelta(**how))


def work() -> list[str]:
    entries: Any = client().lrange(WORK, 0, -1)
    return [entry.decode() for entry in entries]


def test_a_lost_run_keeps_what_was_saved_and_is_charged_by_estimate(
    owner: User, balances_on: None, django_capture_on_commit_callbacks: Capture
) -> None:
    started = began(owner, model="gpt-4o")
    lose(started.run, "Because " * 100)
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep() == NOTHING | {"interrupted": 1}
    run, message = Run.objects.get(), Message.objects.get(id=started.reply.id)
    assert (run.state, run.error) == ("interrupted", "interrupted")
    assert run.finished_at is not None
    assert (message.state, message.text) == ("interrupted", "Because " * 100)
    assert message.parts == [{"type": "text", "text": "Because " * 100}, {"type": "error", "code": "interrupted"}]
    assert turns.can_continue(message)
    assert Hold.objects.get().state == "settled"
    entry = LedgerEntry.objects.exclude(reason="start").get()
    assert (entry.estimated, entry.output_tokens, entry.model) == (True, estimate("Because " * 100, "o200k"), "gpt-4o")
    assert entry.input_tokens == estimate_message(started.user_message.text, "o200k")
    balance = Balance.objects.get(user=owner)
    assert (balance.held, balance.credits) == (0, entry.balance_after)
    log: Any = client().xrange(key_of(run.id))
    assert json.loads(log[-1][1][b"e"])[0] == OUT_OF_BAND


def test_other_branches_are_no_part_of_what_a_lost_run_read(owner: User, balances_on: None) -> None:
    first = began(owner, model="gpt-4o")
    end(first.run, "Because " * 500)
    again = turns.regenerate(user=owner, message_id=first.reply.id)
    lose(again.run, "Because " * 4)
    sweep()
    entry = LedgerEntry.objects.get(estimated=True)
    assert entry.input_tokens == estimate_message(first.user_message.text, "o200k")


def test_a_run_that_had_said_nothing_is_interrupted_too(owner: User) -> None:
    started = began(owner)
    lose(started.run, "")
    sweep()
    message = Message.objects.get(id=started.reply.id)
    assert (message.state, message.text, message.parts) == (
        "interrupted", "", [{"type": "error", "code": "interrupted"}],
    )  # fmt: skip
    assert LedgerEntry.objects.get().output_tokens == 0


def test_a_run_whose_lease_is_renewed_is_left_alone(owner: User) -> None:
    run = began(owner).run
    lose(run)
    clock = Clock()
    sweeper = Sweeper(clock)
    for _ in range(10):
        assert sweeper.look() == NOTHING
        clock.pass_(settings.GENERATION_LEASE_SECONDS - 1)
        renew(run)
    assert Run.objects.get().state == "running"
    assert Hold.objects.get().state == "open"


@pytest.mark.parametrize("hours", [2, -2])
def test_a_jump_of_the_clock_costs_no_living_run_and_saves_no_dead_one(
    hours: int, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    living, dead, waiting = (began(owner).run for _ in range(3))
    for run in (living, dead):
        lose(run)
    clock = Clock()
    sweeper = Sweeper(clock)
    assert sweeper.look() == NOTHING

    later = timezone.now() + timedelta(hours=hours)
    monkeypatch.setattr(timezone, "now", lambda: later)
    clock.pass_(settings.GENERATION_LEASE_SECONDS / 2)
    renew(living)
    assert sweeper.look()["interrupted"] == 0
    clock.pass_(settings.GENERATION_LEASE_SECONDS / 2)
    assert sweeper.look()["interrupted"] == 1

    states = dict(Run.objects.values_list("id", "state"))
    assert states == {living.id: "running", dead.id: "interrupted", waiting.id: "queued"}


def test_what_nobody_takes_is_announced_and_expires_whatever_the_clock_says(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    began(owner)
    earlier = timezone.now() - timedelta(hours=2)
    monkeypatch.setattr(timezone, "now", lambda: earlier)
    clock = Clock()
    sweeper = Sweeper(clock)
    assert sweeper.look() == NOTHING
    clock.pass_(UNHEARD)
    assert sweeper.look() == NOTHING | {"announced": 1}
    for _ in range(int(TOO_LATE // 20)):
        clock.pass_(20)
        counts = sweeper.look()
    assert counts == NOTHING | {"expired": 1}


def test_after_an_outage_generators_may_renew_their_leases_first(owner: User) -> None:
    run = began(owner).run
    lose(run)
    clock = Clock()
    sweeper = Sweeper(clock)
    sweeper.look()
    clock.pass_(3600)  # the database was away
    assert sweeper.look() == NOTHING
    clock.pass_(settings.GENERATION_LEASE_SECONDS / 2)
    renew(run)
    clock.pass_(settings.GENERATION_LEASE_SECONDS / 2)
    assert sweeper.look() == NOTHING


def test_a_continued_run_is_not_charged_for_what_an_earlier_one_wrote(owner: User) -> None:
    first = began(owner)
    lose(first.run, "x" * 400)
    sweep()
    more = turns.continue_reply(user=owner, message_id=first.reply.id)
    lose(more.run, "x" * 480)
    assert sweep() == NOTHING | {"interrupted": 1}
    charged = LedgerEntry.objects.order_by("created_at").values_list("output_tokens", flat=True)
    before, after = estimate("x" * 400), estimate("x" * 480)
    assert list(charged) == [before, after - before]
    assert Message.objects.get(id=first.reply.id).text == "x" * 480


def test_the_generator_that_comes_back_finds_that_the_run_is_not_its_own(owner: User) -> None:
    started = began(owner)
    [job] = persistence.claim(ids=[started.run.id], worker="slow")
    lose(started.run)
    sweep()
    progress = persistence.Progress(job.id, change_of(job.id, [], None))
    assert persistence.save(worker="slow", batch=[progress]) == {}
    assert Message.objects.get(id=job.message_id).text == "Because cats"


def test_sweeping_again_changes_nothing(owner: User) -> None:
    lose(began(owner).run)
    sweep()
    before = Message.objects.filter(author="assistant").values_list("parts", "updated_at").get()
    assert sweep() == NOTHING
    assert Message.objects.filter(author="assistant").values_list("parts", "updated_at").get() == before
    assert LedgerEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_sweepers_at_once_end_each_run_once(make_user: Callable[..., User]) -> None:
    user = make_user()
    for _ in range(6):
        lose(began(user).run)
    for _ in range(4):
        age(began(user).run, minutes=16)

    def go(_: int) -> dict[str, int]:
        try:
            return sweep()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(go, range(4)))
    assert sum(result["interrupted"] for result in results) == 6
    assert sum(result["expired"] for result in results) == 4
    assert LedgerEntry.objects.count() == 6
    for message in Message.objects.filter(state="interrupted"):
        assert [part["type"] for part in message.parts] == ["text", "error"]
    assert sorted(Hold.objects.values_list("state", flat=True)) == ["released"] * 4 + ["settled"] * 6


def test_a_run_nobody_took_is_announced_again(owner: User, django_capture_on_commit_callbacks: Capture) -> None:
    early, late = began(owner), began(owner)
    age(early.run, seconds=6)
    with django_capture_on_commit_callbacks(execute=True):
        assert Sweeper().look() == NOTHING | {"announced": 1}
    assert work() == [str(early.run.id)]
    assert Run.objects.get(id=late.run.id).state == "queued"


def test_a_run_heard_twice_is_taken_once(owner: User) -> None:
    run = began(owner).run
    assert [job.id for job in persistence.claim(ids=[run.id, run.id], worker="one")] == [run.id]
    assert persistence.claim(ids=[run.id], worker="two") == []
    assert Run.objects.get().worker == "one"


def test_a_run_that_waited_too_long_fails_and_costs_nothing(owner: User, balances_on: None) -> None:
    started = began(owner, model="gpt-4o")
    age(started.run, minutes=16)
    assert sweep() == NOTHING | {"expired": 1}
    run, message = Run.objects.get(), Message.objects.get(id=started.reply.id)
    assert (run.state, run.error) == ("failed", "expired")
    assert (message.state, message.parts) == ("failed", [{"type": "error", "code": "expired"}])
    assert Hold.objects.get().state == "released"
    assert Balance.objects.get(user=owner).held == 0
    assert persistence.claim(ids=[run.id], worker="late") == []


def test_a_continuation_that_waited_too_long_keeps_the_reply(owner: User) -> None:
    first = began(owner)
    reply = end(first.run, "Half a", state="stopped", message_state="stopped")
    more = turns.continue_reply(user=owner, message_id=reply.id)
    age(more.run, minutes=16)
    sweep()
    reply.refresh_from_db()
    assert (reply.state, reply.text, reply.parts) == ("failed", "Half a", [{"type": "text", "text": "Half a"}])
    assert turns.can_continue(reply)
