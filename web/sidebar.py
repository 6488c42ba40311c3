"""The sidebar: favourites, projects, pinned conversations, and the others by time."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from billing.services.account_summary import AccountSummary, account_summary_of
from chat.models import Bookmark, Conversation, ConversationQuerySet, Favourite, Project
from chat.services.organise import conversations
from chat.services.organise.overview import overview_of
from chat.services.search import search


@dataclass(frozen=True, slots=True)
class DateGroup:
    """Rows under one heading; `title` is empty when the page before ended in the same group."""

    key: str
    title: str
    rows: list[Conversation]


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to: a text, and bookmarks of which a conversation bears at least one."""

    text: str = ""
    bookmarks: tuple[UUID, ...] = ()

    @property
    def is_on(self) -> bool:
        return bool(self.text or self.bookmarks)


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
    bookmarks: list[Bookmark] = field(default_factory=list)
    narrowed_bookmarks: list[Bookmark] = field(default_factory=list)  # the bookmarks that the list is narrowed to
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
        narrowed_bookmarks=list(Bookmark.objects.filter(owner=user, id__in=narrowed.bookmarks))
        if narrowed.bookmarks
        else [],
    )
    if cursor or (narrowed.is_on and not is_whole):
        return rows
    above = overview_of(user)
    rows = replace(rows, bookmarks=above.bookmarks, favourites=above.favourites, standing=account_summary_of(user))
    if narrowed.is_on:
        return rows
    newest = [conversation for conversation in (rows.latest, *above.pinned) if conversation]
    latest = max(newest, key=lambda conversation: conversation.updated_at, default=None)
    return replace(rows, latest=latest, pinned=above.pinned, projects=above.projects)


def _among(user: User, narrowed: Filter) -> ConversationQuerySet:
    among = Conversation.objects.listed()
    if narrowed.bookmarks:
        among = among.bearing(Bookmark.objects.filter(owner=user, id__in=narrowed.bookmarks))
    if narrowed.text:
        return among.filter(id__in=search.conversation_ids(user=user, text=narrowed.text))
    return among if narrowed.bookmarks else among.filter(pin_position=None)


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
