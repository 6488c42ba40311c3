"""The administration's pages of money."""

from billing.admin import books, rules

__all__ = ["books", "rules"]
