"""Shared projects: what readers, editors and owners may do, and that chats stay everybody's own."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.models import Grant, User
from chat import access
from chat.models import Conversation, Project, Run
from chat.services.organise import projects
from chat.services.tree import forking
from runs import persistence
from web.sidebar import sidebar

pytestmark = pytest.mark.django_db
MakeChat = Callable[..., Conversation]


@pytest.fixture
def moon(owner: User) -> Project:
    return projects.create(user=owner, name="Moon", instructions="Speak of craters.")


def let(user: User, project: Project, bits: int) -> Grant:
    return Grant.objects.create(resource_type="project", resource_id=project.id, principal="user", user=user, bits=bits)


def test_a_reader_sees_it_with_chats_of_their_own_only(
    owner: User, stranger: User, moon: Project, make_conversation: MakeChat
) -> None:
    make_conversation(owner, title="Private", project=moon)
    assert projects.page(user=stranger).items == []
    let(stranger, moon, Grant.VIEWER)
    (seen,) = projects.page(user=stranger).items
    counted: Any = seen
    assert (seen.name, counted.conversation_count, counted.last_conversation_id) == ("Moon", 0, None)
    assert (counted.is_shared, counted.last_conversation_at) == (True, None)
    (beside,) = sidebar(user=stranger).projects
    row: Any = beside
    assert (beside.id, row.is_shared, row.conversation_count) == (moon.id, True, 0)
    mine = make_conversation(stranger)
    projects.put(user=stranger, conversation_ids=[mine.id], project_id=moon.id)
    for user in (owner, stranger):
        of: Any = projects.counted(user).get()
        assert (of.conversation_count, of.is_shared) == (1, user == stranger)


@pytest.mark.parametrize(("bits", "may"), [(1, ""), (3, "change"), (15, "change delete")])
def test_rights_open_as_many_doors(owner: User, stranger: User, moon: Project, bits: int, may: str) -> None:
    let(stranger, moon, bits)
    assert access.project_for(stranger, moon.id).rights == bits
    acts: dict[str, Callable[[], object]] = {
        "change": lambda: projects.change(user=stranger, project_id=moon.id, name="Mars"),
        "delete": lambda: projects.delete(user=stranger, project_id=moon.id),
    }
    for name, act in acts.items():
        if name in may:
            act()
        else:
            with pytest.raises(PermissionDenied):
                act()
    names = list(Project.objects.values_list("name", flat=True))
    assert names == {1: ["Moon"], 3: ["Mars"], 15: []}[bits]


def test_a_stranger_finds_no_project(stranger: User, moon: Project) -> None:
    for door in (access.project_for, access.project_for_editor, access.project_for_owner):
        with pytest.raises(Http404):
            door(stranger, moon.id)


def test_a_project_that_is_deleted_leaves_everybodys_chats(
    owner: User, stranger: User, moon: Project, make_conversation: MakeChat
) -> None:
    """Security case 11."""
    let(stranger, moon, Grant.VIEWER)
    chats = [make_conversation(user, project=moon) for user in (owner, stranger, stranger)]
    assert projects.delete(user=owner, project_id=moon.id) == 1
    assert not Grant.objects.exists()
    for chat in chats:
        chat.refresh_from_db()
        assert chat.project is None
        assert chat.deleted_at is None


def test_instructions_reach_the_model_only_while_the_chats_owner_may_see_them(
    stranger: User, moon: Project, make_conversation: MakeChat, make_turn: Callable[..., Run]
) -> None:
    def instructions_for(chat: Conversation) -> str:
        run = make_turn(chat, state="queued", reply="")
        (job,) = persistence.claim(ids=[run.id], worker="w")
        Run.objects.filter(id=run.id).update(state="done")
        return job.instructions

    chat = make_conversation(stranger, project=moon)
    assert instructions_for(chat) == ""
    grant = let(stranger, moon, Grant.VIEWER)
    assert instructions_for(chat) == "Speak of craters."
    grant.delete()
    assert instructions_for(chat) == ""
    for principal, column in (("public", {}), ("role", {"role_id": "USER"})):
        grant = Grant.objects.create(
            resource_type="project", resource_id=moon.id, principal=principal, bits=1, **column
        )
        assert instructions_for(chat) == "Speak of craters."
        grant.delete()


def test_who_was_removed_keeps_the_chat_and_loses_the_project(
    stranger: User, moon: Project, make_conversation: MakeChat, make_turn: Callable[..., Run]
) -> None:
    """Security case 10."""
    grant = let(stranger, moon, Grant.VIEWER)
    chat = make_conversation(stranger, project=moon)
    turn = make_turn(chat)
    assert access.conversation_for(stranger, chat.id).project == moon
    grant.delete()
    shared_chat = access.conversation_for(stranger, chat.id)
    assert (shared_chat.project, shared_chat.project_id) == (None, None)
    with pytest.raises(Http404):
        access.project_for(stranger, moon.id)
    assert forking.duplicate(user=stranger, conversation_id=chat.id).project is None
    assert turn.message.conversation_id == chat.id


def test_a_role_may_be_kept_from_making_projects(owner: User) -> None:
    owner.role.permissions = {"PROJECTS": {"CREATE": False}}
    owner.role.save()
    with pytest.raises(PermissionDenied):
        projects.create(user=owner, name="Moon")
    assert not Project.objects.exists()
