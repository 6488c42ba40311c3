"""Editing messages: in place, as another branch, or by deleting them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeGuard
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from chat import access
from chat.models import Conversation, Message, Run, ToolResult
from chat.services import results, storage
from chat.services.notices import notify
from chat.services.quotes import Quote
from chat.services.refusal import TurnRefused
from chat.services.turns import turns
from chat.services.turns.draft import Draft, StartedTurn
from chat.services.turns.ending import cancel_for_deletion
from core.refusal import Refusal
from messages.parts import Part, Reasoning, Text, is_readable, parts_to_json, plain_text, writer_of


class BadEdit(Refusal):
    """A part cannot become that. `index` is the part's place."""

    def __init__(self, message: str, index: int = 0) -> None:
        super().__init__(message)
        self.index = index


def is_editable(part: Part) -> TypeGuard[Text | Reasoning]:
    """Whether a person may rewrite the part: text and readable thoughts, not what a tool or an error said."""
    return is_readable(part)


def cannot_be_edited(message: Message) -> str:
    """Return why there is nothing in the message to edit."""
    if message.state == Message.State.STREAMING:
        return _("This reply is still being written.")
    return _("This message has nothing that can be edited.")


def one_part_only() -> str:
    return _("A reply can continue from only one edited text. Save the others first.")


def save(*, user: User, message_id: UUID, texts: Mapping[int, str], conversation_id: UUID | None = None) -> Message:
    """Rewrite parts of a message in place, all or nothing; `texts` names them by their index.

    Raises `BadEdit`, `TurnRefused` (409: it is being written) and `Http404`.
    """
    with transaction.atomic():
        message = access.message_for(user, message_id, conversation_id=conversation_id)
        message = Message.objects.select_for_update(of=("self",)).select_related("conversation").get(id=message.id)
        if message.state == Message.State.STREAMING:
            raise TurnRefused(_("This reply is still being written."), status=409, code="busy")
        message.set_content(rewritten(message.content, texts))
        message.edited_at = message.updated_at = timezone.now()
        message.save(update_fields=["parts", "text", "edited_at", "updated_at"])
        notify(user.id, "messages", {"conversation": str(message.conversation_id)})
    return message


def rewritten(parts: Sequence[Part], texts: Mapping[int, str]) -> list[Part]:
    """Return the parts with new texts. Raises `BadEdit` for a part that is no text, is not there, or would be empty."""
    changed = list(parts)
    for index, text in texts.items():
        part = changed[index] if 0 <= index < len(changed) else None
        if part is None or not is_editable(part):
            raise BadEdit(_("This part cannot be edited."), index)
        try:
            cleaned = turns.clean_text(text.replace("\r\n", "\n"))
        except TurnRefused as refusal:
            empty = refusal.code == "empty"
            raise BadEdit(_("This cannot be empty.") if empty else refusal.message, index) from None
        if isinstance(part, Reasoning):  # its signature proved the words that stood here
            changed[index] = replace(part, text=cleaned, signature=None)
        else:
            changed[index] = replace(part, text=cleaned)
    return changed


