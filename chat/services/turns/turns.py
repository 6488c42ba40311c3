"""Starting, regenerating, continuing and stopping a reply."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from billing.services import holds
from chat import access
from chat.models import Conversation, Message, QueuedTurn, Run
from chat.services.quotes import MAX_QUOTES, with_quotes
from chat.services.refusal import TurnRefused
from chat.services.turns import turn_sql
from chat.services.turns.admission import at_once_statements, count_message
from chat.services.turns.draft import Draft, StartedTurn
from chat.services.turns.ending import announce_end
from chat.services.turns.fitting import check_length
from chat.services.turns.paying import Need
from chat.services.turns.queue import announce_work
from chat.services.turns.resolved_model import ResolvedModel, resolve_model
from chat.services.turns.title_text import first_words
from chat.services.turns.waiting import stop_tree
from chat.services.turns.waking import keep_unheard
from core.ids import uuid7
from core.sql_pipeline import Statement, run_pipeline
from messages.events import Failed, Finished
from messages.parts import Error, Part, Text, parts_to_json

SURE_TO_FIT = 250  # characters of a message that hardly any window is too small for


def start_turn(*, user: User, conversation_id: UUID | None, draft: Draft) -> StartedTurn:
    """Store the message and an empty reply, hold credit, and queue the run; all or nothing.

    Locks the conversation's row and, where balances are on, the person's balance row. Raises `TurnRefused`
    and `Http404` (not this person's conversation or parent).
    """
    target = resolve_model(user, endpoint=draft.endpoint, model=draft.model, spec=draft.spec)
    text = clean_text(draft.text)
    check_references(user, conversation_id, draft)
    if draft.client_request_id and (earlier := _started_before(user, draft.client_request_id)):
        return earlier
    if not draft.is_counted:
        count_message(user, text)
    _check_length(target, conversation_id, draft)
    draft = replace(draft, text=text, settings=None if target.is_fixed else draft.settings)
    started = _new_rows(user=user, conversation_id=conversation_id, draft=draft, target=target)
    need = Need(user, target.endpoint, target.model, text)

    def write(hold: list[Statement]) -> None:
        statements = turn_sql.start(
            started=started,
            parent_id=draft.parent_id,
            keeps_settings=draft.settings is None,
            shown=draft.shown,
            named_by_person=not target.is_fixed,
            hold=hold,
        )
        with transaction.atomic():
            run_pipeline(at_once_statements(user) + statements)
            announce_work(started.run.id)

    try:
        need.pay(started.run, write)
    except turn_sql.Untouched as missing:
        raise _why_untouched(user=user, missing=missing, parent_id=draft.parent_id) from None
    except IntegrityError:
        if draft.client_request_id and (earlier := _started_before(user, draft.client_request_id)):
            return earlier
        raise TurnRefused(_("A message with this id already exists."), status=409, code="duplicate") from None
    return started


def regenerate(
    *, user: User, message_id: UUID, endpoint: str | None = None, model: str | None = None, spec: str | None = None
) -> StartedTurn:
    """Write another reply beside `message_id` and put it on view. Raises `TurnRefused`, `Http404`.

    Without a choice of endpoint, model or spec the conversation's holds.
    """
    old = access.message_for(user, message_id)
    if old.is_user or old.parent is None:
        raise TurnRefused(_("Only a reply can be regenerated."), status=400)
    _check_question(old.parent)
    conversation = old.conversation
    if not (endpoint or model or spec):
        spec = conversation.spec
    if not spec:
        endpoint, model = endpoint or conversation.endpoint, model or conversation.model
    target = resolve_model(user, endpoint=endpoint or "", model=model or "", spec=spec or "")
    reply = _reply(conversation, parent_id=old.parent_id, target=target)
    return _queue(user=user, question=old.parent, reply=reply, target=target)


def continue_reply(*, user: User, message_id: UUID) -> StartedTurn:
    """Let the model go on from where a reply was cut off; the same message grows. Raises `TurnRefused`, `Http404`."""
    reply = access.message_for(user, message_id)
    if not can_continue(reply) or reply.parent is None:
        raise TurnRefused(_("This reply is complete, or is still being written."), status=409)
    target = resolve_model(user, endpoint=reply.endpoint, model=reply.model, spec=reply.spec)
    return _queue(user=user, question=reply.parent, reply=reply, target=target, continues=True)


def continue_from(*, user: User, old: Message, parts: Sequence[Part]) -> StartedTurn:
    """Write a sibling of the reply `old` that begins with `parts` and goes on. Raises `TurnRefused`."""
    assert old.parent is not None  # noqa: S101 (a reply has one)
    _check_question(old.parent)
    target = resolve_model(user, endpoint=old.endpoint, model=old.model, spec=old.spec)
    reply = _reply(old.conversation, parent_id=old.parent_id, target=target)
    reply.set_content(parts)
    return _queue(user=user, question=old.parent, reply=reply, target=target, continues=True)


def can_continue(reply: Message) -> bool:
    """Whether there is something to go on from: a reply that ended, but not by itself."""
    if reply.is_user or reply.state in {Message.State.STREAMING, Message.State.DELETED}:
        return False
    return reply.state != Message.State.COMPLETE or reply.finish_reason not in {"", "stop"}


def stop(*, user: User, run_id: UUID) -> Run:
    """Ask a run to stop, with those that it has begun; what it wrote stays. Raises `Http404`.

    One that has not begun ends at once.
    """
    run = access.run_for(user, run_id)
    with transaction.atomic():
        unstarted = Run.objects.select_for_update().filter(id=run.id, state=Run.State.QUEUED, checkpoint__isnull=True)
        if is_unstarted := unstarted.exists():
            end_unstarted(run, Run.State.STOPPED, Message.State.STOPPED)
    if not is_unstarted and run.is_open:
        stop_tree(run)
    run.refresh_from_db()
    return run


def end_unstarted(run: Run, state: str, message_state: str, error: str = "") -> None:
    """Close a queued run that no generator took, and release its hold. The caller holds the row's lock."""
    now = timezone.now()
    Run.objects.filter(id=run.id).update(state=state, error=error, finished_at=now)
    Message.objects.filter(id=run.message_id).update(
        state=message_state,
        finish_reason="stopped" if state == Run.State.STOPPED else "",
        updated_at=now,
        **({"parts": parts_to_json([Error(error)])} if error and not run.continues else {}),
    )
    if run.hold_id:
        holds.release(hold_id=run.hold_id)
    if run.has_mail:
        keep_unheard([run.id])
    announce_end(run, Failed(error) if error else Finished("stopped"))


def _check_question(question: Message) -> None:
    """Refuse another reply to what is no longer there."""
    if question.state == Message.State.DELETED:
        raise TurnRefused(_("The message this replies to was deleted."), status=409, code="question_deleted")


def check_references(user: User, conversation_id: UUID | None, draft: Draft) -> None:
    """Refuse a project, or a quoted message, that is not the person's own. Raises `TurnRefused`, `Http404`."""
    if draft.project_id is not None:  # also for a chat that is there, where it changes nothing
        access.project_for(user, draft.project_id)
    if len(draft.quotes) > MAX_QUOTES:
        message = ngettext(
            "You can quote at most %(limit)d passage.", "You can quote at most %(limit)d passages.", MAX_QUOTES
        )
        raise TurnRefused(message % {"limit": MAX_QUOTES}, status=422, code="quotes")
    for quote in draft.quotes:
        clean_text(quote.text)
    if named := {quote.messageId for quote in draft.quotes if quote.messageId}:
        within = Message.objects.filter(id__in=named, conversation=conversation_id)
        if conversation_id is None or within.count() != len(named):
            raise Http404("There is no such message.")


def _check_length(target: ResolvedModel, conversation_id: UUID | None, draft: Draft) -> None:
    """Raises `TurnRefused`. Short messages ask nothing of the database: what a person set leaves room for them."""
    if len(draft.text) < SURE_TO_FIT and draft.settings is None:
        return

    def settings_of() -> dict[str, Any]:
        if draft.settings is not None or conversation_id is None:
            return draft.settings.to_json() if draft.settings else {}
        stored = Conversation.objects.filter(id=conversation_id).values_list("settings", flat=True).first()
        return stored or {}

    check_length(target, with_quotes(draft.text, [quote.to_json() for quote in draft.quotes]), settings_of)


def ticket_for(run_id: UUID, user_id: UUID) -> str:
    """Return the proof that lets `user_id`'s websocket follow the run without asking the database."""
    signed = f"follow:{run_id}:{user_id}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), signed, hashlib.sha256).hexdigest()[:32]


def clean_text(text: str) -> str:
    """Return `text` if it can be sent and stored. Raises `TurnRefused` (422)."""
    if not text.strip():
        raise TurnRefused(_("Write a message first."), status=422, code="empty")
    if len(text) > settings.MESSAGE_MAX_CHARACTERS:
        limit = settings.MESSAGE_MAX_CHARACTERS
        message = ngettext(
            "The message is too long. You can send at most %(limit)d character.",
            "The message is too long. You can send at most %(limit)d characters.",
            limit,
        )
        raise TurnRefused(message % {"limit": limit}, status=422, code="too_long")
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise TurnRefused(_("The message contains a character that can't be saved."), status=422, code="characters")
    return text


def _new_rows(*, user: User, conversation_id: UUID | None, draft: Draft, target: ResolvedModel) -> StartedTurn:
    now = timezone.now()
    conversation = Conversation(
        id=conversation_id or uuid7(),
        owner=user,
        title=first_words(draft.text),
        endpoint=target.endpoint.name,
        model=target.model,
        spec=target.spec_name,
        settings=draft.settings.to_json() if draft.settings else {},
        project_id=draft.project_id,
        created_at=now,
        updated_at=now,
    )
    question = Message(
        id=draft.message_id or uuid7(),
        conversation=conversation,
        parent_id=draft.parent_id,
        author=Message.Author.USER,
        parts=parts_to_json([Text(draft.text)]),
        text=draft.text,
        quotes=[quote.to_json() for quote in draft.quotes],
        created_at=now,
        updated_at=now,
    )
    reply = _reply(conversation, parent_id=question.id, target=target, reply_id=draft.reply_id)
    question.chosen_child = reply
    is_new = conversation_id is None
    run = Run(
        id=uuid7(),
        owner=user,
        conversation=conversation,
        message=reply,
        hold_id=uuid7(),
        needs_title=is_new and target.endpoint.titles.wanted,
        client_request_id=draft.client_request_id,
        created_at=now,
    )
    return StartedTurn(
        conversation=conversation, user_message=question, reply=reply, run=run, is_new=is_new, is_only=is_new
    )


def _reply(
    conversation: Conversation, *, parent_id: UUID | None, target: ResolvedModel, reply_id: UUID | None = None
) -> Message:
    # A child is later than its parent, also when both are made in the same microsecond.
    now = timezone.now() + timedelta(milliseconds=1)
    return Message(
        id=reply_id or uuid7(),
        conversation=conversation,
        parent_id=parent_id,
        author=Message.Author.ASSISTANT,
        state=Message.State.STREAMING,
        endpoint=target.endpoint.name,
        model=target.model,
        spec=target.spec_name,
        sender=target.name_among(conversation.settings),
        created_at=now,
        updated_at=now,
    )


def _queue(
    *, user: User, question: Message, reply: Message, target: ResolvedModel, continues: bool = False
) -> StartedTurn:
    """Store `reply` (unless it continues) as the chosen child of `question` and queue a run for it."""
    run = Run(owner=user, conversation=reply.conversation, message=reply, hold_id=uuid7(), continues=continues)
    check_length(target, question.text, lambda: reply.conversation.settings)
    count_message(user)
    need = Need(user, target.endpoint, target.model, question.text)
    is_new = not continues or reply._state.adding

    def queue(hold: list[Statement]) -> None:
        now = timezone.now()
        with transaction.atomic():
            Conversation.objects.filter(id=reply.conversation_id).update(updated_at=now)
            if is_new:
                reply.save(force_insert=True)
            else:
                reply.state, reply.endpoint, reply.model = Message.State.STREAMING, target.endpoint.name, target.model
                reply.updated_at = now
                reply.save(update_fields=["state", "endpoint", "model", "updated_at"])
            Message.objects.filter(id=question.id).update(chosen_child=reply)
            run_pipeline(at_once_statements(user) + hold)
            run.has_queue = QueuedTurn.objects.filter(conversation=reply.conversation_id, state="queued").exists()
            run.save(force_insert=True)
            announce_work(run.id)

    try:
        need.pay(run, queue)
    except IntegrityError:
        raise TurnRefused(_("This reply is still being written."), status=409, code="busy") from None
    return StartedTurn(conversation=reply.conversation, user_message=question, reply=reply, run=run)


def _started_before(user: User, client_request_id: str) -> StartedTurn | None:
    same = Run.objects.filter(owner=user, client_request_id=client_request_id)
    if not same.exists():  # nearly always; the statement with all rows takes Django long to put together
        return None
    run = same.select_related("conversation", "message__parent").first()
    if run is None or run.message.parent is None:
        return None
    return StartedTurn(
        conversation=run.conversation,
        user_message=run.message.parent,
        reply=run.message,
        run=run,
        repeated=True,
    )


def _why_untouched(*, user: User, missing: turn_sql.Untouched, parent_id: UUID | None) -> Exception:
    if missing.what == "parent" and parent_id is not None:
        access.message_for(user, parent_id, conversation_id=missing.conversation_id, also_deleted=True)
        return TurnRefused(_("The reply before this is still being written."), status=409, code="busy")
    return Http404("There is no such conversation.")
