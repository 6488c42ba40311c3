"""Start credit and refills: who gets what, when, and that what refuses a message and what refills go by one sum."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import User
from billing.models import Balance, Hold, LedgerEntry
from billing.services import account_statement, adjust, holds, ledger, policy
from billing.services.reconcile import reconcile
from core.ids import uuid7
from tests.billing.test_holds import cover, line

START, REFILL = 1_000_000, 1_000_000
DAILY = policy.Refill(REFILL, 1, "days")


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what sets the rules, as a file does that is put in place while Parley runs; at first balances are off."""
    file_policy: dict[str, Any] = {"enforced": False}
    monkeypatch.setattr(policy, "_of_file", lambda: file_policy)

    def put(**fields: Any) -> None:
        file_policy.clear()
        file_policy.update({"enforced": True, "start_credits": START, "refill": DAILY} | fields)

    return put


def place(user: User, credits: int) -> None:
    holds.place(hold_id=uuid7(), reserve=holds.Reserve(user_id=user.id, credits=credits))


def use(user: User, credits: int) -> None:
    """Write a message that costs so many credits, from the hold to the charge."""
    hold_id = uuid7()
    holds.place(hold_id=hold_id, reserve=holds.Reserve(user_id=user.id, credits=credits))
    holds.settle(hold_id=hold_id, lines=[line(f"use:{hold_id}", credits)])


def owns(user: User, credits: int, *, refilled: timedelta) -> None:
    """Let the person have so many credits, and the last refill so long ago."""
    with transaction.atomic():
        ledger.locked_balances({user.id})
    adjust.add_credits(actor=None, user=user, credits=credits - Balance.objects.get(user=user).credits, reason="test")
    Balance.objects.filter(user=user).update(last_refill_at=timezone.now() - refilled)


def left(user: User) -> int:
    return Balance.objects.get(user=user).credits


def refills(user: User) -> int:
    return LedgerEntry.objects.filter(user=user, reason="refill").count()


# --- balances are switched on ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("used", [1, 500, 3 * START])
def test_what_was_used_before_is_no_debt(owner: User, rules: Any, used: int) -> None:
    use(owner, used)
    assert left(owner) == -used
    rules()
    account = account_statement.account_of(owner)
    assert account is not None
    assert account.available == START, "as it will be"
    use(owner, 200)
    assert left(owner) == START - 200
    assert LedgerEntry.objects.filter(user=owner, reason="message").count() == 2, "what was used stands in the ledger"
    assert LedgerEntry.objects.filter(user=owner, reason="start").count() == 1
    use(owner, 200)
    assert left(owner) == START - 400, "once"
    assert reconcile().drift == []


@pytest.mark.django_db(transaction=True)
def test_what_an_administrator_gave_before_is_kept(owner: User, rules: Any) -> None:
    adjust.add_credits(actor=None, user=owner, credits=900, reason="a gift")
    rules()
    use(owner, 200)
    assert left(owner) == 700
    assert reconcile().drift == []


@pytest.mark.django_db(transaction=True)
def test_nobody_begins_twice(owner: User, rules: Any) -> None:
    rules(refill=None)
    use(owner, START)
    assert left(owner) == 0
    rules(enforced=False)
    use(owner, 50)
    rules(refill=None)
    with pytest.raises(holds.NoCredit):
        place(owner, 1)
    assert left(owner) == -50


@pytest.mark.django_db(transaction=True)
def test_many_first_messages_at_once_begin_once(owner: User, rules: Any) -> None:
    use(owner, 500)
    rules(refill=None)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: _in_thread(lambda: place(owner, 100)), range(6)))
    assert left(owner) == START
    assert reconcile().drift == []


def test_who_is_new_begins_with_the_start_credit(owner: User, rules: Any) -> None:
    rules()
    use(owner, 1)
    assert left(owner) == START - 1


def test_start_credit_is_not_given_while_balances_are_off(owner: User, rules: Any) -> None:
    rules(enforced=False)
    use(owner, 1)
    assert left(owner) == -1


# --- refills ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("has", "needs", "refilled", "after"),
    [
        (900, 200, timedelta(hours=25), 700),
        (900, 5_000, timedelta(hours=25), 900 + REFILL - 5_000),
        (900, 5_000, timedelta(days=25), 900 + REFILL - 5_000),
        (0, 5_000, timedelta(days=10), REFILL - 5_000),
        (-300, 5_000, timedelta(hours=25), REFILL - 5_300),
        (900, 5_000, timedelta(hours=2), None),
        (-300, 1, timedelta(hours=2), None),
        (0, 0, timedelta(hours=2), None),
        (900, 900, timedelta(hours=25), 0),
        (900, 2 * REFILL, timedelta(hours=25), None),
    ],
)
def test_a_refill_comes_when_a_message_needs_it_and_its_time_has_come(
    owner: User, rules: Any, has: int, needs: int, refilled: timedelta, after: int | None
) -> None:
    rules()
    owns(owner, has, refilled=refilled)
    if after is None:
        with pytest.raises(holds.NoCredit):
            use(owner, needs)
    else:
        use(owner, needs)
        assert left(owner) == after
    assert refills(owner) == (1 if needs > has and refilled > timedelta(days=1) else 0)
    if refills(owner):
        assert timezone.now() - Balance.objects.get(user=owner).last_refill_at < timedelta(minutes=5)
    assert reconcile().drift == []


