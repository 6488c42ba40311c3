"""The generator's writes to Postgres. Synchronous; called from a few threads that keep their connections.

Every write checks the worker and the state `running`, so a run that was swept, stopped elsewhere or deleted is not
touched.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from psycopg import Cursor
from psycopg.rows import dict_row, tuple_row
from psycopg.types.json import JsonbLoader

from accounts.models import User
from accounts.models.access import is_granted_sql
from billing.services import holds
from billing.services.ledger import LedgerLine
from chat.models import ApprovalRequest, Message, Project, Run, Step
from chat.services.turns.checkpoint import Checkpoint
from chat.services.turns.waking import deliver, keep_unheard
from endpoints.providers.base import Caller, Endpoint, PromptMessage
from endpoints.services.callers import caller_of
from messages.events import Event, Failed, Finished, Usage
from messages.parts import Part, parts_from_json, parts_to_json, plain_text
from runs import history
from runs.part_changes import PartChange, write_changes

CLAIM_LIMIT = 64


@dataclass(frozen=True, slots=True)
class ClaimedRun:
    """A claimed run, with all it needs from the database."""

    id: UUID
    owner_id: UUID
    conversation_id: UUID
    message_id: UUID
    hold_id: UUID | None
    continues: bool
    needs_title: bool
    stop_requested: bool
    endpoint: str
    model: str
    settings: dict[str, Any]
    parts: Sequence[Part]
    history: list[PromptMessage]  # one for each message of the branch, see `runs.history`
    so_far: Sequence[Part] = ()  # `parts` of a reply that goes on, with long results whole
    spec: str = ""  # of the model spec the reply was asked for with
    instructions: str = ""  # of the conversation's project
    coefficient: Decimal = Decimal(1)  # of the person's role, when the run was begun
    limited: bool = False  # whether a balance or a budget limits the run
    held: int = 0  # credits of the balance that its hold reserves
    written_tokens: int = 0  # that calls wrote which are charged already, by estimate
    is_held: bool = True  # whether it has an open hold; a subrun that begins has none
    parent_id: UUID | None = None  # of a subrun: the run that began it
    agent: str = ""
    checkpoint: Checkpoint | None = None  # None: the run begins


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended: its last event, what the message now holds, and the usage of each model call.

    `lines` are of the calls that are not charged yet.
    """

    job: ClaimedRun
    worker: str
    ending: Finished | Failed
    parts: Sequence[Part]
    usages: Sequence[Usage]
    endpoint: Endpoint | None
    lines: Sequence[LedgerLine] = ()
    left_out: int = 0  # messages of the branch that did not fit into the prompt
    steps: Sequence[Step] = ()  # that ended since the last border, of a run that had one


@dataclass(frozen=True, slots=True)
class Progress:
    """A save while the run goes on: of what changed since the last one, None where nothing did."""

    id: UUID
    change: PartChange | None = None
    last_event_id: str = ""  # of the stream log: the next save knows by it whether this one is still there


@dataclass(frozen=True, slots=True)
class Saved:
    """What came of a save, for a run that is still the worker's."""

    stop_requested: bool
    is_stored: bool  # False: what is stored is not what this is a change of; save all


# Instructions of a project that is no longer shared with the conversation's owner are none of theirs.
_MAY_SEE = is_granted_sql(Project.KIND, thing="p.id", user="c.owner_id")
_CLAIM = f"""
WITH taken AS (
    UPDATE chat_generation SET state = 'running', worker = %(worker)s, started_at = coalesce(started_at, now()),
        lease_expires_at = clock_timestamp() + make_interval(secs => %(lease)s),
        checkpoint = jsonb_set(checkpoint, '{{claims}}', to_jsonb((checkpoint->>'claims')::int + 1))
    WHERE id = ANY(%(ids)s) AND state = 'queued'
    RETURNING id, owner_id, conversation_id, message_id, hold_id, continues, needs_title, stop_requested, parent_id,
        agent, checkpoint, content
)
SELECT taken.*, m.endpoint, m.model, m.spec, c.settings, m.parts, coalesce(p.instructions, '') AS instructions,
    coalesce(h.coefficient, 1) AS coefficient, coalesce(h.limited, false) AS limited,
    coalesce(h.amount, 0) AS held, coalesce(h.written_tokens, 0) AS written_tokens,
    coalesce(h.state = 'open', false) AS is_held
FROM taken JOIN chat_message m ON m.id = taken.message_id JOIN chat_conversation c ON c.id = taken.conversation_id
LEFT JOIN chat_project p ON p.id = c.project_id AND (p.owner_id = c.owner_id OR {_MAY_SEE})
LEFT JOIN billing_hold h ON h.id = taken.hold_id
"""


