"""Holds and the ledger against a real Postgres: nothing overspent, nothing charged twice."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from billing.models import Balance, Hold, LedgerEntry
from billing.services import coverage, holds, ledger
from billing.services.pricing import Rates
from billing.services.quantities import Quantities
from core.ids import uuid7
from core.sql_pipeline import run_pipeline

ONE = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))


@pytest.fixture
def thousand_credits(settings: Any) -> None:
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 1_000


def place(user: User, credits: int) -> UUID:
    hold_id = uuid7()
    run_pipeline(holds.place_statements(hold_id=hold_id, reserve=holds.Reserve(user_id=user.id, credits=credits)))
    return hold_id


def cover(
    user: User, hold_id: UUID, credits: int = 0, *, lines: Sequence[ledger.LedgerLine] = (), **demand: Any
) -> coverage.Covered:
    """Bring the hold to so many credits, and what `demand` says."""
    needed = coverage.Demand(credits=Decimal(credits), **demand)
    return coverage.cover(hold_id=hold_id, user_id=user.id, demand=needed, lines=lines)


def line(key: str, tokens: int, rates: Rates | None = ONE) -> holds.LedgerLine:
    counts = Quantities(input=tokens)
    return holds.LedgerLine(key=key, reason="message", endpoint="Test", model="m", quantities=counts, rates=rates)


def book(user: User, line: holds.LedgerLine) -> None:
    """Charge a call that had no hold."""
    with transaction.atomic():
        ledger.write([ledger.Due(user.id, [line])])


def check_books(user: User) -> None:
    """Σ entries = balance, and what is held is what open holds say."""
    balance = Balance.objects.get(user=user)
    assert balance.credits == (LedgerEntry.objects.filter(user=user).aggregate(total=Sum("credits"))["total"] or 0)
    open_holds = Hold.objects.filter(user=user, state="open")
    assert balance.held == (open_holds.aggregate(total=Sum("amount"))["total"] or 0)


def test_without_balances_every_hold_is_granted_and_the_ledger_is_written(owner: User) -> None:
    hold_id = place(owner, 10**12)
    assert Hold.objects.get(id=hold_id).amount == 0
    assert cover(owner, hold_id, 10**13, max_reply=7) == coverage.Covered(7, None)
    [entry] = holds.settle(hold_id=hold_id, lines=[line("a", 70)])
    assert (entry.credits, entry.balance_after, entry.input_tokens) == (-70, -70, 70)
    check_books(owner)


def test_the_start_credits_are_an_entry_of_their_own(owner: User, thousand_credits: None) -> None:
    place(owner, 300)
    assert LedgerEntry.objects.get(user=owner).reason == "start"
    assert holds.available(user_id=owner.id) == 700
    check_books(owner)


def test_more_than_there_is_cannot_be_held(owner: User, thousand_credits: None) -> None:
    place(owner, 600)
    with pytest.raises(holds.NoCredit), transaction.atomic():
        place(owner, 401)
    assert Hold.objects.count() == 1
    hold_id = place(owner, 400)
    with pytest.raises(holds.NoCredit):
        cover(owner, hold_id, 401)
    assert Hold.objects.get(id=hold_id).amount == 400
    check_books(owner)


def test_nothing_left_refuses_even_what_costs_nothing(owner: User, thousand_credits: None) -> None:
    place(owner, 1_000)
    with pytest.raises(holds.NoCredit), transaction.atomic():
        place(owner, 0)


def test_settling_charges_what_was_used_frees_the_rest_and_happens_once(owner: User, thousand_credits: None) -> None:
    hold_id = place(owner, 500)
    cover(owner, hold_id, 600)
    assert holds.available(user_id=owner.id) == 400
    first = holds.settle(hold_id=hold_id, lines=[line("a", 120), line("b", 30)])
    again = holds.settle(hold_id=hold_id, lines=[line("a", 120), line("b", 30)])
    assert [entry.key for entry in first] == [entry.key for entry in again] == ["a", "b"]
    assert [entry.balance_after for entry in first] == [880, 850]
    assert holds.available(user_id=owner.id) == 850
    check_books(owner)


def test_a_released_hold_costs_nothing_and_cannot_be_used(owner: User, thousand_credits: None) -> None:
    hold_id = place(owner, 500)
    holds.release(hold_id=hold_id)
    holds.release(hold_id=hold_id)
    with pytest.raises(holds.NoCredit):
        cover(owner, hold_id, 1)
    assert holds.available(user_id=owner.id) == 1_000
    check_books(owner)


def test_a_slice_shrinks_to_what_is_left_down_to_one_token(owner: User, thousand_credits: None) -> None:
    hold_id = place(owner, 995)
    reply: dict[str, Any] = {"rate": Decimal(2), "min_reply": 1, "max_reply": 1_000}
    assert cover(owner, hold_id, 995, **reply) == coverage.Covered(2, 0)
    with pytest.raises(holds.NoCredit):
        cover(owner, hold_id, 995, **reply | {"min_reply": 3})
    assert cover(owner, hold_id, 100, **reply | {"max_reply": 50}) == coverage.Covered(50, 400)
    assert Hold.objects.get().amount == 200
    check_books(owner)


def test_what_is_over_is_charged_with_what_comes_next_reserved_once(owner: User, thousand_credits: None) -> None:
    hold_id = place(owner, 500)
    for _ in range(2):
        cover(owner, hold_id, 300, lines=[line("a", 120)], prompt_tokens=7, written_tokens=9)
        hold = Hold.objects.get()
        assert (hold.state, hold.amount, hold.prompt_tokens, hold.written_tokens) == ("open", 300, 7, 9)
        assert holds.available(user_id=owner.id) == 580
        check_books(owner)
    with pytest.raises(holds.NoCredit):
        cover(owner, hold_id, 900, lines=[line("b", 100)])
    assert not LedgerEntry.objects.filter(key="b").exists()
    holds.settle(hold_id=hold_id, lines=[line("b", 100)])
    assert Balance.objects.get().credits == 780
    check_books(owner)


def test_more_than_is_reserved_is_charged_as_far_as_there_is_credit_that_others_do_not_hold(
    owner: User, thousand_credits: None, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = place(owner, 400), place(owner, 100)
    cover(owner, first, 0, lines=[line("a", 5_000)])
    assert (LedgerEntry.objects.get(key="a").credits, holds.available(user_id=owner.id)) == (-900, 0)
    holds.settle(hold_id=second, lines=[line("b", 70), line("c", 70)])
    assert list(LedgerEntry.objects.filter(key__in="bc").order_by("key").values_list("credits", flat=True)) == [
        -70,
        -30,
    ]
    assert Balance.objects.get().credits == 0
    assert "a cost 5000 credits; the 900 that were left are charged" in caplog.text
    check_books(owner)


def test_an_unknown_price_is_said_and_not_zero(owner: User) -> None:
    [entry] = holds.settle(hold_id=place(owner, 0), lines=[line("a", 10, rates=None)])
    assert entry.rates == {"unknown": True}
    assert entry.input_tokens == 10


def test_a_key_is_charged_once(owner: User) -> None:
    """Security case 80."""
    book(owner, line("title:1", 9))
    book(owner, line("title:1", 9))
    assert LedgerEntry.objects.get(user=owner).credits == -9
    check_books(owner)


def test_holds_of_several_people_are_settled_together(owner: User, stranger: User, thousand_credits: None) -> None:
    first, second, other = place(owner, 100), place(owner, 200), place(stranger, 300)
    holds.settle_many({first: [line("a", 10)], second: [line("b", 20), line("b", 20)], other: [line("c", 30)]})
    assert Balance.objects.get(user=owner).credits == 970
    assert Balance.objects.get(user=stranger).credits == 970
    assert set(Hold.objects.values_list("state", flat=True)) == {"settled"}
    assert LedgerEntry.objects.exclude(reason="start").count() == 3
    for user in (owner, stranger):
        check_books(user)


@pytest.mark.parametrize("statement", ["UPDATE billing_ledgerentry SET credits = 0", "DELETE FROM billing_ledgerentry"])
def test_the_database_itself_refuses_to_change_the_ledger(owner: User, statement: str) -> None:
    book(owner, line("a", 1))
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_with_credit_for_one_admit_exactly_one(
    make_user: Callable[..., User], thousand_credits: None
) -> None:
    """Security case 79."""
    user = make_user("Fifty")

    def attempt(_: int) -> bool:
        try:
            place(user, 600)
        except holds.NoCredit:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as threads:
        assert sum(threads.map(attempt, range(50))) == 1
    check_books(user)


@pytest.mark.django_db(transaction=True)
def test_settling_twice_at_once_charges_once(make_user: Callable[..., User], thousand_credits: None) -> None:
    """Security case 80."""
    user = make_user("Twice")
    hold_id = place(user, 600)

    def settle(_: int) -> None:
        try:
            holds.settle(hold_id=hold_id, lines=[line("once", 50)])
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(settle, range(16)))
    assert LedgerEntry.objects.filter(key="once").count() == 1
    assert Balance.objects.get(user=user).credits == 950
    check_books(user)


@pytest.mark.django_db(transaction=True)
def test_settling_the_same_holds_in_any_order_at_once_charges_each_once(
    make_user: Callable[..., User], thousand_credits: None
) -> None:
    people = [make_user(f"Person {number}") for number in range(6)]
    placed = [place(user, 100) for user in people]

    def settle(number: int) -> None:
        order = placed[number % 6 :] + placed[: number % 6]
        try:
            holds.settle_many({hold_id: [line(str(hold_id), 10)] for hold_id in order[:: 1 if number % 2 else -1]})
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(settle, range(24)))
    assert LedgerEntry.objects.exclude(reason="start").count() == 6
    for user in people:
        assert Balance.objects.get(user=user).credits == 990
        check_books(user)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["place", "cover", "settle", "release", "title"]), st.integers(0, 5), st.integers(0, 400)
    ),
    max_size=25,
)


@given(STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_books_balance_after_any_sequence(
    owner: User, thousand_credits: None, steps: list[tuple[str, int, int]]
) -> None:
    placed: list[UUID] = []
    point = transaction.savepoint()
    for number, (step, which, amount) in enumerate(steps):
        hold_id = placed[which % len(placed)] if placed else None
        if step == "place":
            before = holds.available(user_id=owner.id)
            try:
                with transaction.atomic():
                    placed.append(place(owner, amount))
                assert before >= amount, "admitted without credit"
            except holds.NoCredit:
                assert before < max(amount, 1)
        elif step == "title":
            book(owner, line(f"title:{which}", amount))
        elif hold_id and step == "cover":
            with suppress(holds.NoCredit):
                cover(owner, hold_id, amount, lines=[line(f"{hold_id}:{which}", amount)])
        elif hold_id and step == "settle":
            holds.settle(hold_id=hold_id, lines=[line(f"{hold_id}:{which}", amount), line(f"{hold_id}:x{number}", 1)])
        elif hold_id:
            holds.release(hold_id=hold_id)
        if Balance.objects.filter(user=owner).exists():
            check_books(owner)
    transaction.savepoint_rollback(point)
