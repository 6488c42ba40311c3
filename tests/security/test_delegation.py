"""Nobody passes on what they do not hold: every verb that moves rights, with every kind of right."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest

import accounts.services
from accounts.models import CapabilityGrant, Grant, Group, Membership, ModelAccess, Role, User
from accounts.services import capabilities, grants, groups, invitations, people, permissions, roles, signup
from accounts.services.grants import Grantee, GrantRefused
from chat.services.organise import projects
from tests.cast import PASSWORD
from tests.security.conftest import everything

pytestmark = [pytest.mark.security, pytest.mark.django_db]
UNHELD = "read:audit_log"


@pytest.fixture
def helper(make_user: Callable[..., User]) -> User:
    """Manages roles and groups, with every power but those to read the audit log and to set balances."""
    role = Role.objects.create(name="Helpers", permissions={"ROLE_MANAGEMENT": dict.fromkeys(
        ("CREATE", "UPDATE", "DELETE"), True)})  # fmt: skip
    for capability in set(permissions.CAPABILITIES) - {UNHELD}:
        CapabilityGrant.objects.create(capability=capability, principal="role", role=role)
    return make_user("Hal Helper", role=role.name)


@pytest.fixture
def loaded(request: pytest.FixtureRequest, stranger: User, settings: Any) -> tuple[Role, Group]:
    """A role and a group that carry one thing that the helper lacks."""
    role, group = Role.objects.create(name="Loaded"), Group.objects.create(name="Loaded")
    kind = getattr(request, "param", "power")
    if kind == "power":
        CapabilityGrant.objects.create(capability=UNHELD, principal="role", role=role)
        CapabilityGrant.objects.create(capability=UNHELD, principal="group", group=group)
    if kind == "object":
        project = projects.create(user=stranger, name="Secret")
        row = {"resource_type": "project", "resource_id": project.id, "bits": Grant.VIEW}
        Grant.objects.create(principal="role", role=role, **row)
        Grant.objects.create(principal="group", group=group, **row)
    if kind == "permission":
        role.permissions = {"BALANCE_MANAGEMENT": {"UPDATE": True}}
        role.save()
    if kind == "cheaper":
        ModelAccess.objects.create(role=role, model="tiny", coefficient=Decimal("0.5"))
    return role, group


# verb → what the helper does with the loaded role or group, to somebody or to themself
BY_ROLE: dict[str, Callable[[User, Role, User], object]] = {
    "roles.give": lambda helper, role, user: roles.give(actor=helper, user=user, role=role.name),
    "roles.rename": lambda helper, role, user: roles.rename(actor=helper, role=role, name="staff"),
    "roles.update": lambda helper, role, user: roles.update(actor=helper, role=role, name="staff"),
    "invitations.invite": lambda helper, role, user: invitations.invite(by=helper, email="x@example.org", role=role),
    "people.make_account": lambda helper, role, user: people.make_account(
        actor=helper, name="X", email="x@example.org", password=PASSWORD, role=role.name
    ),
}
BY_GROUP: dict[str, Callable[[User, Group, User], object]] = {
    "groups.add_member": lambda helper, group, user: groups.add_member(actor=helper, group=group, user=user),
    "groups.add_member, themself": lambda helper, group, user: groups.add_member(
        actor=helper, group=group, user=helper
    ),
    "groups.remove_member": lambda helper, group, user: groups.remove_member(actor=helper, group=group, user=user),
    "groups.update": lambda helper, group, user: groups.update(actor=helper, group=group, name="staff"),
    "groups.delete": lambda helper, group, user: groups.delete(actor=helper, group=group),
}
# What takes, and therefore asks for powers and rights, though not for models.
TAKES: dict[str, Callable[[User, Role, User], object]] = {
    "roles.delete": lambda helper, role, user: roles.delete(actor=helper, role=role),
}
# What moves a right by naming it.
NAMED: dict[str, Callable[[User, User], object]] = {
    "roles.create": lambda helper, user: roles.create(
        actor=helper, name="New", permissions_={"BALANCE_MANAGEMENT": {"UPDATE": True}}
    ),
    "roles.update, what USER may": lambda helper, user: roles.update(
        actor=helper, role=Role.objects.get(name="USER"), permissions_={"AGENTS": {"SHARE_PUBLIC": True}}
    ),
    "roles.update, one's own": lambda helper, user: roles.update(
        actor=helper, role=helper.role, permissions_={"AGENTS": {"SHARE": True}}
    ),
    "roles.update, ADMIN": lambda helper, user: roles.update(
        actor=helper, role=Role.objects.get(name="ADMIN"), description="x"
    ),
    "roles.give, administration": lambda helper, user: roles.give(actor=helper, user=user, role="ADMIN"),
    "roles.give, to oneself": lambda helper, user: roles.give(actor=helper, user=helper, role="USER"),
    "capabilities.assign": lambda helper, user: capabilities.assign(
        actor=helper, principal="user", principal_id=str(helper.id), capability=UNHELD
    ),
    "capabilities.remove": lambda helper, user: capabilities.remove(
        actor=helper, principal="user", principal_id=str(user.id), capability=UNHELD
    ),
    "invitations.invite, administration": lambda helper, user: invitations.invite(
        by=helper, email="x@example.org", role=Role.objects.get(name="ADMIN")
    ),
    "groups.add_member, a manager": lambda helper, user: groups.add_member(
        actor=helper, group=Group.objects.create(name="Plain"), user=user, is_manager=True
    ),
    "people.set_password": lambda helper, user: people.set_password(
        actor=helper, user=User.objects.get(role="ADMIN"), password="tangerine-lamp-42"
    ),
    "people.remove_second_factor": lambda helper, user: people.remove_second_factor(
        actor=helper, user=User.objects.get(role="ADMIN")
    ),
}  # fmt: skip
# Services of `accounts` with an actor that move no right of anybody's: they let in or keep out, or show something.
MOVE_NOTHING = {
    "audit.record", "bans.ban", "bans.lift", "banners.show", "banners.remove_all", "erasure.erase_person",
    "grants.entries", "people.switch", "people.approve", "people.sign_out",
    # A new group has no rights yet.
    "groups.create",
    # The rule itself.
    "delegation.holds_everything", "delegation.may_pass_on", "delegation.refuse_administration",
    "delegation.refuse_unheld",
}  # fmt: skip


def test_every_verb_with_an_actor_is_tried_or_moves_nothing() -> None:
    verbs = set()
    for module_info in iter_modules(accounts.services.__path__):
        module = import_module(f"accounts.services.{module_info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            is_own = function.__module__ == module.__name__ and not name.startswith("_")
            if is_own and {"actor", "by"} & set(inspect.signature(function).parameters):
                verbs.add(f"{module_info.name}.{name}")
    tried = {verb.partition(",")[0] for verb in (*BY_ROLE, *BY_GROUP, *TAKES, *NAMED)} | {"grants.change"}
    assert verbs - MOVE_NOTHING == tried
    assert verbs >= MOVE_NOTHING


def refused(act: Callable[[], object]) -> None:
    before = everything()
    with pytest.raises(Exception) as caught:  # noqa: PT011 (each service has a refusal of its own)
        act()
    assert getattr(caught.value, "status", None) == 403, caught.value
    assert everything() == before


@pytest.mark.parametrize("verb", BY_ROLE)
@pytest.mark.parametrize("loaded", ["power", "object", "permission", "cheaper"], indirect=True)
def test_a_role_with_more_is_not_passed_on(verb: str, loaded: tuple[Role, Group], helper: User, owner: User) -> None:
    refused(lambda: BY_ROLE[verb](helper, loaded[0], owner))


@pytest.mark.parametrize("verb", BY_GROUP)
@pytest.mark.parametrize("loaded", ["power", "object"], indirect=True)
def test_a_group_with_more_is_not_passed_on(verb: str, loaded: tuple[Role, Group], helper: User, owner: User) -> None:
    Membership.objects.create(group=loaded[1], user=owner) if "remove" in verb else None
    refused(lambda: BY_GROUP[verb](helper, loaded[1], owner))


@pytest.mark.parametrize("verb", TAKES)
@pytest.mark.parametrize("loaded", ["power", "object", "permission"], indirect=True)
def test_nor_is_it_taken(verb: str, loaded: tuple[Role, Group], helper: User, owner: User) -> None:
    refused(lambda: TAKES[verb](helper, loaded[0], owner))


@pytest.mark.parametrize("loaded", ["power", "object", "permission"], indirect=True)
def test_nobody_takes_a_role_that_has_more(loaded: tuple[Role, Group], helper: User, owner: User) -> None:
    roles.give(actor=None, user=owner, role=loaded[0].name)
    refused(lambda: roles.give(actor=helper, user=owner, role="USER"))


@pytest.mark.parametrize("verb", NAMED)
def test_a_right_that_is_named_is_not_passed_on(verb: str, helper: User, owner: User, admin_user: User) -> None:
    CapabilityGrant.objects.create(capability=UNHELD, principal="user", user=owner)
    if "manager" in verb:
        group = Group.objects.create(name="Plain")
        refused(lambda: groups.add_member(actor=helper, group=group, user=owner, is_manager=True))
        refused(lambda: groups.add_member(actor=helper, group=group, user=helper, is_manager=True))
        return
    refused(lambda: NAMED[verb](helper, owner))


@pytest.mark.parametrize("bits", [Grant.EDITOR, Grant.OWNER])
def test_rights_on_an_object_are_not_passed_on(bits: int, helper: User, owner: User, stranger: User) -> None:
    project = projects.create(user=owner, name="Plans")
    Grant.objects.create(
        resource_type="project", resource_id=project.id, principal="user", user=helper, bits=Grant.VIEW | Grant.SHARE
    )
    for role in Role.objects.filter(name__in=["USER", "Helpers"]):
        role.permissions = role.permissions | {
            "PROJECTS": {"SHARE": True}, "PEOPLE_PICKER": dict.fromkeys(("VIEW_USERS", "VIEW_GROUPS"), True),
        }  # fmt: skip
        role.save()
    group = Group.objects.create(name="Mine")
    for grantee in (Grantee("user", str(stranger.id)), Grantee("group", str(group.id))):
        with pytest.raises(GrantRefused) as caught:
            grants.change(actor=helper, kind_name="project", resource_id=project.id, give={grantee: bits})
        assert caught.value.status == 403
    assert Grant.objects.count() == 1


MODELS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], int]] = {
    # name: (the helper's models, what the role had, what it shall have, status)
    "cheaper than one's own": ({}, {}, {"tiny": {"coefficient": 0.5}}, 403),
    "for nothing": ({}, {}, {"tiny": {"coefficient": 0}}, 403),
    "for nothing at one endpoint": ({}, {}, {"small": {}, "tiny": {"coefficient": 0}}, 403),
    "another model": ({"tiny": {}}, {"tiny": {}}, {"tiny": {}, "small": {}}, 403),
    "every model": ({"tiny": {}}, {"tiny": {}}, {}, 403),
    "one that is switched off": ({"tiny": {"enabled": False}, "x": {}}, {"x": {}}, {"tiny": {}}, 403),
    "dearer": ({}, {}, {"tiny": {"coefficient": 2}}, 0),
    "as it was": ({}, {"tiny": {"coefficient": 0.5}}, {"tiny": {"coefficient": 0.5}}, 0),
    "as one's own": ({"tiny": {"coefficient": 0.5}}, {}, {"tiny": {"coefficient": 0.5}}, 0),
    "fewer": ({}, {}, {"tiny": {}}, 0),
}


@pytest.mark.parametrize("case", MODELS)
def test_no_role_gets_models_that_its_editor_has_not(case: str, helper: User) -> None:
    own, had, wanted, status = MODELS[case]
    for name in ("Helpers", "USER"):
        roles.update(actor=None, role=Role.objects.get(name=name), model_access=own)
    team = roles.create(actor=None, name="Team", model_access=had)
    if not status:
        roles.update(actor=helper, role=team, model_access=wanted)
        return
    refused(lambda: roles.update(actor=helper, role=team, model_access=wanted))
    if not had:
        refused(lambda: roles.create(actor=helper, name="New", model_access=wanted))


def test_a_role_does_not_begin_with_what_its_maker_lost(helper: User) -> None:
    """The defaults of a new role are those of `USER` as the site comes, whatever was switched off since."""
    off = {"MULTI_CONVO": {"USE": False}}
    for name in ("Helpers", "USER"):
        roles.update(actor=None, role=Role.objects.get(name=name), permissions_=off)
    refused(lambda: roles.create(actor=helper, name="New"))
    assert roles.create(actor=helper, name="New", permissions_=off).name == "New"


def test_an_invitation_gives_only_what_its_maker_still_holds(helper: User, admin_user: User) -> None:
    invited = {}
    for name, by in (("kept", admin_user), ("lost", helper)):
        role = Role.objects.create(name=name.upper())
        made = invitations.invite(by=by, email=f"{name}@example.org", role=role, mailed=False)
        CapabilityGrant.objects.create(capability=UNHELD, principal="role", role=role)
        token = invitations.link_of(made).partition("token=")[2]
        invited[name] = signup.sign_up(name="New", email=made.email, password=PASSWORD, invitation=token)
    assert {name: user.role_id for name, user in invited.items()} == {"kept": "KEPT", "lost": "USER"}


def test_what_one_holds_is_passed_on(helper: User, owner: User, loaded: tuple[Role, Group]) -> None:
    CapabilityGrant.objects.create(capability=UNHELD, principal="user", user=helper)
    groups.add_member(actor=helper, group=loaded[1], user=owner)
    roles.give(actor=helper, user=owner, role=loaded[0].name)
    capabilities.assign(actor=helper, principal="user", principal_id=str(owner.id), capability="read:users")
    owner.refresh_from_db()
    assert permissions.capabilities_of(owner) >= {UNHELD, "read:users"}


def test_administrators_pass_on_everything(admin_user: User, owner: User, loaded: tuple[Role, Group]) -> None:
    groups.add_member(actor=admin_user, group=loaded[1], user=owner, is_manager=True)
    roles.give(actor=admin_user, user=owner, role=loaded[0].name)
    roles.update(actor=admin_user, role=loaded[0], model_access={"tiny": {"coefficient": 0}})
    assert Membership.objects.get(group=loaded[1]).is_manager
