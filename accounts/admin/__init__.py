"""Admin pages of people, roles, bans and the audit log."""

from accounts.admin import access, banners, groups, invitations, keys, people, roles, site, watch

__all__ = ["access", "banners", "groups", "invitations", "keys", "people", "roles", "site", "watch"]
