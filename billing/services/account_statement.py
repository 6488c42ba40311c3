"""What people see of their account: balance, spending, and all ledger entries."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from accounts.models import User
from billing.models import Balance, Budget, LedgerEntry
from billing.services import policy
from billing.services.budgets import period_start
from billing.services.labels import in_words
from core import csv_files
from core.paging import Keyset, Stamped

PAGE: Final = 25
_NEWEST_FIRST: Final = Keyset("created_at", Stamped())
GIVEN: Final = ("start", "refill", "adjustment")  # reasons of entries that are no spending
COLUMNS: Final = (
    "time",
    "reason",
    "endpoint",
    "model",
    "input tokens",
    "output tokens",
    "reasoning tokens",
    "cache read tokens",
    "cache write tokens",
    "estimated",
    "coefficient",
    "credits",
    "balance after",
    "note",
    "cache write 1h tokens",  # of the cache write tokens; last, so that the others keep their places
)


@dataclass(frozen=True, slots=True)
class Account:
    """What there is now, in credits. `next_refill` is None where nothing is ever added."""

    available: int
    held: int
    next_refill: datetime | None
    refill: policy.Refill | None

    @property
    def refill_is_due(self) -> bool:
        """Whether a refill comes as soon as the credit does not reach for a message."""
        return self.next_refill is not None and self.next_refill <= timezone.now()


@dataclass(frozen=True, slots=True)
class StatementPage:
    """Entries, newest first; `next_cursor` asks for older ones."""

    entries: list[LedgerEntry]
    next_cursor: str


def month_start() -> datetime:
    """Return when this month began, in UTC, as budgets have it."""
    day = period_start(Budget.Period.MONTH, timezone.now())
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def account_of(user: User) -> Account | None:
    """Return what the person has; None where balances are off. One query."""
    rules = policy.current()
    if not rules.enforced:
        return None
    row = Balance.objects.filter(user=user).first() or Balance(user=user, credits=rules.start_credits)
    refill = rules.refill if rules.refill and rules.refill.amount > 0 else None
    due = _later(row.last_refill_at, refill) if refill else None
    return Account(row.credits_with(rules.start_credits) - row.held, row.held, due, refill)


def why_refused(user: User, needed: int) -> str:
    """Return what to tell somebody whose credit does not reach for a message that needs so many credits at first."""
    account = account_of(user)
    if account is None:
        return _("You don't have enough credit for this.")
    message = _("You don't have enough credit for this. It needs %(needed)s to start, and you have %(available)s.") % {
        "needed": in_words(needed),
        "available": in_words(account.available),
    }
    if account.next_refill is None:
        return f"{message} {_('Ask your administrator for more.')}"
    if account.refill_is_due:  # it was added, and is too little
        return f"{message} {_('Shorten it, choose another model, or ask your administrator for more.')}"
    at = timezone.localtime(account.next_refill)
    when = f"{date_format(at, 'DATETIME_FORMAT')} {at.tzname()}"
    return f"{message} {_('Your next refill comes with your first message after %(when)s.') % {'when': when}}"


def spent_since(user_ids: Iterable[UUID], since: datetime) -> dict[UUID, tuple[int, int]]:
    """Return the credits and tokens that each of these people has spent; who spent nothing is left out. One query."""
    rows = spending().filter(user__in=list(user_ids), created_at__gte=since).values("user_id")
    sums = rows.annotate(
        credits=-Sum("credits"),
        tokens=Sum("input_tokens") + Sum("output_tokens") + Sum("cache_read_tokens") + Sum("cache_write_tokens"),
    )
    return {row["user_id"]: (row["credits"], row["tokens"]) for row in sums}


def spending() -> QuerySet[LedgerEntry]:
    """Return the entries of model calls."""
    return LedgerEntry.objects.exclude(reason__in=GIVEN)


def entries_of(user: User, *, reason: str = "") -> QuerySet[LedgerEntry]:
    rows = LedgerEntry.objects.filter(user=user).order_by("-created_at", "-id")
    return rows.filter(reason=reason) if reason else rows


def page_of(user: User, *, reason: str = "", cursor: str = "") -> StatementPage:
    """Return a page of the ledger; a cursor that says nothing begins anew. One query."""
    page = _NEWEST_FIRST.page(entries_of(user, reason=reason), cursor=cursor, limit=PAGE)
    return StatementPage(page.items, page.next_cursor or "")


def csv_lines(entries: QuerySet[LedgerEntry]) -> Iterator[str]:
    """Return the entries as lines of a CSV file, one after the other."""
    rows = (
        (
            entry.created_at.isoformat(timespec="seconds"),
            entry.reason,
            entry.endpoint,
            entry.model,
            entry.input_tokens,
            entry.output_tokens,
            entry.reasoning_tokens,
            entry.cache_read_tokens,
            entry.cache_write_tokens,
            "yes" if entry.estimated else "no",
            entry.coefficient,
            entry.credits,
            entry.balance_after,
            entry.note,
            entry.cache_write_1h_tokens,
        )
        for entry in entries.iterator(chunk_size=1_000)
    )
    return csv_files.lines(COLUMNS, rows)


def _later(at: datetime, refill: policy.Refill) -> datetime:
    """Return when a refill is due again; a month later is the same day, or that month's last."""
    if refill.unit != "months":
        return at + timedelta(**{refill.unit: refill.value})
    months = at.year * 12 + at.month - 1 + refill.value
    year, month = min(months // 12, MAXYEAR), months % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))
