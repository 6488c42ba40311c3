"""What a person does to a run in progress: answer what it asks, say something to it, stop the runs it has begun.

Every verb loads its run through `chat.access`, so another person's is not there.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from agents.tools.arguments import checked_arguments, same_arguments
from chat import access
from chat.models import ApprovalRequest, InboxItem, Message, Run
from chat.services.notices import notify
from chat.services.turns.open_parts import answered
from chat.services.turns.queue import announce_stop
from chat.services.turns.waking import post, wake
from core.refusal import Refusal

MAX_STEER = 16_000  # characters, as the REST contract has it
MAX_STEERS = 20  # that wait for one run
MAX_ANSWER = 16_000  # characters


class AnsweredAlready(Refusal):
    """The question has its answer, or its run is over."""

    code = "answered"
    status = 409
    default_message = gettext_lazy("This has already been answered, or the reply has ended.")


class NotSteerable(Refusal):
    """What is said to a run cannot reach it. `code` says why: over, empty, too long, too much waiting."""

    status = 409


def decide(*, user: User, request_id: UUID, allowed: bool, reason: str = "") -> ApprovalRequest:
    """Allow a call that waits for it, or reject it with a reason for the model.

    Raises `Http404`, `AnsweredAlready`, and `NotSteerable` for a reason that is too long.
    """
    request = access.approval_for(user, request_id)
    state = ApprovalRequest.State.APPROVED if allowed else ApprovalRequest.State.REJECTED
    return _answer(user, request, ApprovalRequest.Kind.APPROVAL, state, _clean(reason, MAX_ANSWER, may_be_empty=True))


def allow_edited(*, user: User, request_id: UUID, arguments: str) -> ApprovalRequest:
    """Allow a call that waits for it with other arguments, JSON text as the tool's schema wants it.

    Raises `Http404`, `AnsweredAlready`, and `BadArguments`, which changes nothing: they can be corrected.
    """
    request = access.approval_for(user, request_id)
    edited = checked_arguments(arguments, request.request.get("schema"))
    changes = {} if same_arguments(request.request.get("arguments", ""), edited) else {"edited": edited}
    return _answer(user, request, ApprovalRequest.Kind.APPROVAL, ApprovalRequest.State.APPROVED, "", **changes)


def answer_instead(*, user: User, request_id: UUID, text: str) -> ApprovalRequest:
    """Give the model an answer in the place of a tool, whose call waits for permission: it is not called.

    Raises `Http404`, `AnsweredAlready`, `NotSteerable` (nothing said, or too much).
    """
    request = access.approval_for(user, request_id)
    answer = _clean(text, MAX_ANSWER)
    return _answer(user, request, ApprovalRequest.Kind.APPROVAL, ApprovalRequest.State.ANSWERED, answer)


def reply_to(*, user: User, request_id: UUID, text: str) -> ApprovalRequest:
    """Answer a question. Raises `Http404`, `AnsweredAlready`, `NotSteerable` (nothing said, or too much)."""
    request = access.approval_for(user, request_id)
    answer = _clean(text, MAX_ANSWER)
    return _answer(user, request, ApprovalRequest.Kind.QUESTION, ApprovalRequest.State.ANSWERED, answer)


def _answer(user: User, request: ApprovalRequest, kind: str, state: str, text: str, **changes: str) -> ApprovalRequest:
    """Store the answer, once; `changes` are what it adds to what was asked. Locks the run's row."""
    if request.kind != kind:
        raise AnsweredAlready
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).filter(id=request.run_id, state__in=Run.OPEN).first()
        pending = ApprovalRequest.objects.filter(id=request.id, state=ApprovalRequest.State.PENDING)
        now = timezone.now()
        said = {"state": state, "answer": text, "request": request.request | changes}
        if run is None or not pending.update(**said, answered_by=user, answered_at=now):
            raise AnsweredAlready
        request.refresh_from_db()
        if run.state == Run.State.WAITING:  # else its generator shows it
            _show_answer(run, request)
        wake(run.id)
        notify(run.owner_id, "run", {"conversation": str(run.conversation_id), "running": True, "run": str(run.id)})
    return request


