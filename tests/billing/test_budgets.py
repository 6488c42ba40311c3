"""Budgets: whom they bind, what they refuse, and that they add up, against a real Postgres."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from accounts.models import Group, Membership, Role, User
from billing.models import Budget, BudgetUsage, Hold, LedgerEntry
from billing.services import budgets, holds
from billing.services.coverage import Covered
from billing.services.reconcile import reconcile
from core.ids import uuid7
from tests.billing.test_holds import cover, line

MakeBudget = Callable[..., Budget]


def place(user: User, credits: int, *, tokens: int = 0, model: str = "m") -> UUID:
    hold_id = uuid7()
    bindings = budgets.binding(user_id=user.id, role=user.role_name, endpoint="Test", model=model)
    reserve = holds.Reserve(user_id=user.id, credits=credits, tokens=tokens, bindings=bindings)
    holds.place(hold_id=hold_id, reserve=reserve)
    return hold_id


def check_usage(budget: Budget) -> None:
    assert reconcile().drift == []
    spent = sum(BudgetUsage.objects.filter(budget=budget).values_list("spent", flat=True))
    assert spent == -sum(LedgerEntry.objects.filter(reason="message").values_list("credits", flat=True))


def test_each_person_has_the_amount_for_themself(owner: User, stranger: User, make_budget: MakeBudget) -> None:
    budget = make_budget()
    hold_id = place(owner, 900)
    with pytest.raises(holds.OverBudget) as refused:
        place(owner, 101)
    assert refused.value.budget_id == budget.id
    place(stranger, 1_000)
    holds.settle(hold_id=hold_id, lines=[line("a", 250)])
    assert BudgetUsage.objects.get(subject=owner.id).spent == 250
    place(owner, 750)
    check_usage(budget)


def test_people_can_share_one_amount(owner: User, stranger: User, make_budget: MakeBudget) -> None:
    make_budget(per_person=False)
    place(owner, 600)
    with pytest.raises(holds.OverBudget):
        place(stranger, 401)


def test_a_refused_hold_leaves_nothing_behind(owner: User, make_budget: MakeBudget) -> None:
    """Also not in the budgets that had enough."""
    make_budget(name="Large", amount=10_000)
    make_budget(name="Small", amount=10)
    with pytest.raises(holds.OverBudget):
        place(owner, 100)
    assert not Hold.objects.exists()
    assert not BudgetUsage.objects.filter(held__gt=0).exists()


@pytest.mark.parametrize(
    ("fields", "binds"),
    [
        ({"scope": "user"}, {"owner"}),
        ({"scope": "role"}, {"owner", "stranger"}),
        ({"scope": "group"}, {"stranger"}),
        ({"scope": "everyone", "model": "m"}, {"owner", "stranger"}),
        ({"scope": "everyone", "model": "other"}, set()),
        ({"scope": "everyone", "endpoint": "Elsewhere"}, set()),
        ({"scope": "everyone", "is_active": False}, set()),
    ],
)
def test_a_budget_binds_whom_it_names(
    owner: User, stranger: User, make_budget: MakeBudget, fields: dict[str, Any], binds: set[str]
) -> None:
    group = Group.objects.create(name="Team")
    Membership.objects.create(group=group, user=stranger)
    target = {"user": owner, "role": Role.objects.get(name="USER"), "group": group}
    make_budget(amount=0, **fields, **({fields["scope"]: target[fields["scope"]]} if fields["scope"] in target else {}))
    refused = set()
    for name, user in (("owner", owner), ("stranger", stranger)):
        try:
            place(user, 1)
        except holds.OverBudget:
            refused.add(name)
    assert refused == binds


def test_tokens_are_counted_where_the_budget_is_in_tokens(owner: User, make_budget: MakeBudget) -> None:
    budget = make_budget(unit="tokens", amount=2_000)
    hold_id = place(owner, 10**9, tokens=1_100)
    with pytest.raises(holds.OverBudget):
        cover(owner, hold_id, tokens=2_001)
    cover(owner, hold_id, 2 * 10**9, tokens=2_000)
    holds.settle(hold_id=hold_id, lines=[line("a", 1_500)])
    assert BudgetUsage.objects.get(budget=budget).spent == 1_500
    covered = cover(owner, place(owner, 0, tokens=100), tokens=100, rate=Decimal(9), min_reply=1, max_reply=30)
    assert covered == Covered(30, 370)


def test_a_soft_budget_warns_and_never_refuses(owner: User, make_budget: MakeBudget) -> None:
    budget = make_budget(is_hard=False, amount=100)
    holds.settle(hold_id=place(owner, 5_000), lines=[line("a", 5_000)])
    [meter] = budgets.meters_of(owner)
    assert (meter.budget, meter.spent, meter.left, meter.percent) == (budget, 5_000, 0, 100)
    place(owner, 1)


def test_releasing_gives_everything_back(owner: User, make_budget: MakeBudget) -> None:
    make_budget()
    holds.release(hold_id=place(owner, 1_000))
    place(owner, 1_000)


def test_a_reply_grows_only_as_far_as_the_tightest_budget(owner: User, make_budget: MakeBudget) -> None:
    make_budget(amount=1_000)
    make_budget(amount=700)
    hold_id = place(owner, 500)
    reply: dict[str, Any] = {"rate": Decimal(1), "min_reply": 1, "max_reply": 1_000}
    assert cover(owner, hold_id, 500, **reply) == Covered(200, 0)
    with pytest.raises(holds.OverBudget):
        cover(owner, hold_id, 500, **reply | {"min_reply": 201})
    assert reconcile().drift == []


def test_a_budget_counts_calls_under_an_open_hold_as_spent(owner: User, make_budget: MakeBudget) -> None:
    in_credits, in_tokens = make_budget(amount=1_000), make_budget(amount=5_000, unit="tokens")
    hold_id = place(owner, 500, tokens=50)
    for _ in range(2):
        cover(owner, hold_id, 200, tokens=20, lines=[line("a", 300)])
        assert list(BudgetUsage.objects.order_by("budget_id").values_list("budget", "spent", "held")) == [
            (in_credits.id, 300, 200), (in_tokens.id, 300, 20),
        ]  # fmt: skip
    holds.settle(hold_id=hold_id, lines=[line("a", 300), line("b", 10)])
    assert set(BudgetUsage.objects.values_list("spent", "held")) == {(310, 0)}
    assert reconcile().drift == []


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [("day", date(2026, 2, 28), (2026, 3, 1)), ("week", date(2026, 2, 23), (2026, 3, 2)),
     ("month", date(2026, 2, 1), (2026, 3, 1))],
)  # fmt: skip
def test_periods_are_calendar_periods(period: str, start: date, end: tuple[int, int, int]) -> None:
    now = datetime(2026, 2, 28, 23, 59, tzinfo=UTC)
    assert budgets.period_start(period, now) == start
    assert budgets.period_end(period, now) == datetime(*end, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_budget_for_one_admit_exactly_one(owner: User, make_budget: MakeBudget) -> None:
    """Security case 79, for a budget; credit is not limited here."""
    make_budget(amount=100, per_person=False)

    def attempt(_: int) -> bool:
        try:
            place(owner, 100)
        except holds.OverBudget:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(50))) == 1
    assert BudgetUsage.objects.get().held == 100


@pytest.mark.django_db(transaction=True)
def test_placing_settling_and_extending_at_once_does_not_deadlock(
    make_user: Callable[..., User], make_budget: MakeBudget, settings: Any
) -> None:
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 10**9
    for number in range(3):
        make_budget(name=f"B{number}", amount=10**9, per_person=False)
    people = [make_user(f"p{number}@example.org") for number in range(4)]

    def work(number: int) -> None:
        try:
            held = [place(people[(number + step) % 4], 10) for step in range(4)]
            for hold_id in held:
                cover(people[0], hold_id, 15, lines=[line(f"{hold_id}:a", 3)])
            holds.settle_many({hold_id: [line(f"{hold_id}", 7)] for hold_id in held})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))
    assert reconcile().drift == []
    assert set(BudgetUsage.objects.values_list("spent", "held")) == {(24 * 4 * 10, 0)}
    assert transaction.get_connection().in_atomic_block is False
