"""What the sidebar shows: favourites, projects, pinned conversations, and the others by time."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Exists, Model, OuterRef
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from billing.services.account_summary import AccountSummary, account_summary_of
from chat.models import Conversation, ConversationQuerySet, Favourite, Project, Tag
from chat.services.organise import conversations
from chat.services.organise.favourites import model_ref_of
from chat.services.search import search
from endpoints.catalog.selection import catalog_for

M = TypeVar("M", bound=Model)

MAX_PROJECTS = 8
MAX_PINNED = 1_000
MAX_TAGS = 100


@dataclass(frozen=True, slots=True)
class DateGroup:
    """Rows under one heading; `title` is empty when the page before ended in the same group."""

    key: str
    title: str
    rows: list[Conversation]


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to: words, and bookmarks of which a conversation bears at least one."""

    words: str = ""
    tags: tuple[UUID, ...] = ()

    @property
    def is_on(self) -> bool:
        return bool(self.words or self.tags)


@dataclass(frozen=True, slots=True)
class Sidebar:
    """One page of the list; the first one has what stands above it. `next_cursor` and `last_key` ask for the next."""

    groups: list[DateGroup]
    next_cursor: str | None
    last_key: str
    latest: Conversation | None
    narrowed: Filter = Filter()
    pinned: list[Conversation] = field(default_factory=list)
    projects: list[Project] = field(default_factory=list)
    favourites: list[Favourite] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    narrowed_tags: list[Tag] = field(default_factory=list)  # the bookmarks that the list is narrowed to
    standing: AccountSummary | None = None


def sidebar(
    *, user: User, cursor: str | None = None, after: str = "", narrowed: Filter | None = None, is_whole: bool = False
) -> Sidebar:
    """Return a page of the list; `after` is the `last_key` of the page before.

    `is_whole`: with all that stands around the list, also where it is narrowed. Two queries, unless words or bookmarks
    narrow it; one more where credit or budgets limit people.
    """
    narrowed = narrowed or Filter()
    page = conversations.page(user=user, cursor=cursor, among=_among(user, narrowed))
    groups = grouped(page.items, today=timezone.localdate(), after=after)
    rows = Sidebar(
        groups=groups,
        next_cursor=page.next_cursor,
        last_key=groups[-1].key if groups else after,
        latest=page.items[0] if page.items else None,
        narrowed=narrowed,
        narrowed_tags=list(Tag.objects.filter(owner=user, id__in=narrowed.tags)) if narrowed.tags else [],
    )
    if cursor or (narrowed.is_on and not is_whole):
        return rows
    above = _above(user)
    if narrowed.is_on:
        return replace(rows, tags=above.tags, favourites=above.favourites, standing=above.standing)
    newest = [each for each in (rows.latest, *above.pinned) if each]
    latest = max(newest, key=lambda each: each.updated_at, default=None)
    return replace(above, groups=groups, next_cursor=rows.next_cursor, last_key=rows.last_key, latest=latest)


# Everything above the list in one round trip: each part is small, and asking for it costs more than finding it.
_ABOVE = """
SELECT
    (SELECT json_agg(row_to_json(f)) FROM (
        SELECT id, endpoint, model, spec FROM chat_favourite WHERE owner_id = %(owner)s ORDER BY position, id) f),
    (SELECT json_agg(row_to_json(p)) FROM (
        SELECT p.id, p.name, p.owner_id <> %(owner)s AS is_shared, count(c.id) AS conversation_count,
            max(c.updated_at) AS latest
        FROM chat_project p LEFT JOIN chat_conversation c ON c.project_id = p.id
            AND c.owner_id = %(owner)s AND c.deleted_at IS NULL AND c.archived_at IS NULL AND NOT c.is_temporary
        WHERE p.owner_id = %(owner)s OR p.id IN (
            SELECT gr.resource_id FROM accounts_grant gr WHERE gr.resource_type = 'project' AND gr.bits & 1 = 1
            AND (gr.principal = 'public' OR gr.user_id = %(owner)s OR gr.role_id = %(role)s
                OR gr.group_id IN (SELECT group_id FROM accounts_membership WHERE user_id = %(owner)s)))
        GROUP BY p.id ORDER BY latest DESC NULLS LAST, p.id DESC LIMIT %(projects)s) p),
    (SELECT json_agg(row_to_json(c)) FROM (
        SELECT id, title, endpoint, model, spec, updated_at, pin_position, EXISTS (
            SELECT 1 FROM chat_generation g WHERE g.conversation_id = c.id AND g.state IN ('queued', 'running')
        ) AS is_running
        FROM chat_conversation c WHERE owner_id = %(owner)s AND pin_position IS NOT NULL AND deleted_at IS NULL
            AND archived_at IS NULL AND NOT is_temporary ORDER BY pin_position, id LIMIT %(pinned)s) c),
    (SELECT json_agg(row_to_json(t)) FROM (
        SELECT id, name FROM chat_tag WHERE owner_id = %(owner)s ORDER BY position, name LIMIT %(tags)s) t)
"""


