"""The event stream of one run for an API client: the frames `created`, steps and deltas, `final`, in this order.

A run in progress is followed live; a finished one is read from the database. Either way the deltas add up to the reply.
"""

import asyncio
import json
import time
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from accounts.services.proof import Proof
from api.librechat.chat.content import error_text
from api.librechat.chat.pending import pending_action, steers_to_wire
from api.librechat.chat.serializers import (
    PROTOCOL,
    ROOT_PARENT,
    conversation_to_wire,
    icon_of,
    message_to_wire,
)
from api.librechat.chat.steps import Payload, RunSteps
from api.librechat.chat.subruns import Subruns
from api.librechat.chat.threads import in_database
from chat.models import Conversation, InboxItem, Message, Run
from chat.services import results
from chat.services.notices import endings
from chat.services.turns.waiting import pending_requests, unread_steers
from core.tasks import end_tasks
from messages.events import Event, Usage
from messages.reducer import MessageParts
from runs.follow import events_of, follow
from runs.stream_slots import streams

LOOK = 10.0  # s after which a stream looks again whether its client is still signed in
KEEP_ALIVE = 15.0  # s of silence after which a comment keeps proxies from closing the connection
SNAPSHOT_WAIT = 0.25  # s a resuming client waits for what there is already, before the first frame goes out

# The machine codes of the wire format (section 10.6) for our own; what has none is said in words alone.
WIRE_TYPES = {
    "bad_key": "auth_failed",
    "forbidden": "auth_failed",
    "bad_user_key": "invalid_user_key",
    "no_user_key": "no_user_key",
    "expired_user_key": "expired_user_key",
    "no_base_url": "no_base_url",
    "invalid_base_url": "invalid_base_url",
    "no_such_model": "model_not_found",
    "rate_limit": "model_rate_limit",
    "upstream_limit": "model_rate_limit",
    "quota": "model_rate_limit",
    "key_limit": "model_rate_limit",
    "context_too_long": "INPUT_LENGTH",
    "bad_request": "invalid_request_error",
    "content_filter": "refusal",
    "no_endpoint": "missing_model",
    "no_credit": "token_balance",
    "expired": "stream_expired",
}


@dataclass(frozen=True, slots=True)
class StreamedReply:
    """A run with the rows its frames speak of."""

    run: Run
    conversation: Conversation
    question: Message
    reply: Message
    is_regenerate: bool = False  # the question had a reply before
    pending_action: Payload | None = None  # what it asks its person
    steers: Sequence[InboxItem] = ()  # what was said to it and is not heard yet

    def steps(self) -> RunSteps:
        """Return the translation of the run's events, at its beginning."""
        return RunSteps(
            conversation_id=self.conversation.id,
            message_id=self.reply.id,
            model=self.reply.model,
            provider=self.reply.endpoint,
            action_id=self.run.id,
        )

    def stored(self) -> list[Event]:
        """Return the events that lead to what the database has of the reply, and what it used."""
        counts = {name: self.reply.usage[name] for name in _COUNTS if name in self.reply.usage}
        return [*events_of(MessageParts(self.reply.content)), *([Usage(**counts)] if counts else [])]


_COUNTS = tuple(field.name for field in fields(Usage) if field.name != "estimated")


def load_reply(run_id: UUID) -> StreamedReply | None:
    """Return the run as it is now; None when its conversation was deleted meanwhile."""
    related = Run.objects.select_related("conversation", "message__parent")
    related = related.prefetch_related("conversation__bookmarks")
    run = related.filter(id=run_id).first()
    question = run.message.parent if run else None
    if run is None or question is None:
        return None
    reply = run.message
    question.conversation = reply.conversation = run.conversation
    results.put_back_in([reply])
    earlier = Message.objects.filter(parent=question, author=Message.Author.ASSISTANT, created_at__lt=reply.created_at)
    again = run.is_open and earlier.exists()  # nobody asks of a run that is over
    asked = pending_requests(run.owner, run.conversation_id) if run.state == Run.State.WAITING else ()
    steers = unread_steers(run) if run.has_mail else ()
    return StreamedReply(
        run, run.conversation, question, reply, again, pending_action(asked, run.conversation_id), steers
    )


