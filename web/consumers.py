"""The websocket of a tab: it follows runs and receives notices. `docs/streaming.md` describes its messages."""

import asyncio
import contextlib
import hmac
import json
import logging
import time
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.db import DatabaseError
from django.http import Http404

from accounts.models import User
from accounts.services.proof import Proof
from chat import access
from chat.services.notices import group_of
from chat.services.turns.turns import ticket_for
from runs.follow import Batch, Subscription, reader
from runs.stream_slots import tabs
from web.rendering.results import pool
from web.streaming.frames import RunRenderer, command, ends_of, stored_subrun

log = logging.getLogger(__name__)

UNACKNOWLEDGED = 1_000_000  # bytes sent and not acknowledged before a slow tab is sent no more
FOLLOW_LIMIT = 50  # runs one tab may follow at once
FRAME_LIMIT = 4_096  # bytes of a message from the browser
GATHERED = 0.005  # seconds in which ends are gathered to be read together
LOOK = 60.0  # seconds after which a tab that says something is looked at again: a notice may have been lost
SIGNED_OUT = 4401
TOO_MANY = 4429  # sockets of one person
TRIES = 60  # seconds to wait for a database that is away


class TabConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One tab. Frames are shared with other tabs; a tab that cannot keep up gets the whole again later."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket, which ends in many ways: its place is given back in each."""
        with ExitStack() as self.exit_stack:
            await super().__call__(scope, receive, send)

    async def connect(self) -> None:
        self.user: User = self.scope["user"]
        self.renderers: dict[UUID, RunRenderer] = {}
        self.sent = self.acknowledged = 0
        self.behind = False
        self.missed: set[UUID] = set()  # runs that ended while the tab was behind
        self.outgoing: list[str] = []
        self.sending: asyncio.Task[None] | None = None
        self.catching_up: asyncio.Task[None] | None = None
        self.looked = 0.0
        await self.accept()  # a browser hears the code of a socket only when it was open
        if not self.user.is_authenticated or not self.user.may_enter:
            await self.close(code=SIGNED_OUT)
            return
        if tabs.are_taken(self.user.id):
            await self.close(code=TOO_MANY)
            return
        self.exit_stack.enter_context(tabs.one(self.user.id))
        session = self.scope.get("session")
        self.proof = Proof.of(self.user, page=(session.session_key if session else None) or "")
        await self.channel_layer.group_add(group_of(self.user.id), self.channel_name)
        await self._look()  # only now: what ends from here on is heard

    async def disconnect(self, code: int) -> None:
        for run_id in list(self.renderers):
            self._unfollow(run_id)
        if self.user.is_authenticated:
            await self.channel_layer.group_discard(group_of(self.user.id), self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            message = json.loads(text_data or "") if len(text_data or "") <= FRAME_LIMIT else None
        except (ValueError, RecursionError):
            message = None
        if not isinstance(message, dict):
            await self.close(code=4400)
            return
        if time.monotonic() - self.looked > LOOK and not await self._look():
            return
        if "ping" in message:
            self.emit(command("pong"))
        if isinstance(message.get("ack"), int):
            self._acknowledge(message["ack"])
        if (run_id := _uuid(message.get("follow"))) is not None:
            await self._follow(run_id, str(message.get("ticket", "")))
        if (run_id := _uuid(message.get("unfollow"))) is not None:
            self._unfollow(run_id)

    async def notice(self, event: dict[str, Any]) -> None:
        """A message of the channel layer (see `chat.services.notices`)."""
        self.emit(command("notice", event["name"], event["data"]))

    async def signed_out(self, event: dict[str, Any]) -> None:
        """Something of this person's was ended."""
        await self._look()

    async def _look(self) -> bool:
        """Close the socket unless what it was opened with still opens it; return whether it does."""
        self.looked = time.monotonic()
        may_stay = await database_sync_to_async(self.proof.holds)()
        if not may_stay:
            for run_id in list(self.renderers):
                self._unfollow(run_id)
            self.outgoing.clear()
            await self.close(code=SIGNED_OUT)
        return bool(may_stay)

    def emit(self, frame: str) -> None:
        """Queue a frame, unless the tab is behind; what is queued while the socket is busy goes out as one."""
        self.behind = self.behind or self.sent - self.acknowledged > UNACKNOWLEDGED
        if self.behind:
            return
        self.sent += len(frame.encode())
        self.outgoing.append(frame)
        if self.sending is None or self.sending.done():
            self.sending = asyncio.create_task(self._drain())

    def end(self, run_id: UUID, frame: str) -> None:
        """Say that a run is over; a tab that is behind hears it when it has caught up."""
        self.renderers.pop(run_id, None)
        self.emit(frame)
        if self.behind:
            self.missed.add(run_id)

    async def _drain(self) -> None:
        while self.outgoing:
            frames, self.outgoing = self.outgoing, []
            with contextlib.suppress(RuntimeError):  # the socket closed meanwhile
                # Below Channels' own `send`, which wraps the text once more.
                await self.base_send({"type": "websocket.send", "text": "\n".join(frames)})

    def _acknowledge(self, received: int) -> None:
        self.acknowledged = min(max(self.acknowledged, received), self.sent)
        if self.behind and self.sent - self.acknowledged < UNACKNOWLEDGED / 2:
            self.behind = False
            for renderer in self.renderers.values():
                renderer.join(self)
            if self.missed:
                self.catching_up = asyncio.create_task(self._send_missed())

    async def _send_missed(self) -> None:
        missed, self.missed = self.missed, set()
        for run_id, frame in (await _read_ends(dict.fromkeys(missed, True))).items():
            self.end(run_id, frame)

    async def _follow(self, run_id: UUID, ticket: str) -> None:
        if run_id in self.renderers or len(self.renderers) >= FOLLOW_LIMIT:
            return
        is_subrun = False  # these have no tickets
        if not hmac.compare_digest(ticket.encode(errors="replace"), ticket_for(run_id, self.user.id).encode()):
            try:
                is_subrun, stored = await database_sync_to_async(_looked_up)(self.user, run_id)
            except Http404:
                self.emit(command("gone", str(run_id)))
                return
            if stored:
                self.emit(stored)
        renderer = self.renderers[run_id] = renderer_of(run_id, is_subrun=is_subrun)
        renderer.outbox.person = str(self.user.id)  # only the owner may follow
        renderer.join(self)

    def _unfollow(self, run_id: UUID) -> None:
        self.missed.discard(run_id)
        renderer = self.renderers.pop(run_id, None)
        if renderer is not None and self in renderer.viewers:
            renderer.leave(self)
            if not renderer.viewers:
                renderer.outbox.close()
                forget(renderer)


_renderers: dict[UUID, RunRenderer] = {}
_ended: list[tuple[RunRenderer, bool]] = []  # runs whose end is not sent yet, and whether all of it must be
_endings: set[asyncio.Task[None]] = set()


def _looked_up(user: User, run_id: UUID) -> tuple[bool, str]:
    """Return whether the run is a subrun, and the message that shows what is stored of one: the page has nothing of it,
    and the log of one that waits is gone. Raises `Http404`."""
    run = access.run_for(user, run_id)
    return run.parent_id is not None, stored_subrun(run) if run.parent_id else ""


def renderer_of(run_id: UUID, *, is_subrun: bool = False) -> RunRenderer:
    """Return this process's renderer of the run, which every tab here shares."""
    renderer = _renderers.get(run_id)
    if renderer is None:
        subscription = Subscription(run_id)
        renderer = _renderers[run_id] = RunRenderer(subscription, _on_end, is_subrun=is_subrun)
        pool.prepare()  # by the time that there is code to colour
        renderer.subscription = reader().follow(run_id, renderer.hear)
    return renderer


def forget(renderer: RunRenderer) -> None:
    reader().unfollow(renderer.subscription, renderer.hear)
    if _renderers.get(renderer.subscription.run_id) is renderer:
        del _renderers[renderer.subscription.run_id]


def _on_end(renderer: RunRenderer, batch: Batch) -> None:
    """Stop listening; what only the database knows is sent once for all tabs, for all runs that ended together."""
    forget(renderer)
    _ended.append((renderer, batch.over))
    if len(_ended) == 1:
        task = asyncio.create_task(_send_ends())
        _endings.add(task)
        task.add_done_callback(_endings.discard)


async def _send_ends() -> None:
    await asyncio.sleep(GATHERED)
    batch, _ended[:] = list(_ended), []
    frames = await _read_ends({renderer.subscription.run_id: whole for renderer, whole in batch})
    for renderer, _ in batch:
        run_id = renderer.subscription.run_id
        for viewer in renderer.viewers:
            viewer.end(run_id, frames[run_id])


async def _read_ends(wanted: dict[UUID, bool]) -> dict[UUID, str]:
    """Return the last frame of each run (see `ends_of`), also of one that is gone; waits for the database."""
    frames: dict[UUID, str] = {}
    for _ in range(TRIES):
        try:
            frames = await database_sync_to_async(ends_of)(wanted)
            break
        except DatabaseError:
            log.warning("cannot read the ends of %d runs yet", len(wanted), exc_info=True)
            await asyncio.sleep(1)
    return {run_id: frames.get(run_id) or command("gone", str(run_id)) for run_id in wanted}


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