def add(
    *,
    user: User,
    conversation_id: UUID,
    text: str,
    is_user: bool,
    parent_id: UUID | None = None,
    message_id: UUID | None = None,
    sender: str = "",
    endpoint: str = "",
    model: str = "",
) -> Message:
    """Store a message as it is, and put it on view; no model is asked.

    Raises `TurnRefused` (400: a reply without a message before it; 409: that one is being written, or the id is
    taken) and `Http404`.
    """
    text = turns.clean_text(text)
    storage.take(user, len(text.encode()))
    with transaction.atomic():
        (conversation,) = access.conversations_for(user, [conversation_id])
        parent = access.message_for(user, parent_id, conversation_id=conversation_id) if parent_id else None
        if parent is None and not is_user:
            raise TurnRefused(_("Only a person's message can start a conversation."), status=400)
        if parent is not None and parent.state == Message.State.STREAMING:
            raise TurnRefused(_("The reply before this is still being written."), status=409, code="busy")
        if message_id and Message.objects.filter(id=message_id).exists():
            raise TurnRefused(_("A message with this id already exists."), status=409, code="duplicate")
        now = timezone.now()
        made = Message(
            conversation=conversation, parent=parent, parts=parts_to_json([Text(text)]), text=text,
            author=Message.Author.USER if is_user else Message.Author.ASSISTANT, sender="" if is_user else sender,
            endpoint="" if is_user else endpoint or conversation.endpoint,
            model="" if is_user else model or conversation.model, finish_reason="" if is_user else "stop",
            created_at=max(now, parent.created_at + timedelta(milliseconds=1)) if parent else now, updated_at=now,
        )  # fmt: skip
        made.id = message_id or made.id
        made.save(force_insert=True)
        if parent is not None:
            Message.objects.filter(id=parent.id).update(chosen_child=made)
        else:
            Conversation.objects.filter(id=conversation_id).update(chosen_root=made)
        Conversation.objects.filter(id=conversation_id).update(updated_at=now)
        notify(user.id, "list", {})
        notify(user.id, "messages", {"conversation": str(conversation_id)})
    return made


def rerun(*, user: User, message_id: UUID, text: str | None = None) -> StartedTurn:
    """Send a message again, changed or not, as a sibling of the first; its quotes go along.

    Raises `TurnRefused`, `Http404`.
    """
    message = access.message_for(user, message_id)
    if not message.is_user:
        raise TurnRefused(_("Only your own messages can be sent again."), status=400)
    conversation = message.conversation
    draft = Draft(
        text=message.text if text is None else text.replace("\r\n", "\n"),
        endpoint=conversation.endpoint,
        model=conversation.model,
        spec=conversation.spec,
        parent_id=message.parent_id,
    )
    quotes = tuple(Quote.model_validate(quote) for quote in _still_there(message))
    return turns.start_turn(user=user, conversation_id=conversation.id, draft=replace(draft, quotes=quotes))


def _still_there(message: Message) -> list[dict[str, Any]]:
    """Return the quotes; one whose source is gone, or stayed behind in another chat, keeps its words alone."""
    named = [quote["messageId"] for quote in message.quotes if "messageId" in quote]
    rows = Message.objects.filter(id__in=named, conversation_id=message.conversation_id)
    known = {str(message_id) for message_id in rows.values_list("id", flat=True)}
    return [quote if quote.get("messageId") in known else {"text": quote["text"]} for quote in message.quotes]


def rerun_reply(*, user: User, message_id: UUID, index: int, text: str) -> StartedTurn:
    """Let the model go on from an edited part of a reply, as a sibling of it.

    Raises `BadEdit`, `TurnRefused`, `Http404`.
    """
    old = access.message_for(user, message_id)
    if old.is_user or old.parent is None:
        raise TurnRefused(_("Only a reply can continue from edited text."), status=400)
    if old.state == Message.State.STREAMING:
        raise TurnRefused(_("This reply is still being written."), status=409, code="busy")
    parts = rewritten(old.content, {index: text})[: index + 1]
    with transaction.atomic():
        started = turns.continue_from(user=user, old=old, parts=parts)
        results.copy([old.id], [started.reply.id])
    return started


def delete(*, user: User, message_id: UUID, conversation_id: UUID | None = None) -> None:
    """Delete this message and no other. Raises `Http404`, and `TurnRefused` (409: its reply is being written).

    Where others follow from it, its place stays, empty (`Message.State.DELETED`): they keep their parents, and nobody
    is shown as answering what they did not answer. Places that nothing follows from any more go with it.
    """
    with transaction.atomic():
        message = access.message_for(user, message_id, conversation_id=conversation_id)
        Conversation.objects.select_for_update().get(id=message.conversation_id)
        below = Message.objects.filter(parent=message)
        if not below.exists():
            delete_branch(user=user, message_id=message.id)
            return
        if below.filter(state=Message.State.STREAMING).exists():
            raise TurnRefused(_("The reply to this is still being written."), status=409, code="busy")
        Message.objects.filter(id=message.id).update(
            state=Message.State.DELETED,
            parts=[],
            text="",
            quotes=[],
            feedback=None,
            finish_reason="",
            updated_at=timezone.now(),
        )
        ToolResult.objects.filter(message=message).delete()
        notify(user.id, "messages", {"conversation": str(message.conversation_id)})


