"""What a generator writes: a run is taken once, and only by whoever holds it is anything written to its reply."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from agents.services.loop import RunState
from billing.models import Hold, LedgerEntry
from billing.services.ledger import LedgerLine
from billing.services.quantities import Quantities
from chat.models import Message, Run
from chat.services.turns import turns
from endpoints.catalog import registry
from endpoints.providers.base import PromptMessage
from messages.events import Failed, Finished, Usage
from messages.parts import Part, Text, ToolCall, parts_from_json, parts_to_json
from runs.part_changes import change_of
from runs.persistence import ClaimedRun, Progress, RunResult, Saved, Stored, claim, finish, save
from tests.conversations import began, draft, end

# The claim speaks to the connection itself, in a pipeline of its own.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("somewhere")]

PARTS = [Text("Because they can.")]


def outcome(job: ClaimedRun, ending: Finished | Failed, usages: Sequence[Usage] = (), worker: str = "one") -> RunResult:
    lines = [
        LedgerLine(
            key=f"generation:{job.id}:{number}", reason="message", endpoint=job.endpoint, model=job.model,
            quantities=Quantities.of(usage), rates=None,
        )
        for number, usage in enumerate(usages)
    ]  # fmt: skip
    return RunResult(job, worker, ending, PARTS, usages, registry.current().get("Somewhere"), lines)


def test_a_run_is_taken_once_with_all_it_needs(owner: User) -> None:
    first = began(owner, text="Why?", model="gpt-4o")
    reply = end(first.run, "Because.")
    second = turns.start_turn(
        user=owner, conversation_id=first.conversation.id, draft=draft(text="And?", parent_id=reply.id)
    )
    [job] = claim(ids=[second.run.id, first.run.id], worker="one")
    assert claim(ids=[second.run.id], worker="two") == []
    run = Run.objects.get(id=second.run.id)
    assert (run.state, run.worker) == ("running", "one")
    assert (job.id, job.owner_id, job.message_id, job.hold_id) == (run.id, owner.id, second.reply.id, run.hold_id)
    assert (job.endpoint, job.model, job.parts, job.stop_requested) == ("Somewhere", "tiny", (), False)
    assert job.history == [
        PromptMessage.of("user", "Why?"), PromptMessage.of("assistant", "Because."), PromptMessage.of("user", "And?"),
    ]  # fmt: skip


def test_a_save_renews_the_lease_and_tells_of_a_stop(owner: User) -> None:
    run = began(owner).run
    [job] = claim(ids=[run.id], worker="one")
    before = Run.objects.get(id=run.id).lease_expires_at
    Run.objects.filter(id=run.id).update(stop_requested=True)
    assert save(worker="one", batch=[Progress(run.id, change_of(run.id, PARTS, None), "7-0")]) == {
        run.id: Saved(True, True)
    }
    after = Run.objects.get(id=run.id)
    assert (after.last_event_id, Message.objects.get(id=job.message_id).content) == ("7-0", tuple(PARTS))
    assert before is not None
    assert after.lease_expires_at is not None
    assert after.lease_expires_at > before


def saved(run: Run, parts: Sequence[Part], stored: Sequence[Part] | None, event: str, before: str = "") -> Saved:
    """Save `parts`, after those that are `stored` with the event `before`."""
    change = change_of(run.id, parts, stored, saved_event_id=before, is_subrun=run.parent_id is not None)
    return save(worker="one", batch=[Progress(run.id, change, event)])[run.id]


def stored_parts(run: Run) -> Sequence[Part]:
    if run.parent_id is not None:
        return parts_from_json(Run.objects.get(id=run.id).content or [])
    return Message.objects.get(id=run.message_id).content


@pytest.fixture(params=["reply", "subrun"])
def written_run(owner: User, request: pytest.FixtureRequest) -> Run:
    """A run that the worker "one" has: of a reply, or a subrun of its."""
    run = began(owner).run
    if request.param == "subrun":
        brief = {"call_id": "c", "name": "look", "prompt": "Look.", "background": False}
        checkpoint = {"state": RunState().to_json(), "border": 0, "claims": 0, "brief": brief}
        run = Run.objects.create(
            owner=owner, conversation=run.conversation, message=run.message, parent=run, checkpoint=checkpoint
        )
    [job] = claim(ids=[run.id], worker="one")
    assert job.id == run.id
    return run


def test_a_save_writes_the_parts_that_changed_by_their_places(written_run: Run) -> None:
    whole: list[Part] = [Text("One."), ToolCall("a", "look", "{}"), Text("Two.")]
    assert saved(written_run, whole[:2], None, "1-0") == Saved(False, True)
    assert saved(written_run, whole, whole[:2], "2-0", "1-0") == Saved(False, True)
    assert stored_parts(written_run) == tuple(whole)
    answered = replace(ToolCall("a", "look", "{}"), state="done", result=(Text("found"),))
    later = [whole[0], answered, whole[2]]
    assert saved(written_run, later, whole, "3-0", "2-0") == Saved(False, True)
    assert stored_parts(written_run) == tuple(later)
    latest = [Text("First."), answered, whole[2], *(Text(f"{number}.") for number in range(3, 13))]
    assert saved(written_run, latest, later, "4-0", "3-0") == Saved(False, True)
    assert stored_parts(written_run) == tuple(latest), "also from the tenth place on in their order"
    assert saved(written_run, latest[:1], latest, "5-0", "4-0") == Saved(False, True)
    assert stored_parts(written_run) == (Text("First."),)


@pytest.mark.parametrize(("known", "before"), [(1, "1-0"), (1, ""), (3, "2-0")])
def test_what_was_lost_of_earlier_saves_is_not_built_upon(written_run: Run, known: int, before: str) -> None:
    """As after a crash of the server, which may lose what it had promised without waiting for its disk."""
    saved(written_run, [Text("One."), Text("Two.")], None, "2-0")
    lost: list[Part] = [Text("Lost.")] * known
    assert saved(written_run, [*lost, Text("Three.")], lost, "4-0", before) == Saved(False, False)
    assert stored_parts(written_run) == (Text("One."), Text("Two."))
    assert Run.objects.get(id=written_run.id).last_event_id == "2-0"


@pytest.mark.parametrize("is_whole", [False, True])
def test_a_save_that_was_made_before_a_border_writes_nothing_after_it(written_run: Run, is_whole: bool) -> None:
    """It may have waited for the border's lock, and knows nothing of the parts that the border has stored."""
    before: list[Part] = [Text("One.")]
    saved(written_run, before, None, "1-0")
    checkpoint = {"state": RunState().to_json(), "claims": 0, **(written_run.checkpoint or {}), "border": 1}
    Run.objects.filter(id=written_run.id).update(checkpoint=checkpoint)
    late = saved(written_run, [Text("One and a half.")], None if is_whole else before, "2-0", "1-0")
    assert late == Saved(False, False)
    assert stored_parts(written_run) == tuple(before)
    change = change_of(
        written_run.id, [Text("One."), Text("Two.")], before, border=1, is_subrun=written_run.parent_id is not None
    )
    assert save(worker="one", batch=[Progress(written_run.id, change, "3-0")])[written_run.id].is_stored
    assert stored_parts(written_run) == (Text("One."), Text("Two."))


