"""Changing balances by hand and by the calendar, and the nightly proof."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.services import audit
from billing.models import Balance, LedgerEntry, Reconciliation
from billing.services import adjust, holds, ledger, policy
from billing.services.reconcile import reconcile
from tests.billing.test_budgets import place
from tests.billing.test_holds import line


@pytest.fixture
def refill(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Balances begin with 100; 50 more come a month after the last time."""
    settings.BALANCE_ENABLED, settings.BALANCE_START_CREDITS = True, 100
    rule = policy.Refill(50, 1, "months")
    monkeypatch.setattr(policy, "_of_file", lambda: {"refill": rule})
    return rule


def opened(user: User, *, refilled_days_ago: int) -> None:
    with transaction.atomic():
        ledger.locked_balances({user.id})
    Balance.objects.filter(user=user).update(last_refill_at=timezone.now() - timedelta(days=refilled_days_ago))


def test_credits_are_added_with_a_reason_and_an_audit_entry(owner: User, admin_user: User) -> None:
    entry = adjust.add_credits(actor=admin_user, user=owner, credits=500, reason="Prize")
    assert (entry.credits, entry.balance_after, entry.note, entry.actor_id) == (500, 500, "Prize", admin_user.id)
    audit_entry = AuditEntry.objects.get()
    assert (audit_entry.action, audit_entry.before, audit_entry.after) == (
        "balance.changed", {"credits": 0}, {"credits": 500, "reason": "Prize"},
    )  # fmt: skip


def test_setting_a_balance_writes_the_difference(owner: User) -> None:
    adjust.add_credits(actor=None, user=owner, credits=700, reason="First")
    entry = adjust.set_balance(actor=None, user=owner, credits=200, reason="Corrected")
    assert entry is not None
    assert (entry.credits, entry.balance_after) == (-500, 200)
    assert reconcile().drift == []


def test_a_repeated_adjustment_counts_once(owner: User) -> None:
    for _ in range(2):
        adjust.add_credits(actor=None, user=owner, credits=5, reason="Gift", key="k")
    assert Balance.objects.get(user=owner).credits == 5


@pytest.mark.parametrize(("credits", "reason"), [(True, "x"), (1.5, "x"), (10**16, "x"), (float("nan"), "x"), (5, " ")])
def test_bad_adjustments_change_nothing(owner: User, credits: Any, reason: str) -> None:
    """Security case 81."""
    with pytest.raises(adjust.AdjustmentRefused):
        adjust.add_credits(actor=None, user=owner, credits=credits, reason=reason)
    with pytest.raises(adjust.AdjustmentRefused):
        adjust.set_balance(actor=None, user=owner, credits=-1, reason="below")
    assert not LedgerEntry.objects.exists()


def test_a_refill_comes_when_credit_is_used_up_and_the_month_is_over(owner: User, refill: Any) -> None:
    opened(owner, refilled_days_ago=40)
    assert adjust.refill_if_due(user_id=owner.id) == 0, "there is credit left"
    assert adjust.refill_if_due(user_id=owner.id, needed=100) == 50
    assert adjust.refill_if_due(user_id=owner.id, needed=1_000) == 0, "not twice in a month"
    assert Balance.objects.get(user=owner).credits == 150
    assert LedgerEntry.objects.filter(reason="refill", credits=50, balance_after=150).count() == 1
    assert reconcile().drift == []


def test_a_refill_does_not_come_before_its_time(owner: User, refill: Any) -> None:
    opened(owner, refilled_days_ago=20)
    assert adjust.refill_if_due(user_id=owner.id, needed=1_000) == 0


@pytest.mark.django_db(transaction=True)
def test_of_many_refills_at_once_one_has_an_effect(owner: User, refill: Any) -> None:
    """Security case 81."""
    opened(owner, refilled_days_ago=40)

    def attempt(_: int) -> int:
        try:
            return adjust.refill_if_due(user_id=owner.id, needed=1_000)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 50
    assert Balance.objects.get(user=owner).credits == 150


def test_reconciling_finds_what_does_not_add_up(owner: User, stranger: User) -> None:
    adjust.add_credits(actor=None, user=owner, credits=10, reason="Gift")
    holds.settle(hold_id=place(stranger, 0), lines=[line("a", 3)])
    assert reconcile().drift == []
    Balance.objects.filter(user=owner).update(credits=11, held=4)
    report = reconcile()
    assert {(row["kind"], row["stored"], row["computed"]) for row in report.drift} == {
        ("balance", 11, 10), ("held", 4, 0),
    }  # fmt: skip
    assert Reconciliation.objects.count() == 2


def test_absurd_counts_of_a_provider_are_capped(owner: User) -> None:
    """Security case 81."""
    [entry] = holds.settle(hold_id=place(owner, 0), lines=[line("a", 10**15), line("b", -(10**15))][:1])
    assert entry.credits == -100_000_000
    [entry] = holds.settle(hold_id=place(owner, 0), lines=[line("b", -(10**15))])
    assert entry.credits == 0


def test_the_audit_chain_holds_until_somebody_goes_round_it(owner: User, admin_user: User) -> None:
    for number in range(3):
        adjust.add_credits(actor=admin_user, user=owner, credits=number + 1, reason="Gift")
    assert audit.verify() == audit.Verdict(3)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry DISABLE TRIGGER USER")
        cursor.execute("UPDATE accounts_auditentry SET after = '{\"credits\": 1000000}' WHERE seq = 2")
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER USER")
    assert audit.verify() == audit.Verdict(1, 2, "changed")