def claim(*, ids: Sequence[UUID], worker: str) -> list[ClaimedRun]:
    """Take those of the runs that nobody has taken yet; one round trip for all of them."""
    connection.ensure_connection()
    raw = connection.connection
    branch_values = history.values_of(ids)
    values = {"ids": list(ids), "worker": worker, "lease": settings.GENERATION_LEASE_SECONDS}
    # Without a block of its own: what is sent together is one transaction, and commits with the last statement.
    with connection.wrap_database_errors, raw.pipeline():
        taking = Cursor(raw, row_factory=dict_row)
        taking.adapters.register_loader("jsonb", JsonbLoader)  # Django reads JSON as text, for its own fields
        taken = taking.execute(_CLAIM, values, prepare=True)
        telling = Cursor(raw, row_factory=tuple_row)
        telling.adapters.register_loader("jsonb", JsonbLoader)
        history_cursor = telling.execute(history.BRANCHES, branch_values, prepare=True)
        claimed, rows = taken.fetchall(), history_cursor.fetchall()
    parts = {row["id"]: _parts_of(row) for row in claimed}
    continued = {row["message_id"]: parts[row["id"]] for row in claimed if row["continues"]}
    branches = history.read(rows, continued)
    return [_claimed(row, parts[row["id"]], branches) for row in claimed]


def _parts_of(row: Mapping[str, Any]) -> tuple[Part, ...]:
    """Return what the run has written: of a subrun its own parts."""
    return parts_from_json(row["parts"] if row["parent_id"] is None else row["content"] or [])


def _claimed(row: dict[str, Any], parts: Sequence[Part], branches: history.Branches) -> ClaimedRun:
    stored, is_subrun = row.pop("checkpoint"), row["parent_id"] is not None
    del row["content"]
    return ClaimedRun(
        **row | {"parts": parts},
        history=[] if is_subrun else branches.messages.get(row["id"], []),
        so_far=branches.so_far.get(row["message_id"], ()),
        checkpoint=Checkpoint.from_json(stored) if stored is not None else None,
    )


NO_PARENT = UUID(int=0)  # how the REST interface names what a first message answers


def caller_of_job(job: ClaimedRun) -> Caller:
    """Return who asked, and with which message."""
    reply = Message.objects.select_related("parent").get(id=job.message_id)
    question = reply.parent
    return caller_of(
        User.objects.get(id=job.owner_id),
        conversation_id=str(job.conversation_id),
        message_id=str(question.id) if question else "",
        parent_id=str(question.parent_id or NO_PARENT) if question else "",
    )


_NOTE_EVENTS = """
UPDATE chat_generation g SET last_event_id = e.event
FROM unnest(%s::uuid[], %s::text[]) AS e (id, event) WHERE g.id = e.id
"""


def save(*, worker: str, batch: Sequence[Progress]) -> dict[UUID, Saved]:
    """Save what runs have written and renew their leases; the statements do not grow with the number of runs.

    Returns what came of it for each run that is still this worker's. Does not wait for the disk: a crash loses at most
    what the next save would have brought.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            "UPDATE chat_generation SET lease_expires_at = clock_timestamp() + make_interval(secs => %s)"
            " WHERE id = ANY(%s) AND worker = %s AND state = 'running' RETURNING id, stop_requested",
            [settings.GENERATION_LEASE_SECONDS, [progress.id for progress in batch], worker],
        )
        held: dict[UUID, bool] = dict(cursor.fetchall())
        ours = [progress for progress in batch if progress.id in held]
        stored = {progress.id for progress in ours if progress.change is None}
        if changes := [progress.change for progress in ours if progress.change is not None]:
            written = write_changes(changes)
            stored |= written
            events = [(progress.id, progress.last_event_id) for progress in ours if progress.id in written]
            cursor.execute(_NOTE_EVENTS, _columns(events) or [[], []])
    return {run_id: Saved(stop_requested, run_id in stored) for run_id, stop_requested in held.items()}


# A run with mail is not over: it has to hear it first. The condition is on the run's own row, because only that is
# looked at again after waiting for whoever has just put something into its inbox.
_END_RUNS = """
UPDATE chat_generation g SET state = e.state, error = e.error, finished_at = now()
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[]) AS e (id, worker, state, error)
WHERE g.id = e.id AND g.worker = e.worker AND g.state = 'running' AND NOT (g.has_mail AND e.state = 'done')
RETURNING g.id, g.has_queue AND g.parent_id IS NULL AND e.state = 'done',
    g.has_mail
"""
_END_MESSAGES = """
UPDATE chat_message m SET parts = e.parts::jsonb, text = e.text, state = e.state, finish_reason = e.reason,
    usage = e.usage::jsonb, left_out = e.left_out, updated_at = now()
FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::int[])
    AS e (id, parts, text, state, reason, usage, left_out)
WHERE m.id = e.id
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of ends: those of `kept` are stored; runs of `mailed` have to read their inbox first; of the others
    the run was not the worker's any more. `followed` are those of `kept` after which a queued message is sent."""

    kept: frozenset[UUID] = frozenset()
    mailed: frozenset[UUID] = frozenset()
    followed: frozenset[UUID] = frozenset()


