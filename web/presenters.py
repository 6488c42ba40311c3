"""Prepares messages for templates, so that templates compute nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy

from agents.tools.arguments import MAX_ARGUMENTS, readable_arguments
from chat.models import ApprovalRequest, Conversation, Message, Run
from chat.services.tree import tree
from chat.services.turns.draft import StartedTurn
from chat.services.turns.editing import is_editable
from chat.services.turns.turns import can_continue, ticket_for
from core.ids import uuid_of
from endpoints.catalog import registry
from endpoints.catalog.facts import facts
from endpoints.catalog.icons import Icon
from endpoints.services.failure_words import Explanation, explain
from messages.parts import (
    RESULT_KINDS,
    Approval,
    Citation,
    Error,
    Part,
    Question,
    Reasoning,
    StoredResult,
    Text,
    ToolCall,
    UnknownPart,
    is_readable,
    text_of_result,
)
from web.failures import ForAdmins, for_admins
from web.model_menu import writer_icon
from web.rendering.citations import readable
from web.rendering.message import render
from web.rendering.plain import render_user_text


@dataclass(frozen=True, slots=True)
class PartView:
    """One part of a message, and how it is shown.

    `live` says that the part may still grow: the template then adds an empty ``<div data-open>`` after `html`,
    where the browser keeps the open block. `html` is sanitised, or escaped text.
    """

    index: int
    source: Part
    html: SafeString
    live: bool = False
    explanation: Explanation | None = None  # of an error
    for_admins: ForAdmins | None = None  # what an administrator can do about it
    typed: str = ""  # what a person wrote, for those who want it shown as Markdown
    call: ToolCall | None = None  # that an approval or a question is about

    @property
    def template(self) -> str:
        if self.typed:
            return "chat/parts/typed.html"
        if isinstance(self.source, UnknownPart):
            return "chat/parts/unknown.html"
        if isinstance(self.source, Reasoning) and self.source.is_hidden:
            return "chat/parts/hidden_reasoning.html"
        return f"chat/parts/{self.source.type}.html"

    @property
    def results(self) -> "list[ResultView]":
        """What a tool answered."""
        results = self.source.result if isinstance(self.source, ToolCall) else None
        return [ResultView(self.index, result, mark_safe("")) for result in results or ()]

    @property
    def answer_address(self) -> str:
        """Where a person answers what the part asks; empty where it asks nothing."""
        if not isinstance(self.source, Approval | Question) or (id_ := uuid_of(self.source.id)) is None:
            return ""
        return reverse("chat:decide" if isinstance(self.source, Approval) else "chat:answer", args=[id_])

    @property
    def editable_arguments(self) -> str:
        """The arguments of the call that an approval is about, as a person may change them; empty where they can't."""
        arguments = readable_arguments(self.call.arguments) if self.call else ""
        return arguments if len(arguments) <= MAX_ARGUMENTS else ""

    @property
    def link(self) -> str:
        """The address of a citation, if a person may be led there."""
        url = self.source.url if isinstance(self.source, Citation) else ""
        return url if url.startswith(("https://", "http://")) else ""


