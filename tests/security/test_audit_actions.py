"""Each act of an administrator is an action of its own in the audit log: reading it tells what was done."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from accounts.admin.people import PersonAdmin
from accounts.models import AuditEntry, CapabilityGrant, Group, Role, User
from accounts.services import api_keys, bans, capabilities, groups, roles
from tests.api.test_admin_api import PRO

pytestmark = [pytest.mark.security, pytest.mark.django_db]


def by_action(name: str) -> Callable[[User, User], object]:
    def act(admin: User, user: User) -> None:
        client = Client()
        client.force_login(admin)
        fields = {"action": name, "_selected_action": [str(user.pk)]}
        assert client.post(reverse("admin:accounts_user_changelist"), fields).status_code == 302

    return act


def by_form(**changes: str | None) -> Callable[[User, User], object]:
    def act(admin: User, user: User) -> None:
        client = Client()
        client.force_login(admin)
        fields = {"email": user.email, "name": user.name, "role": "USER", "is_active": "on", "email_verified": "on"}
        sent = {name: value for name, value in (fields | changes).items() if value is not None}
        assert client.post(reverse("admin:accounts_user_change", args=[user.pk]), sent).status_code == 302

    return act


def password(admin: User, user: User) -> None:
    client = Client()
    client.force_login(admin)
    sent = {"password1": "tangerine-lamp-42", "password2": "tangerine-lamp-42", "usable_password": "true"}
    assert client.post(reverse("admin:auth_user_password_change", args=[user.pk]), sent).status_code == 302


def group() -> Group:
    return Group.objects.get_or_create(name="Lab")[0]


def power(user: User) -> dict[str, str]:
    return {"principal": "user", "principal_id": str(user.id), "capability": "read:users"}


def lifted(admin: User, user: User) -> None:
    bans.ban(actor=None, user=user, minutes=5)
    by_action("lift_bans")(admin, user)


def switched_on(admin: User, user: User) -> None:
    User.objects.filter(id=user.id).update(is_active=False)
    by_action("switch_on")(admin, user)


def approved(admin: User, user: User) -> None:
    User.objects.filter(id=user.id).update(waits_for_approval=True)
    by_action("approve")(admin, user)


def second_factor(admin: User, user: User) -> None:
    Authenticator.objects.create(user=user, type="totp", data={"secret": "x"})
    by_action("remove_second_factor")(admin, user)


def member(admin: User, user: User, **more: bool) -> None:
    groups.add_member(actor=admin, group=group(), user=user, **more)


def made_manager(admin: User, user: User) -> None:
    group().memberships.create(user=user)
    member(admin, user, is_manager=True)


def manager_no_more(admin: User, user: User) -> None:
    group().memberships.create(user=user, is_manager=True)
    member(admin, user, is_manager=False)


def member_removed(admin: User, user: User) -> None:
    group().memberships.create(user=user)
    groups.remove_member(actor=admin, group=group(), user=user)


def power_taken(admin: User, user: User) -> None:
    CapabilityGrant.objects.create(principal="user", user=user, capability="read:users")
    capabilities.remove(actor=admin, **power(user))


def role(name: str = "TEAM") -> Role:
    return Role.objects.get_or_create(name=name)[0]


ACTS: dict[str, Callable[[User, User], object]] = {
    **{name: by_action(name) for name in ("switch_off", "sign_out", "ban_for_a_day", "give:ADMIN")},
    "switch_on": switched_on, "approve": approved, "remove_second_factor": second_factor, "lift_bans": lifted,
    "ban_for_a_week": by_action("ban_for_a_week"),
    "form: name": by_form(name="Renamed"), "form: off": by_form(is_active=None), "form: role": by_form(role="ADMIN"),
    "password": password,
    "member added": member, "member removed": member_removed, "manager made": made_manager,
    "manager no more": manager_no_more,
    "group made": lambda admin, user: groups.create(actor=admin, name="New"),
    "group changed": lambda admin, user: groups.update(actor=admin, group=group(), name="Labs"),
    "group deleted": lambda admin, user: groups.delete(actor=admin, group=group()),
    "power given": lambda admin, user: capabilities.assign(actor=admin, **power(user)), "power taken": power_taken,
    "role made": lambda admin, user: roles.create(actor=admin, name="X", permissions_=PRO["permissions"]),
    "role changed": lambda admin, user: roles.update(actor=admin, role=role(), description="x"),
    "role renamed": lambda admin, user: roles.rename(actor=admin, role=role(), name="Y"),
    "role deleted": lambda admin, user: roles.delete(actor=admin, role=role()),
    "key taken back": lambda admin, user: api_keys.delete(
        user=admin, key_id=api_keys.make(user=admin, name="x").row.id
    ),
}  # fmt: skip
# The same act, for longer, or through another door.
SAME = [{"ban_for_a_day", "ban_for_a_week"}, {"give:ADMIN", "form: role"}, {"switch_off", "form: off"}]
BESIDES = {"api_key.created", "api_key.ended", "ban.set"}  # what goes before or along with an act


def actions_logged_by(act: str, admin: User, user: User) -> frozenset[str]:
    before = set(AuditEntry.objects.values_list("seq", flat=True))
    ACTS[act](admin, user)
    entries = AuditEntry.objects.exclude(seq__in=before).filter(actor_id=admin.id)
    names = frozenset(entries.values_list("action", flat=True))
    return names - BESIDES or names


def test_no_two_acts_have_one_action(admin_user: User, make_user: Callable[..., User]) -> None:
    actions: dict[str, Any] = {}
    for number, act in enumerate(ACTS):
        Group.objects.all().delete()
        names = actions_logged_by(act, admin_user, make_user(f"Person {number}"))
        assert len(names) == 1, (act, names)
        actions[act] = next(iter(names))
    for act, action in actions.items():
        same = {name for name, other in actions.items() if other == action}
        assert same == {act} or same in SAME, (action, same)


def test_every_action_on_people_is_tried() -> None:
    assert set(PersonAdmin.actions) <= set(ACTS)


def test_the_loss_of_a_second_factor_says_what_was_lost(admin_user: User, owner: User) -> None:
    second_factor(admin_user, owner)
    entry = AuditEntry.objects.latest("seq")
    assert (entry.action, entry.target_id) == ("user.second_factor_removed", str(owner.id))
    assert entry.before == {"app": True, "passkeys": 0}
