"""Granting capabilities to people, groups and roles, and revoking them."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import CapabilityGrant, Group, Role, User
from accounts.models.access import Principal
from accounts.services import audit, delegation, permissions
from core.refusal import Refusal


class CapabilityRefused(Refusal):
    """The change cannot be made."""


def assign(*, actor: User, principal: str, principal_id: str, capability: str) -> CapabilityGrant:
    """Give a power that the actor holds themself. Raises `CapabilityRefused`."""
    target = _target(principal, principal_id)
    _refuse_unheld(actor, capability)
    with transaction.atomic():
        grant, made = CapabilityGrant.objects.get_or_create(
            capability=capability, principal=principal, **target, defaults={"granted_by": actor}
        )
        if made:
            audit.record(
                actor=actor, action="grant.assigned", target=_audit_target(grant), after={"capability": capability}
            )
    return grant


def remove(*, actor: User, principal: str, principal_id: str, capability: str) -> bool:
    """Take a power that the actor holds themself; False when it was not there. Raises `CapabilityRefused`."""
    target = _target(principal, principal_id)
    _refuse_unheld(actor, capability)
    with transaction.atomic():
        grant = CapabilityGrant.objects.filter(capability=capability, principal=principal, **target).first()
        if grant is None:
            return False
        audit.record(
            actor=actor, action="grant.removed", target=_audit_target(grant), before={"capability": capability}
        )
        grant.delete()
    return True


def given_to(*, principal: str, principal_id: str) -> list[CapabilityGrant]:
    """Return what this person, group or role was given, the latest first. Raises `CapabilityRefused`."""
    rows = CapabilityGrant.objects.filter(principal=principal, **_target(principal, principal_id))
    return list(rows.order_by("-created_at", "id"))


def principal_id(grant: CapabilityGrant) -> str:
    return str(grant.user_id or grant.group_id or grant.role_id)


def _refuse_unheld(actor: User, capability: str) -> None:
    if capability not in permissions.CAPABILITIES:
        raise CapabilityRefused(_("Unknown capability."))
    delegation.refuse_unheld(actor, delegation.Rights(powers=frozenset({capability})), CapabilityRefused)


def _target(principal: str, identifier: str) -> dict[str, User | Group | Role]:
    models: dict[str, type[User] | type[Group] | type[Role]] = {
        Principal.USER: User,
        Principal.GROUP: Group,
        Principal.ROLE: Role,
    }
    model = models.get(principal)
    if model is None:
        raise CapabilityRefused(_("A capability can be given to a user, a group or a role."))
    if model is not Role:
        try:
            UUID(identifier)
        except ValueError:
            raise CapabilityRefused(_("Principal not found."), status=404) from None
    holder = model._default_manager.filter(pk=identifier).first()
    if holder is None:
        raise CapabilityRefused(_("Principal not found."), status=404)
    return {principal: holder}


def _audit_target(grant: CapabilityGrant) -> audit.AuditTarget:
    return audit.AuditTarget(grant.principal, principal_id(grant), str(grant.user or grant.group or grant.role))
