"""Ends runs that no generator will end. It has its own thread in the worker process, so that tasks cannot delay it."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone

from billing.models import Hold, LedgerEntry
from billing.services import holds
from billing.services.quantities import Quantities
from chat.models import ApprovalRequest, Message, Run, Step
from chat.services.tree import tree
from chat.services.turns import queued_turns
from chat.services.turns.ending import announce_end
from chat.services.turns.open_parts import without_open_calls
from chat.services.turns.queue import announce_work
from chat.services.turns.turns import end_unstarted
from chat.services.turns.waiting import stop_subruns
from chat.services.turns.waking import deliver_end, keep_unheard
from endpoints.catalog import registry
from endpoints.catalog.facts import vocabulary_of
from endpoints.catalog.prices import rates_of
from endpoints.services.tokens import estimate_message, written_size
from messages.events import Failed
from messages.parts import Error, parts_from_json

log = logging.getLogger(__name__)

UNHEARD = 5.0  # seconds; a run that still waits after this is announced again
TOO_LATE = 15 * 60.0  # seconds; after this nobody waits for its answer any more
GAP = 30.0  # seconds without a look after which what was seen before counts no more
JUMP = 5.0  # seconds by which the clock may differ from what has passed; more is a jump
BATCH_SIZE = 200


@dataclass(slots=True)
class _Observation:
    """A run as it was first seen in this state: its lease, and when that was, on the monotonic clock."""

    lease: datetime | None
    since: float


@dataclass(slots=True)
class Sweeper:
    """Ends runs whose generator is gone, expires those nobody took, announces the forgotten, sends what was queued.

    A lease that its generator renews changes every few seconds. One that this sweeper has seen unchanged for
    `GENERATION_LEASE_SECONDS` of monotonic time belongs to a generator that is gone, whatever the clocks of the
    machines say: none of them is compared with another. After a time without a look, as while the database was away,
    the seeing begins anew, so that generators can renew their leases first. Several sweepers may look at once.
    """

    monotonic: Callable[[], float] = time.monotonic
    _observations: dict[UUID, _Observation] = field(default_factory=dict)
    _looked_at: float = -math.inf
    _clock: tuple[datetime, float] | None = None  # the time of the day and the monotonic time of the last look
    _jumped_at: float = -math.inf

    def look(self) -> dict[str, int]:
        """Do what is due; return the counts. Raises `DatabaseError` while there is no database."""
        now = self.monotonic()
        if now - self._looked_at > GAP:
            self._observations.clear()
        self._watch_the_clock(now)
        rows = Run.objects.filter(state__in=Run.BUSY).annotate(has_begun=Q(checkpoint__isnull=False))
        columns = rows.order_by("created_at").values_list("id", "state", "lease_expires_at", "created_at", "has_begun")
        open_runs = list(columns)
        self._observations = {
            run: known if (known := self._observations.get(run)) and known.lease == lease else _Observation(lease, now)
            for run, _, lease, *_ in open_runs
        }
        lost = [run for run, state, *_ in open_runs if state == Run.State.RUNNING and self._is_lost(run, now)]
        queued = [row for row in open_runs if row[1] == Run.State.QUEUED]
        waiting = [(run, created) for run, _, _, created, _ in queued]
        # One that has begun is somebody's work, however long ago it was asked for.
        late = [run for run, _, _, at, begun in queued if not begun and self._waits(run, at, now, TOO_LATE)]
        counts = {
            "interrupted": sum(_end_or_resume(run, self._observations[run].lease) for run in lost[:BATCH_SIZE]),
            "expired": sum(_expire(run) for run in late[:BATCH_SIZE]),
        }
        gone = set(late)
        forgotten = [run for run, created in waiting if run not in gone and self._waits(run, created, now, UNHEARD)]
        if forgotten:
            announce_work(*forgotten[:BATCH_SIZE])
        for conversation in queued_turns.forgotten(after=UNHEARD, limit=BATCH_SIZE):
            queued_turns.send_next(conversation)
        self._looked_at = self.monotonic()
        return counts | {"announced": len(forgotten[:BATCH_SIZE])}

    def _is_lost(self, run: UUID, now: float) -> bool:
        return now - self._observations[run].since >= settings.GENERATION_LEASE_SECONDS

    def _waits(self, run: UUID, created: datetime, now: float, seconds: float) -> bool:
        """Whether a queued run waits that long. Its own time counts only where the clock has not jumped since."""
        if now - self._observations[run].since >= seconds:
            return True
        return now - self._jumped_at > TOO_LATE and timezone.now() - created >= timedelta(seconds=seconds)

    def _watch_the_clock(self, now: float) -> None:
        today = timezone.now()
        if self._clock:
            apart = (today - self._clock[0]).total_seconds() - (now - self._clock[1])
            if abs(apart) > JUMP:
                log.warning("the clock has jumped by %.0f s", apart)
                self._jumped_at = now
        self._clock = (today, now)


@transaction.atomic
def _end_or_resume(run_id: UUID, lease: datetime | None) -> int:
    """Queue a run again whose lease is still `lease`, if it can go on from its checkpoint; else end it, and return 1.

    Locks the run's row.
    """
    run = (
        Run.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("message")
        .filter(id=run_id, state=Run.State.RUNNING, lease_expires_at=lease)
        .first()
    )
    if run is None:
        return 0
    calling = Step.objects.filter(run=run, kind=Step.Kind.MODEL, state=Step.State.RUNNING)
    if run.checkpoint is not None and not calling.exists():
        Run.objects.filter(id=run.id).update(state=Run.State.QUEUED, worker="", lease_expires_at=None)
        announce_work(run.id)
        log.warning("run %s lost its generator between two model calls and goes on", run.id)
        return 0
    calling.update(state=Step.State.FAILED, ended_at=timezone.now())
    _interrupt(run)
    return 1


def _interrupt(run: Run) -> None:
    """Keep what was saved, and mark it. The caller holds the row's lock."""
    now = timezone.now()
    Run.objects.filter(id=run.id).update(state=Run.State.INTERRUPTED, error="interrupted", finished_at=now)
    message = run.message
    if run.parent_id is None:
        message.set_content([*without_open_calls(message.content), Error("interrupted")])
        Message.objects.filter(id=message.id).update(
            parts=message.parts, text=message.text, state=Message.State.INTERRUPTED, updated_at=now
        )
    if run.hold_id:
        # The provider was called and reported nothing: what was written is charged by estimate, the rest released.
        holds.settle(hold_id=run.hold_id, lines=[_estimate(run, message, run.hold_id)])
    if run.checkpoint is not None:
        ApprovalRequest.objects.filter(run=run, state=ApprovalRequest.State.PENDING).update(
            state=ApprovalRequest.State.CANCELLED
        )
        deliver_end(run, state="failed", text="It was interrupted.")
        transaction.on_commit(lambda: stop_subruns(run.id))
    if run.has_mail:
        keep_unheard([run.id])
    log.warning("run %s lost its generator; %d characters are kept", run.id, len(message.text))
    if run.parent_id is None:
        announce_end(run, Failed("interrupted"))