class ResultView(PartView):
    """One part of a tool's result, as the tool's card shows it."""

    @property
    def template(self) -> str:
        return "chat/parts/result_text.html" if isinstance(self.source, Text) else super().template

    @property
    def url(self) -> str:
        """Where all of a result is that the message holds only the beginning of."""
        return reverse("chat:tool_result", args=[self.source.id]) if isinstance(self.source, StoredResult) else ""

    @property
    def text(self) -> str:
        return text_of_result(self.source) if isinstance(self.source, RESULT_KINDS) else ""


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message on the branch on view, with its place among its siblings."""

    id: UUID
    conversation_id: UUID
    is_user: bool
    sender: str
    endpoint: str
    model: str
    state: str  # a `Message.State`
    finish_reason: str
    parts: tuple[PartView, ...]
    text: str  # for the copy button, citations readable
    created_at: datetime
    sibling_index: int = 1  # counted from 1
    sibling_count: int = 1
    previous_id: UUID | None = None
    next_id: UUID | None = None
    is_last: bool = False
    run_id: UUID | None = None  # the open run that writes it
    ticket: str = ""  # lets the websocket follow that run
    waited: int = 0  # seconds since that run was begun
    thinks: bool = False  # its model may think before it answers
    waits: bool = False  # its run waits for the person, or for a subrun
    asked: tuple[PartView, ...] = ()  # what subruns of its run ask; the run's own questions are parts
    can_continue: bool = False
    can_edit: bool = False
    edited_at: datetime | None = None
    quotes: tuple[dict[str, Any], ...] = ()  # each a `chat.services.quotes.Quote`
    feedback: dict[str, Any] | None = None  # a `chat.services.feedback_tags.Feedback`
    is_empty: bool = False  # a finished reply in which there is nothing to read
    may_retry: bool = False  # it failed, or is empty, and another try may help
    left_out: int = 0  # earlier messages that the model did not get
    prompt_tokens: int = 0  # of the reply, as the provider counted them
    reply_tokens: int = 0
    spec: str = ""  # the model spec a reply was asked for with

    @property
    def icon(self) -> Icon | None:
        return writer_icon(self.endpoint, self.spec)

    @property
    def ending(self) -> str | Promise:
        """What ended the message, where it was not its writer; empty where nothing is to be said."""
        return _ENDINGS.get(self.state, _ENDINGS.get(self.finish_reason, ""))


# By a message's state, and by the reasons in `messages.events.FinishReason`. A failure is a part of its own.
_ENDINGS: dict[str, str | Promise] = {
    "stopped": gettext_lazy("Stopped"),
    "interrupted": gettext_lazy("Interrupted"),
    "length": gettext_lazy("Cut off at the length limit"),
    "content_filter": gettext_lazy("Ended by the provider's content filter"),
    "budget": gettext_lazy("Cut off because the credit ran out"),
    "limit": gettext_lazy("Cut off at the step limit"),
}


@dataclass(frozen=True, slots=True)
class Branch:
    """A page of messages of the branch on view, oldest first."""

    messages: list[MessageView]
    has_earlier: bool
    has_later: bool = False
    leaf_id: UUID | None = None  # what the next message answers, also when it is not among these


def present_branch(
    conversation: Conversation,
    *,
    before: UUID | None = None,
    at: UUID | None = None,
    limit: int = tree.MESSAGES_PER_PAGE,
) -> Branch:
    """Return the last messages of the branch on view (before message `before`, or around message `at`).

    Four queries at any size.
    """
    window = tree.window_of_messages(conversation=conversation, before=before, at=at, limit=limit)
    streaming = [message.id for message in window.messages if message.state == Message.State.STREAMING]
    runs = Run.objects.filter(message_id__in=streaming, state__in=Run.OPEN, parent=None) if streaming else ()
    run_of = {run.message_id: run for run in runs}
    asked_of = _asked_by_subruns(list(run_of.values()))
    last = window.messages[-1].id if window.messages and window.ends_branch else None
    views = [
        present(
            message,
            place=window.places.get(message.id),
            run=run_of.get(message.id),
            is_last=message.id == last,
            asked=asked_of.get(message.id, ()),
        )
        for message in window.messages
    ]
    return Branch(
        messages=views,
        has_earlier=window.has_earlier,
        has_later=not window.ends_branch and before is None,
        leaf_id=window.leaf_id,
    )


def present_messages(messages: list[Message]) -> dict[UUID, MessageView]:
    """Return stored messages, of any conversations, by their ids. Three queries for any number."""
    if not messages:
        return {}
    ids = [message.id for message in messages]
    runs = {run.message_id: run for run in Run.objects.filter(message__in=ids, state__in=Run.OPEN, parent=None)}
    parents = set(Message.objects.filter(parent__in=ids).values_list("parent_id", flat=True))
    places = tree.places(messages)
    return {
        message.id: present(
            message, place=places.get(message.id), run=runs.get(message.id), is_last=message.id not in parents
        )
        for message in messages
    }


def present_started(started: StartedTurn) -> tuple[MessageView, MessageView]:
    """Return the question and the reply of a turn that has just begun."""
    question, reply = started.user_message, started.reply
    places = {} if started.is_only else tree.places([question, reply])
    return (
        present(question, place=places.get(question.id), run=None),
        present(reply, place=places.get(reply.id), run=started.run, is_last=True),
    )


def _asked_by_subruns(runs: Sequence[Run]) -> dict[UUID, tuple[PartView, ...]]:
    """Return what subruns of waiting runs ask, by the ids of their messages. One query, where a run waits."""
    waiting = [run.message_id for run in runs if run.state == Run.State.WAITING]
    if not waiting:
        return {}
    pending = ApprovalRequest.objects.filter(
        run__message__in=waiting,
        run__parent__isnull=False,
        run__state__in=Run.OPEN,
        state=ApprovalRequest.State.PENDING,
    )
    asked: dict[UUID, tuple[PartView, ...]] = {}
    for request in pending.select_related("run").order_by("created_at", "id"):
        views = asked.get(request.run.message_id, ())
        asked[request.run.message_id] = (*views, _asking(len(views), request))
    return asked


def _asking(number: int, request: ApprovalRequest) -> PartView:
    said, call_id = request.request, request.call_id
    part: Part = Approval(str(request.id), call_id)
    if request.kind == ApprovalRequest.Kind.QUESTION:
        part = Question(str(request.id), call_id, said["text"], tuple(said["options"]))
    call = ToolCall(call_id, said["name"], said["arguments"])
    return bare_part(number, part, among=(call,))


def present(
    message: Message,
    *,
    place: tree.Place | None,
    run: Run | None,
    is_last: bool = False,
    asked: tuple[PartView, ...] = (),
    shows_parts: bool = True,
) -> MessageView:
    """Put together what the message's template shows; without its parts where only what stands below it is shown."""
    place = place or tree.Place(1, 1, None, None)
    # While a run writes the message these are the parts at its last save; the websocket brings the rest.
    content = message.content
    ended = run is None and message.state not in {Message.State.STREAMING, Message.State.FAILED}
    is_empty = ended and not message.is_user and not any(map(_is_visible, content))
    return MessageView(
        id=message.id,
        conversation_id=message.conversation_id,
        is_user=message.is_user,
        sender=message.sender,
        endpoint=message.endpoint,
        model=message.model,
        state=message.state,
        finish_reason=message.finish_reason,
        parts=tuple(present_parts(content, is_user=message.is_user)) if shows_parts else (),
        text=message.text if message.is_user else readable(content),
        created_at=message.created_at,
        sibling_index=place.index,
        sibling_count=place.count,
        previous_id=place.previous_id,
        next_id=place.next_id,
        is_last=is_last,
        run_id=run.id if run else None,
        ticket=ticket_for(run.id, run.owner_id) if run else "",
        waited=max(0, int((timezone.now() - run.created_at).total_seconds())) if run else 0,
        thinks=run is not None and _thinks(message),
        waits=run is not None and run.state == Run.State.WAITING,
        asked=asked,
        can_continue=can_continue(message),
        can_edit=run is None and message.state != Message.State.FAILED and any(map(is_editable, content)),
        edited_at=message.edited_at,
        quotes=tuple(message.quotes),
        feedback=message.feedback,
        is_empty=is_empty,
        may_retry=is_empty or message.state == Message.State.FAILED,
        left_out=message.left_out,
        prompt_tokens=sum(message.usage.get(name, 0) for name in _OF_THE_PROMPT),
        reply_tokens=message.usage.get("output_tokens", 0),
        spec=message.spec,
    )