def _show_answer(run: Run, request: ApprovalRequest) -> None:
    """Put the answer into the message before the run goes on, so that no page asks again. Locks the message."""
    if run.parent_id is None:
        message = Message.objects.select_for_update(of=("self",)).get(id=run.message_id)
        message.set_content(answered(message.content, request))
        message.save(update_fields=["parts"])


def pending_requests(user: User, conversation_id: UUID | None = None) -> Sequence[ApprovalRequest]:
    """Return what open runs of `user` ask, oldest first."""
    asked = ApprovalRequest.objects.filter(
        run__owner=user,
        run__state__in=Run.OPEN,
        run__conversation__deleted_at=None,
        state=ApprovalRequest.State.PENDING,
    )
    if conversation_id is not None:
        asked = asked.filter(run__conversation=conversation_id)
    return list(asked.select_related("run").order_by("created_at", "id"))


def steer(*, user: User, run_id: UUID, text: str, client_id: str = "") -> InboxItem:
    """Say something to a run in progress: the model is told before it is called the next time.

    `client_id` is the client's own: what it sends twice is said once. Raises `Http404`, `NotSteerable`.
    """
    run = access.run_for(user, run_id)
    words = _clean(text, MAX_STEER)
    with transaction.atomic():
        mine = Run.objects.select_for_update(of=("self",)).filter(id=run.id, parent=None, state__in=Run.OPEN)
        if not mine.exists():
            raise NotSteerable(_("The reply is finished. Send this as a message."), code="over")
        if client_id and (earlier := run.inbox.filter(kind=InboxItem.Kind.STEER, body__client_id=client_id).first()):
            if earlier.body["text"] != words:
                raise NotSteerable(_("Another text was sent with this id."), code="conflict")
            return earlier
        unread = InboxItem.objects.filter(run=run, kind=InboxItem.Kind.STEER, taken_at=None)
        if unread.count() >= MAX_STEERS:
            message = ngettext(
                "%(limit)d message is already waiting for this reply.",
                "%(limit)d messages are already waiting for this reply.",
                MAX_STEERS,
            )
            raise NotSteerable(message % {"limit": MAX_STEERS}, status=429, code="full")
        return post(run, InboxItem.Kind.STEER, {"text": words} | ({"client_id": client_id} if client_id else {}))


def take_back(*, user: User, item_id: UUID) -> bool:
    """Remove what was said to a run, if it has not heard it. Returns whether it had not. Raises `Http404`."""
    item = access.inbox_item_for(user, item_id)
    deleted, _rows = InboxItem.objects.filter(id=item.id, kind=InboxItem.Kind.STEER, taken_at=None).delete()
    return bool(deleted)


def unread_steers(run: Run) -> Sequence[InboxItem]:
    """Return what was said to the run and not heard yet, oldest first."""
    return list(run.inbox.filter(kind=InboxItem.Kind.STEER, taken_at=None).order_by("created_at", "id"))


def stop_subruns(run_id: UUID) -> None:
    """Stop all that a run has begun, and what those have begun."""
    for child in Run.objects.filter(parent=run_id, state__in=Run.OPEN).order_by("id"):
        stop_tree(child)


def stop_tree(run: Run) -> None:
    """Stop a run with all its subruns. Locks the rows of the subruns before the run's own."""
    stop_subruns(run.id)
    with transaction.atomic():
        mine = Run.objects.select_for_update(of=("self",)).filter(id=run.id, state__in=Run.OPEN)
        if not mine.exists():
            return
        Run.objects.filter(id=run.id).update(stop_requested=True)
        wake(run.id)  # a generator ends it, as it knows what the run has used
        announce_stop(run.id)


def _clean(text: str, limit: int, *, may_be_empty: bool = False) -> str:
    words = text.replace("\x00", "\ufffd").encode(errors="replace").decode().strip()
    if not words and not may_be_empty:
        raise NotSteerable(_("Write an answer first."), status=422, code="empty")
    if len(words) > limit:
        message = ngettext(
            "This is too long. You can send at most %(limit)d character.",
            "This is too long. You can send at most %(limit)d characters.",
            limit,
        )
        raise NotSteerable(message % {"limit": limit}, status=422, code="too_long")
    return words
