"""Whatever happens in whatever order, the books balance (a state machine over the real services and Postgres)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import User
from billing.models import Balance, Budget, BudgetUsage, Hold, LedgerEntry
from billing.services import adjust, budgets, holds, policy
from billing.services.reconcile import reconcile
from tests.billing.test_budgets import place
from tests.billing.test_holds import cover, line

STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["place", "place", "extend", "grow", "settle", "settle", "settle again", "release", "crash", "gift", "take",
             "set", "refill", "month"]
        ),
        st.integers(0, 4),
        st.integers(0, 700),
    ),
    max_size=30,
)  # fmt: skip


REFILL = 300


class Books:
    """The steps. `done` remembers what was charged under which key, to compare."""

    def __init__(self, people: list[User]) -> None:
        self.people = people
        self.placed: list[UUID] = []
        self.charged: dict[str, int] = {}
        self.number = 0

    def take(self, step: str, which: int, amount: int) -> None:
        self.number += 1
        person = self.people[which % len(self.people)]
        hold_id = self.placed[which % len(self.placed)] if self.placed else None
        if step == "place":
            self._place(person, amount)
        elif step == "gift":
            adjust.add_credits(actor=None, user=person, credits=amount, reason="Gift", key=f"gift:{which}")
        elif step == "take":
            adjust.add_credits(actor=None, user=person, credits=-amount, reason="Taken back")
        elif step == "set":
            adjust.set_balance(actor=None, user=person, credits=amount, reason="Set")
        elif step == "refill":
            adjust.refill_if_due(user_id=person.id, needed=amount)
        elif step == "month":
            Balance.objects.filter(user=person).update(last_refill_at=timezone.now() - timedelta(days=40))
        elif hold_id is not None:
            self._use(step, hold_id, amount)

    def _place(self, person: User, amount: int) -> None:
        with self._paid(person, amount, least=1) as admitted:
            try:
                self.placed.append(place(person, amount, tokens=amount))
                admitted.append(True)
            except (holds.NoCredit, holds.OverBudget):
                pass

    @contextmanager
    def _paid(self, person: User, amount: int, *, least: int) -> Iterator[list[bool]]:
        """What is admitted was there before, or came with a refill: one that was due, and only for want of credit."""
        before, row = holds.available(user_id=person.id), Balance.objects.filter(user=person).first()
        is_due = row is not None and row.last_refill_at < timezone.now() - timedelta(days=31)
        refills = LedgerEntry.objects.filter(user=person, reason="refill")
        known = refills.count()
        admitted: list[bool] = []
        yield admitted
        added = refills.count() - known
        assert added == 0 or (added == 1 and is_due and before < max(amount, least)), "a refill out of turn"
        if any(admitted):
            assert before + added * REFILL >= max(amount, least), "admitted without credit"

    def _use(self, step: str, hold_id: UUID, amount: int) -> None:
        if step == "extend":
            person = Hold.objects.select_related("user").get(id=hold_id).user
            held = Hold.objects.get(id=hold_id).amount
            with self._paid(person, amount, least=0) as admitted, suppress(holds.NoCredit, holds.OverBudget):
                cover(person, hold_id, held + amount, tokens=held + amount)
                admitted.append(amount > 0)
        elif step == "grow":
            person = Hold.objects.select_related("user").get(id=hold_id).user
            with suppress(holds.NoCredit, holds.OverBudget):
                reply: dict[str, Any] = {"rate": Decimal(1), "min_reply": 1, "max_reply": amount + 1}
                assert 1 <= cover(person, hold_id, **reply).reply_tokens <= amount + 1
        elif step == "release":
            holds.release(hold_id=hold_id)
        elif step == "crash":
            # What a transaction wrote that never committed must leave no trace.
            point = transaction.savepoint()
            holds.settle(hold_id=hold_id, lines=[line(f"{hold_id}:lost", amount)])
            transaction.savepoint_rollback(point)
        else:
            key = f"{hold_id}:call"
            holds.settle(hold_id=hold_id, lines=[line(key, amount)])
            if entry := LedgerEntry.objects.filter(key=key).first():
                assert self.charged.setdefault(key, entry.credits) == entry.credits, "charged twice"

    def check(self) -> None:
        assert reconcile().drift == []
        assert not Balance.objects.filter(held__lt=0).exists()
        last: dict[UUID, int] = {}
        for entry in LedgerEntry.objects.order_by("created_at", "id"):
            last[entry.user_id] = last.get(entry.user_id, 0) + entry.credits
            assert entry.balance_after == last[entry.user_id], "the chain of balances has a gap"
        for usage in BudgetUsage.objects.select_related("budget"):
            if usage.budget.is_hard:
                assert usage.held >= 0


@pytest.fixture
def monthly_refill(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BALANCE_ENABLED, settings.BALANCE_START_CREDITS = True, 500
    monkeypatch.setattr(policy, "_of_file", lambda: {"refill": policy.Refill(REFILL, 1, "months")})


@given(STEPS)
@example([("place", 0, 450), ("month", 0, 0), ("place", 0, 200)])  # refused, refilled and admitted
@example([("place", 0, 450), ("month", 0, 0), ("place", 0, 700), ("place", 0, 10)])  # the refill is too small
@example([("place", 0, 450), ("month", 0, 0), ("extend", 0, 200)])
@example([("place", 0, 300), ("settle", 0, 300), ("take", 0, 700), ("month", 0, 0), ("place", 0, 0)])  # below nothing
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_books_balance_whatever_happens(
    make_user: Callable[..., User], owner: User, stranger: User, monthly_refill: None, steps: list[tuple[str, int, int]]
) -> None:
    point = transaction.savepoint()
    try:
        run_through(steps, owner, stranger)
    finally:  # what fails leaves nothing to the next try, so that it is made smaller and can be repeated
        transaction.savepoint_rollback(point)
        budgets.active.clear()


def run_through(steps: list[tuple[str, int, int]], owner: User, stranger: User) -> None:
    Budget.objects.create(name="Each", scope="everyone", amount=900)
    Budget.objects.create(name="Together", scope="role", role=owner.role, amount=1_500, per_person=False, unit="tokens")
    Budget.objects.create(name="Warns", scope="user", user=owner, amount=10, is_hard=False)
    budgets.active.invalidate()
    books = Books([owner, stranger])
    for step in steps:
        books.take(*step)
        books.check()
    for hold_id in books.placed:
        holds.release(hold_id=hold_id)
    books.check()
    assert not Balance.objects.filter(held__gt=0).exists()
    assert not BudgetUsage.objects.filter(held__gt=0).exists()
    assert not Hold.objects.filter(state="open").exists()