def _thinks(message: Message) -> bool:
    endpoint = registry.current().get(message.endpoint)
    return endpoint is not None and facts(endpoint.for_model(message.model), message.model).thinks


def _is_visible(part: Part) -> bool:
    """Whether there is something to see in it: not blank, and not thoughts alone."""
    return bool(part.text.strip()) if isinstance(part, Text) else not isinstance(part, Reasoning)


_OF_THE_PROMPT = ("input_tokens", "cache_read_tokens", "cache_write_tokens")


def present_parts(parts: Iterable[Part], *, is_user: bool = False) -> list[PartView]:
    parts = list(parts)
    return [present_part(index, part, is_user=is_user, among=parts) for index, part in enumerate(parts)]


def present_part(index: int, part: Part, *, is_user: bool = False, among: Sequence[Part] = ()) -> PartView:
    """Return one finished part, `among` the others. A person's own text is shown as typed; a model's is Markdown."""
    if is_readable(part):
        typed = part.text if is_user else ""
        return PartView(index, part, render_user_text(part.text) if is_user else render(part.text), typed=typed)
    return bare_part(index, part, among=among)


def bare_part(index: int, part: Part, *, live: bool = False, among: Sequence[Part] = ()) -> PartView:
    """Return a part without its text: what it starts as while it streams, or all of it for the other kinds."""
    if isinstance(part, Approval | Question):
        calls = (other for other in among if isinstance(other, ToolCall) and other.id == part.call_id)
        return PartView(index, part, mark_safe(""), live, call=next(calls, None))
    if isinstance(part, Error):
        explanation = explain(part.code, part.wait, part.settings)
        return PartView(index, part, mark_safe(""), live, explanation, for_admins(part.code))
    return PartView(index, part, mark_safe(""), live)
