"""The HTML that pages hold much of, or that every turn sends: messages, rows of the list (see `core.prebuilt`)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe

from chat.models import Conversation
from core.prebuilt import Holes, Prebuilt
from endpoints.catalog.icons import Icon
from web.pages import ChatPage
from web.presenters import MessageView, PartView
from web.templatetags.ui import moment

_ID: Final = UUID(int=0)
_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT: Final = "-"
TEXT_PART: Final = "chat/parts/text.html"
TYPED_PART: Final = "chat/parts/typed.html"


@dataclass(frozen=True, slots=True)
class _Shape:
    """All that decides how a message's template comes out, beside what is filled in; of `view` only the rest."""

    view: MessageView
    icon: Icon | None
    rating: str
    is_quoting: bool
    is_asking: bool


def article(view: MessageView, *, part: Callable[[PartView], str], quotes: Callable[[], str]) -> SafeString:
    """Return a message. `part` renders one of its parts, and `quotes` what it quotes."""
    values = _values_of(view) | {
        "moment": moment(view.created_at),
        "parts": mark_safe("".join(map(part, view.parts))),  # noqa: S308 (all three are rendered templates)
        "asked": mark_safe("".join(map(part, view.asked))),  # noqa: S308
        "quotes": mark_safe(quotes()) if view.quotes else "",  # noqa: S308
    }
    return _ARTICLE.fill(_shape_of(view), values)


def footer(view: MessageView) -> SafeString:
    """Return what can be done with a message, as it stands below it."""
    values = _values_of(view) | {"moment": moment(view.created_at) if view.is_user else ""}  # a reply's is above it
    return _FOOTER.fill(_shape_of(view), values)


def text_part(view: PartView) -> SafeString:
    """Return a part that holds a model's text."""
    return _TEXT_PART.fill(view.live, {"index": str(view.index), "html": view.html})


def typed_part(view: PartView) -> SafeString:
    """Return a part that holds a person's text, shown as it was typed."""
    return _TYPED_PART.fill(None, {"index": str(view.index), "html": view.html})


def unchanging(template_name: str) -> SafeString:
    """Return a template that has no variables; in each language it is rendered once."""
    kept = _UNCHANGING.get(template_name)
    if kept is None:
        kept = _UNCHANGING[template_name] = Prebuilt(template_name, lambda shape, holes: {})
    return kept.fill(None, {})


def conversation_row(row: Conversation, *, is_current: bool) -> SafeString:
    """Return a row of the list. `is_running` and `is_asking` are of `row` when it comes from the list."""
    flags = (row.is_pinned, getattr(row, "is_running", False), getattr(row, "is_asking", False), is_current)
    return _ROW.fill(flags, {"id": str(row.id), "title": row.title})


def conversation_actions(conversation: Conversation) -> SafeString:
    """Return the items of the menu of what can be done with a conversation."""
    return _ACTIONS.fill((conversation.is_pinned, conversation.is_archived), {"id": str(conversation.id)})


@dataclass(frozen=True, slots=True)
class _Header:
    """The shape of the actions in the page's header."""

    has_conversation: bool
    has_project: bool
    may_set: bool
    is_set: bool
    is_bookmarked: bool
    is_oob: bool


def header_actions(page: ChatPage, *, is_oob: bool) -> SafeString:
    """Return what is done to the chat on view. `is_oob`: it is sent beside a first turn."""
    conversation = page.conversation
    project = conversation.project if conversation else None
    shape = _Header(
        has_conversation=conversation is not None,
        has_project=project is not None,
        may_set=page.choice is not None and page.may_set,
        is_set=bool((conversation and conversation.settings) or page.settings),
        is_bookmarked=getattr(conversation, "is_bookmarked", False),
        is_oob=is_oob,
    )
    values = {"query": page.model_query}
    if conversation:
        values |= {
            "id": str(conversation.id),
            "title": conversation.title,
            "actions": conversation_actions(conversation),
        }
    if project:
        values |= {"project_id": str(project.id), "project_name": project.name}
    return _HEADER.fill(shape, values)


