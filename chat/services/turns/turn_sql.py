"""Starting a turn with one SQL pipeline, because this is the hot path under load (see `core.sql_pipeline`).

Every condition is in a WHERE clause, so checking and writing are atomic. The ORM would need six round trips;
`tests/chat/test_turns.py` checks that both give the same result.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from chat.models import Message, Run
from chat.services.turns.draft import Shown, StartedTurn
from core.sql_pipeline import Statement


class Untouched(Exception):
    """A condition of the turn did not hold: `what` is "conversation" or "parent"."""

    def __init__(self, what: str, conversation_id: UUID) -> None:
        super().__init__(what)
        self.what = what
        self.conversation_id = conversation_id


_NEW_CONVERSATION = """
INSERT INTO chat_conversation (id, owner_id, title, titled_by, endpoint, model, spec, icon_url, greeting, settings,
    chosen_root_id, project_id, is_temporary, created_at, updated_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false, %s, %s)
"""
_TOUCH_CONVERSATION = """
UPDATE chat_conversation SET updated_at = %s, endpoint = %s, model = %s, spec = %s,
    icon_url = CASE WHEN %s THEN %s WHEN (endpoint, spec) = (%s, %s) THEN icon_url ELSE '' END,
    greeting = CASE WHEN %s THEN %s ELSE greeting END,
    settings = coalesce(%s, settings),
    chosen_root_id = CASE WHEN %s THEN %s ELSE chosen_root_id END
WHERE id = %s AND owner_id = %s AND deleted_at IS NULL
"""
_CHOOSE_CHILD = """
UPDATE chat_message m SET chosen_child_id = %s WHERE id = %s AND conversation_id = %s AND state <> 'streaming'
RETURNING EXISTS (SELECT FROM chat_message c WHERE c.conversation_id = m.conversation_id AND c.parent_id = m.id)
"""
_INSERT_MESSAGE = """
INSERT INTO chat_message (id, conversation_id, parent_id, chosen_child_id, author, state, parts, text, quotes,
    endpoint, model, spec, sender, finish_reason, usage, created_at, updated_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s,
    coalesce((SELECT nullif(settings->>'modelLabel', '') FROM chat_conversation WHERE id = %s), %s), '', '{}', %s, %s)
RETURNING sender
"""
_INSERT_RUN = """
INSERT INTO chat_generation (id, owner_id, conversation_id, message_id, hold_id, state, continues, needs_title,
    client_request_id, worker, stop_requested, last_event_id, error, created_at, has_queue)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, '', false, '', '', %s,
    EXISTS (SELECT 1 FROM chat_queuedturn WHERE conversation_id = %s AND state = 'queued'))
"""


def start(
    *,
    started: StartedTurn,
    parent_id: UUID | None,
    keeps_settings: bool,
    shown: Shown,
    named_by_person: bool,
    hold: Sequence[Statement],
) -> list[Statement]:
    """Return the statements that store a turn, in order. They raise `Untouched` where it may not be stored.

    `named_by_person`: the reply is signed with the name that the conversation has for its model, where it has one.
    """
    conversation, question = started.conversation, started.user_message
    settings = Jsonb(conversation.settings)
    if started.is_new:
        first = Statement(
            _NEW_CONVERSATION,
            (conversation.id, conversation.owner_id, conversation.title, conversation.titled_by, conversation.endpoint,
             conversation.model, conversation.spec, shown.icon_url or "", shown.greeting or "", settings, question.id,
             conversation.project_id, conversation.created_at, conversation.updated_at),
        )  # fmt: skip
    else:
        first = Statement(
            _TOUCH_CONVERSATION,
            (conversation.updated_at, conversation.endpoint, conversation.model, conversation.spec,
             shown.icon_url is not None, shown.icon_url or "", conversation.endpoint, conversation.spec,
             shown.greeting is not None, shown.greeting or "",
             None if keeps_settings else settings, parent_id is None, question.id,
             conversation.id, conversation.owner_id),
            on_no_row=Untouched("conversation", conversation.id),
        )  # fmt: skip
    statements = [first]
    if parent_id is not None:

        def note_siblings(row: tuple[Any, ...]) -> None:
            started.is_only = not row[0]

        statements.append(
            Statement(
                _CHOOSE_CHILD,
                (question.id, parent_id, conversation.id),
                on_no_row=Untouched("parent", conversation.id),
                on_row=note_siblings,
            )
        )
    reply = _message(started.reply, named_by=conversation.id if named_by_person else None)
    statements += [_message(question), reply, *hold, _run(started.run)]
    return statements


def _message(message: Message, *, named_by: UUID | None = None) -> Statement:
    """`named_by` is the conversation that may have a name for the model; its row knows it by now."""

    def on_row(row: tuple[Any, ...]) -> None:
        message.sender = row[0]

    return Statement(
        _INSERT_MESSAGE,
        (
            message.id,
            message.conversation_id,
            message.parent_id,
            message.chosen_child_id,
            message.author,
            message.state,
            Jsonb(message.parts),
            message.text,
            Jsonb(message.quotes),
            message.endpoint,
            message.model,
            message.spec,
            named_by,
            message.sender,
            message.created_at,
            message.updated_at,
        ),
        on_row=on_row,
    )


def _run(run: Run) -> Statement:
    return Statement(
        _INSERT_RUN,
        (
            run.id,
            run.owner_id,
            run.conversation_id,
            run.message_id,
            run.hold_id,
            run.state,
            run.continues,
            run.needs_title,
            run.client_request_id,
            run.created_at,
            run.conversation_id,
        ),
    )
