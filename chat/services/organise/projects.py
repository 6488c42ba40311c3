"""Projects: folders of conversations, with instructions and a default model.

A project can be shared; each person still sees only their own conversations in it.
"""

from collections.abc import Sequence
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import (
    BooleanField,
    Case,
    Count,
    DateTimeField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.models.user import VISIBLE, can_be_seen
from accounts.services import permissions
from accounts.services.resources import SharedKind, SharedObject
from chat import access
from chat.models import Conversation, Project
from chat.services.notices import notify
from chat.services.search.text import holds
from core import quotas
from core.paging import Keyset, Page, Signed
from core.refusal import Refusal

PAGE = 25
LIMITS = {"name": 100, "description": 1_000, "instructions": 32_000}
SORTS = {"name": "name", "createdAt": "created_at", "lastConversationAt": "last_conversation_at"}
_LONG_AGO = Value("1970-01-01T00:00:00+00:00")


class BadProject(Refusal):
    """A field of the project cannot be stored. `field` names it."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message, field=field)


def counted(user: User) -> QuerySet[Project]:
    """Return the projects that the person sees, with what the lists show of them. One query."""
    latest = Conversation.objects.listed().filter(project=OuterRef("pk"), owner=user, deleted_at=None)
    latest = latest.order_by("-updated_at")
    in_it = Q(
        conversations__owner=user,
        conversations__deleted_at=None,
        conversations__archived_at=None,
        conversations__is_temporary=False,
    )
    return Project.objects.visible_to(user).annotate(
        is_shared=Case(When(owner=user, then=False), default=True, output_field=BooleanField()),
        conversation_count=Count("conversations", filter=in_it),
        last_conversation_at=Max("conversations__updated_at", filter=in_it),
        last_conversation_id=Subquery(latest.values("id")[:1]),
    )


def page(
    *,
    user: User,
    search: str = "",
    sort: str = "lastConversationAt",
    descending: bool = True,
    cursor: str | None = None,
    limit: int = PAGE,
) -> Page[Project]:
    """Return one page. `sort` is a key of `SORTS`; a cursor that is not ours, or of another order, gives the first."""
    rows = counted(user)
    field = SORTS[sort]
    if field == "last_conversation_at":
        rows = rows.annotate(sorted_by=Coalesce("last_conversation_at", _LONG_AGO, output_field=DateTimeField()))
        field = "sorted_by"
    if search:
        rows = rows.filter(holds("name", search) | holds("description", search))
    keyset = Keyset(field, Signed("projects", (sort,), is_text=sort == "name"), descending)
    return keyset.page(rows, cursor=cursor, limit=limit)


def create(*, user: User, name: str, description: str = "", instructions: str = "") -> Project:
    """Make a project. Raises `BadProject`, and `PermissionDenied` where the person's role makes none."""
    if not permissions.may(user, "PROJECTS", "CREATE"):
        raise PermissionDenied
    fields = _cleaned({"name": name, "description": description, "instructions": instructions})
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).only("id").get(id=user.id)
        if Project.objects.filter(owner=user).count() >= quotas.most("projects"):
            raise BadProject(_("You've reached the limit for projects. Delete one first."), "name")
        project = Project.objects.create(owner=user, **fields)
        notify(user.id, "list", {})
    return project


def change(*, user: User, project_id: UUID, **fields: str) -> Project:
    """Change `name`, `description`, `instructions`, or `endpoint` and `model`. Raises `BadProject`, `Http404`,
    `PermissionDenied`.

    What is changed counts from the next turn on.
    """
    changes = _cleaned({k: v for k, v in fields.items() if k in LIMITS}) | _model(fields)
    with transaction.atomic():
        access.project_for_editor(user, project_id)
        # Only what was changed: another tab may have changed the rest meanwhile.
        Project.objects.filter(id=project_id).update(**changes, updated_at=timezone.now())
        notify(user.id, "list", {})
    return access.project_for(user, project_id)


def _model(fields: dict[str, str]) -> dict[str, str]:
    return {field: fields[field] for field in ("endpoint", "model") if field in fields}


def delete(*, user: User, project_id: UUID) -> int:
    """Delete the project; everybody's conversations stay, outside of any. Return how many were the person's own.

    Raises `Http404`, `PermissionDenied`.
    """
    project = access.project_for_owner(user, project_id)
    with transaction.atomic():
        freed = Conversation.objects.filter(project=project, owner=user).update(project=None)
        Conversation.objects.filter(project=project).update(project=None)
        Project.objects.filter(id=project.id).delete()
        notify(user.id, "list", {})
    return freed


def put(*, user: User, conversation_ids: Sequence[UUID], project_id: UUID | None) -> list[Conversation]:
    """Move conversations into a project, or out of any; all or nothing. Raises `Http404`."""
    with transaction.atomic():
        project = access.project_for(user, project_id) if project_id else None
        selected = access.conversations_for(user, conversation_ids)
        Conversation.objects.filter(id__in=[conversation.id for conversation in selected]).update(project=project)
        for conversation in selected:
            conversation.project = project
        notify(user.id, "list", {})
    return selected


def _find(project_id: UUID) -> SharedObject | None:
    project = Project.objects.filter(id=project_id).only("id", "name", "owner_id").first()
    if project is None:
        return None
    return SharedObject(project.id, project.name, project.owner_id, reverse("chat:project", args=[project.id]))


def _owned(user: User) -> list[UUID]:
    return list(Project.objects.filter(owner=user).values_list("id", flat=True))


SHARED_KIND = SharedKind(Project.KIND, "PROJECTS", _find, _owned)


def _cleaned(fields: dict[str, str]) -> dict[str, str]:
    cleaned = {}
    for field, value in fields.items():
        text = value.replace("\x00", " ").replace("\r\n", "\n").strip()
        if field == "name":
            text = " ".join(text.split())
            if not text:
                raise BadProject(_("Enter a name."), "name")
            if not VISIBLE.match(text):
                raise BadProject(str(can_be_seen.message), "name")
        if len(text) > LIMITS[field]:
            message = ngettext(
                "This can have at most %(limit)d character.",
                "This can have at most %(limit)d characters.",
                LIMITS[field],
            ) % {"limit": LIMITS[field]}
            raise BadProject(message, field)
        cleaned[field] = text
    return cleaned