def _shape_of(view: MessageView) -> _Shape:
    rest = replace(
        view,
        id=_ID,
        conversation_id=_ID,
        sender="",
        model=_TEXT if view.model and view.model != view.sender else "",
        endpoint="",
        spec="",
        parts=(),
        text=_TEXT if view.text else "",
        created_at=_TIME,
        previous_id=_ID if view.previous_id else None,
        next_id=_ID if view.next_id else None,
        run_id=_ID if view.run_id else None,
        ticket="",
        waited=0,
        asked=(),
        edited_at=_TIME if view.edited_at else None,
        quotes=(),
        feedback=None,
        prompt_tokens=0,
        reply_tokens=0,
    )
    rating = (view.feedback or {}).get("rating", "")
    return _Shape(rest, None if view.is_user else view.icon, rating, bool(view.quotes), bool(view.asked))


def _values_of(view: MessageView) -> dict[str, str]:
    return {
        "id": str(view.id),
        "conversation_id": str(view.conversation_id),
        "sender": view.sender,
        "model": view.model,
        "text": view.text,
        "previous_id": str(view.previous_id),
        "next_id": str(view.next_id),
        "run_id": str(view.run_id),
        "ticket": view.ticket,
        "waited": str(view.waited),
    }


def _message_context(shape: _Shape, holes: Holes) -> dict[str, Any]:
    rest = shape.view
    filled: dict[str, Any] = {name: holes.id(name) for name in ("id", "conversation_id")}
    filled |= {name: holes.id(name) for name in ("previous_id", "next_id", "run_id") if getattr(rest, name)}
    filled |= {name: holes.text(name) for name in ("sender", "ticket", "waited")}
    filled |= {name: holes.text(name) for name in ("model", "text") if getattr(rest, name)}
    message = replace(rest, **filled, feedback={"rating": shape.rating})
    return {
        "message": message,
        "icon": shape.icon,
        "moment": holes.text("moment"),
        "parts": holes.text("parts"),
        "asked": holes.text("asked") if shape.is_asking else "",
        "quotes": holes.text("quotes") if shape.is_quoting else "",
    }


def _part_context(live: bool | None, holes: Holes) -> dict[str, Any]:
    return {"part": {"index": holes.text("index"), "html": holes.text("html"), "live": live}}


def _row_context(flags: tuple[bool, bool, bool, bool], holes: Holes) -> dict[str, Any]:
    is_pinned, is_running, is_asking, is_current = flags
    row = {"id": holes.id("id"), "title": holes.text("title")}
    return {
        "row": row | {"is_pinned": is_pinned, "is_running": is_running, "is_asking": is_asking},
        "is_current": is_current,
    }


def _actions_context(flags: tuple[bool, bool], holes: Holes) -> dict[str, Any]:
    is_pinned, is_archived = flags
    return {"conversation": {"id": holes.id("id"), "is_pinned": is_pinned, "is_archived": is_archived}}


def _header_context(shape: _Header, holes: Holes) -> dict[str, Any]:
    conversation = {"id": holes.id("id"), "title": holes.text("title")} if shape.has_conversation else None
    project = {"id": holes.id("project_id"), "name": holes.text("project_name")} if shape.has_project else None
    return {
        "conversation": conversation,
        "project": project,
        "query": holes.text("query"),
        "may_set": shape.may_set,
        "is_set": shape.is_set,
        "is_bookmarked": shape.is_bookmarked,
        "actions": holes.text("actions"),
        "oob": shape.is_oob,
    }


_UNCHANGING: dict[str, Prebuilt[None]] = {}
_ARTICLE = Prebuilt("chat/message.html", _message_context)
_FOOTER = Prebuilt("chat/message_foot.html", _message_context)
_TEXT_PART = Prebuilt(TEXT_PART, _part_context)
_TYPED_PART = Prebuilt(TYPED_PART, _part_context)
_ROW = Prebuilt("components/sidebar_row.html", _row_context)
_HEADER = Prebuilt("chat/header_actions.html", _header_context)
_ACTIONS = Prebuilt("chat/chat_actions.html", _actions_context)