def frame(payload: Payload, event: str = "message") -> str:
    return f"event: {event}\ndata: {json.dumps(payload, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def frames(streamed: StreamedReply, *, resume: bool = False, proof: Proof | None = None) -> AsyncIterator[str]:
    """Yield the frames of `run`; ends after `final` or an error frame.

    A client that was too slow is cut off before them: it resumes, as after any lost connection. One whose `proof` holds
    no more is cut off, too, and cannot resume.
    """
    person = streamed.run.owner_id
    with streams.one(person):
        async with endings(person) as ended, aclosing(_frames(streamed, resume, _Watch(proof, ended))) as all_:
            async for frame in all_:
                yield frame


class _Watch:
    """Whether a stream may go on: looks when something ended, and from time to time, as a word may be lost."""

    def __init__(self, proof: Proof | None, ended: asyncio.Event) -> None:
        self._proof, self.ended, self._looked = proof, ended, time.monotonic()
        self.is_over = False

    async def may_go_on(self) -> bool:
        if self.ended.is_set() or time.monotonic() - self._looked >= LOOK:
            self.ended.clear()
            self._looked = time.monotonic()
            self.is_over = self._proof is not None and not await in_database(self._proof.holds)()
        return not self.is_over


async def _frames(streamed: StreamedReply, resume: bool, watch: _Watch) -> AsyncGenerator[str]:
    steps = streamed.steps()
    # A client that comes late hears of the title that this run brought; one that resumes has it in the first frame.
    brought = streamed.run.needs_title and not streamed.run.is_open and not resume
    titled = streamed.conversation.titled_by != Conversation.TitledBy.WORDS and not brought
    if not resume:
        yield frame(created(streamed))
    wait = SNAPSHOT_WAIT if resume else None
    async with (
        aclosing(Subruns(streamed.run)) as subruns,
        aclosing(_batches(streamed, wait=wait, watch=watch, subruns=subruns)) as batches,  # type: ignore[type-var]
    ):
        async for batch in batches:
            if batch is None:
                yield ": keep-alive\n\n"
                continue
            payloads = await _payloads(streamed, steps, batch)
            if resume:
                payloads, resume = [steps.sync(resume_state(streamed)), *steps.running_subruns()], False
            if streamed.run.is_open:
                payloads = await subruns.beside(payloads, is_over=steps.ended is not None)
                if not await watch.may_go_on():  # it may have waited
                    return
            if payloads:
                yield "".join(frame(payload) for payload in payloads)
    if not watch.is_over and (last := await _last(streamed, titled=titled)):
        yield last


async def _last(streamed: StreamedReply, *, titled: bool) -> str:
    """Return the last frames, none for a run that goes on: `titled` says that its title is known already."""
    ended = await in_database(load_reply)(streamed.run.id)
    if ended is not None and ended.run.is_open:
        return ""
    news = ended is not None and not titled and ended.conversation.titled_by != Conversation.TitledBy.WORDS
    return (frame(title_event(ended.conversation)) if news else "") + ending(ended, streamed)


async def _payloads(streamed: StreamedReply, steps: RunSteps, batch: list[Event]) -> list[Payload]:
    if results.has_stored(batch):
        batch = await in_database(results.put_back_in_events)(streamed.reply.id, batch)
    return [payload for event in batch for payload in steps.translate(event)]


async def _batches(
    streamed: StreamedReply, *, wait: float | None, watch: _Watch, subruns: Subruns
) -> AsyncIterator[list[Event] | None]:
    """Yield the run's events while `watch` lets it go on; None means "nothing for a while", and an empty batch that
    `subruns` have said something.

    With `wait` the first batch comes within it. Of a run that waits it is what is stored, where its log is gone.
    """
    is_waiting = streamed.run.state == Run.State.WAITING
    if not streamed.run.is_open:
        yield streamed.stored()
        return
    async with aclosing(follow(streamed.run.id)) as source:  # type: ignore[type-var]
        following = asyncio.ensure_future(_next(source))
        if wait is not None or is_waiting:
            await asyncio.wait({following}, timeout=wait or SNAPSHOT_WAIT)
            if not following.done():
                yield streamed.stored() if is_waiting else []
        ending = asyncio.ensure_future(watch.ended.wait())
        try:
            while not subruns.is_cut:
                wanted: set[asyncio.Future[Any]] = {following, ending, *subruns.coming}
                done, _ = await asyncio.wait(wanted, timeout=KEEP_ALIVE, return_when=FIRST_COMPLETED)
                if not await watch.may_go_on():
                    return
                if following in done:
                    batch = following.result()
                    if batch is None:
                        return
                    following = asyncio.ensure_future(_next(source))
                    yield batch
                elif done != {ending}:
                    yield [] if done else None
                if ending in done:
                    ending = asyncio.ensure_future(watch.ended.wait())
        finally:
            await end_tasks(following, ending)


