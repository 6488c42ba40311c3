"""Ending what nobody ends any more. Run every few seconds by the scheduler; safe to run twice at once."""

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from billing.models import Hold, LedgerEntry
from billing.pricing import TokenCounts
from billing.services import holds
from chat.models import Generation, Message
from chat.services import tree
from chat.services.ending import announce_end
from chat.services.signals import announce_work
from chat.services.turns import end_unstarted
from endpoints import registry
from endpoints.events import Failed
from endpoints.parts import plain_text
from endpoints.prices import rates_of
from endpoints.tokens import estimate, estimate_message

log = logging.getLogger(__name__)

UNHEARD = timedelta(seconds=5)  # a run that still waits after this is announced again
TOO_LATE = timedelta(minutes=15)  # and after this nobody waits for its answer any more
RETURN = 5  # seconds a database that was away has been back before a lease counts: generators renew them first
LOT = 200


def sweep() -> dict[str, int]:
    """End runs whose generator is gone, expire those nobody took, announce the forgotten; return the counts."""
    now = timezone.now()
    lost = Generation.objects.filter(state=Generation.State.RUNNING, lease_expires_at__lt=now)
    if not _leases_could_be_renewed():
        lost = lost.none()
    late = Generation.objects.filter(state=Generation.State.QUEUED, created_at__lt=now - TOO_LATE)
    counts = {
        "interrupted": sum(_interrupt(each, now) for each in lost.values_list("id", flat=True)[:LOT]),
        "expired": sum(_expire(each) for each in late.values_list("id", flat=True)[:LOT]),
    }
    waiting = Generation.objects.filter(state=Generation.State.QUEUED, created_at__lt=now - UNHEARD)
    forgotten = list(waiting.order_by("created_at").values_list("id", flat=True)[:LOT])
    if forgotten:
        announce_work(*forgotten)
    return counts | {"announced": len(forgotten)}


def _leases_could_be_renewed() -> bool:
    """Whether the database has been there for long enough that a lease which ran out means a lost generator."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() - pg_postmaster_start_time() >= make_interval(secs => %s)", [RETURN])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def _interrupt(generation_id: UUID, now: datetime) -> int:
    """Keep what was saved of a run whose lease ran out, and mark it. Locks the run's row."""
    run = (
        Generation.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("message")
        .filter(id=generation_id, state=Generation.State.RUNNING, lease_expires_at__lt=now)
        .first()
    )
    if run is None:
        return 0
    Generation.objects.filter(id=run.id).update(
        state=Generation.State.INTERRUPTED, error="interrupted", finished_at=now
    )
    message = run.message
    parts = [*message.parts, {"type": "error", "code": "interrupted"}]
    Message.objects.filter(id=message.id).update(
        parts=parts, text=plain_text(parts), state=Message.State.INTERRUPTED, updated_at=now
    )
    if run.hold_id:
        # The provider was called and reported nothing: what was written is charged by estimate, the rest released.
        holds.settle(hold_id=run.hold_id, lines=[_estimate(run, message)])
    log.warning("run %s lost its generator; %d characters are kept", run.id, len(message.text))
    announce_end(run, Failed("interrupted"))
    return 1


def _estimate(run: Generation, message: Message) -> holds.Line:
    written = estimate("".join(part.get("text") or part.get("think") or "" for part in message.parts))
    if run.continues:
        # What an earlier run wrote into the message was charged by its end, and is now part of the prompt.
        earlier = Generation.objects.filter(message=message).exclude(id=run.id).values("hold_id")
        charged = LedgerEntry.objects.filter(hold_id__in=earlier).aggregate(total=Sum("output_tokens"))["total"] or 0
        written = max(written - charged, 0)
    asked = Message.objects.filter(id__in=tree.ancestor_ids(message.id)).values_list("text", flat=True)
    read = sum(map(estimate_message, asked))
    endpoint = registry.current().get(message.endpoint)
    return holds.Line(
        key=f"generation:{run.id}:interrupted",
        reason="message",
        endpoint=message.endpoint,
        model=message.model,
        counts=TokenCounts(input=read, output=written),
        rates=rates_of(endpoint, message.model) if endpoint else None,
        coefficient=_coefficient(run),
        estimated=True,
    )


def _coefficient(run: Generation) -> Decimal:
    hold = Hold.objects.filter(id=run.hold_id).first() if run.hold_id else None
    return hold.coefficient if hold else Decimal(1)


@transaction.atomic
def _expire(generation_id: UUID) -> int:
    run = (
        Generation.objects.select_for_update(skip_locked=True)
        .filter(id=generation_id, state=Generation.State.QUEUED)
        .first()
    )
    if run is None:
        return 0
    end_unstarted(run, Generation.State.FAILED, Message.State.FAILED, error="expired")
    return 1
