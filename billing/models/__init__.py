"""What was spent, what is left, what is reserved, what it costs, and how much may be spent."""

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
