"""Invitations: a link that creates one account for one address, even while registration is closed."""

import secrets
from datetime import timedelta
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Invitation, Role, User
from accounts.services import delegation, mails
from core.refusal import Refusal
from core.secrets import digest

LASTS: Final = timedelta(days=7)
_MAX_TOKEN_LENGTH: Final = 256


class BadInvitation(Refusal):
    """The invitation is not one of ours, was used, is too old, or is for another address."""

    default_message = gettext_lazy("This invitation is not valid or is for another address.")


class InvitationRefused(Refusal):
    """The invitation cannot be made."""


def invite(*, by: User | None, email: str, role: Role, mailed: bool = True) -> Invitation:
    """Invite somebody, and send the link unless it is not to be `mailed`.

    An open invitation of the same address is replaced. Raises `ValidationError` for an address that is none or has
    an account, and `InvitationRefused` for a role that has more than who invites.
    """
    delegation.refuse_unheld(by, delegation.of_role(role), InvitationRefused)
    email = email.strip().lower()
    validate_email(email)
    if User.objects.filter(email=email).exists():
        raise ValidationError(_("An account with this email address already exists."))
    with transaction.atomic():
        Invitation.objects.filter(email=email, accepted_at=None).delete()
        invitation = Invitation.objects.create(
            email=email, role=role, invited_by=by, expires_at=timezone.now() + LASTS, token_hash=digest(_new_token())
        )
        if mailed and mails.is_configured():
            mails.queue("send_invitation", str(invitation.id))
    return invitation


def link_of(invitation: Invitation) -> str:
    """Give the invitation a new token and return its link; an earlier link stops working."""
    token = _new_token()
    invitation.token_hash = digest(token)
    invitation.save(update_fields=["token_hash"])
    return f"{settings.DOMAIN_CLIENT}/invitation?{urlencode({'token': token})}"


def send_invitation(*, invitation_id: UUID) -> None:
    """What the task does."""
    invitation = Invitation.objects.select_related("invited_by").filter(id=invitation_id, accepted_at=None).first()
    if invitation is None or not mails.is_configured():
        return
    values = {"link": link_of(invitation), "by": invitation.invited_by.name if invitation.invited_by else ""}
    mails.deliver(mails.Letter("invitation", invitation.email, values))


def find(*, token: str) -> Invitation:
    """Return the open invitation with this token. Raises `BadInvitation`."""
    held = digest(token) if 0 < len(token) <= _MAX_TOKEN_LENGTH else ""
    invitation = Invitation.objects.filter(token_hash=held, accepted_at=None, expires_at__gt=timezone.now()).first()
    if invitation is None:
        raise BadInvitation
    return invitation


def role_of(invitation: Invitation) -> str:
    """Return the role that the invitation gives now: `USER`, where who invited has lost what they would pass on."""
    may = delegation.may_pass_on(invitation.invited_by, delegation.of_role(invitation.role))
    return str(invitation.role_id) if may else Role.USER


def use_up(invitation: Invitation) -> None:
    """Mark it as accepted. Of several who accept it one succeeds: the update of the row is the lock.

    Raises `BadInvitation`.
    """
    mine = Invitation.objects.filter(id=invitation.id, accepted_at=None, token_hash=invitation.token_hash)
    if not mine.update(accepted_at=timezone.now()):
        raise BadInvitation


def _new_token() -> str:
    return secrets.token_hex(32)