def _estimate(run: Run, message: Message, hold_id: UUID) -> holds.LedgerLine:
    """Return the charge of the call that was lost; those before it are charged by what they used."""
    vocabulary, hold = vocabulary_of(message.model), Hold.objects.get(id=hold_id)
    content = message.content if run.parent_id is None else parts_from_json(run.content or [])
    written = written_size(content, vocabulary) - hold.written_tokens
    if run.continues:
        # What an earlier run wrote into the message was charged by its end, and is now part of the prompt.
        earlier = Run.objects.filter(message=message, parent=None).exclude(id=run.id).values("hold_id")
        charged = LedgerEntry.objects.filter(hold_id__in=earlier).aggregate(total=Sum("output_tokens"))["total"] or 0
        written -= charged
    endpoint = registry.current().get(message.endpoint)
    return holds.LedgerLine(
        key=f"generation:{run.id}:interrupted",
        reason="message",
        endpoint=message.endpoint,
        model=message.model,
        quantities=Quantities(input=hold.prompt_tokens or _asked(message, vocabulary), output=max(written, 0)),
        rates=rates_of(endpoint, message.model) if endpoint else None,
        coefficient=hold.coefficient,
        estimated=True,
    )


def _asked(message: Message, vocabulary: str) -> int:
    """Return about how many tokens of the conversation the reply answers."""
    texts = Message.objects.filter(id__in=tree.ancestor_ids(message.id)).values_list("text", flat=True)
    return sum(estimate_message(text, vocabulary) for text in texts)


@transaction.atomic
def _expire(run_id: UUID) -> int:
    run = Run.objects.select_for_update(skip_locked=True).filter(id=run_id, state=Run.State.QUEUED).first()
    if run is None:
        return 0
    end_unstarted(run, Run.State.FAILED, Message.State.FAILED, error="expired")
    return 1
