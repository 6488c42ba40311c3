"""The border between two rounds of a run: one transaction that stores what is new and takes what has come.

Whatever happens to the generator between two borders, another one goes on from the last, unless a model was being
called: `begin_model_call` writes that down first. Locks the run's row, then the message's; synchronous, as
`runs.persistence`, and as there nothing is written for a run that is another worker's by now.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from agents.services.loop import RunState, Stopped, Wait, after, next_action
from billing.models import Hold
from billing.services import coverage, holds
from billing.services.payer import OpenHold
from chat.models import ApprovalRequest, InboxItem, Run, Step
from chat.services.notices import notify
from chat.services.turns.checkpoint import Checkpoint
from chat.services.turns.queue import announce_work
from core.ids import uuid7
from endpoints.catalog.prices import UnknownPrice, reserve_for
from endpoints.providers.base import Endpoint
from messages.events import Usage
from messages.parts import Part
from runs.inbox import with_answers, with_items
from runs.part_changes import change_of, write_changes
from runs.persistence import ClaimedRun, store_steps


@dataclass(frozen=True, slots=True)
class Border:
    """What a run brings to a border. `parts` are all of the message, `stored` how they were at the border before
    (None: this is the first one).

    `steps` are those that ended since then; `requests` and `subruns` are new rows that nobody has seen yet.
    """

    job: ClaimedRun
    worker: str
    checkpoint: Checkpoint
    parts: Sequence[Part]
    stored: Sequence[Part] | None
    hold: OpenHold | None
    steps: Sequence[Step] = ()
    requests: Sequence[ApprovalRequest] = ()
    subruns: Sequence[Run] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """How it goes on beyond a border. `parts` are all of the message, with what has come."""

    checkpoint: Checkpoint
    parts: Sequence[Part] = field(default_factory=list)
    waits: bool = False
    is_charged: bool = False  # what the run has used so far; its hold covers nothing then

    @property
    def state(self) -> RunState:
        return self.checkpoint.state


@transaction.atomic
def cross(border: Border) -> Crossing | None:
    """Store the border and take what has come. Returns None where the run is not the worker's any more.

    Where nothing can be done before somebody answers, the run waits from then on: it is nobody's, and holds no credit.
    """
    run = _locked(border.job.id, border.worker)
    if run is None or _border_of(run) != border.checkpoint.border:
        return None
    state, parts = _with_mail(border)
    if run.stop_requested:
        state = after(state, Stopped())
    checkpoint = replace(border.checkpoint, state=state, border=border.checkpoint.border + 1)
    waits = not state.is_at_work and isinstance(next_action(state), Wait)
    _store_rows(border)
    is_charged = _charge(border, waits=waits)
    _store_changed(border, parts)
    _store_checkpoint(run, checkpoint, waits=waits)
    if border.subruns:
        announce_work(*(subrun.id for subrun in border.subruns))
    if waits:
        _tell_person(run)
    return Crossing(checkpoint, parts, waits, is_charged)


@transaction.atomic
def begin_model_call(job: ClaimedRun, worker: str, number: int) -> bool | None:
    """Write down that a model is about to be called: from here on the run is not gone on with after a crash.

    Returns whether a person asked to stop instead; None where the run is not the worker's any more.
    """
    run = _locked(job.id, worker)
    if run is None:
        return None
    if not run.stop_requested:
        Step.objects.create(run_id=job.id, n=number, kind=Step.Kind.MODEL, state=Step.State.RUNNING)
    return run.stop_requested


def with_hold(job: ClaimedRun, endpoint: Endpoint) -> ClaimedRun | None:
    """Return the run with an open hold: a new one for a subrun that begins. None without credit.

    A subrun is paid by the person and with the API key of its parent.
    """
    if job.is_held:
        return job
    parents = Run.objects.filter(id=job.parent_id).values_list("hold_id", flat=True) if job.parent_id else []
    keys = Hold.objects.filter(id__in=[held for held in (job.hold_id, *parents) if held]).values_list(
        "key_id", flat=True
    )
    user, hold_id = User.objects.get(id=job.owner_id), uuid7()
    for tokens in holds.SLICES:
        try:
            reserve = reserve_for(
                user, endpoint, job.model, prompt_tokens=0, reply_tokens=tokens, key_id=next(iter(keys), None)
            )
            with transaction.atomic():
                holds.place(hold_id=hold_id, reserve=reserve)
                Run.objects.filter(id=job.id).update(hold_id=hold_id)
        except (holds.NoCredit, holds.OverBudget, UnknownPrice):
            continue
        hold = Hold.objects.get(id=hold_id)
        return replace(
            job,
            hold_id=hold_id,
            is_held=True,
            limited=hold.limited,
            coefficient=hold.coefficient,
            held=hold.amount,
        )
    return None


def _tell_person(run: Run) -> None:
    """Tell the person's tabs that the run waits, and whether it asks them something."""
    is_asking = ApprovalRequest.objects.filter(run=run, state=ApprovalRequest.State.PENDING).exists()
    if run.parent_id is None or is_asking:
        news = {"conversation": str(run.conversation_id), "running": False, "asking": is_asking}
        notify(run.owner_id, "run", news | ({"subrun": True} if run.parent_id else {}))


