"""The administration's pages of people, roles and what is watched."""

from accounts.admin import access, groups, invitations, people, roles, watch

__all__ = ["access", "groups", "invitations", "people", "roles", "watch"]
