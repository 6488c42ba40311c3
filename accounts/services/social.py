"""Sign-in through a provider or directory: finding or creating the account, and syncing its role and groups."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Role, User
from accounts.services import administrators, domains, memberships, sessions, signup
from core.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a provider says somebody is. `subject` is theirs for ever; everything else may change.

    `email_verified`, `is_admin`, `roles` and `groups` are None where the provider says nothing about it: then they stay
    as they were. `first_roles` are for a new account then; `may_be_first` allows it to administer an empty site.
    """

    provider: str
    subject: str
    email: str
    name: str = ""
    username: str = ""
    email_verified: bool | None = None
    is_admin: bool | None = None
    roles: Sequence[str] | None = None
    groups: Sequence[str] | None = None
    first_roles: Sequence[str] = ()
    may_be_first: bool = True


class Refused(Refusal):
    """The person is who they say they are, and may not come in."""

    status = 403


def sign_in_external(*, identity: Identity) -> User:
    """Return whose account it is; one is made when there is none. Raises `Refused`.

    An account is found by the provider's subject alone. An email address never leads to an account that was made in
    another way, for whoever runs a provider could write any address there.
    """
    with transaction.atomic():
        known = SocialAccount.objects.filter(provider=identity.provider, uid=identity.subject)
        account = known.select_related("user").first()
        if account is None and identity.roles is None:
            identity = replace(identity, roles=identity.first_roles)
        user: User = account.user if account else _admit(identity)
        if not domains.admits(user):
            raise Refused(_("Email addresses from your domain can't be used to sign in here."))
        if user.is_active:
            _set_role(user, identity)
            if identity.groups is not None:
                memberships.sync_groups(user=user, source=identity.provider, names=identity.groups)
    return user


def _admit(identity: Identity) -> User:
    if not settings.ALLOW_SOCIAL_REGISTRATION and identity.provider != "ldap":  # a directory lists who belongs here
        raise Refused(_("You don't have an account here, and you can't create one this way."))
    if not identity.email:
        raise Refused(_("Your sign-in service didn't share your email address, which we need for your account."))
    if identity.email_verified is False:
        raise Refused(
            _("Your email address isn't verified at your sign-in service yet. Verify it there, then try again.")
        )
    try:
        user = signup.admit(
            email=identity.email,
            name=identity.name,
            username=identity.username,
            provider=identity.provider,
            email_verified=identity.email_verified is True,
            # else whoever comes first of a whole directory would be one
            may_be_first=identity.may_be_first and identity.is_admin is True,
        )
    except signup.EmailTaken:
        raise Refused(_("An account with your email address already exists. Sign in the way you did before.")) from None
    except ValidationError:
        if not domains.is_allowed(identity.email):
            raise Refused(_("Addresses from your domain can't be used for an account here.")) from None
        raise Refused(_("Your name or email address can't be used for an account here.")) from None
    SocialAccount.objects.create(user=user, provider=identity.provider, uid=identity.subject)
    return user


def _set_role(user: User, identity: Identity) -> None:
    role = _role(user, identity)
    if role == user.role_id:
        return
    user.role_id = role
    user.save(update_fields=["role", "updated_at"])
    sessions.end_all(user=user)


def _role(user: User, identity: Identity) -> str:
    """Return the role that the provider wants; it can make administrators only where the operator named that role."""
    if identity.is_admin:
        return Role.ADMIN
    if user.is_admin and not (identity.is_admin is False and not administrators.is_last(user)):
        return Role.ADMIN
    wanted = [name for name in identity.roles or () if name != Role.ADMIN]
    there = set(Role.objects.filter(name__in=wanted).values_list("name", flat=True))
    as_before = Role.USER if user.is_admin else str(user.role_id)
    return next((name for name in wanted if name in there), as_before)