def _locked(run_id: UUID, worker: str) -> Run | None:
    mine = Run.objects.select_for_update(of=("self",)).filter(id=run_id, worker=worker, state=Run.State.RUNNING)
    return mine.first()


def _border_of(run: Run) -> int:
    return run.checkpoint["border"] if run.checkpoint else 0


def _with_mail(border: Border) -> tuple[RunState, list[Part]]:
    state, parts = border.checkpoint.state, list(border.parts)
    asked = [call.id for call in state.calls if call.state in {"approval", "question"}]
    if asked:
        answered = ApprovalRequest.objects.filter(run_id=border.job.id, call_id__in=asked)
        answered = answered.exclude(state=ApprovalRequest.State.PENDING).order_by("answered_at", "id")
        state, parts = with_answers(state, parts, list(answered))
    waiting = InboxItem.objects.filter(run_id=border.job.id, taken_at=None)
    items = list(waiting.order_by("created_at", "id"))
    if items:
        InboxItem.objects.filter(id__in=[item.id for item in items]).update(taken_at=timezone.now())
    return with_items(state, parts, items)


def _store_rows(border: Border) -> None:
    if border.steps:
        store_steps(border.steps)
    if border.requests:
        ApprovalRequest.objects.bulk_create(border.requests)
    if border.subruns:
        Run.objects.bulk_create(border.subruns)


def _charge(border: Border, *, waits: bool) -> bool:
    """Charge what the run has used and release the rest of its hold; returns whether that was done.

    The next model call reserves what it needs. Where the person owes more than they have, the charge is left to the
    end of the run, or, before it waits, to the end of its hold: it goes on then if it gets another.
    """
    hold, job = border.hold, border.job
    if hold is None or not (hold.lines or waits):
        return False
    rest = coverage.Demand(prompt_tokens=hold.prompt_tokens, written_tokens=hold.written_tokens)
    try:
        coverage.cover(hold_id=hold.id, user_id=job.owner_id, demand=rest, lines=hold.lines)
    except (holds.NoCredit, holds.OverBudget):
        if not waits:
            return False
        holds.settle_many({hold.id: hold.lines})
    return True


def _store_checkpoint(run: Run, checkpoint: Checkpoint, *, waits: bool) -> None:
    changes: dict[str, Any] = {"checkpoint": checkpoint.to_json(), "has_mail": False}
    if waits:
        changes |= {"state": Run.State.WAITING, "worker": "", "lease_expires_at": None}
    Run.objects.filter(id=run.id).update(**changes)


def _store_changed(border: Border, parts: Sequence[Part]) -> None:
    """Write what changed since the border before; all of it, where that is not what is stored."""
    job, number = border.job, border.checkpoint.border
    for stored in (border.stored, None):
        change = change_of(job.id, parts, stored, border=number, is_subrun=job.parent_id is not None)
        if change is None or write_changes([change]):
            return


def usage_row(usage: Usage) -> dict[str, Any]:
    """Return what a step keeps of its model call, for `runs.persistence.usages_of_steps`."""
    return asdict(usage)
