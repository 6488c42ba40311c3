"""Passages of earlier messages that a message refers to."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

MOST = 10
LIMIT = 4_000  # characters of one


class Quote(BaseModel):
    """A passage, and the message it stands in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[str, Field(min_length=1, max_length=LIMIT)]
    messageId: UUID | None = None  # noqa: N815 (the name on the wire)

    def to_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude_none=True)


def with_quotes(text: str, quotes: Sequence[dict[str, Any]]) -> str:
    """Return what the model reads: each passage as a block quote, then the message."""
    passages = ["\n".join(f"> {line}" for line in quote["text"].splitlines()) for quote in quotes]
    return "\n\n".join([*passages, text])
