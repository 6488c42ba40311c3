"""Projects, conversations, messages and runs."""

from chat.models.conversations import (
    GREETING_LIMIT,
    ICON_LIMIT,
    Conversation,
    ConversationBookmark,
    ConversationQuerySet,
    Message,
    SearchEntry,
    ToolResult,
)
from chat.models.organising import Bookmark, Favourite, Project, ProjectQuerySet
from chat.models.runs import ApprovalRequest, InboxItem, QueuedTurn, Run, Step

__all__ = [
    "GREETING_LIMIT",
    "ICON_LIMIT",
    "ApprovalRequest",
    "Bookmark",
    "Conversation",
    "ConversationBookmark",
    "ConversationQuerySet",
    "Favourite",
    "InboxItem",
    "Message",
    "Project",
    "ProjectQuerySet",
    "QueuedTurn",
    "Run",
    "SearchEntry",
    "Step",
    "ToolResult",
]
