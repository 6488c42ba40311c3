"""Conversations, their messages, and what the search knows of them."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Q
from django.utils import timezone

from accounts.models import User
from chat.models.organising import Bookmark, Project
from core.ids import uuid7
from messages.parts import Part, parts_from_json, parts_to_json, plain_text

ICON_LIMIT = 8_192  # characters; small pictures are written as `data:`
GREETING_LIMIT = 1_024


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> "ConversationQuerySet":
        """What belongs to `user` and was not deleted."""
        return self.filter(owner=user, deleted_at=None)

    def listed(self) -> "ConversationQuerySet":
        """What the sidebar shows: not archived, not temporary."""
        return self.filter(archived_at=None, is_temporary=False)

    def archived(self) -> "ConversationQuerySet":
        """What the page of archived ones shows."""
        return self.filter(archived_at__isnull=False, is_temporary=False)

    def bearing(self, bookmarks: models.QuerySet["Bookmark"]) -> "ConversationQuerySet":
        """What bears at least one of these bookmarks."""
        return self.filter(models.Exists(bookmarks.filter(conversations=models.OuterRef("pk"))))


class Conversation(models.Model):
    """A tree of messages with one branch on view."""

    class TitledBy(models.TextChoices):
        WORDS = "words"  # the first words of the first message
        MODEL = "model"
        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=1024, default="New Chat")
    titled_by = models.CharField(max_length=8, choices=TitledBy.choices, default=TitledBy.WORDS)
    endpoint = models.CharField(max_length=128)
    model = models.CharField(max_length=256)
    spec = models.CharField(max_length=256, blank=True, default="", db_default="")  # the model spec in use, by its name
    # How a client of the REST interface shows it, in its own words; the pages do not read them.
    icon_url = models.CharField(max_length=ICON_LIMIT, blank=True, default="", db_default="")
    greeting = models.CharField(max_length=GREETING_LIMIT, blank=True, default="", db_default="")
    settings = models.JSONField(default=dict, blank=True)  # a `chat.services.model_settings.ModelSettings`
    chosen_root = models.ForeignKey("Message", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    project = models.ForeignKey(Project, on_delete=models.SET_NULL, null=True, blank=True, related_name="conversations")
    bookmarks = models.ManyToManyField(
        Bookmark, through="ConversationBookmark", blank=True, related_name="conversations"
    )
    archived_at = models.DateTimeField(null=True, blank=True)
    pin_position = models.PositiveIntegerField(null=True, blank=True)  # place among the pinned ones; None: not pinned
    deleted_at = models.DateTimeField(null=True, blank=True, db_index=True)  # gone for the person, purged after a while
    is_temporary = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("owner", models.F("updated_at").desc(), models.F("id").desc(), name="conversation_recent"),
            models.Index("owner", "pin_position", condition=Q(pin_position__isnull=False), name="conversation_pinned"),
            GinIndex(OpClass(Func("title", function="chat_fold"), name="gin_trgm_ops"), name="conversation_folded"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def is_pinned(self) -> bool:
        return self.pin_position is not None


class ConversationBookmark(models.Model):
    """A bookmark on a conversation."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    bookmark = models.ForeignKey(Bookmark, on_delete=models.CASCADE, related_name="+", db_column="tag_id")

    class Meta:
        db_table = "chat_conversation_tags"
        unique_together = [("conversation", "bookmark")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.bookmark_id}"


class Message(models.Model):
    """One node of a conversation's tree."""

    class Author(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    class State(models.TextChoices):
        COMPLETE = "complete"
        STREAMING = "streaming"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"
        DELETED = "deleted"  # empty: it holds the place of what was said, because others follow from it

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="children")
    chosen_child = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    author = models.CharField(max_length=9, choices=Author.choices)
    state = models.CharField(max_length=11, choices=State.choices, default=State.COMPLETE)
    parts = models.JSONField(default=list, blank=True)  # the JSON of `content`
    text = models.TextField(blank=True)  # the text parts alone, for search and copy
    # Whether a reply's parts hold more than text and thoughts; the database sets it (migration 0020).
    beyond_text = models.BooleanField(default=False, db_default=False, editable=False)
    endpoint = models.CharField(max_length=128, blank=True)
    model = models.CharField(max_length=256, blank=True)
    spec = models.CharField(
        max_length=256, blank=True, default="", db_default=""
    )  # the model spec a reply was asked for with
    sender = models.CharField(max_length=256, blank=True)
    finish_reason = models.CharField(max_length=16, blank=True)
    quotes = models.JSONField(
        default=list, db_default=[], blank=True
    )  # what a user message refers to, see `chat.services.quotes`
    feedback = models.JSONField(null=True, blank=True)  # a `chat.services.feedback_tags.Feedback`, for a reply
    edited_at = models.DateTimeField(null=True, blank=True)  # when its text was last changed in place
    usage = models.JSONField(default=dict, blank=True)  # token counts by kind, see `messages.events.Usage`
    left_out = models.PositiveIntegerField(default=0, db_default=0)  # messages before it that the model did not get
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="message_not_its_own_parent"),
            models.CheckConstraint(
                condition=Q(author="user") | Q(parent__isnull=False), name="message_root_is_from_user"
            ),
        ]
        indexes = [
            models.Index("conversation", "parent", "created_at", name="message_siblings"),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:60]}"

    @property
    def is_user(self) -> bool:
        return self.author == self.Author.USER

    @property
    def content(self) -> tuple[Part, ...]:
        """The parts, typed; read anew each time."""
        return parts_from_json(self.parts)

    def set_content(self, content: Iterable[Part]) -> None:
        """Set the parts, and the text that is theirs."""
        content = tuple(content)
        self.parts, self.text = parts_to_json(content), plain_text(content)


class ToolResult(models.Model):
    """A part of a tool's result that is too long for the row of its message (`chat.services.results`)."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="tool_results", db_constraint=False)
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.UUIDField()  # what the message calls it; a copy of the message calls its own the same
    content = models.JSONField()  # of `messages.parts.ResultPart`

    class Meta:
        constraints = [models.UniqueConstraint("message", "key", name="toolresult_once")]
        indexes = [models.Index("key", name="toolresult_key")]

    def __str__(self) -> str:
        return f"{self.key} of {self.message_id}"


class SearchEntry(models.Model):
    """What is looked for in one message. The database keeps it, in the transaction that changes the message.

    The vector holds the words, and lexemes that name owner, role and model, so that one index answers "whose" and
    "what" together (migrations 0004 and 0010 have the functions and triggers). A reply that is being written has none
    yet. Entries of an earlier `version` are made anew in the background.
    """

    message_id = models.UUIDField(primary_key=True, editable=False)
    owner_id = models.UUIDField()
    conversation_id = models.UUIDField()
    created_at = models.DateTimeField()
    vector = SearchVectorField()
    version = models.SmallIntegerField(default=1, db_default=0)

    class Meta:
        indexes = [
            models.Index(
                "owner_id", models.F("created_at").desc(), models.F("message_id").desc(), name="search_newest"
            ),
            models.Index(models.F("created_at").desc(), condition=Q(version=0), name="search_outdated"),
        ]

    def __str__(self) -> str:
        return str(self.message_id)
