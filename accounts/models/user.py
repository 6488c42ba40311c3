"""People and roles."""

import re
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from core.ids import uuid7

# Neither controls, nor what turns the text around or hides in it: a name must not pose as another.
_HIDDEN = r"\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f"
VISIBLE = re.compile(rf"^[^{_HIDDEN}]*\Z")
can_be_seen = RegexValidator(VISIBLE.pattern, _("Use visible characters."))


class Role(models.Model):
    """A named set of permissions. Every person has exactly one; `USER` and `ADMIN` always exist."""

    USER = "USER"
    ADMIN = "ADMIN"

    name = models.CharField(max_length=64, primary_key=True)
    description = models.CharField(max_length=500, blank=True)
    permissions = models.JSONField(default=dict, blank=True)  # type → bit → bool; see `accounts.services.permissions`
    # Chats that nobody touched for so many days are deleted, unless pinned; None: kept.
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, role_id=Role.ADMIN, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person who signs in with an email address and a password."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=80, validators=[can_be_seen])
    username = models.CharField(max_length=80, blank=True, validators=[can_be_seen])
    role = models.ForeignKey(Role, on_delete=models.PROTECT, default=Role.USER, related_name="people")
    provider = models.CharField(max_length=32, default="local", editable=False)
    email_verified = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    preferences = models.JSONField(
        default=dict, db_default={}, blank=True
    )  # an `accounts.services.preferences.Preferences`
    waits_for_approval = models.BooleanField(
        default=False, db_default=False
    )  # an administrator has not let this person in yet
    terms_accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # One more ends every session of pages.
    sign_in_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
            models.UniqueConstraint(Lower("username"), condition=~models.Q(username=""), name="user_username_once"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def role_name(self) -> str:
        """The role's name, without reading the role."""
        return str(self.role_id)

    @property
    def may_enter(self) -> bool:
        """Return whether this account may be used at all."""
        return self.is_active and not self.waits_for_approval and not self.must_verify

    @property
    def must_verify(self) -> bool:
        """Return whether the address has to be verified before the account may be used."""
        return not (self.email_verified or settings.ALLOW_UNVERIFIED_EMAIL_LOGIN) and settings.MAIL_CONFIGURED

    def password_mark(self) -> str:
        """Return what changes with the password and tells nothing of it."""
        return str(super()._get_session_auth_hash())  # type: ignore[misc]

    def _get_session_auth_hash(self, secret: Any = None) -> str:
        """Return what a session of pages must know: it changes with the password, and when all sessions are ended."""
        mark = str(super()._get_session_auth_hash(secret=secret))  # type: ignore[misc]
        if not self.sign_in_version:
            return mark
        return salted_hmac(f"accounts.sign-in.{self.sign_in_version}", mark, algorithm="sha256").hexdigest()

    @property
    def is_admin(self) -> bool:
        return self.role_id == Role.ADMIN

    @property
    def is_staff(self) -> bool:
        return self.is_admin

    @property
    def is_superuser(self) -> bool:
        return self.is_admin

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return self.is_active and self.is_admin

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_admin

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


class RefreshSession(models.Model):
    """One signed-in API client: the hash of its refresh token and when it ends."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_sessions")
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)
    rotated_at = models.DateTimeField(null=True, editable=False)  # when the token was last exchanged
    ip = models.GenericIPAddressField(null=True, editable=False)
    user_agent = models.CharField(max_length=300, blank=True, db_default="", default="", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.user_id} until {self.expires_at:%Y-%m-%d}"


class MailedToken(models.Model):
    """A link that was sent by mail: its hash, what it opens, and until when."""

    class Purpose(models.TextChoices):
        VERIFY = "verify"
        RESET = "reset"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mailed_tokens")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(db_index=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"{self.purpose} for {self.user_id}"


class Invitation(models.Model):
    """Somebody may make an account: for this address only, with this role. Only the hash of the link is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, db_index=True)
    role = models.ForeignKey(Role, on_delete=models.CASCADE, default=Role.USER, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, editable=False, related_name="invitations"
    )
    expires_at = models.DateTimeField(editable=False)
    accepted_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.email