@pytest.mark.django_db(transaction=True)
def test_of_two_messages_at_the_same_moment_both_are_answered(owner: User, rules: Any) -> None:
    rules()
    owns(owner, 0, refilled=timedelta(hours=25))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: _in_thread(lambda: place(owner, 100)), range(8)))
    assert refills(owner) == 1
    assert Hold.objects.filter(user=owner, state="open", on_balance=True).count() == 8


@pytest.mark.django_db(transaction=True)
def test_a_reply_that_outgrows_the_credit_is_refilled_too(owner: User, rules: Any) -> None:
    rules()
    owns(owner, 100, refilled=timedelta(hours=25))
    hold_id = uuid7()
    holds.place(hold_id=hold_id, reserve=holds.Reserve(user_id=owner.id, credits=100))
    cover(owner, hold_id, 5_100)
    with pytest.raises(holds.NoCredit):
        cover(owner, hold_id, 2 * REFILL)
    assert refills(owner) == 1


@pytest.mark.django_db(transaction=True)
def test_a_refill_comes_before_a_part_of_a_reply(owner: User, rules: Any) -> None:
    rules()
    owns(owner, 100, refilled=timedelta(hours=25))
    hold_id = uuid7()
    holds.place(hold_id=hold_id, reserve=holds.Reserve(user_id=owner.id, credits=50))
    reply: dict[str, Any] = {"rate": Decimal(1), "min_reply": 1}
    assert cover(owner, hold_id, 50, **reply, max_reply=50).reply_tokens == 50
    assert refills(owner) == 0
    assert cover(owner, hold_id, 50, **reply, max_reply=51).reply_tokens == 51
    assert refills(owner) == 1
    assert cover(owner, hold_id, 50, **reply, max_reply=2 * REFILL).reply_tokens == 50 + REFILL
    assert refills(owner) == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_refill_nothing_comes(owner: User, rules: Any) -> None:
    rules(refill=None)
    owns(owner, 10, refilled=timedelta(days=400))
    with pytest.raises(holds.NoCredit) as short:
        place(owner, 11)
    assert short.value.needed == 11


# --- what people read ------------------------------------------------------------------------------------


def test_a_refusal_says_when_the_next_refill_comes(owner: User, rules: Any) -> None:
    rules()
    owns(owner, -300, refilled=timedelta(hours=2))
    due = Balance.objects.get(user=owner).last_refill_at + timedelta(days=1)
    refusal = account_statement.why_refused(owner, 5_000)
    assert "administrator" not in refusal
    assert f"{due:%Y}" in refusal
    assert f"{due:%H:%M}" in refusal, "the hour, too"
    assert "It needs $0.0050 to start" in refusal


def test_a_refusal_without_a_refill_names_who_can_help(owner: User, rules: Any) -> None:
    rules(refill=None)
    owns(owner, 900, refilled=timedelta(hours=2))
    refusal = account_statement.why_refused(owner, 5_000)
    assert refusal.endswith("It needs $0.0050 to start, and you have $0.000900. Ask your administrator for more.")


@pytest.mark.parametrize(
    ("has", "refilled", "sentence"),
    [
        (-300, timedelta(hours=25), "with your next message"),
        (0, timedelta(days=25), "with your next message"),
        (500, timedelta(hours=25), "when you need it"),
    ],
)
def test_the_settings_show_no_date_that_is_past(
    client: Client, owner: User, rules: Any, has: int, refilled: timedelta, sentence: str
) -> None:
    rules()
    owns(owner, has, refilled=refilled)
    client.force_login(owner)
    assert sentence in client.get("/settings/balance").content.decode()


@pytest.mark.parametrize("unit", ["hours", "minutes", "days"])
def test_the_settings_show_the_hour(client: Client, owner: User, rules: Any, unit: Any) -> None:
    rules(refill=policy.Refill(REFILL, 30, unit))
    owns(owner, 5, refilled=timedelta(seconds=1))
    client.force_login(owner)
    account = account_statement.account_of(owner)
    assert account is not None
    assert account.next_refill is not None
    page = client.get("/settings/balance").content.decode()
    assert f"{account.next_refill:%H:%M}" in page


MONTH_ENDS = [datetime(year, month, day, 23, 59, tzinfo=UTC) for year, month, day in
              [(2026, 1, 31), (2028, 1, 31), (2026, 3, 31), (2027, 12, 31), (2028, 2, 29), (2026, 8, 30)]]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("at", MONTH_ENDS, ids=str)
@pytest.mark.parametrize("months", [1, 2, 12, 13])
def test_what_is_told_of_months_is_what_the_database_goes_by(
    owner: User, rules: Any, at: datetime, months: int
) -> None:
    rules(refill=policy.Refill(REFILL, months, "months"))
    Balance.objects.create(user=owner, last_refill_at=at)
    account = account_statement.account_of(owner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz + make_interval(months => %s)", [at, months])
        assert account is not None
        assert cursor.fetchone() == (account.next_refill,)


def test_a_refill_that_nobody_lives_to_see_breaks_no_page(client: Client, owner: User, rules: Any) -> None:
    rules(refill=policy.Refill(REFILL, 100_000, "months"))
    client.force_login(owner)
    assert "9999" in client.get("/settings/balance").content.decode()


def test_the_rules_stand_in_the_administration(client: Client, admin_user: User) -> None:
    client.force_login(admin_user)
    page = client.get("/admin/billing/moneysettings/", follow=True).content.decode()
    assert "Earlier usage stays in the ledger" in page
    assert "always a single refill" in page


def _in_thread(work: Callable[[], None]) -> None:
    try:
        work()
    finally:
        connection.close()
