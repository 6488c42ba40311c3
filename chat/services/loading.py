"""Bulk-loading conversations with COPY: for benchmarks, and for importing from other products."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import connection, transaction
from psycopg.types.json import Jsonb
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from accounts.models import User
from core.ids import uuid7
from core.refusal import Refusal
from messages.parts import Text as TextPart
from messages.parts import parts_to_json

BATCH_SIZE = 500  # conversations per COPY, so that memory stays flat


def _storable(text: str) -> str:
    if "\x00" in text:
        raise ValueError("holds a NUL character, which cannot be stored")
    return text


Text = Annotated[str, AfterValidator(_storable)]


class LoadedMessage(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant"]
    content: Text


class LoadedConversation(BaseModel):
    """One line of the file. `created` is in Unix seconds; each message is the child of the one before it."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[Text, Field(max_length=1024)]
    created: Annotated[float, Field(ge=0, le=4_102_444_800)]
    messages: list[LoadedMessage]


class BadLine(Refusal):
    """A line cannot be loaded; the text names the line and says why."""


@dataclass(slots=True)
class Loaded:
    conversations: int = 0
    messages: int = 0


_CONVERSATIONS = """COPY chat_conversation (id, owner_id, title, titled_by, endpoint, model, settings, chosen_root_id,
    is_temporary, created_at, updated_at) FROM STDIN"""
_MESSAGES = """COPY chat_message (id, conversation_id, parent_id, chosen_child_id, author, state, parts, text, quotes,
    endpoint, model, sender, finish_reason, usage, created_at, updated_at) FROM STDIN"""


def load_conversations(*, user: User, lines: Iterable[str], endpoint: str, model: str) -> Loaded:
    """Store every line as a conversation of `user`, all or nothing. Raises `BadLine`."""
    loaded = Loaded()
    batch: list[LoadedConversation] = []
    with transaction.atomic():
        for conversation in _parse(lines):
            batch.append(conversation)
            if len(batch) == BATCH_SIZE:
                _store(user, batch, endpoint, model, loaded)
                batch = []
        _store(user, batch, endpoint, model, loaded)
    return loaded


def _parse(lines: Iterable[str]) -> Iterator[LoadedConversation]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            conversation = LoadedConversation.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"]) or "the line"
            raise BadLine(f"Line {number}: {where}: {first['msg']}") from None
        if conversation.messages and conversation.messages[0].role != "user":
            raise BadLine(f"Line {number}: messages.0.role: the first message must be the user's")
        yield conversation


def _store(user: User, batch: list[LoadedConversation], endpoint: str, model: str, loaded: Loaded) -> None:
    conversations: list[tuple[Any, ...]] = []
    messages: list[tuple[Any, ...]] = []
    for conversation in batch:
        start = datetime.fromtimestamp(conversation.created, UTC)
        ids = [uuid7() for _ in conversation.messages]
        key = uuid7()
        rows = list(_rows(conversation, key, ids, start, endpoint, model))
        messages += rows
        last = rows[-1][-1] if rows else start
        conversations.append(
            (
                key,
                user.id,
                conversation.title or "New Chat",
                "person",
                endpoint,
                model,
                Jsonb({}),
                ids[0] if ids else None,
                False,
                start,
                last,
            )
        )
    with connection.cursor() as cursor:
        for statement, rows in ((_CONVERSATIONS, conversations), (_MESSAGES, messages)):
            with cursor.copy(statement) as copy:
                for row in rows:
                    copy.write_row(row)
    loaded.conversations += len(conversations)
    loaded.messages += len(messages)


def _rows(
    conversation: LoadedConversation, key: UUID, ids: list[UUID], start: datetime, endpoint: str, model: str
) -> Iterator[tuple[Any, ...]]:
    for number, message in enumerate(conversation.messages):
        by_model = message.role == "assistant"
        moment = start + timedelta(seconds=number)
        yield (
            ids[number],
            key,
            ids[number - 1] if number else None,
            ids[number + 1] if number + 1 < len(ids) else None,
            message.role,
            "complete",
            Jsonb(parts_to_json([TextPart(message.content)])),
            message.content,
            Jsonb([]),
            endpoint if by_model else "",
            model if by_model else "",
            model if by_model else "",
            "stop" if by_model else "",
            Jsonb({}),
            moment,
            moment,
        )
