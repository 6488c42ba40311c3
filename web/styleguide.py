"""Samples for the page that shows every component."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.safestring import mark_safe

from accounts.models import Banner
from chat.models import Conversation
from endpoints.catalog.icons import Icon
from endpoints.services.failure_words import explain
from messages.parts import (
    AgentSwitch,
    Audio,
    Citation,
    Data,
    Error,
    FileRef,
    Image,
    Part,
    Reasoning,
    Resource,
    Steer,
    StoredResult,
    Summary,
    Text,
    ToolCall,
    UnknownPart,
)  # fmt: skip
from web.forms.sign_in import InvitationForm
from web.presenters import MessageView, PartView, present_parts

_ID = UUID(int=1)
_REPLY = """Use a **GIN index** on a generated `tsvector` column.

| Method | Median |
|---|--:|
| Sequential | 1,345 ms |
| Full text | 4 ms |

```sql
create index message_search on message using gin (search);  -- 4 ms
```
"""
_PARTS: list[Part] = [
    Reasoning("Which index suits full-text search?"),
    ToolCall("1", "run_query", "explain select 1", state="done", result=(Text("4 ms"),)),
    Text(_REPLY),
]


# A square of two by two pixels.
_PIXELS = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGNkYPjPwMDAxMDAwMDAAAALBgEDn0fbcgAAAABJRU5ErkJggg=="
_RESULT = (
    Text("4 ms, by an index scan."),
    Data({"plan": "Bitmap Heap Scan", "rows": 42}),
    Resource("docs://indexes/gin", text="A GIN index holds one entry for each word."),
    Image("image/png", _PIXELS, name="The plan as a picture"),
    StoredResult(str(_ID), 90_000, "Limit (cost=0.43..8.45 rows=1 width=8)"),
)
_OTHER_KINDS: list[Part] = [
    Summary("They chose Postgres, and asked how to search in it.", covers=12),
    ToolCall("2", "explain", '{"query": "select 1"}', state="failed", result=_RESULT),
    ToolCall("3", "run_query", '{"query": "select 2"}'),
    FileRef("f", "plan.pdf", "application/pdf"),
    Audio("audio/wav", name="meeting.wav", transcript="So we take the index."),
    Citation("GIN indexes", "https://www.postgresql.org/docs/current/gin.html"),
    Steer("1", "And what does it cost to write?"),
    AgentSwitch("second", "Second opinion"),
    UnknownPart({"type": "new"}),
]


def styleguide_samples() -> dict[str, object]:
    question = present_parts([Text("Which index should I use?")], is_user=True)
    trouble = PartView(0, Error("rate_limit"), mark_safe(""), explanation=explain("rate_limit"))
    return {
        "choices": [("light", "Light"), ("dark", "Dark")],
        "guide_form": _refused_form(),
        "banner_shown": Banner(id=_ID, message="Parley is updated on Sunday at 18:00."),
        "row": Conversation(id=_ID, title="Menu for eleven people", pin_position=1),
        "icon_shown": Icon(letter="L"),
        "tool": present_parts(_PARTS)[1],
        "siblings": _message(4, (), sibling_index=2, sibling_count=3, previous_id=_ID, next_id=_ID),
        "icons": icons(),
        "messages_shown": [
            _message(1, tuple(question), is_user=True, sibling_index=2, sibling_count=2, previous_id=_ID),
            _message(2, tuple(present_parts(_PARTS)), text=_REPLY),
            _message(5, tuple(present_parts(_OTHER_KINDS))),
            _message(3, (trouble,), state="failed", is_last=True, can_continue=True),
        ],
    }


def _refused_form() -> InvitationForm:
    form = InvitationForm({"name": "Ada Lovelace", "password": "short"})
    form.add_error(None, "This invitation was used up in the meantime.")
    return form


def icons() -> list[str]:
    sprite = Path(settings.BASE_DIR, "templates/components/sprite.html").read_text()
    return re.findall(r'id="i-(\w+)"', sprite)


def _message(number: int, parts: tuple[PartView, ...], **fields: Any) -> MessageView:
    defaults: dict[str, Any] = {
        "id": UUID(int=number),
        "conversation_id": _ID,
        "is_user": False,
        "sender": "A model",
        "endpoint": "Local",
        "model": "model",
        "state": "complete",
        "finish_reason": "stop",
        "text": "Which index should I use?",
        "created_at": timezone.now(),
    }
    return MessageView(**{**defaults, **fields, "parts": parts})
