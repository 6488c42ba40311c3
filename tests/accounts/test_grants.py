"""The access list: whose rights add up to what, who may change it, and whom one finds to share with."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import AuditEntry, Grant, Group, Membership, Role, User
from accounts.models.access import granted_sql, is_granted_sql
from accounts.services import grants, memberships, permissions, picker, roles
from accounts.services.grants import Grantee, GrantRefused
from accounts.services.resources import SharedKind, kind_of
from chat.models import Project
from core.ids import uuid7

pytestmark = pytest.mark.django_db
MakeUser = Callable[..., User]


def kind() -> SharedKind:
    project_kind = kind_of("project")
    assert project_kind is not None
    return project_kind


def person(user: User) -> Grantee:
    return Grantee("user", str(user.id))


def change(
    actor: User, project: Project, give: dict[Grantee, int], take: tuple[Grantee, ...] = ()
) -> dict[Grantee, int]:
    rows = grants.change(actor=actor, kind_name="project", resource_id=project.id, give=give, take=take)
    return {row.grantee: row.bits for row in rows}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["user", "group", "role", "public", "join", "leave", "promote"]),
        st.integers(0, 2), st.integers(0, 2), st.integers(0, 15),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_rights_are_the_union_of_all_that_reaches_a_person(make_user: MakeUser, steps: list[Any]) -> None:
    tag = uuid4().hex
    users = [make_user(f"{tag} {number}") for number in range(3)]
    groups = [Group.objects.create(name=f"{tag} {number}") for number in range(3)]
    roles = [Role.objects.create(name=f"{tag}{number}") for number in range(3)]
    objects = [uuid4() for _ in range(3)]
    rows: dict[tuple[UUID, str, int], int] = {}
    members: set[tuple[int, int]] = set()
    held: dict[int, int] = {}
    for verb, one, other, bits in steps:
        if verb == "join":
            Membership.objects.get_or_create(user=users[one], group=groups[other])
            members.add((one, other))
        elif verb == "leave":
            Membership.objects.filter(user=users[one], group=groups[other]).delete()
            members.discard((one, other))
        elif verb == "promote":
            User.objects.filter(id=users[one].id).update(role=roles[other])
            held[one] = other
        else:
            of = 0 if verb == "public" else one
            cast: dict[str, list[Any]] = {"user": users, "group": groups, "role": roles}
            columns: dict[str, Any] = {} if verb == "public" else {verb: cast[verb][of]}
            mine = Grant.objects.filter(resource_type="thing", resource_id=objects[other], principal=verb, **columns)
            mine.delete()
            rows.pop((objects[other], verb, of), None)
            if bits:
                Grant.objects.create(
                    resource_type="thing", resource_id=objects[other], principal=verb, bits=bits, **columns
                )
                rows[objects[other], verb, of] = bits
    for number, user in enumerate(User.objects.filter(id__in=[user.id for user in users]).order_by("name")):
        expected: dict[UUID, int] = {}
        for (resource, verb, of), bits in rows.items():
            reaches = {
                "public": True, "user": of == number, "group": (number, of) in members, "role": held.get(number) == of,
            }  # fmt: skip
            if reaches[verb]:
                expected[resource] = expected.get(resource, 0) | bits
        assert grants.bits_of(user, "thing", objects) == expected
        seen = {resource_id for resource_id, bits in expected.items() if bits & Grant.VIEW}
        assert set(grants.visible_ids(user, "thing")) == seen
    Grant.objects.filter(resource_type="thing").delete()


def test_bits_take_one_query_for_one_object_and_for_eleven(owner: User) -> None:
    with CaptureQueriesContext(
        connection,
    ) as few:
        grants.bits_of(owner, "project", [uuid4()])
    with CaptureQueriesContext(connection) as many:
        grants.bits_of(owner, "project", [uuid4() for _ in range(11)])
    assert len(few) == len(many) == 1


def test_who_may_not_enter_has_no_rights(owner: User, project: Project) -> None:
    """Security case 14."""
    Grant.objects.create(resource_type="project", resource_id=project.id, principal="public", bits=1)
    assert grants.bits_of(owner, "project", [project.id]) == {project.id: 1}
    owner.is_active = False
    assert grants.bits_of(owner, "project", [project.id]) == {}


def test_sharing_stores_the_rows_and_tells_the_audit_log(sharer: User, owner: User, project: Project) -> None:
    after = change(sharer, project, {person(owner): Grant.EDITOR, Grantee("public"): Grant.VIEWER})
    assert after == {person(sharer): 15, Grantee("public"): 1, person(owner): 3}
    assert sorted(Grant.objects.values_list("principal", "bits", "granted_by")) == [
        ("public", 1, sharer.id), ("user", 3, sharer.id),
    ]  # fmt: skip
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target_id, entry.target_name) == ("project.shared", str(project.id), "Moon")
    assert entry.after == {"public:": "viewer", f"user:{owner.id}": "editor"}
    change(sharer, project, {person(owner): Grant.EDITOR})
    assert AuditEntry.objects.count() == 1  # nothing changed
    assert change(sharer, project, {}, (Grantee("public"), person(owner))) == {person(sharer): 15}
    assert not Grant.objects.exists()


def test_a_stranger_does_not_hear_that_it_exists_and_a_reader_may_not_share(
    sharer: User, owner: User, stranger: User, project: Project
) -> None:
    """Security cases 8 and 9."""
    with pytest.raises(Http404):
        change(stranger, project, {person(stranger): 15})
    for bits in (Grant.VIEWER, Grant.EDITOR):
        change(sharer, project, {person(owner): bits})
        with pytest.raises(PermissionDenied):
            change(owner, project, {person(stranger): 1})
    assert not Grant.objects.filter(user=stranger).exists()


def test_the_role_says_whether_one_shares_and_with_whom(sharer: User, owner: User, project: Project) -> None:
    role = sharer.role
    for kept, give in [
        ({"PROJECTS": {"SHARE_PUBLIC": True}}, {person(owner): 1}),
        ({"PROJECTS": {"SHARE": True}}, {Grantee("public"): 1}),
        ({"PROJECTS": {"SHARE": True}, "PEOPLE_PICKER": {"VIEW_USERS": True}}, {Grantee("role", "USER"): 1}),
        ({"PROJECTS": {"SHARE": True}, "PEOPLE_PICKER": {"VIEW_ROLES": True}}, {person(owner): 1}),
    ]:
        role.permissions = kept
        role.save()
        with pytest.raises(GrantRefused) as refused:
            change(User.objects.get(id=sharer.id), project, give)
        assert refused.value.status == 403
    assert not Grant.objects.exists()


@pytest.mark.parametrize("bits", [0, 2, 8, 16, -1])
def test_rights_that_do_not_exist_are_refused(sharer: User, owner: User, project: Project, bits: int) -> None:
    with pytest.raises(GrantRefused):
        change(sharer, project, {person(owner): bits})
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    "target",
    [
        Grantee("user", str(uuid4())),
        Grantee("user", "x"),
        Grantee("group", str(uuid4())),
        Grantee("role", "NONE"),
        Grantee("cat", "x"),
    ],
)
def test_whom_nobody_knows_gets_nothing(sharer: User, owner: User, project: Project, target: Grantee) -> None:
    with pytest.raises(GrantRefused):
        change(sharer, project, {person(owner): 1, target: 1})
    assert not Grant.objects.exists()


def test_who_made_it_stays_its_owner(sharer: User, owner: User, project: Project) -> None:
    change(sharer, project, {person(owner): Grant.OWNER})
    Role.objects.filter(name="USER").update(permissions={"PROJECTS": {"SHARE": True}})
    permissions.bits_of.invalidate()
    second = User.objects.get(id=owner.id)
    for give, take in (({person(sharer): 1}, ()), ({}, (person(sharer),))):
        with pytest.raises(GrantRefused):
            change(second, project, give, take)
    assert grants.shared_for(sharer, "project", project.id, needs=15)[2] == 15


def test_nobody_gives_or_takes_rights_beyond_their_own(
    sharer: User, owner: User, stranger: User, project: Project
) -> None:
    """Security case 10."""
    Grant.objects.create(
        resource_type="project", resource_id=project.id, principal="user", user=sharer_of(owner), bits=9
    )
    change(sharer, project, {person(stranger): Grant.EDITOR})
    some = User.objects.get(id=owner.id)
    for give, take in (({Grantee("public"): 3}, ()), ({person(stranger): 1}, ()), ({}, (person(stranger),))):
        with pytest.raises(GrantRefused) as refused:
            change(some, project, give, take)
        assert refused.value.status == 403
    assert change(some, project, {Grantee("public"): 1})[Grantee("public")] == 1


def sharer_of(user: User) -> User:
    bits = {"PROJECTS": {"SHARE": True, "SHARE_PUBLIC": True}}
    Role.objects.filter(name=user.role_id).update(permissions=bits)
    permissions.bits_of.invalidate()
    return user


def test_without_a_maker_the_last_owner_stays(sharer: User, owner: User, project: Project) -> None:
    with pytest.raises(GrantRefused):
        grants._refuse_orphan([grants.AccessEntry(person(owner), Grant.EDITOR)])
    grants._refuse_orphan([grants.AccessEntry(person(owner), Grant.OWNER)])


def test_the_list_takes_as_many_queries_for_one_row_as_for_eleven(
    sharer: User, make_user: MakeUser, project: Project
) -> None:
    shared = kind().find(project.id)
    assert shared is not None
    counts = []
    for many in (1, 11):
        change(sharer, project, {person(make_user(f"Many {many} {at}")): 1 for at in range(many)})
        with CaptureQueriesContext(connection) as seen:
            grants.entries(sharer, kind(), shared)
        counts.append(len(seen))
    assert counts == [2, 2]


def test_addresses_show_only_to_administrators(
    sharer: User, admin_user: User, make_user: MakeUser, project: Project
) -> None:
    """Security case 8."""
    odd = make_user("odd.one@hidden.example", email="odd@hidden.example")
    change(sharer, project, {person(odd): 1})
    shared = kind().find(project.id)
    assert shared is not None
    assert "hidden" not in repr(grants.entries(sharer, kind(), shared))
    for query in ("odd", "hidden", "one@", "@hidden.example", "hidden.example"):
        assert "hidden" not in repr(picker.search(asking=sharer, text=query))
    assert picker.search(asking=sharer, text="hidden") == []
    assert picker.search(asking=admin_user, text="odd@hidden")[0].email == "odd@hidden.example"


def test_people_are_found_the_likest_first(sharer: User, make_user: MakeUser) -> None:
    for name in ("Marian Ann", "Ann", "Joanna", "Anna", "Maryann"):
        make_user(name)
    make_user("Ann Away", is_active=False)
    make_user("Ann Waits", waits_for_approval=True)
    Group.objects.create(name="Annual")
    names = [match.name for match in picker.search(asking=sharer, text="ann")]
    assert names == ["Ann", "Anna", "Annual", "Marian Ann", "Joanna", "Maryann"]
    assert [match.name for match in picker.search(asking=sharer, text="ann", limit=2)] == ["Ann", "Anna"]
    assert picker.search(asking=sharer, text="a") == []
    assert picker.search(asking=sharer, text="%%") == []
    assert [match.type for match in picker.search(asking=sharer, text="sharers", kinds=["role"])] == ["role"]
    assert sharer.name not in [match.name for match in picker.search(asking=sharer, text="Sharon")]


def test_hidden_kinds_are_not_found(owner: User, make_user: MakeUser) -> None:
    make_user("Anna")
    Group.objects.create(name="Annual")
    assert picker.search(asking=owner, text="ann") == []
    roles.update(actor=None, role=owner.role, permissions_={"PEOPLE_PICKER": {"VIEW_GROUPS": True}})
    assert [match.name for match in picker.search(asking=owner, text="ann")] == ["Annual"]


def test_nobody_keeps_rights_on_what_is_gone(sharer: User, owner: User, project: Project) -> None:
    change(sharer, project, {person(owner): 1})
    Project.objects.filter(id=project.id).delete()
    assert not Grant.objects.exists()


@pytest.mark.security
def test_case_13_a_right_of_a_group_is_not_that_of_another_of_its_name(
    sharer: User, owner: User, stranger: User, project: Project
) -> None:
    """Nor that of a role that is called so."""
    local = Group.objects.create(name="red")
    Membership.objects.create(group=local, user=owner)
    memberships.sync_groups(user=stranger, source="openid", names=["red"])
    Role.objects.create(name="red")
    User.objects.filter(id=stranger.id).update(role="red")
    change(sharer, project, {Grantee("group", str(local.id)): Grant.VIEWER})
    assert [project.id for project in Project.objects.visible_to(owner)] == [project.id]
    assert not Project.objects.visible_to(User.objects.get(id=stranger.id)).exists()


@pytest.mark.parametrize("principal", ["public", "user", "group", "role"])
@pytest.mark.parametrize("bits", [Grant.VIEW, Grant.EDIT, Grant.OWNER])
@pytest.mark.parametrize("is_theirs", [True, False])
def test_the_rule_is_the_same_where_it_is_written_out(
    owner: User, stranger: User, principal: str, bits: int, is_theirs: bool
) -> None:
    """Who may see something: `visible_ids` asks the ORM, the statements of search, runs and sidebar have it as text."""
    whose = owner if is_theirs else stranger
    group = Group.objects.create(name="Team")
    Membership.objects.create(group=group, user=whose)
    other = Role.objects.create(name="OTHER")
    User.objects.filter(id=stranger.id).update(role=other)
    principals: dict[str, dict[str, Any]] = {
        "public": {}, "user": {"user": whose}, "group": {"group": group},
        "role": {"role_id": owner.role_id if is_theirs else other.pk},
    }  # fmt: skip
    thing, to = uuid7(), principals[principal]
    Grant.objects.create(resource_type="project", resource_id=thing, principal=principal, bits=bits, **to)
    may = thing in set(grants.visible_ids(owner, "project"))
    assert may == (bool(bits & Grant.VIEW) and (is_theirs or principal == "public"))
    for role in ("", "%(role)s"):
        ids = granted_sql("project", user="%(user)s", role=role)
        one = is_granted_sql("project", thing="%(thing)s", user="%(user)s")
        with connection.cursor() as cursor:
            values = {"user": owner.id, "role": owner.role_id, "thing": thing}
            cursor.execute(f"SELECT %(thing)s IN ({ids}), {one}", values)
            assert cursor.fetchone() == (may, may)
