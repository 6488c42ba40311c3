"""A person's billing data: erasing and exporting it."""

from collections.abc import Iterator
from typing import Any

from accounts.models import User
from billing.models import BudgetUsage, Hold, LedgerEntry
from billing.services import holds

_COLUMNS = (
    "created_at",
    "reason",
    "note",
    "credits",
    "balance_after",
    "endpoint",
    "model",
    "input_tokens",
    "output_tokens",
    "reasoning_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_1h_tokens",
    "estimated",
    "coefficient",
)


def erase(user: User) -> None:
    """Give back what open holds reserve of shared budgets, and forget the person's own usage. The ledger stays."""
    for hold_id in Hold.objects.filter(user=user, state=Hold.State.OPEN).order_by("id").values_list("id", flat=True):
        holds.release(hold_id=hold_id)
    BudgetUsage.objects.filter(subject=user.id).delete()


def export(user: User) -> Iterator[tuple[str, Any]]:
    yield "ledger", LedgerEntry.objects.filter(user=user).order_by("id").values(*_COLUMNS).iterator(chunk_size=2_000)