def _above(user: User) -> Sidebar:
    values: dict[str, Any] = {
        "owner": user.id, "role": user.role_id, "projects": MAX_PROJECTS, "pinned": MAX_PINNED, "tags": MAX_TAGS,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, values)
        starred, filed, pinned, labels = (_read(each) for each in cursor.fetchone())
    return Sidebar(
        groups=[],
        next_cursor=None,
        last_key="",
        latest=None,
        standing=account_summary_of(user),
        pinned=[_model(Conversation, each) for each in pinned],
        projects=[_model(Project, each) for each in filed],
        favourites=_favourites(user, [_model(Favourite, each) for each in starred]),
        tags=[_model(Tag, each) for each in labels],
    )


def _favourites(user: User, rows: list[Favourite]) -> list[Favourite]:
    """Return those that are offered, each with its `label`."""
    catalog = catalog_for(user)
    kept = [each for each in rows if catalog.shows(model_ref_of(each))]
    for each in kept:
        spec = catalog.spec(each.spec) if each.spec else None
        each.label = spec.label if spec else each.model
    return kept


def _read(rows: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(rows) if isinstance(rows, str) else rows or []
    return found


def _model(kind: type[M], row: dict[str, Any]) -> M:
    """Return an instance with these fields; what is none of its fields becomes an attribute."""
    row["id"] = UUID(row["id"])
    if "updated_at" in row:
        row["updated_at"] = datetime.fromisoformat(row["updated_at"])
    names = {each.attname for each in kind._meta.concrete_fields}
    made = kind(**{name: value for name, value in row.items() if name in names})
    for name in row.keys() - names:
        setattr(made, name, row[name])
    return made


def _among(user: User, narrowed: Filter) -> ConversationQuerySet:
    among = Conversation.objects.listed()
    if narrowed.tags:
        bearing = Tag.objects.filter(owner=user, id__in=narrowed.tags, conversations=OuterRef("pk"))
        among = among.filter(Exists(bearing))
    if narrowed.words:
        return among.filter(id__in=search.conversation_ids(user=user, text=narrowed.words))
    return among if narrowed.tags else among.filter(pin_position=None)


def grouped(rows: Iterable[Conversation], *, today: date, after: str = "") -> list[DateGroup]:
    """Put rows, latest first, under headings of time as the person's clock has it."""
    groups: list[DateGroup] = []
    for row in rows:
        key, title = _heading(timezone.localtime(row.updated_at).date(), today)
        if not groups or groups[-1].key != key:
            groups.append(DateGroup(key, "" if key == after else title, []))
        groups[-1].rows.append(row)
    return groups


def _heading(day: date, today: date) -> tuple[str, str]:
    if day >= today:
        return "today", _("Today")
    if day == today - timedelta(days=1):
        return "yesterday", _("Yesterday")
    if day > today - timedelta(days=8):
        return "week", _("Previous 7 days")
    if day > today - timedelta(days=31):
        return "month", _("Previous 30 days")
    if day.year == today.year:
        return f"{day:%Y-%m}", date_format(day, "F")
    return str(day.year), str(day.year)
