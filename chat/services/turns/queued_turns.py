"""The queue of a conversation: messages that are sent one by one, each when the reply before it has ended well.

A run that is followed by one says so in its row (`has_queue`), so that whoever stores its end knows it without a query.
After a stop or a failure the queue waits for its person. Locks the conversation's row, then those of its queue.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from accounts.services import api_keys
from chat import access
from chat.models import Conversation, InboxItem, QueuedTurn, Run
from chat.services.model_settings import ModelSettings
from chat.services.notices import notify
from chat.services.quotes import Quote
from chat.services.turns import turns, waiting
from chat.services.turns.admission import count_message
from chat.services.turns.draft import Draft, StartedTurn
from core.refusal import Refusal

log = logging.getLogger(__name__)

MAX_QUEUED = 20  # that wait in one conversation
WAITING = (QueuedTurn.State.QUEUED, QueuedTurn.State.REFUSED)  # those that people see
_ORDER = ("-is_first", "created_at", "id")


class QueueRefused(Refusal):
    """A message that cannot be queued, or not be sent now. `code` says why: full, conflict, busy, gone."""

    status = 409


class SentAlready(QueueRefused):
    """There is nothing left to remove or to change."""

    code = "gone"
    default_message = gettext_lazy("This message has already been sent or removed.")


def add(*, user: User, conversation_id: UUID, draft: Draft, is_first: bool = False) -> QueuedTurn:
    """Queue a message, or send it at once where nothing has to end before; returns its row either way.

    A repeated `client_request_id` returns the row of the first. It counts as a message here, and not again when it is
    sent. Raises `Http404`, `TurnRefused` (its text, too many), `QuotaReached`, `QueueRefused`.
    """
    conversation = access.conversation_for(user, conversation_id)
    turns.check_references(user, conversation.id, draft)
    if draft.parent_id is not None:
        access.message_for(user, draft.parent_id, conversation_id=conversation.id, also_deleted=True)
    text, request_id = turns.clean_text(draft.text), draft.client_request_id or ""
    with transaction.atomic():
        _lock(conversation.id)
        if request_id and (earlier := conversation.queued_turns.filter(client_request_id=request_id).first()):
            if earlier.state in WAITING and earlier.text != text:
                raise QueueRefused(_("Another text was sent with this id."), code="conflict")
            return earlier
        if conversation.queued_turns.filter(state__in=WAITING).count() >= MAX_QUEUED:
            message = ngettext(
                "%(limit)d message is already queued here.", "%(limit)d messages are already queued here.", MAX_QUEUED
            )
            raise QueueRefused(message % {"limit": MAX_QUEUED}, status=429, code="full")
        count_message(user, text)
        item = QueuedTurn.objects.create(
            conversation=conversation,
            client_request_id=request_id,
            text=text,
            draft=_stored(draft),
            is_first=is_first,
        )
        if not _follow_open_run(conversation.id) and _may_go_on(conversation.id):
            _send_first(conversation.id)
            item.refresh_from_db()
    _tell(user.id, conversation.id)
    return item


def waiting_in(conversation_id: UUID) -> Sequence[QueuedTurn]:
    """Return what waits in a conversation, in the order in which it will be sent."""
    rows = QueuedTurn.objects.filter(conversation=conversation_id, state__in=WAITING)
    return list(rows.order_by(*_ORDER))


def send_next(conversation_id: UUID) -> StartedTurn | None:
    """Send the first message that waits, as the answer to the newest reply. None: there is none, or one is written.

    It is called when a reply has ended well; called twice, it sends one.
    """
    with transaction.atomic():
        if not _lock(conversation_id):
            return None
        Run.objects.filter(conversation=conversation_id, has_queue=True).update(has_queue=False)
        if _follow_open_run(conversation_id) or not _may_go_on(conversation_id):
            return None
        return _send_first(conversation_id)


def send_now(*, user: User, item_id: UUID) -> StartedTurn:
    """Send a message that waits before all others. Raises `Http404`, `QueueRefused`, and as `turns.start_turn`."""
    item = access.queued_turn_for(user, item_id)
    with transaction.atomic():
        _lock(item.conversation_id)
        item = _still_waiting(item)
        if _last_run(item.conversation_id, is_open=True):
            raise QueueRefused(_("The reply before this is still being written."), code="busy")
        started = _start(item, user)
    _tell(user.id, item.conversation_id)
    return started


def remove(*, user: User, item_id: UUID) -> QueuedTurn:
    """Take a message out of the queue; returns it. Raises `Http404`, `SentAlready`."""
    item = access.queued_turn_for(user, item_id)
    with transaction.atomic():
        _lock(item.conversation_id)
        item = _still_waiting(item)
        _close(item, QueuedTurn.State.CANCELLED)
    _tell(user.id, item.conversation_id)
    return item


def steer_with(*, user: User, item_id: UUID) -> InboxItem:
    """Say a queued message to the run in progress instead. Raises `Http404`, `SentAlready`, `NotSteerable`."""
    item = access.queued_turn_for(user, item_id)
    run = _last_run(item.conversation_id, is_open=True)
    if run is None:
        raise waiting.NotSteerable(_("The reply is finished. Send this as a message."), code="over")
    with transaction.atomic():
        remove(user=user, item_id=item.id)
        return waiting.steer(user=user, run_id=run.id, text=item.text)


def forgotten(*, after: float, limit: int) -> Sequence[UUID]:
    """Return conversations whose next message was due `after` seconds ago: whoever should send it is gone."""
    due = Run.objects.filter(
        has_queue=True,
        state=Run.State.DONE,
        finished_at__lt=Now() - timedelta(seconds=after),
        conversation__deleted_at=None,
    )
    return list(due.values_list("conversation_id", flat=True)[:limit])


def _send_first(conversation_id: UUID) -> StartedTurn | None:
    rows = QueuedTurn.objects.select_related("conversation__owner").order_by(*_ORDER)
    item = rows.filter(conversation=conversation_id, state=QueuedTurn.State.QUEUED).first()
    if item is None:
        return None
    owner = item.conversation.owner
    started = None
    try:
        if not owner.is_active:
            raise QueueRefused(_("This account is not active."), code="inactive")
        started = _start(item, owner)
    except Refusal as refusal:
        _refuse(item, refusal.message, refusal.code)
    except (Http404, ValueError):  # a quoted message is no longer there, or a parameter is none any more
        log.warning("the queued message %s cannot be sent", item.id, exc_info=True)
        _refuse(item, _("What this message refers to is no longer there."), "gone")
    _tell(owner.id, conversation_id, started)
    return started


def _start(item: QueuedTurn, owner: User) -> StartedTurn:
    """Start the turn of a message that waits; all or nothing. As `turns.start_turn`."""
    key = item.draft.get("api_key")
    if key is not None and not api_keys.still_opens(UUID(key)):
        raise QueueRefused(_("The API key that this message was sent with is no longer valid."), code="key")
    used = api_keys.in_use.set(UUID(key) if key else None)
    try:
        with transaction.atomic():
            draft = _draft_of(item)
            # First, as the run that is started notes whether more of the queue follows it.
            _close(item, QueuedTurn.State.SENT)
            return turns.start_turn(user=owner, conversation_id=item.conversation_id, draft=draft)
    finally:
        api_keys.in_use.reset(used)


def _refuse(item: QueuedTurn, words: str, code: str) -> None:
    item.state, item.refusal, item.refusal_code = QueuedTurn.State.REFUSED, words[:500], code[:64]
    item.save(update_fields=["state", "refusal", "refusal_code", "updated_at"])


def _close(item: QueuedTurn, state: str) -> None:
    """Keep of a message only what has become of it, for clients that ask: else removed ones would pile up unseen."""
    item.state, item.refusal, item.refusal_code = state, "", ""
    rows = QueuedTurn.objects.filter(id=item.id)
    rows.update(state=state, refusal="", refusal_code="", text="", draft={}, updated_at=timezone.now())


def _stored(draft: Draft) -> dict[str, Any]:
    key = api_keys.in_use.get()
    given = {
        "endpoint": draft.endpoint,
        "model": draft.model,
        "spec": draft.spec,
        "settings": draft.settings.to_json() if draft.settings else None,
        "quotes": [quote.to_json() for quote in draft.quotes],
        "parent": str(draft.parent_id) if draft.parent_id else "",
        "api_key": str(key) if key else None,
    }
    return {name: value for name, value in given.items() if value}


def _draft_of(item: QueuedTurn) -> Draft:
    """Return what is sent: to the newest reply, with the conversation's model where the message names none."""
    stored, conversation = item.draft, item.conversation
    names_model = stored.get("spec") or (stored.get("endpoint") and stored.get("model"))
    last = _last_run(conversation.id)
    return Draft(
        text=item.text,
        endpoint=stored.get("endpoint", "") if names_model else "" if conversation.spec else conversation.endpoint,
        model=stored.get("model", "") if names_model else "" if conversation.spec else conversation.model,
        spec=stored.get("spec", "") if names_model else conversation.spec,
        parent_id=last.message_id if last else UUID(stored["parent"]) if "parent" in stored else None,
        settings=ModelSettings(stored["settings"]) if "settings" in stored else None,
        quotes=tuple(Quote(**quote) for quote in stored.get("quotes", ())),
        client_request_id=f"queued:{item.id}",
        is_counted=True,
    )


