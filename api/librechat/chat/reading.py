"""The query strings of the lists of conversations and messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.request import Request

from api.base.errors import ApiError
from api.base.payloads import person
from chat import access
from chat.models import Bookmark, Conversation, ConversationQuerySet, Message, Project
from chat.services.organise import conversations
from chat.services.search import search
from core.ids import uuid_of
from core.paging import Keyset, Spaced

PAGE = 25
LARGEST_PAGE = 100
MAX_SEARCH_CHARACTERS = 1_000  # characters
UNASSIGNED = "unassigned"
MESSAGE_ORDERS = {"createdAt": "created_at", "updatedAt": "updated_at", "endpoint": "endpoint"}
_FLAGS = {"true": True, "false": False, "": False}


@dataclass(frozen=True, slots=True)
class ConversationQuery:
    cursor: str | None
    limit: int
    among: ConversationQuerySet
    sort: str
    descending: bool


def conversation_query(request: Request) -> ConversationQuery:
    """Return what the list's query string asks for. Raises `ApiError` for what it cannot mean."""
    sort, descending = order(request, conversations.SORTS, default="updatedAt")
    among = Conversation.objects.archived() if _flag(request, "isArchived") else Conversation.objects.listed()
    if _flag(request, "pinned"):
        among = among.filter(pin_position__isnull=False)
    if names := [name for name in request.query_params.getlist("tags") if name]:
        among = among.bearing(Bookmark.objects.filter(owner=person(request), name__in=_storable(names)))
    if project := request.query_params.get("projectId"):
        among = _in_project(request, among, project)
    if text := search_text(request, "search"):
        among = among.filter(id__in=search.conversation_ids(user=person(request), text=text))
    return ConversationQuery(request.query_params.get("cursor"), size(request, "limit"), among, sort, descending)


def _in_project(request: Request, among: ConversationQuerySet, project: str) -> ConversationQuerySet:
    if project == UNASSIGNED:
        return among.filter(project=None)
    named = uuid_of(project)
    if named is None or not Project.objects.visible_to(person(request)).filter(id=named).exists():
        raise ApiError(400, _("projectId: project not found."))
    return among.filter(project_id=named)


def message_page(request: Request) -> tuple[list[Message], str | None]:
    """Return a page of one conversation's messages, or the one message named. Raises `ApiError`, `Http404`.

    A request that names neither gets an empty page, and so does one for a message that is not there.
    """
    conversation, named = request.query_params.get("conversationId"), request.query_params.get("messageId")
    if not conversation and not named:
        return [], None
    parent = access.conversation_for(person(request), id_in_path(conversation)) if conversation else None
    if named:
        return _named(request, uuid_of(named), parent), None
    assert parent is not None  # noqa: S101 (one of the two is named)
    field = MESSAGE_ORDERS.get(request.query_params.get("sortBy", "createdAt"))
    direction = request.query_params.get("sortDirection", "desc")
    if field is None or direction not in {"asc", "desc"}:
        raise ApiError(400, _("sortBy or sortDirection: unknown order."))
    rows = messages_of(parent)
    if field == "endpoint":
        return _by_endpoint(request, rows, direction)
    keyset = Keyset(field, Spaced(), descending=direction == "desc", ids_ascend=True)
    page = keyset.page(rows, cursor=request.query_params.get("cursor"), limit=size(request, "pageSize"))
    return page.items, page.next_cursor


def _named(request: Request, message_id: UUID | None, conversation: Conversation | None) -> list[Message]:
    if message_id is None:
        return []
    try:
        within = conversation.id if conversation else None
        return [access.message_for(person(request), message_id, conversation_id=within)]
    except Http404:
        return []


def _by_endpoint(request: Request, rows: QuerySet[Message], direction: str) -> tuple[list[Message], str | None]:
    """Return a page in the order of the endpoints' names; the cursor is the place where it goes on."""
    cursor, most = request.query_params.get("cursor", ""), size(request, "pageSize")
    start = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    first = "endpoint" if direction == "asc" else "-endpoint"
    page = list(rows.order_by(first, "created_at", "id")[start : start + most + 1])
    return page[:most], str(start + most) if len(page) > most else None


def messages_of(conversation: Conversation) -> QuerySet[Message]:
    """Return what was said there, each message knowing its conversation; a deleted one is not said any more."""
    return conversation.messages.exclude(state=Message.State.DELETED)


def id_in_path(text: str) -> UUID:
    """Return the id, or raise `Http404`: what is no id names nothing."""
    uuid = uuid_of(text)
    if uuid is None:
        raise Http404
    return uuid


def order(request: Request, sorts: Mapping[str, str], *, default: str) -> tuple[str, bool]:
    """Return the order asked for, a key of `sorts`, and whether it descends. Raises `ApiError`."""
    sort = request.query_params.get("sortBy") or default
    direction = request.query_params.get("sortDirection") or "desc"
    if sort not in sorts or direction not in {"asc", "desc"}:
        known = ", ".join(sorts)
        raise ApiError(400, _("sortBy must be one of %(known)s, sortDirection asc or desc.") % {"known": known})
    return sort, direction == "desc"


def search_text(request: Request, name: str) -> str:
    """Return a text of the query string as it can be looked for."""
    return " ".join(_storable([request.query_params.get(name, "")])).strip()[:MAX_SEARCH_CHARACTERS]


def _storable(texts: list[str]) -> list[str]:
    return [text.replace("\x00", " ").encode(errors="replace").decode() for text in texts]


def size(request: Request, name: str) -> int:
    """Return how many rows are asked for; what is no number above zero stands for a page of the usual size."""
    text = request.query_params.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return PAGE
    return min(int(text), LARGEST_PAGE) or PAGE


def _flag(request: Request, name: str) -> bool:
    value = _FLAGS.get(request.query_params.get(name, ""))
    if value is None:
        raise ApiError(400, _("%(name)s: must be true or false.") % {"name": name})
    return value
