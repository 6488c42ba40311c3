"""Giving waiting runs what they wait for. Who locks both a subrun and its parent locks the subrun first."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from chat.models import InboxItem, QueuedTurn, Run
from chat.services.notices import notify
from chat.services.turns.checkpoint import Brief, SubrunResult, brief_of
from chat.services.turns.queue import announce_work


def post(run: Run, kind: str, body: dict[str, Any]) -> InboxItem:
    """Put something into the inbox of an open run, and let a generator go on with it if it waits. Locks the run's row.

    Within a transaction. The run's row is changed, so that an end that is being stored at this moment sees it.
    """
    item = InboxItem.objects.create(run=run, kind=kind, body=body)
    Run.objects.filter(id=run.id).update(has_mail=True)
    wake(run.id)
    return item


def wake(run_id: UUID) -> None:
    """Let a generator go on with the run, if it waits. Locks its row."""
    if Run.objects.filter(id=run_id, state=Run.State.WAITING).update(state=Run.State.QUEUED):
        announce_work(run_id)


def deliver(*, run_id: UUID, parent_id: UUID, brief: Brief, state: str, text: str) -> None:
    """Put a subrun's result into its parent's inbox. Locks the parent's row; within a transaction.

    A parent that is over has no use for it.
    """
    parent = Run.objects.select_for_update(of=("self",)).filter(id=parent_id, state__in=Run.OPEN).first()
    if parent is not None:
        result = SubrunResult.of(run_id, brief, state=state, text=text)
        post(parent, InboxItem.Kind.RESULT, asdict(result))


def deliver_end(run: Run, *, state: str, text: str = "") -> None:
    """Tell the parent of a subrun that was ended by somebody else than its generator. No subrun: nothing to do."""
    brief = brief_of(run.checkpoint)
    if run.parent_id is not None and brief is not None:
        deliver(run_id=run.id, parent_id=run.parent_id, brief=brief, state=state, text=text)


def keep_unheard(runs: Sequence[UUID]) -> None:
    """Queue what was said to runs that have ended without hearing it. Within a transaction that has ended them."""
    unheard = InboxItem.objects.filter(run__in=runs, kind=InboxItem.Kind.STEER, taken_at=None)
    items = list(unheard.select_related("run").order_by("created_at", "id"))
    if not items:
        return
    QueuedTurn.objects.bulk_create(
        QueuedTurn(id=item.id, conversation_id=item.run.conversation_id, text=item.body["text"]) for item in items
    )
    InboxItem.objects.filter(id__in=[item.id for item in items]).delete()
    for owner_id, conversation_id in {(item.run.owner_id, item.run.conversation_id) for item in items}:
        notify(owner_id, "queue", {"conversation": str(conversation_id)})
