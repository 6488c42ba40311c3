"""One person's belongings."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.core import serializers

from accounts.models import (
    ApiKey,
    AuditEntry,
    CapabilityGrant,
    Grant,
    Group,
    Membership,
    ModelAccess,
    RefreshSession,
    Role,
    User,
)
from billing.models import Balance, Hold, LedgerEntry
from chat.models import Bookmark, Conversation, Favourite, Message, Project, Run
from chat.services.organise import bookmarks, favourites, projects
from endpoints.catalog.selection import ModelRef
from endpoints.models import OperatorEndpoint, UserKey

TABLES: tuple[Any, ...] = (
    User, RefreshSession, SocialAccount, Group, Membership,
    Conversation, Message, Run, Project, Bookmark, Favourite, Balance, Hold, LedgerEntry,
    AuditEntry, CapabilityGrant, Grant, ModelAccess, Role, ApiKey, UserKey, OperatorEndpoint,
)  # fmt: skip


@pytest.fixture
def belongings(
    owner: User, make_conversation: Callable[..., Conversation], make_turn: Callable[..., Run]
) -> dict[str, Any]:
    """What `owner` has: the values for the ids in addresses and bodies."""
    conversation = make_conversation(owner, title="MARKER-TITLE")
    done = make_turn(conversation, text="MARKER-QUESTION", reply="MARKER-REPLY")
    run = make_turn(conversation, state="running", reply="MARKER-PARTIAL", parent=done.message)
    project = projects.create(user=owner, name="MARKER-PROJECT", instructions="MARKER-INSTRUCTIONS")
    projects.put(user=owner, conversation_ids=[conversation.id], project_id=project.id)
    tag = bookmarks.create(user=owner, name="MARKER-TAG", description="MARKER", conversation_id=conversation.id)
    favourites.replace(user=owner, model_refs=[ModelRef("Somewhere", "small")])
    return {
        "conversation": conversation, "reply": done.message, "question": done.message.parent, "run": run,
        "project": project, "tag": tag,
    }  # fmt: skip


def places_of(belongings: dict[str, Any]) -> dict[str, str]:
    """Return the ids that stand in the addresses of what `owner` has."""
    names = {
        "conversation_id": "conversation",
        "message_id": "question",
        "project_id": "project",
        "resource_id": "project",
    }
    return {parameter: str(belongings[name].id) for parameter, name in names.items()}


def everything() -> str:
    """Return all rows that matter, as text, to compare before and after."""
    return "\n".join(serializers.serialize("json", table.objects.order_by("pk")) for table in TABLES)
