"""The administration's pages of people, roles and what is watched."""

from accounts.admin import access, banners, groups, invitations, keys, people, roles, site, watch

__all__ = ["access", "banners", "groups", "invitations", "keys", "people", "roles", "site", "watch"]
