"""Sharing over the API (`/api/permissions`)."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry, Grant, Group, Role, User
from accounts.services import permissions
from chat.models import Conversation, Project
from tests.api.conftest import Api

pytestmark = pytest.mark.django_db
ALL = {"VIEW_USERS": True, "VIEW_GROUPS": True, "VIEW_ROLES": True}


def test_a_project_is_shared_and_unshared(sharer: User, owner: User, project: Project) -> None:
    api, path = Api(sharer), f"/api/permissions/project/{project.id}"
    maker = {
        "type": "user", "id": str(sharer.id), "name": "Sharon Sharer", "source": "local",
        "accessRoleId": "project_owner",
    }  # fmt: skip
    assert api.get(path).json() == {
        "resourceType": "project", "resourceId": str(project.id), "principals": [maker], "public": False,
    }  # fmt: skip
    body = {
        "updated": [{"type": "user", "id": str(owner.id), "accessRoleId": "project_editor", "name": "Anything"}],
        "public": True,
    }
    reader = {**maker, "id": str(owner.id), "name": "Olivia Owner", "accessRoleId": "project_editor"}
    answer = api.send("PUT", path, body)
    assert (answer.status_code, answer.json()["results"]) == (200, {
        "principals": [maker, reader], "public": True, "publicAccessRoleId": "project_viewer",
    })  # fmt: skip
    assert Api(owner).get(f"{path}/effective").json() == {"permissionBits": 3}
    assert Api(sharer).get(f"{path}/effective").json() == {"permissionBits": 15}
    assert Api(owner).get("/api/permissions/project/effective/all").json() == {str(project.id): 3}
    assert api.get("/api/permissions/project/effective/all").json() == {str(project.id): 15}
    assert Api(owner).get(f"/api/projects/{project.id}").json()["name"] == "Moon"
    answer = api.send("PUT", path, {"removed": [{"type": "user", "id": str(owner.id)}], "public": False})
    assert answer.json()["results"] == {"principals": [maker], "public": False}
    assert Api(owner).get(f"/api/projects/{project.id}").status_code == 404
    assert AuditEntry.objects.count() == 2


def test_a_group_and_a_role_are_principals_too(sharer: User, owner: User, project: Project) -> None:
    group = Group.objects.create(name="Astronauts", description="Up there")
    group.people.add(owner)
    body = {"updated": [
        {"type": "group", "id": str(group.id), "accessRoleId": "project_viewer"},
        {"type": "role", "id": "SHARERS", "accessRoleId": "project_editor"},
    ]}  # fmt: skip
    answer = Api(sharer).send("PUT", f"/api/permissions/project/{project.id}", body).json()
    assert answer["results"]["principals"][1:] == [
        {"type": "role", "id": "SHARERS", "name": "SHARERS", "source": "local", "accessRoleId": "project_editor"},
        {"type": "group", "id": str(group.id), "name": "Astronauts", "description": "Up there", "source": "local",
         "accessRoleId": "project_viewer"},
    ]  # fmt: skip
    assert Api(owner).get(f"/api/projects/{project.id}").status_code == 200
    group.people.remove(owner)
    assert Api(owner).get(f"/api/projects/{project.id}").status_code == 404


def test_a_stranger_gets_404_and_a_reader_403(sharer: User, owner: User, stranger: User, project: Project) -> None:
    path = f"/api/permissions/project/{project.id}"
    Grant.objects.create(resource_type="project", resource_id=project.id, principal="user", user=owner, bits=3)
    for user, status, error in ((stranger, 404, "Not Found"), (owner, 403, "Forbidden")):
        for answer in (Api(user).get(path), Api(user).send("PUT", path, {"public": True})):
            assert (answer.status_code, answer.json()["error"]) == (status, error)
    for bad in (f"/api/permissions/cat/{project.id}", f"/api/permissions/project/{uuid4()}"):
        assert Api(sharer).get(bad).status_code == 404
    assert Api(stranger).get(f"{path}/effective").status_code == 404
    assert Api().get(path).status_code == 401
    assert Grant.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {"updated": [{"type": "user", "id": "x", "accessRoleId": "project_viewer"}]},
        {"updated": [{"type": "cat", "id": "x", "accessRoleId": "project_viewer"}]},
        {"updated": [{"type": "role", "id": "NONE", "accessRoleId": "project_viewer"}]},
        {"updated": [{"type": "role", "id": "USER", "accessRoleId": "agent_viewer"}]},
        {"updated": [{"type": "role", "id": "USER"}]},
        {"updated": [{"type": "role", "id": "USER", "accessRoleId": "project_viewer", "owner": "x"}]},
        {"public": True, "publicAccessRoleId": "king"},
        {"public": "yes"},
    ],
)
def test_a_bad_change_is_refused_whole(sharer: User, project: Project, body: dict[str, object]) -> None:
    answer = Api(sharer).send("PUT", f"/api/permissions/project/{project.id}", {"public": True, **body})
    assert (answer.status_code, next(iter(answer.json()))) == (400, "error")
    assert not Grant.objects.exists()


def test_the_role_must_let_one_share(sharer: User, project: Project) -> None:
    Role.objects.filter(name="SHARERS").update(permissions={"PROJECTS": {"SHARE": True}})
    permissions.bits_of.invalidate()
    path = f"/api/permissions/project/{project.id}"
    assert Api(sharer).send("PUT", path, {"public": True}).status_code == 403
    Role.objects.filter(name="SHARERS").update(permissions={})
    permissions.bits_of.invalidate()
    assert Api(sharer).send("PUT", path, {"updated": []}).status_code == 403
    assert Api(sharer).get(path).status_code == 200


def test_principals_are_found_without_their_addresses(
    sharer: User, owner: User, admin_user: User, make_user: Callable[..., User]
) -> None:
    Group.objects.create(name="Owners")
    path = "/api/permissions/search-principals"
    answer = Api(sharer).get(f"{path}?q=owner").json()
    assert [result["name"] for result in answer.pop("results")] == ["Owners", "Olivia Owner"]
    assert answer == {"query": "owner", "limit": 20, "types": None, "count": 2, "sources": {"local": 2, "entra": 0}}
    assert b"@" not in Api(sharer).get(f"{path}?q=owner&types=user").content
    assert Api(admin_user).get(f"{path}?q=owner&types=user").json()["results"][0]["email"] == owner.email
    for query, status in (("q=o", 400), ("", 400), ("q=ow&limit=51", 400), ("q=ow&types=cat", 400)):
        assert Api(sharer).get(f"{path}?{query}").status_code == status
    refused = Api(owner).get(f"{path}?q=owner")
    assert (refused.status_code, refused.json()["error"]) == (403, "Forbidden")
    Role.objects.filter(name="USER").update(permissions={"PEOPLE_PICKER": {"VIEW_GROUPS": True}})
    permissions.bits_of.invalidate()
    assert Api(owner).get(f"{path}?q=owner").json()["count"] == 1
    assert Api(owner).get(f"{path}?q=owner&types=user,group").status_code == 403


def test_the_roles_of_a_kind(owner: User) -> None:
    roles = Api(owner).get("/api/permissions/project/roles").json()
    assert [(role["accessRoleId"], role["permBits"]) for role in roles] == [
        ("project_viewer", 1), ("project_editor", 3), ("project_owner", 15),
    ]  # fmt: skip
    assert Api(owner).get("/api/permissions/cat/roles").status_code == 404


def test_a_long_list_costs_no_more_queries(sharer: User, project: Project, make_user: Callable[..., User]) -> None:
    counts = []
    for many in (1, 10):
        Grant.objects.bulk_create(
            Grant(resource_type="project", resource_id=project.id, principal="user", user=user, bits=1)
            for user in [make_user(f"Many {many} {at}") for at in range(many)]
        )
        with CaptureQueriesContext(connection) as seen:
            Api(sharer).get(f"/api/permissions/project/{project.id}")
        counts.append(len(seen))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("bits", "statuses"), [(0, (404, 404, 404)), (1, (200, 403, 403)), (3, (200, 200, 403))])
def test_the_rights_count_at_the_projects_own_routes(
    sharer: User, owner: User, project: Project, bits: int, statuses: tuple[int, int, int]
) -> None:
    if bits:
        Grant.objects.create(resource_type="project", resource_id=project.id, principal="user", user=owner, bits=bits)
    api, path = Api(owner), f"/api/projects/{project.id}"
    answers = (api.get(path), api.send("PATCH", path, {"name": "Mars"}), api.send("DELETE", path))
    assert tuple(answer.status_code for answer in answers) == statuses
    assert Project.objects.get().name == ("Mars" if statuses[1] == 200 else "Moon")


def test_a_chat_is_begun_and_moved_in_a_project_one_may_see(
    sharer: User, owner: User, project: Project, make_conversation: Callable[..., Conversation]
) -> None:
    chat = make_conversation(owner)
    move = f"/api/projects/conversations/{chat.id}"
    assert Api(owner).send("PUT", move, {"projectId": str(project.id)}).status_code == 404
    Grant.objects.create(resource_type="project", resource_id=project.id, principal="public", bits=1)
    assert Api(owner).send("PUT", move, {"projectId": str(project.id)}).status_code == 200
    assert Api(sharer).get(f"/api/convos?projectId={project.id}").json()["conversations"] == []
    shown = Api(sharer).get(f"/api/projects/{project.id}").json()
    assert (shown["conversationCount"], shown["lastConversationId"]) == (0, None)
    assert Api(sharer).send("DELETE", f"/api/projects/{project.id}").json() == {"deletedCount": 1, "modifiedCount": 0}
    chat.refresh_from_db()
    assert chat.project is None
