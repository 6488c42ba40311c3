"""The administration's pages of people, roles and what is watched."""

from accounts.admin import access, groups, people, roles, watch

__all__ = ["access", "groups", "people", "roles", "watch"]
