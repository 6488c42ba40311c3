"""A person's usage, summed up by day, by model and by endpoint."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Q, QuerySet, Sum, Value
from django.utils import timezone

from accounts.models import User
from billing.models import LedgerEntry
from billing.services.account_statement import spending
from billing.services.quantities import Quantities

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Used:
    """What calls used, and their cost in credits. `quantities.calls` is how many they were."""

    quantities: Quantities = field(default_factory=Quantities)
    credits: int = 0

    @property
    def tokens(self) -> int:
        return self.quantities.tokens

    def __add__(self, other: "Used") -> "Used":
        return Used(self.quantities + other.quantities, self.credits + other.credits)


@dataclass(frozen=True, slots=True)
class UsageShare:
    """What was used of one model, on one day where days are told apart."""

    endpoint: str
    model: str
    used: Used
    day: date | None = None


@dataclass(frozen=True, slots=True)
class UsageReport:
    """What was used in a time: every day of it in order, and the models and endpoints by what they cost."""

    days: list[tuple[date, Used]]
    models: list[UsageShare]
    endpoints: list[tuple[str, Used]]
    total: Used = field(default_factory=Used)


def usage_of(user: User, *, days: int) -> UsageReport:
    """Return what was used today and on the days before it, by the person's clock. One query."""
    first = timezone.localdate() - timedelta(days=days - 1)
    every_day = [first + timedelta(days=number) for number in range(days)]
    starts = [_start_of(day) for day in every_day]
    rows = spending().filter(user=user, created_at__gte=starts[0])
    parts = _summed(rows.annotate(day=_DayNumber(starts)), "day", every_day)
    by_day = _by(parts, lambda share: share.day)
    by_model = _by(parts, lambda share: (share.endpoint, share.model))
    by_endpoint = _by(parts, lambda share: share.endpoint)
    return UsageReport(
        days=[(day, by_day.get(day, Used())) for day in every_day],
        models=[UsageShare(*key, used) for key, used in _costliest(by_model)],
        endpoints=_costliest(by_endpoint),
        total=sum((share.used for share in parts), Used()),
    )


def parts_of(entries: QuerySet[LedgerEntry]) -> list[UsageShare]:
    """Return what these entries sum up to by model, the costliest first. One query."""
    return sorted(_summed(entries), key=lambda share: (-share.used.credits, -share.used.tokens, share.model))


def among(user: User, keys: Q) -> QuerySet[LedgerEntry]:
    """Return a person's entries of model calls that `keys` names."""
    return spending().filter(keys, user=user)


def _start_of(day: date) -> datetime:
    """Return the first moment of a day by the person's clock: midnight, or what follows where there is none."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


class _DayNumber(Func):
    """The number of the day, from 1, that an entry falls on.

    The days' first moments come from here: the database has zones of its own, takes CET for one without summer time,
    and where a clock shows midnight twice it takes the second.
    """

    function = "width_bucket"

    def __init__(self, starts: list[datetime]) -> None:
        moments = Value(starts, output_field=ArrayField(DateTimeField()))
        super().__init__(F("created_at"), moments, output_field=IntegerField())


_SUMS: Final = {
    "input": Sum("input_tokens"),
    "output": Sum("output_tokens"),
    "reasoning": Sum("reasoning_tokens"),
    "cache_read": Sum("cache_read_tokens"),
    "cache_write": Sum("cache_write_tokens"),
    "cache_write_1h": Sum("cache_write_1h_tokens"),
    "calls": Count("id"),
}


def _summed(rows: QuerySet[LedgerEntry], by: str = "", days: Sequence[date] = ()) -> list[UsageShare]:
    more = [by] if by else []
    sums = rows.order_by().values("endpoint", "model", *more).annotate(**_SUMS, spent=-Sum("credits"))
    return [
        UsageShare(
            row["endpoint"],
            row["model"],
            Used(Quantities(**{kind: row[kind] for kind in _SUMS}), row["spent"]),
            days[row[by] - 1] if by else None,
        )
        for row in sums
    ]


def _by(parts: Iterable[UsageShare], key: Callable[[UsageShare], K]) -> dict[K, Used]:
    sums: dict[K, Used] = {}
    for share in parts:
        sums[key(share)] = sums.get(key(share), Used()) + share.used
    return sums


def _costliest(sums: dict[K, Used]) -> list[tuple[K, Used]]:
    return sorted(sums.items(), key=lambda pair: (-pair[1].credits, -pair[1].tokens, str(pair[0])))
