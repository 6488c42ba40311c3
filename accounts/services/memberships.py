"""Who is in which group."""

from collections.abc import Sequence

from django.db import transaction

from accounts.models import Group, Membership, User


def sync_groups(*, user: User, source: str, names: Sequence[str]) -> None:
    """Make `user` a member of exactly these groups of `source`; groups made here or by another are left alone.

    Locks nothing: two sign-ins at once write the same rows, and the second finds them.
    """
    wanted = {name.strip()[:255] for name in names if name.strip()}
    with transaction.atomic():
        Membership.objects.filter(user=user, group__source=source).exclude(group__external_id__in=wanted).delete()
        for name in sorted(wanted):
            group, _ = Group.objects.get_or_create(source=source, external_id=name, defaults={"name": name[:120]})
            Membership.objects.get_or_create(group=group, user=user)
