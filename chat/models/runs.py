"""The writing of replies: runs, what they wait for, and what waits for them."""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from chat.models.conversations import Conversation, Message
from core.ids import uuid7


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
    has_queue = models.BooleanField(default=False, db_default=False)  # a `QueuedTurn` is sent when it has ended well
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
            models.Index("finished_at", condition=Q(has_queue=True, state="done"), name="run_followed"),
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
    ``{"text", "options"}`` too; for an approval the tool's ``"schema"``, and, where they changed the arguments, the
    ``"edited"`` ones. `answer` is what they say to the model: a reason, or what answers the question. An approval that
    is `answered` has been so in the tool's place.
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


class QueuedTurn(models.Model):
    """A message that is sent when the reply before it has ended well. Those of a conversation are sent in order.

    `draft` holds what it is sent with: ``{"endpoint", "model", "spec", "settings", "quotes", "parent", "api_key"}``,
    each only where it was given. One that was refused is kept with the reason, until its person sends or removes it; of
    one that was sent or removed neither text nor draft is kept.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        CANCELLED = "cancelled"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # The database deletes the rows with their conversation.
    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="queued_turns", db_constraint=False
    )
    client_request_id = models.CharField(max_length=128, blank=True)
    text = models.TextField()
    draft = models.JSONField(default=dict, blank=True)
    is_first = models.BooleanField(default=False)  # before those that were queued earlier
    state = models.CharField(max_length=9, choices=State.choices, default=State.QUEUED)
    refusal_code = models.CharField(max_length=64, blank=True)
    refusal = models.CharField(max_length=500, blank=True)  # as people read it
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "conversation", "client_request_id", condition=~Q(client_request_id=""), name="queued_turn_once"
            )
        ]
        indexes = [
            models.Index(
                "conversation", "created_at", condition=Q(state__in=("queued", "refused")), name="queued_turn_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.state}"
