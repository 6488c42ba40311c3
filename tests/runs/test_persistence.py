"""What a generator writes: a run is taken once, and only by whoever holds it is anything written to its reply."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from accounts.models import User
from billing.models import Hold, LedgerEntry
from billing.services.ledger import LedgerLine
from billing.services.quantities import Quantities
from chat.models import Message, Run
from chat.services.turns import turns
from endpoints.catalog import registry
from endpoints.providers.base import PromptMessage
from messages.events import Failed, Finished, Usage
from messages.parts import Part, Text, ToolCall, parts_to_json
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
    assert save(worker="one", batch=[Progress(run.id, job.message_id, PARTS, "7-0")]) == {run.id: Saved(True, True)}
    after = Run.objects.get(id=run.id)
    assert (after.last_event_id, Message.objects.get(id=job.message_id).content) == ("7-0", tuple(PARTS))
    assert before is not None
    assert after.lease_expires_at is not None
    assert after.lease_expires_at > before


def test_a_save_writes_the_parts_that_changed_behind_those_that_are_stored(owner: User) -> None:
    run = began(owner).run
    [job] = claim(ids=[run.id], worker="one")
    whole = [Text("One."), ToolCall("a", "look", "{}"), Text("Two.")]

    def saved(parts: Sequence[Part], first: int, before: str, event: str) -> Saved:
        progress = Progress(run.id, job.message_id, parts, event, first, before)
        return save(worker="one", batch=[progress])[run.id]

    assert saved(whole[:2], 0, "", "1-0") == Saved(False, True)
    assert saved(whole[2:], 2, "1-0", "2-0") == Saved(False, True)
    assert Message.objects.get(id=job.message_id).content == tuple(whole)
    answered = replace(ToolCall("a", "look", "{}"), state="done", result=(Text("found"),))
    assert saved([answered, whole[2]], 1, "2-0", "3-0") == Saved(False, True)
    assert Message.objects.get(id=job.message_id).content == (whole[0], answered, whole[2])


@pytest.mark.parametrize(("first", "before"), [(1, "1-0"), (1, ""), (3, "2-0")])
def test_what_was_lost_of_earlier_saves_is_not_built_upon(owner: User, first: int, before: str) -> None:
    """As after a crash of the server, which may lose what it had promised without waiting for its disk."""
    run = began(owner).run
    [job] = claim(ids=[run.id], worker="one")
    save(worker="one", batch=[Progress(run.id, job.message_id, [Text("One."), Text("Two.")], "2-0")])
    later = Progress(run.id, job.message_id, [Text("Three.")], "4-0", first, before)
    assert save(worker="one", batch=[later]) == {run.id: Saved(False, False)}
    assert Message.objects.get(id=job.message_id).content == (Text("One."), Text("Two."))
    assert Run.objects.get(id=run.id).last_event_id == "2-0"


def test_who_lost_a_run_writes_nothing_into_its_reply(owner: User) -> None:
    run = began(owner).run
    [job] = claim(ids=[run.id], worker="one")
    Run.objects.filter(id=run.id).update(worker="two")
    stored = Run.objects.values().get(id=run.id)
    assert save(worker="one", batch=[Progress(run.id, job.message_id, PARTS, "7-0")]) == {}
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