async def _next(source: AsyncIterator[list[Event]]) -> list[Event] | None:
    return await anext(source, None)


def created(streamed: StreamedReply) -> Payload:
    """Return the first frame: the question was accepted."""
    return {"created": True, "message": message_to_wire(streamed.question), "streamId": str(streamed.conversation.id)}


def resume_state(streamed: StreamedReply) -> Payload:
    """Return what a resuming client is told beside steps and content."""
    question = streamed.question
    asked: Payload = {
        "messageId": str(question.id),
        "parentMessageId": str(question.parent_id or ROOT_PARENT),
        "conversationId": str(streamed.conversation.id),
        "text": question.text,
    }
    if question.quotes:
        asked["quotes"] = [quote["text"] for quote in question.quotes]
    state: Payload = {
        "userMessage": asked,
        "sender": streamed.reply.sender,
        "model": streamed.reply.model,
        "isRegenerate": streamed.is_regenerate,
    }
    if icon := icon_of(streamed.conversation):
        state["iconURL"] = icon
    if streamed.pending_action:
        state["pendingAction"] = streamed.pending_action
    if streamed.steers:
        state["pendingSteers"] = steers_to_wire(streamed.steers)
    if streamed.conversation.titled_by != Conversation.TitledBy.WORDS:
        state["titleEvent"] = title_event(streamed.conversation)
    return state


def title_event(conversation: Conversation) -> Payload:
    data = {"conversationId": str(conversation.id), "title": conversation.title}
    return {"event": "title", "data": data}


def ending(streamed: StreamedReply | None, before: StreamedReply) -> str:
    """Return the last frame: how the run ended, as the database has it."""
    if streamed is None:
        conversation = {"conversationId": str(before.conversation.id)}
        return frame(_final(conversation=conversation, reconcile=True, reconcileReason="terminal_payload_missing"))
    if streamed.run.state == Run.State.FAILED or streamed.reply.state == Message.State.FAILED:
        return frame(failure(streamed.run.error or "internal"), "error")
    if streamed.run.state == Run.State.STOPPED:
        return frame(aborted(streamed))
    return frame(
        _final(
            conversation=conversation_to_wire(streamed.conversation),
            title=streamed.conversation.title,
            requestMessage=message_to_wire(streamed.question),
            responseMessage=message_to_wire(streamed.reply),
        )
    )


def aborted(streamed: StreamedReply) -> Payload:
    """Return the last payload of a run that a person stopped."""
    question, reply = message_to_wire(streamed.question), message_to_wire(streamed.reply)
    names = ("messageId", "parentMessageId", "conversationId", "content", "sender", "endpoint", "model")
    response = {name: reply[name] for name in names if name in reply}
    return _final(
        aborted=True,
        earlyAbort=not reply["content"],
        title="New Chat",  # a constant of the wire format
        conversation={"conversationId": str(streamed.conversation.id)},
        requestMessage={
            name: question[name]
            for name in ("messageId", "parentMessageId", "conversationId", "text", "isCreatedByUser")
        },
        responseMessage={**response, "unfinished": True, "error": False, "isCreatedByUser": False},
    )


def failure(code: str) -> Payload:
    """Return the payload of an error frame; `error` is JSON text when the wire format has a type for it.

    Clients look for a `code` in it before they look at its `type`, so our own code has another name.
    """
    text = error_text(code)
    kind = WIRE_TYPES.get(code, "upstream_model_error" if code not in {"internal", "interrupted"} else "")
    error = json.dumps({"type": kind, "info": text, "reason": code}, ensure_ascii=False) if kind else text
    return {"error": error, "generationProtocolVersion": PROTOCOL}


def _final(**fields: Any) -> Payload:
    return {"final": True, **fields, "generationProtocolVersion": PROTOCOL}
