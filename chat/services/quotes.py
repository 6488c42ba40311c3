"""Quotes: passages of earlier messages that a message refers to."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.refusal import Refusal

MAX_QUOTES = 10
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


class BadQuote(Refusal):
    """A passage that cannot be quoted."""

    field = "quotes"


def read_quotes(texts: Sequence[str], message_ids: Sequence[str] = ()) -> tuple[Quote, ...]:
    """Return the passages of a request, each with the message it stands in where one is named. Raises `BadQuote`."""
    if message_ids and len(message_ids) != len(texts):
        raise BadQuote(_("The quoted passages are incomplete."))
    if len(texts) > MAX_QUOTES:
        raise BadQuote(
            ngettext(
                "You can quote at most %(limit)d passage.", "You can quote at most %(limit)d passages.", MAX_QUOTES
            )
            % {"limit": MAX_QUOTES}
        )
    named: Sequence[str | None] = message_ids or [None] * len(texts)
    quotes = []
    for text, message_id in zip(texts, named, strict=True):
        text = text.replace("\r\n", "\n").strip()
        if not text or len(text) > LIMIT:
            raise BadQuote(_("A quoted passage must have 1 to %(limit)d characters.") % {"limit": LIMIT})
        try:
            quotes.append(Quote(text=text, messageId=message_id or None))  # type: ignore[arg-type]
        except ValidationError:
            raise BadQuote(_("The quoted message wasn't found.")) from None
    return tuple(quotes)
