"""Projects, conversations, messages and runs."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Grant, User
from accounts.services import grants
from core.ids import uuid7
from messages.parts import Part, parts_from_json, parts_to_json, plain_text


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> "ProjectQuerySet":
        """Keep the person's own, and what others share with them."""
        return self.filter(Q(owner=user) | Q(id__in=grants.visible_ids(user, Project.KIND)))


class Project(models.Model):
    """A folder of conversations, with instructions and a model that new ones begin with.

    It may be shared (see `accounts.services.grants`); the conversations in it stay each person's own.
    """

    KIND = "project"  # in the access list

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=100)
    description = models.CharField(max_length=1000, blank=True)
    instructions = models.TextField(max_length=32_000, blank=True)  # go before the system prompt of its conversations
    endpoint = models.CharField(max_length=128, blank=True)  # with `model`: what a new conversation in it uses
    model = models.CharField(max_length=256, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ProjectQuerySet.as_manager()

    rights = 0  # of who asks; set by the doors

    def __str__(self) -> str:
        return self.name

    @property
    def may_edit(self) -> bool:
        return bool(self.rights & Grant.EDIT)

    @property
    def may_delete(self) -> bool:
        return bool(self.rights & Grant.DELETE)

    @property
    def may_share(self) -> bool:
        return bool(self.rights & Grant.SHARE)


class Bookmark(models.Model):
    """A person's own label for conversations. How many bear it is counted, never stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bookmarks")
    name = models.CharField(max_length=128)
    description = models.CharField(max_length=1000, blank=True)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "chat_tag"
        constraints = [models.UniqueConstraint("owner", "name", name="tag_name_once")]

    def __str__(self) -> str:
        return self.name


class Favourite(models.Model):
    """A model, or a model spec, that a person keeps at hand."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites")
    endpoint = models.CharField(max_length=256, blank=True)
    model = models.CharField(max_length=256, blank=True)
    spec = models.CharField(
        max_length=256, blank=True, default="", db_default=""
    )  # its name; the other two are then empty
    position = models.PositiveIntegerField(default=0)

    label = ""  # what people read, set by who lists it

    class Meta:
        constraints = [models.UniqueConstraint("owner", "endpoint", "model", "spec", name="favourite_once")]

    def __str__(self) -> str:
        return self.spec or f"{self.endpoint}: {self.model}"


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


