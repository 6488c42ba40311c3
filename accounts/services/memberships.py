"""Membership of groups."""

import logging
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from django.db import transaction

from accounts.models import Group, Membership, User

log = logging.getLogger(__name__)
MAX_GROUPS: Final = 1_000
MAX_NAME_LENGTH: Final = 255


def sync_groups(*, user: User, source: str, names: Sequence[str]) -> None:
    """Make `user` a member of exactly these groups of `source`; groups made here or by another are left alone.

    Of more than `MAX_GROUPS` the list is no person's, and they stay in those they have. Locks nothing: two sign-ins at
    once write the same rows, and the second finds them.
    """
    wanted = {_key(name.strip()): name.strip() for name in names if name.strip()}
    if len(wanted) > MAX_GROUPS:
        log.warning("%s names more than %d groups for one person: they stay as they were", source, MAX_GROUPS)
        return
    with transaction.atomic():
        Membership.objects.filter(user=user, group__source=source).exclude(group__external_id__in=wanted).delete()
        for key, name in sorted(wanted.items()):
            group, _ = Group.objects.get_or_create(source=source, external_id=key, defaults={"name": name[:120]})
            Membership.objects.get_or_create(group=group, user=user)


def _key(name: str) -> str:
    """Return what a group is known by: two long names that begin alike are two groups."""
    return name if len(name) <= MAX_NAME_LENGTH else f"{name[:190]} {sha256(name.encode()).hexdigest()}"