def delete_branch(*, user: User, message_id: UUID) -> int:
    """Delete a message and all that follows from it; return how many went. Raises `Http404`.

    Runs that write there are stopped; what they had cost stays in the ledger. A branch that is left comes on view.
    """
    message = access.message_for(user, message_id, also_deleted=True)
    with transaction.atomic():
        Conversation.objects.select_for_update().get(id=message.conversation_id)
        with connection.cursor() as cursor:
            cursor.execute(_EMPTY_ABOVE, {"message": message.id})
            top = next((row[0] for row in cursor.fetchall()), message.id)
            cursor.execute(_SUBTREE, [top])
            ids = [row[0] for row in cursor.fetchall()]
            cancel_for_deletion(Run.objects.filter(message_id__in=ids))
            Message.objects.filter(chosen_child_id__in=ids).exclude(id__in=ids).update(chosen_child=None)
            Conversation.objects.filter(chosen_root_id__in=ids).update(chosen_root=None)
            cursor.execute("DELETE FROM chat_generation WHERE message_id = ANY(%s)", [ids])
            cursor.execute("DELETE FROM chat_message WHERE id = ANY(%s)", [ids])
        notify(user.id, "messages", {"conversation": str(message.conversation_id)})
    return len(ids)


# The highest of the empty places right above a message from which nothing else follows: they go with it.
_EMPTY_ABOVE = """
WITH RECURSIVE up(id, parent_id, depth) AS (
    SELECT id, parent_id, 0 FROM chat_message WHERE id = %(message)s
  UNION
    SELECT m.id, m.parent_id, up.depth + 1 FROM up JOIN chat_message m ON m.id = up.parent_id
    WHERE m.state = 'deleted' AND up.depth < 20000
        AND NOT EXISTS (SELECT FROM chat_message s WHERE s.parent_id = m.id AND s.id <> up.id)
)
SELECT id FROM up ORDER BY depth DESC LIMIT 1
"""
# UNION instead of UNION ALL: a cycle in stored data ends where it began.
_SUBTREE = """
WITH RECURSIVE down(id) AS (
    SELECT id FROM chat_message WHERE id = %s
  UNION
    SELECT m.id FROM down JOIN chat_message m ON m.parent_id = down.id
)
SELECT id FROM down
"""


def branch(*, user: User, message_id: UUID, agent_id: str) -> Message:
    """Make a sibling of a reply that holds only what one agent said in it, and put it on view.

    A part belongs to the agent named in its `agentId`; a reply by one model belongs to ``endpoint__model``.
    Raises `TurnRefused` and `Http404`, also when the agent said nothing there.
    """
    old = access.message_for(user, message_id)
    if old.is_user or old.parent_id is None:
        raise TurnRefused(_("Only a reply can become a branch."), status=400)
    if old.state == Message.State.STREAMING:
        raise TurnRefused(_("This reply is still being written."), status=409, code="busy")
    whole = f"{old.endpoint}__{old.model}"
    parts = [part for part in old.content if (writer_of(part) or whole) == agent_id]
    if not parts:
        raise Http404("This agent said nothing here.")
    now = timezone.now()
    storage.take(user, storage.size_of([old.id]))
    with transaction.atomic():
        made = Message.objects.create(
            conversation=old.conversation,
            parent_id=old.parent_id,
            author=old.author,
            parts=parts_to_json(parts),
            text=plain_text(parts),
            endpoint=old.endpoint,
            model=old.model,
            sender=old.sender,
            finish_reason=old.finish_reason,
            created_at=now,
            updated_at=now,
        )
        results.copy([old.id], [made.id])
        Message.objects.filter(Q(id=old.parent_id)).update(chosen_child=made)
        notify(user.id, "messages", {"conversation": str(old.conversation_id)})
    return made
