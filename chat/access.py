"""The only functions that turn an external id into an object. A stranger gets 404, never a hint that it exists."""

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404

from accounts.models import Grant, User
from accounts.services import grants
from chat.models import ApprovalRequest, Bookmark, Conversation, InboxItem, Message, Project, QueuedTurn, Run


def conversation_for(user: User, conversation_id: UUID) -> Conversation:
    """Return the conversation if it is `user`'s, its project loaded, with `is_bookmarked` and `has_queue`.

    Raises `Http404`.

    A project that is no longer shared with them is as if the conversation were in none.
    """
    bookmarks = Bookmark.objects.filter(conversations=OuterRef("pk"))
    queued = QueuedTurn.objects.filter(conversation=OuterRef("pk"), state__in=("queued", "refused"))
    rows = Conversation.objects.visible_to(user).select_related("project")
    rows = rows.annotate(is_bookmarked=Exists(bookmarks), has_queue=Exists(queued))
    conversation = rows.filter(id=conversation_id).first()
    if conversation is None:
        raise Http404("There is no such conversation.")
    if conversation.project is not None:
        conversation.project.rights = _rights(user, conversation.project)
        if not conversation.project.rights & Grant.VIEW:
            conversation.project = None
    return conversation


def conversations_for(user: User, conversation_ids: Sequence[UUID]) -> list[Conversation]:
    """Return these conversations, locked, in the order of their ids. Raises `Http404` unless all are `user`'s."""
    wanted = set(conversation_ids)
    conversations = list(Conversation.objects.visible_to(user).filter(id__in=wanted).order_by("id").select_for_update())
    if len(conversations) != len(wanted):
        raise Http404("There is no such conversation.")
    return conversations


def project_for(user: User, project_id: UUID) -> Project:
    """Return the project, with `user`'s rights on it, if they may see it. Raises `Http404`."""
    project = Project.objects.filter(id=project_id).first()
    if project is not None:
        project.rights = _rights(user, project)
    if project is None or not project.rights & Grant.VIEW:
        raise Http404("There is no such project.")
    return project


def project_for_editor(user: User, project_id: UUID) -> Project:
    """Return the project if `user` may change it. Raises `Http404`, and `PermissionDenied` to a reader."""
    return _with(Grant.EDIT, project_for(user, project_id))


def project_for_owner(user: User, project_id: UUID) -> Project:
    """Return the project if `user` may do everything with it. Raises `Http404`, `PermissionDenied`."""
    return _with(Grant.OWNER, project_for(user, project_id))


def _with(needs: int, project: Project) -> Project:
    if needs & ~project.rights:
        raise PermissionDenied
    return project


def _rights(user: User, project: Project) -> int:
    if project.owner_id == user.id:
        return Grant.OWNER
    return grants.bits_of(user, Project.KIND, [project.id]).get(project.id, 0)


def bookmark_for(user: User, bookmark_id: UUID) -> Bookmark:
    """Return the bookmark if it is `user`'s. Raises `Http404`."""
    bookmark = Bookmark.objects.filter(id=bookmark_id, owner=user).first()
    if bookmark is None:
        raise Http404("There is no such bookmark.")
    return bookmark


def message_for(
    user: User, message_id: UUID, *, conversation_id: UUID | None = None, also_deleted: bool = False
) -> Message:
    """Return the message, its conversation loaded, if it is `user`'s (and in that conversation). Raises `Http404`.

    `also_deleted`: also an empty place, for who walks the tree.
    """
    messages = Message.objects.select_related("conversation").filter(
        id=message_id, conversation__owner=user, conversation__deleted_at=None
    )
    if conversation_id is not None:
        messages = messages.filter(conversation_id=conversation_id)
    message = messages.first()
    if message is None or (message.state == Message.State.DELETED and not also_deleted):
        raise Http404("There is no such message.")
    return message


def run_for(user: User, run_id: UUID) -> Run:
    """Return the run if it is `user`'s. Raises `Http404`."""
    run = Run.objects.filter(id=run_id, owner=user).first()
    if run is None:
        raise Http404("There is no such run.")
    return run


def approval_for(user: User, request_id: UUID) -> ApprovalRequest:
    """Return what a run of `user` asks, the run loaded. Raises `Http404`."""
    asked = ApprovalRequest.objects.select_related("run").filter(
        id=request_id, run__owner=user, run__conversation__deleted_at=None
    )
    request = asked.first()
    if request is None:
        raise Http404("There is no such question.")
    return request


def inbox_item_for(user: User, item_id: UUID) -> InboxItem:
    """Return what was sent to a run of `user`. Raises `Http404`."""
    item = (
        InboxItem.objects.select_related("run")
        .filter(id=item_id, run__owner=user, run__conversation__deleted_at=None)
        .first()
    )
    if item is None:
        raise Http404("There is no such message.")
    return item


def queued_turn_for(user: User, item_id: UUID) -> QueuedTurn:
    """Return a message that waits, or waited, in a conversation of `user`. Raises `Http404`."""
    mine = QueuedTurn.objects.filter(conversation__owner=user, conversation__deleted_at=None)
    item = mine.filter(id=item_id).first()
    if item is None:
        raise Http404("There is no such message.")
    return item


def open_runs(user: User) -> QuerySet[Run]:
    """Return the runs of `user` that write or wait, without those that other runs began, oldest first."""
    return Run.objects.filter(owner=user, parent=None, state__in=Run.OPEN).order_by("created_at")
