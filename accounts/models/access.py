"""What roles, groups and people may use: models, single objects, and capabilities."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.group import Group, Membership
from accounts.models.user import Role, User
from core.ids import uuid7


class ModelAccess(models.Model):
    """Whether people of a role may use a model, and what its tokens count for them.

    A role without any such row may use every model at coefficient 1. With rows, only what a row enables. An
    empty `endpoint` means the model at whichever endpoint offers it; the row that names the endpoint goes first.
    """

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="model_access")
    endpoint = models.CharField(max_length=128, blank=True)
    model = models.CharField(max_length=256)
    enabled = models.BooleanField(default=True)
    coefficient = models.DecimalField(max_digits=8, decimal_places=4, default=1)

    class Meta:
        verbose_name_plural = "model access"
        constraints = [
            models.UniqueConstraint(fields=["role", "endpoint", "model"], name="model_access_once"),
            models.CheckConstraint(
                condition=Q(coefficient__gte=0) & Q(coefficient__lte=1000), name="model_access_coefficient"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_id}: {self.model}"


class Principal(models.TextChoices):
    """Whom something is granted to. `public` is everybody who is signed in."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"
    PUBLIC = "public"


def _names_its_principal(prefix: str) -> models.CheckConstraint:
    """The column that `principal` names is filled, and no other."""
    rows = {
        Principal.USER: (False, True, True),
        Principal.GROUP: (True, False, True),
        Principal.ROLE: (True, True, False),
        Principal.PUBLIC: (True, True, True),
    }
    condition = Q()
    for principal, (user, group, role) in rows.items():
        condition |= Q(principal=principal, user__isnull=user, group__isnull=group, role__isnull=role)
    return models.CheckConstraint(condition=condition, name=f"{prefix}_names_its_principal")


# The rule of `GrantQuerySet.reaching` for queries that are written out: the objects of a kind that are granted to a
# person to see. A test holds the two against each other.
_GRANTED = """SELECT gr.resource_id FROM accounts_grant gr WHERE gr.resource_type = '{kind}' AND gr.bits & 1 = 1
    AND (gr.principal = 'public' OR gr.user_id = {user} OR gr.role_id = {role}
        OR gr.group_id IN (SELECT gm.group_id FROM accounts_membership gm WHERE gm.user_id = {user}))"""


def granted_sql(kind: str, *, user: str, role: str = "") -> str:
    """Return the query of the ids. `user` and `role` are SQL; without a role it is asked for."""
    role = role or f"(SELECT gu.role_id FROM accounts_user gu WHERE gu.id = {user})"
    return _GRANTED.format(kind=kind, user=user, role=role)


def is_granted_sql(kind: str, *, thing: str, user: str) -> str:
    """Return whether the person may see the object of the id `thing`, in SQL."""
    return f"EXISTS ({granted_sql(kind, user=user)} AND gr.resource_id = {thing})"


class GrantQuerySet(models.QuerySet["Grant"]):
    def reaching(self, user: User) -> "GrantQuerySet":
        """Return the rows that count for a person: their own, their groups', their role's and everybody's."""
        groups = Membership.objects.filter(user=user).values("group")
        return self.filter(Q(principal=Principal.PUBLIC) | Q(user=user) | Q(group__in=groups) | Q(role=user.role_id))


class Grant(models.Model):
    """The one access list: `bits` of rights on an object for a principal. The rights of several rows add up."""

    VIEW, EDIT, DELETE, SHARE = 1, 2, 4, 8
    VIEWER, EDITOR, OWNER = 1, 3, 15

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resource_type = models.CharField(max_length=32)
    resource_id = models.UUIDField()
    principal = models.CharField(max_length=8, choices=Principal.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="grants")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, null=True, on_delete=models.CASCADE, related_name="grants")
    bits = models.PositiveSmallIntegerField()
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(bits__gte=1) & Q(bits__lte=15), name="grant_bits"),
            _names_its_principal("grant"),
            models.UniqueConstraint(
                fields=["resource_type", "resource_id", "principal", "user", "group", "role"],
                nulls_distinct=False,
                name="grant_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bits} on {self.resource_type} {self.resource_id}"


class CapabilityGrant(models.Model):
    """A power of administration, such as `read:users`, for a person, a group or a role. `ADMIN` has all of them."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    capability = models.CharField(max_length=64)
    principal = models.CharField(max_length=8, choices=Principal.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")
    role = models.ForeignKey(Role, null=True, on_delete=models.CASCADE, related_name="+")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = _("admin right"), _("admin rights")
        constraints = [
            _names_its_principal("capability"),
            models.CheckConstraint(condition=~Q(principal=Principal.PUBLIC), name="capability_not_public"),
            models.UniqueConstraint(
                fields=["capability", "principal", "user", "group", "role"],
                nulls_distinct=False,
                name="capability_once",
            ),
        ]

    def __str__(self) -> str:
        return self.capability