class Run(models.Model):
    """The writing of one reply: queued → running → done | stopped | failed | interrupted.

    A generator holds it by a lease. When the lease runs out the sweeper keeps what was saved and marks the
    run interrupted; no model call is ever made a second time, because it costs money.

    A run that waits for a person, or for a subrun, is `waiting`: nobody holds it, and its `checkpoint` is all that is
    needed to go on. What it waited for makes it `queued` again. A run whose generator died between two model calls
    goes on from its checkpoint, too. A reply that one model call writes never gets one.

    A subrun (`parent`) is begun by a tool of its parent. It belongs to the parent's message and writes nothing there:
    what it says is in its own `content`, and at its end a result in its parent's inbox.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        WAITING = "waiting"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"
        INTERRUPTED = "interrupted"

    OPEN = (State.QUEUED, State.RUNNING, State.WAITING)
    BUSY = (State.QUEUED, State.RUNNING)  # those that a generator has or should have

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    # The database deletes what belongs to a run with it: conversations are purged by statements of their own.
    parent = models.ForeignKey(
        "self",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="subruns",
        db_index=False,
        db_constraint=False,
    )
    agent = models.CharField(max_length=64, blank=True, default="", db_default="")  # who began it; empty: nobody's
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="runs")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="runs")
    hold_id = models.UUIDField(null=True)  # a `billing.Hold`; it outlives a deleted conversation
    state = models.CharField(max_length=11, choices=State.choices, default=State.QUEUED)
    continues = models.BooleanField(default=False)  # goes on from the message's parts
    needs_title = models.BooleanField(default=False)
    client_request_id = models.CharField(max_length=128, null=True)  # the client's idempotency key
    worker = models.CharField(max_length=64, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    stop_requested = models.BooleanField(default=False)
    has_mail = models.BooleanField(default=False, db_default=False)  # something in its inbox has not been taken
    last_event_id = models.CharField(max_length=32, blank=True)  # of the stream log, at the last save
    error = models.CharField(max_length=32, blank=True)  # a code of `endpoints.services.failure_words`
    checkpoint = models.JSONField(null=True, blank=True)  # a `chat.services.turns.checkpoint.Checkpoint`
    content = models.JSONField(null=True, blank=True)  # of a subrun: the parts that it has written
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "chat_generation"
        constraints = [
            models.UniqueConstraint(
                "owner",
                "client_request_id",
                condition=Q(client_request_id__isnull=False),
                name="generation_request_once",
            ),
            models.UniqueConstraint(
                "message",
                condition=Q(state__in=("queued", "running", "waiting"), parent=None),
                name="run_one_open_per_message",
            ),
        ]
        indexes = [
            models.Index("parent", condition=Q(parent__isnull=False), name="run_parent"),
            models.Index("owner", condition=Q(state="waiting"), name="run_waiting"),
            models.Index("lease_expires_at", condition=Q(state__in=("queued", "running")), name="generation_open"),
            models.Index("owner", condition=Q(state__in=("queued", "running")), name="generation_open_owner"),
            models.Index("conversation", "created_at", name="generation_conversation"),
            BrinIndex(fields=["created_at"], name="generation_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.id} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class Step(models.Model):
    """One model call, or one round of tools, of a run with a checkpoint.

    The row of a model call is written before it is made: a run that has one in the state `running` is not gone on
    with after a crash.
    """

    class Kind(models.TextChoices):
        MODEL = "model"
        TOOLS = "tools"

    class State(models.TextChoices):
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps", db_index=False, db_constraint=False)
    n = models.PositiveIntegerField()  # from 0: the model's calls of the run are counted, and each one's tools with it
    kind = models.CharField(max_length=5, choices=Kind.choices)
    state = models.CharField(max_length=7, choices=State.choices)
    quantities = models.JSONField(default=dict, db_default={}, blank=True)  # of a model call: `messages.events.Usage`
    started_at = models.DateTimeField(default=timezone.now, db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("run", "n", "kind", name="step_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.n} {self.kind} {self.state}"


class ApprovalRequest(models.Model):
    """What a run asks its person: whether a tool may be called, or a question. Answered at most once.

    `request` has what the person has to know: ``{"name", "arguments"}`` of the call, and for a question
    ``{"text", "options"}`` too. `answer` is what they say to the model: a reason, or what answers the question.
    """

    class Kind(models.TextChoices):
        APPROVAL = "approval"
        QUESTION = "question"

    class State(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"
        ANSWERED = "answered"
        CANCELLED = "cancelled"  # the run was ended without an answer

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="approvals", db_index=False, db_constraint=False
    )
    call_id = models.CharField(max_length=256)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    request = models.JSONField(default=dict, db_default={})
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    answer = models.TextField(blank=True, default="", db_default="")
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)

    class Meta:
        db_table = "chat_approval"
        constraints = [models.UniqueConstraint("run", "call_id", "kind", name="approval_once_per_call")]
        indexes = [models.Index("run", condition=Q(state="pending"), name="approval_pending")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind} {self.state}"


class InboxItem(models.Model):
    """What has come for a run from outside: a person's word, or the result of a subrun. Taken between two model calls.

    `body` is ``{"text": str}`` of a `steer`, ``{"call_id", "run_id", "state", "text"}`` of a `result`.
    """

    class Kind(models.TextChoices):
        STEER = "steer"
        RESULT = "result"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="inbox", db_constraint=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    body = models.JSONField(default=dict, db_default={})
    created_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    taken_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index("run", "created_at", condition=Q(taken_at=None), name="inbox_waiting")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.kind}"