def test_a_change_of_the_first_part_does_not_write_the_others(written_run: Run) -> None:
    whole: list[Part] = [Text(f"{number}: " + "x" * 100_000) for number in range(50)]
    saved(written_run, whole, None, "1-0")
    later = [Text("Another one."), *whole[1:]]
    sent: list[int] = []

    def counted(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(len(repr(params)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(counted):
        assert saved(written_run, later, whole, "2-0", "1-0").is_stored
    assert sum(sent) < 2_000
    assert stored_parts(written_run) == tuple(later)


def test_who_lost_a_run_writes_nothing_into_its_reply(owner: User) -> None:
    run = began(owner).run
    [job] = claim(ids=[run.id], worker="one")
    Run.objects.filter(id=run.id).update(worker="two")
    stored = Run.objects.values().get(id=run.id)
    assert save(worker="one", batch=[Progress(run.id, change_of(run.id, PARTS, None), "7-0")]) == {}
    assert finish([outcome(job, Finished(), [Usage(10, 5)])]) == Stored()
    assert Run.objects.values().get(id=run.id) == stored
    reply = Message.objects.get(id=job.message_id)
    assert (reply.parts, reply.state) == ([], "streaming")
    assert Hold.objects.get().state == "open"
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("ending", "run_state", "reply_state", "reason", "error"),
    [
        (Finished(), "done", "complete", "stop", ""),
        (Finished("stopped"), "stopped", "stopped", "stopped", ""),
        (Failed("rate_limited"), "failed", "failed", "", "rate_limited"),
    ],
)
def test_the_end_stores_the_reply_and_settles_the_hold_once(
    owner: User, ending: Finished | Failed, run_state: str, reply_state: str, reason: str, error: str
) -> None:
    run = began(owner, model="gpt-4o").run
    [job] = claim(ids=[run.id], worker="one")
    whole = outcome(job, ending, [Usage(100, 20), Usage(200, 30)])
    assert finish([whole]) == Stored(kept=frozenset({run.id}))
    after, reply = Run.objects.get(id=run.id), Message.objects.get(id=job.message_id)
    assert (after.state, after.error, after.finished_at is not None) == (run_state, error, True)
    assert (reply.state, reply.finish_reason, reply.text, reply.parts) == (
        reply_state, reason, "Because they can.", parts_to_json(PARTS),
    )  # fmt: skip
    assert Hold.objects.get().state == "settled"
    keys = [f"generation:{run.id}:0", f"generation:{run.id}:1"]
    assert sorted(LedgerEntry.objects.filter(user=owner, reason="message").values_list("key", flat=True)) == keys
    assert finish([replace(whole, parts=[])]) == Stored()
    assert Message.objects.get(id=job.message_id).content == tuple(PARTS)
    assert LedgerEntry.objects.filter(reason="message").count() == 2