def _lock(conversation_id: UUID) -> bool:
    """Lock the conversation's row; whether it is there."""
    rows = Conversation.objects.select_for_update(no_key=True, of=("self",)).filter(id=conversation_id, deleted_at=None)
    return bool(rows.values_list("id"))


def _still_waiting(item: QueuedTurn) -> QueuedTurn:
    row = QueuedTurn.objects.select_related("conversation").filter(id=item.id, state__in=WAITING).first()
    if row is None:
        raise SentAlready
    return row


def _last_run(conversation_id: UUID, *, is_open: bool = False) -> Run | None:
    """Return the newest run, or the newest that writes or waits."""
    runs = Run.objects.filter(conversation=conversation_id, parent=None).order_by("-created_at")
    return (runs.filter(state__in=Run.OPEN) if is_open else runs).first()


def _follow_open_run(conversation_id: UUID) -> bool:
    """Have the end of the run in progress send the queue. Its row is changed, so that an end being stored sees it."""
    run = _last_run(conversation_id, is_open=True)
    return run is not None and bool(Run.objects.filter(id=run.id, state__in=Run.OPEN).update(has_queue=True))


def _may_go_on(conversation_id: UUID) -> bool:
    """Whether the newest reply has ended well, if there is one."""
    last = _last_run(conversation_id)
    return last is None or last.state == Run.State.DONE


def _tell(user_id: UUID, conversation_id: UUID, started: StartedTurn | None = None) -> None:
    run = {"run": str(started.run.id)} if started else {}
    notify(user_id, "queue", {"conversation": str(conversation_id)} | run)
