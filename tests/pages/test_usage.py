"""The page of what was used."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from billing.models import LedgerEntry
from billing.services.quantities import Quantities
from billing.services.usage import Used, usage_of
from tests.cast import signed_in
from web.plot import HEIGHT, WIDTH, PlotDay, plot_of, rows_of

pytestmark = pytest.mark.django_db

Spend = Callable[..., LedgerEntry]


def test_usage_is_summed_up_by_day_model_and_endpoint(owner: User, stranger: User, spend: Spend) -> None:
    spend(owner, 10)
    spend(owner, 30, days=1, model="small")
    spend(owner, 5, days=6, cache_read_tokens=9)
    spend(owner, 1_000, days=7)
    spend(owner, -500, reason="refill", model="", endpoint="")
    spend(stranger, 99)
    usage = usage_of(owner, days=7)
    assert [used.credits for _day, used in usage.days] == [5, 0, 0, 0, 0, 30, 10]
    assert usage.days[-1][0] == timezone.localdate()
    assert [(row.model, row.used.credits) for row in usage.models] == [("small", 30), ("tiny", 15)]
    assert usage.endpoints == [("Somewhere", usage.total)]
    assert usage.total == Used(Quantities(input=2_100, output=900, reasoning=150, cache_read=9, calls=3), 45)
    assert usage.total.tokens == 3_009


def test_a_day_is_the_one_on_the_person_s_clock(owner: User, spend: Spend) -> None:
    with timezone.override(ZoneInfo("Asia/Tokyo")):
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        spend(owner, 1, created_at=midnight)
        spend(owner, 2, created_at=midnight - timedelta(seconds=1))
        assert [used.credits for _day, used in usage_of(owner, days=7).days][-2:] == [2, 1]


ZONES = (
    "CET", "EET", "MET", "WET", "Europe/Berlin", "America/Havana", "Africa/Cairo", "Antarctica/Troll", "Asia/Kathmandu",
)  # fmt: skip


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("month", [1, 4, 7, 11])
def test_the_first_and_the_last_minute_of_a_day_are_its_own(owner: User, spend: Spend, zone: str, month: int) -> None:
    """Also in zones whose names the database takes for others, and on days whose clock is changed."""
    with timezone.override(ZoneInfo(zone)):
        today = timezone.localdate()
        begun = today.replace(month=month, day=15)
        day = begun if begun < today else begun.replace(year=today.year - 1)
        first = datetime.combine(day, time(0, 1), tzinfo=ZoneInfo(zone))
        spend(owner, 1, created_at=first)
        spend(owner, 2, created_at=first + timedelta(hours=23, minutes=58))
        spend(owner, 4, created_at=first - timedelta(minutes=2))
        credits_by_day = {used_on: used.credits for used_on, used in usage_of(owner, days=400).days if used.credits}
    assert credits_by_day == {day: 3, day - timedelta(days=1): 4}


def test_where_midnight_is_twice_or_never_a_day_begins_once(owner: User, spend: Spend) -> None:
    for zone, day in (("America/Havana", date(2026, 11, 1)), ("Africa/Cairo", date(2026, 4, 24))):
        with timezone.override(ZoneInfo(zone)):
            start = datetime.combine(day, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)
            for minutes in (-1, 1, 30, 90):
                spend(owner, 1, created_at=start + timedelta(minutes=minutes))
            days = (timezone.localdate() - day).days + 3
            used_by_day = dict(usage_of(owner, days=days).days)
            assert (used_by_day[day].credits, used_by_day[day - timedelta(days=1)].credits) == (3, 1)


@pytest.mark.parametrize("days", [7, 30, 90])
def test_bars_stay_within_the_picture_and_grow_with_what_they_show(days: int) -> None:
    first = date(2026, 1, 1)
    plot = plot_of(
        [PlotDay(first + timedelta(days=n), {"read": n * 999, "written": n * 50}, f"{n} calls") for n in range(days)]
    )
    assert len(plot.bars) == days
    assert sum(bar.is_labelled for bar in plot.bars) <= 8
    for bar in plot.bars:
        read, written = bar.blocks
        assert bar.x >= 0
        assert bar.x + bar.width <= WIDTH
        assert 0 <= written.y <= HEIGHT
        assert abs(read.y + read.height - plot.base) < 0.2
        assert abs(written.y + written.height - read.y) < 0.2
    assert plot.bars[-1].blocks[0].height > plot.bars[1].blocks[0].height


@pytest.mark.parametrize(
    ("amounts", "labels"),
    [
        ([], ["0", "1", "2", "3", "4"]), ([0, 3], ["0", "1", "2", "3", "4"]), ([7], ["0", "2", "4", "6", "8"]),
        ([950_000], ["0", "300k", "600k", "900k", "1.2M"]),
        ([Decimal("0.00002")], ["0", "0.0001", "0.0002", "0.0003", "0.0004"]),
        ([Decimal("0.0031"), 0], ["0", "0.001", "0.002", "0.003", "0.004"]),
    ],
)  # fmt: skip
def test_the_scale_is_round_and_not_much_longer_than_needed(amounts: list[int | Decimal], labels: list[str]) -> None:
    plot = plot_of([PlotDay(date(2026, 1, 1), {"all": amount}, "") for amount in amounts])
    assert [line.text for line in plot.lines] == labels


def test_lying_bars_are_the_largest_in_order() -> None:
    rows = rows_of([(f"row {n}", Decimal(n)) for n in range(12)])
    assert [row.label for row in rows] == [f"row {n}" for n in range(11, 1, -1)]
    assert (rows[0].width, rows[-1].width) == (100, 18.2)
    assert [row.width for row in rows_of([("a", 0), ("b", 0)])] == [0, 0]
    assert rows_of([]) == []


def test_the_picture_has_words_and_a_table_and_no_style_of_its_own(owner: User, spend: Spend) -> None:
    spend(owner, 2_000_000)
    page = signed_in(owner).get("/settings/usage?days=7").content.decode()
    assert "Tokens by day, last 7 days" in page
    assert "1,000 tokens in total, for $2.00" in page
    assert page.count('class="plot-read"') == 1
    assert "style=" not in page[page.index('<svg class="plot"') :]
    assert page[page.index("As a table") :].count("<tr>") >= 8


@pytest.mark.parametrize("days", ["", "0", "8", "ninety", "%01", "-1"])
def test_any_other_time_is_thirty_days(owner: User, days: str) -> None:
    page = signed_in(owner).get(f"/settings/usage?days={days}")
    assert page.status_code == 200
    assert "last 30 days" in page.content.decode()
    assert "Nothing used" in page.content.decode()


@pytest.mark.parametrize("rows", [1, 11])
def test_the_page_costs_the_same_whatever_it_shows(
    owner: User, spend: Spend, rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(rows):
        spend(owner, model=f"model-{number}", days=number)
    client = signed_in(owner)
    client.get("/settings/usage")
    with django_assert_num_queries(4):
        client.get("/settings/usage?days=90")