def finish(results: Sequence[RunResult]) -> Stored:
    """Store the ends of runs and settle their holds, in one transaction; the statements do not grow with their number.

    Locks the runs' rows, then the messages', then (in billing) the holds' and the balances'.
    """
    mailed: frozenset[UUID] = frozenset()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_END_RUNS, _columns([_run_row(result) for result in results]))
        ended = cursor.fetchall()
        kept = frozenset(run_id for run_id, *_ in ended)
        ours = [result for result in results if result.job.id in kept]
        if replies := [result for result in ours if result.job.parent_id is None]:
            cursor.execute(_END_MESSAGES, _columns([_message_row(result) for result in replies]))
        for result in ours:
            _end_steps(result)
        if lost := [result for result in results if result.job.id not in kept]:
            # A run whose conversation was deleted meanwhile has cost money all the same.
            existing = {run.id: run for run in Run.objects.filter(id__in=[result.job.id for result in lost])}
            mailed = frozenset(result.job.id for result in lost if _has_mail(existing.get(result.job.id), result))
            ours += [result for result in lost if result.job.id not in existing]
        if unheard := [run_id for run_id, _, has_mail in ended if has_mail]:
            keep_unheard(unheard)
        holds.settle_many({result.job.hold_id: result.lines for result in ours if result.job.hold_id})
    return Stored(kept, mailed, frozenset(run_id for run_id, is_followed, _ in ended if is_followed))


def _has_mail(run: Run | None, result: RunResult) -> bool:
    return run is not None and run.has_mail and run.worker == result.worker and run.state == Run.State.RUNNING


def _end_steps(result: RunResult) -> None:
    """Store what only a run with a checkpoint has: its last step, and a subrun's answer for its parent."""
    job = result.job
    if job.checkpoint is None:
        return
    if result.steps:
        store_steps(result.steps)
    asked = ApprovalRequest.objects.filter(run_id=job.id, state=ApprovalRequest.State.PENDING)
    asked.update(state=ApprovalRequest.State.CANCELLED)
    if job.parent_id is not None and job.checkpoint.brief is not None:
        Run.objects.filter(id=job.id).update(content=parts_to_json(result.parts))
        state = states_of(result.ending)[0]
        failure = f"It failed: {result.ending.code}." if isinstance(result.ending, Failed) else ""
        text = "\n\n".join(filter(None, (plain_text(result.parts), failure)))
        deliver(run_id=job.id, parent_id=job.parent_id, brief=job.checkpoint.brief, state=state, text=text)


def store_steps(steps: Sequence[Step]) -> None:
    """Store steps that ended; the row of a model call is there already."""
    Step.objects.bulk_create(
        steps,
        update_conflicts=True,
        unique_fields=["run", "n", "kind"],
        update_fields=["state", "quantities", "ended_at"],
    )


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _run_row(result: RunResult) -> tuple[Any, ...]:
    ending = result.ending
    error = ending.code if isinstance(ending, Failed) else ""
    return result.job.id, result.worker, states_of(ending)[0], error


def _message_row(result: RunResult) -> tuple[Any, ...]:
    ending, parts = result.ending, result.parts
    reason = ending.reason if isinstance(ending, Finished) else ""
    usage = json.dumps(usage_json(result.usages))
    state = states_of(ending)[1]
    written = json.dumps(parts_to_json(parts), ensure_ascii=False)
    return result.job.message_id, written, plain_text(parts), state, reason, usage, result.left_out


def states_of(ending: Event) -> tuple[str, str]:
    """Return the states of the run and of its message after `ending`."""
    if isinstance(ending, Failed):
        return Run.State.FAILED, Message.State.FAILED
    if isinstance(ending, Finished) and ending.reason == "stopped":
        return Run.State.STOPPED, Message.State.STOPPED
    return Run.State.DONE, Message.State.COMPLETE


def usages_of_steps(run_id: UUID) -> list[Usage]:
    """Return what the run's model calls have used that ended before its last border, in order."""
    steps = Step.objects.filter(run_id=run_id, kind=Step.Kind.MODEL).exclude(quantities={}).order_by("n")
    return [Usage(**quantities) for quantities in steps.values_list("quantities", flat=True)]


def usage_json(usages: Sequence[Usage]) -> Mapping[str, Any]:
    """Return the token counts of a reply by kind, summed over its model calls; empty when none was made."""
    if not usages:
        return {}
    names = ("input_tokens", "output_tokens", "reasoning_tokens", "cache_read_tokens", "cache_write_tokens")
    total: dict[str, Any] = {name: sum(getattr(usage, name) for usage in usages) for name in names}
    if hour := sum(usage.cache_write_1h_tokens for usage in usages):
        total["cache_write_1h_tokens"] = hour
    return total | ({"estimated": True} if any(usage.estimated for usage in usages) else {})
