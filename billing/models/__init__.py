"""Ledger, balances, holds, prices and budgets."""

from billing.models.budget import Budget, BudgetUsage, HoldShare
from billing.models.ledger import Balance, Hold, LedgerEntry, Reconciliation
from billing.models.price import Price
from billing.models.rules import MoneySettings

__all__ = [
    "Balance",
    "Budget",
    "BudgetUsage",
    "Hold",
    "HoldShare",
    "LedgerEntry",
    "MoneySettings",
    "Price",
    "Reconciliation",
]
