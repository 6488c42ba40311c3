"""The admin pages for balances, budgets, prices and the ledger."""

from billing.admin import books, rules

__all__ = ["books", "rules"]
