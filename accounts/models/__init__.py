"""People, roles, groups and their rights."""

from accounts.models.access import CapabilityGrant, Grant, ModelAccess
from accounts.models.api_key import ApiKey
from accounts.models.audit import AuditEntry
from accounts.models.ban import Ban
from accounts.models.banner import Banner
from accounts.models.group import Group, Membership
from accounts.models.site import SiteSettings
from accounts.models.user import Invitation, MailedToken, RefreshSession, Role, User, UserManager

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Ban",
    "Banner",
    "CapabilityGrant",
    "Grant",
    "Group",
    "Invitation",
    "MailedToken",
    "Membership",
    "ModelAccess",
    "RefreshSession",
    "Role",
    "SiteSettings",
    "User",
    "UserManager",
]
