"""The share dialog, and the pages of a project that is shared."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Grant, User
from chat.models import Conversation, Project
from tests.cast import signed_in
from tests.pages.conftest import FRAGMENT

pytestmark = pytest.mark.django_db
ALL = {"VIEW_USERS": True, "VIEW_GROUPS": True, "VIEW_ROLES": True}


def let(user: User, project: Project, bits: int) -> Grant:
    return Grant.objects.create(resource_type="project", resource_id=project.id, principal="user", user=user, bits=bits)


def path(project: Project) -> str:
    return f"/share/project/{project.id}"


def rows() -> list[tuple[str, str | None, int]]:
    return sorted(Grant.objects.values_list("principal", "user__name", "bits"))


def test_somebody_is_found_added_and_saved_without_scripts(sharer: User, owner: User, project: Project) -> None:
    client = signed_in(sharer)
    page = client.get(path(project)).content.decode()
    assert "Sharon Sharer" in page
    assert f"http://testserver/projects/{project.id}" in page
    assert "@example.org" not in page
    search_page = client.post(path(project), {"do": "find", "q": "oliv"}).content.decode()
    assert f'value="user:{owner.id}"' in search_page
    assert not Grant.objects.exists()
    added = client.post(path(project), {"add": f"user:{owner.id}"}).content.decode()
    assert f'name="role:user:{owner.id}"' in added
    assert "Not saved yet" in added
    assert not Grant.objects.exists()
    saved = client.post(path(project), {"do": "save", f"role:user:{owner.id}": "editor", "public": "on"})
    assert (saved.status_code, saved["Location"]) == (302, f"/projects/{project.id}")
    assert rows() == [("public", None, 1), ("user", "Olivia Owner", 3)]


def test_what_was_chosen_stays_while_another_is_added(
    sharer: User, owner: User, stranger: User, project: Project
) -> None:
    let(owner, project, Grant.VIEWER)
    data = {f"role:user:{owner.id}": "none", "add": f"user:{stranger.id}", "public": "on"}
    page = signed_in(sharer).post(path(project), data, headers=FRAGMENT).content.decode()
    assert '<option value="none" selected>' in page
    assert f'name="role:user:{stranger.id}"' in page
    assert 'name="public" checked' in page
    assert rows() == [("user", "Olivia Owner", 1)]


def test_access_is_changed_and_removed(sharer: User, owner: User, stranger: User, project: Project) -> None:
    let(owner, project, Grant.VIEWER)
    let(stranger, project, Grant.VIEWER)
    Grant.objects.create(resource_type="project", resource_id=project.id, principal="public", bits=3)
    data = {"do": "save", f"role:user:{owner.id}": "owner", f"role:user:{stranger.id}": "none", "was_public": "1"}
    done = signed_in(sharer).post(path(project), {**data, "public": "on"}, headers=FRAGMENT)
    assert b"Sharing updated." in done.content
    assert rows() == [("public", None, 3), ("user", "Olivia Owner", 15)]  # rights that were not touched stay
    signed_in(sharer).post(path(project), data)
    assert rows() == [("user", "Olivia Owner", 15)]


def test_a_refusal_stands_in_the_form_and_changes_nothing(sharer: User, owner: User, project: Project) -> None:
    data = {"do": "save", f"role:user:{owner.id}": "viewer", f"role:user:{uuid4()}": "viewer"}
    answer = signed_in(sharer).post(path(project), data)
    assert answer.status_code == 422
    assert b"does not exist" in answer.content
    answer = signed_in(sharer).post(path(project), {"do": "save", f"role:user:{sharer.id}": "viewer"})
    assert b"must stay an owner" in answer.content
    assert rows() == []


def test_the_search_gives_names_and_keeps_addresses(sharer: User, owner: User, project: Project) -> None:
    page = signed_in(sharer).get(f"{path(project)}/people?q=oliv", headers=FRAGMENT).content.decode()
    assert 'role="listbox"' in page
    assert "Olivia Owner" in page
    assert "@" not in page
    assert b"No one found." in signed_in(sharer).get(f"{path(project)}/people?q=zzz").content
    assert b"option" not in signed_in(sharer).get(f"{path(project)}/people?q=o").content


def test_only_who_may_share_gets_here(sharer: User, owner: User, stranger: User, project: Project) -> None:
    let(owner, project, Grant.EDITOR)
    for address in (path(project), f"{path(project)}/people?q=ol"):
        assert signed_in(stranger).get(address).status_code == 404
        assert signed_in(owner).get(address).status_code == 403
        assert Client().get(address).status_code == 302
    assert signed_in(stranger).post(path(project), {"do": "save", "public": "on"}).status_code == 404
    assert signed_in(owner).post(path(project), {"do": "save", "public": "on"}).status_code == 403
    assert signed_in(sharer).get(f"/share/cat/{project.id}").status_code == 404
    mine = Project.objects.create(owner=owner, name="Mine")
    assert signed_in(owner).get(path(mine)).status_code == 403  # their role shares nothing
    assert rows() == [("user", "Olivia Owner", 3)]


@pytest.mark.parametrize(("bits", "verbs"), [(1, ""), (3, "edit"), (15, "edit delete")])
def test_a_shared_project_shows_what_one_may_do_with_it(
    owner: User, project: Project, bits: int, verbs: str,
    sharer: User, make_chat: Callable[..., Conversation],
) -> None:  # fmt: skip
    make_chat(sharer, title="Private words", project=project)
    let(owner, project, bits)
    page = signed_in(owner).get(f"/projects/{project.id}").content.decode()
    assert "Shared with you" in page
    assert "Speak of craters." in page
    assert "Private words" not in page
    assert "/share/project/" not in page
    for verb in ("edit", "delete"):
        assert (f"/projects/{project.id}/{verb}" in page) == (verb in verbs)
        status = signed_in(owner).get(f"/projects/{project.id}/{verb}").status_code
        assert status == (200 if verb in verbs else 403)
    assert "Shared</small>" in signed_in(owner).get("/c/new").content.decode()
    assert (
        "Private words" not in signed_in(owner).get(f"/projects/{project.id}/chats", headers=FRAGMENT).content.decode()
    )


def test_a_member_who_was_removed_finds_nothing(
    owner: User, project: Project, make_chat: Callable[..., Conversation]
) -> None:
    """Security case 9."""
    grant = let(owner, project, 1)
    chat = make_chat(owner, project=project)
    client = signed_in(owner)
    assert "Moon" in client.get(f"/c/{chat.id}").content.decode()
    grant.delete()
    assert client.get(f"/projects/{project.id}").status_code == 404
    page = client.get(f"/c/{chat.id}")
    assert (page.status_code, "Moon" in page.content.decode()) == (200, False)


def test_the_button_stands_there_for_who_may_share(sharer: User, owner: User, project: Project) -> None:
    assert path(project) in signed_in(sharer).get(f"/projects/{project.id}").content.decode()
    mine = Project.objects.create(owner=owner, name="Mine")
    assert path(mine) not in signed_in(owner).get(f"/projects/{mine.id}").content.decode()


def test_a_long_list_costs_no_more_queries(sharer: User, project: Project, make_user: Callable[..., User]) -> None:
    client, counts = signed_in(sharer), []
    client.get(path(project), headers=FRAGMENT)  # what processes remember for a moment is known now
    for many in (1, 10):
        for at in range(many):
            let(make_user(f"Many {many} {at}"), project, 1)
        with CaptureQueriesContext(connection) as seen:
            client.get(path(project), headers=FRAGMENT)
        counts.append(len(seen))
    assert counts[0] == counts[1]
