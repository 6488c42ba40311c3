"""The query strings of the lists of conversations and messages."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.request import Request

from accounts.api.errors import WireError
from accounts.api.wire import person, uuid_of
from chat import doors
from chat.models import Conversation, ConversationQuerySet, Message

PAGE = 25
LARGEST_PAGE = 100
MESSAGE_ORDERS = {"createdAt": "created_at", "updatedAt": "updated_at"}
_FLAGS = {"true": True, "false": False, "": False}


@dataclass(frozen=True, slots=True)
class ConversationQuery:
    cursor: str | None
    limit: int
    among: ConversationQuerySet


def conversation_query(request: Request) -> ConversationQuery:
    """Return what the list's query string asks for. Raises `WireError` for what it cannot mean."""
    _refuse(request, "search", "tags", "projectId")
    if request.query_params.get("sortBy", "updatedAt") != "updatedAt":
        raise WireError(400, _("sortBy: conversations can be sorted by updatedAt only."))
    if request.query_params.get("sortDirection", "desc") != "desc":
        raise WireError(400, _("sortDirection: conversations can be sorted in descending order only."))
    among = Conversation.objects.filter(archived_at__isnull=not _flag(request, "isArchived"), is_temporary=False)
    if _flag(request, "pinned"):
        among = among.filter(pin_position__isnull=False)
    return ConversationQuery(request.query_params.get("cursor"), _size(request, "limit"), among)


def message_page(request: Request) -> tuple[list[Message], str | None]:
    """Return a page of one conversation's messages, or the one message named. Raises `WireError`, `Http404`."""
    _refuse(request, "search")
    conversation = request.query_params.get("conversationId")
    if not conversation:
        raise WireError(400, _("conversationId: name the conversation."))
    conversation_id = id_in_path(conversation)
    if named := request.query_params.get("messageId"):
        return [doors.message_for(person(request), id_in_path(named), conversation_id=conversation_id)], None
    found = doors.conversation_for(person(request), conversation_id)
    field = MESSAGE_ORDERS.get(request.query_params.get("sortBy", "createdAt"))
    direction = request.query_params.get("sortDirection", "desc")
    if field is None or direction not in {"asc", "desc"}:
        raise WireError(400, _("sortBy or sortDirection: this order is not known."))
    rows = Message.objects.filter(conversation=found).defer("search")
    if position := _position(request.query_params.get("cursor")):
        moment, last_id = position
        beyond = Q(**{f"{field}__{'lt' if direction == 'desc' else 'gt'}": moment})
        rows = rows.filter(beyond | Q(**{field: moment}, id__gt=last_id))
    size = _size(request, "pageSize")
    page = list(rows.order_by(field if direction == "asc" else f"-{field}", "id")[: size + 1])
    if len(page) <= size:
        return page, None
    return page[:size], f"{getattr(page[size - 1], field).isoformat()} {page[size - 1].id}"


def id_in_path(text: str) -> UUID:
    """Return the id, or raise `Http404`: what is no id names nothing."""
    found = uuid_of(text)
    if found is None:
        raise Http404
    return found


def _size(request: Request, name: str) -> int:
    text = request.query_params.get(name, str(PAGE))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise WireError(400, _("%(name)s: this must be a whole number above zero.") % {"name": name})
    return min(int(text), LARGEST_PAGE)


def _flag(request: Request, name: str) -> bool:
    value = _FLAGS.get(request.query_params.get(name, ""))
    if value is None:
        raise WireError(400, _("%(name)s: this must be true or false.") % {"name": name})
    return value


def _refuse(request: Request, *names: str) -> None:
    """A filter that is not here yet must not be answered as if nothing had been asked."""
    for name in names:
        if request.query_params.get(name):
            raise WireError(400, _("%(name)s: this is not available on this server.") % {"name": name})


def _position(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Return where a page goes on; a cursor that cannot be read gives the first page."""
    moment, _space, last = (cursor or "").rpartition(" ")
    last_id = uuid_of(last)
    try:
        parsed = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (parsed, last_id) if last_id and parsed.tzinfo else None
