"""Converts a run's events to websocket messages. `docs/streaming.md` describes these.

A `RunRenderer` renders one run once per process; its frames are shared by every tab that follows it. Finished blocks
are sent once, the open block again only when it has grown enough, otherwise only the new text.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from chat.models import Run
from messages.events import (
    TERMINAL,
    Event,
    Failed,
    ReasoningDelta,
    ReasoningSignature,
    TextDelta,
    ToolCallDelta,
    ToolResult,
)
from messages.parts import Part, Reasoning, Signature, Text, ToolCall, can_grow, is_readable
from runs.follow import Batch, Subscription
from web.presenters import PartView, bare_part, present_messages
from web.rendering.message import draft_of
from web.rendering.results import Reader, on_behalf
from web.rendering.stream import MarkdownStream, Patch
from web.streaming.outbox import Outbox


class Viewer(Protocol):
    """Whoever is shown a run: a tab."""

    def emit(self, frame: str) -> None:
        """Send a frame, in order."""

    def end(self, run_id: UUID, frame: str) -> None:
        """Send the last frame of a run."""


def command(name: str, *values: object) -> str:
    """Return one message of the websocket's protocol."""
    return json.dumps([name, *values], ensure_ascii=False, separators=(",", ":"))


def render_part(view: PartView) -> str:
    return render_to_string(view.template, {"part": view}).strip()


@dataclass(slots=True)
class _Live:
    """The part that grows: its Markdown, and its open block as the browser has it: last written, then appended to."""

    index: int
    kind: type[Text | Reasoning]
    stream: MarkdownStream
    opened: str = ""
    tails: list[str] = field(default_factory=list)

    def feed(self, text: str) -> Patch:
        patch = self.stream.feed(text)
        if patch.open is not None:
            self.opened, self.tails = patch.open, []
        if patch.tail:
            self.tails.append(patch.tail)
        return patch


class RunRenderer:
    """Renders one run. `ended` is called once, with the batch that ended the run, when all before it was sent.

    What it keeps of the message has marks for what is drawn elsewhere; its outbox fills them in.
    """

    def __init__(self, subscription: Subscription, ended: Callable[["RunRenderer", Batch], None]) -> None:
        self.subscription = subscription
        self.outbox = Outbox()
        self._viewers: list[Viewer] = []
        self._joining: list[Viewer] = []  # those that wait for their snapshot
        self._gid = str(subscription.run_id)
        self._ended = ended
        self._done: list[str] = []  # the HTML of each finished part
        self._live: _Live | None = None
        self._rebuild()

    @property
    def viewers(self) -> list[Viewer]:
        """Whoever is shown the run."""
        return self._viewers + self._joining

    def join(self, viewer: Viewer) -> None:
        """Send `viewer` all there is of the run, and from then on what comes."""
        self.leave(viewer)
        self._joining.append(viewer)
        frame = self._snapshot() if self.subscription.reducer.parts else ""

        def deliver(filled: str) -> None:
            if viewer not in self._joining:
                return
            self._joining.remove(viewer)
            self._viewers.append(viewer)
            if filled:
                viewer.emit(filled)

        self.outbox.put(frame, deliver)

    def leave(self, viewer: Viewer) -> None:
        for listed in (self._viewers, self._joining):
            if viewer in listed:
                listed.remove(viewer)

    def _snapshot(self) -> str:
        """Return the messages that replace everything a tab shows of this run."""
        live = self._live
        html = "".join(self._done)
        if live is None:
            return command("reset", self._gid, html)
        view = self._view(live)
        reset = command("reset", self._gid, html + render_part(view))
        if not live.opened:
            return reset
        return f"{reset}\n{command('p', self._gid, live.index, '', live.opened, ''.join(live.tails) or None)}"

    def hear(self, batch: Batch) -> None:
        """Listener of the subscription: render a batch and hand it to every viewer."""
        if batch.over:
            self._end(batch)
            return
        if batch.fresh:
            self._rebuild()
            self._send(self._snapshot())
        else:
            commands = self._paint(batch.events)
            if commands:
                self._send("\n".join(commands))
        if batch.events and isinstance(batch.events[-1], TERMINAL):
            self._end(batch)

    def _end(self, batch: Batch) -> None:
        self.outbox.put("", lambda _: self._finish(batch), settles=True)

    def _finish(self, batch: Batch) -> None:
        if self.outbox.is_late:
            self._deliver(self.outbox.filled(self._snapshot()))
        self._ended(self, batch)

    def _send(self, frame: str) -> None:
        self.outbox.put(frame, self._deliver)

    def _deliver(self, frame: str) -> None:
        for viewer in list(self._viewers):
            viewer.emit(frame)

    def _rebuild(self) -> None:
        """Render what the tail holds: the last part stays open for more, unless the run is over."""
        parts = self.subscription.reducer.parts
        self._done, self._live = [], None
        for index, part in enumerate(parts):
            is_last = index == len(parts) - 1 and not self.subscription.ended
            if is_last and can_grow(part):
                self._live = self._begin(index, type(part))
                self._live.feed(part.text)
            else:
                self._done.append(self._paint_part(index, part))

    def _begin(self, index: int, kind: type[Text | Reasoning]) -> _Live:
        return _Live(index, kind, MarkdownStream(fill=self.outbox.mark))

    def _paint_part(self, index: int, part: Part) -> str:
        """Return a finished part of the reply."""
        if not is_readable(part):
            return render_part(bare_part(index, part))
        html = self.outbox.mark(draft_of(part.text))
        return render_part(PartView(index, part, mark_safe(html)))  # noqa: S308 (sanitised)

    def _paint(self, events: list[Event]) -> list[str]:
        commands: list[str] = []
        for event in events:
            match event:
                case TextDelta(text):
                    commands += self._text(Text, text)
                case ReasoningDelta(text):
                    commands += self._text(Reasoning, text)
                case ReasoningSignature():
                    commands += self._sealed(event)
                case ToolCallDelta(call_id) | ToolResult(call_id):
                    commands += self._call(call_id)
                case _:
                    commands += self._other(event)
        return commands

    def _text(self, kind: type[Text | Reasoning], text: str) -> list[str]:
        commands: list[str] = []
        if self._live is None or self._live.kind is not kind:
            commands += self._close_live()
            self._live = self._begin(len(self._done), kind)
            commands.append(command("n", self._gid, self._live.index, render_part(self._view(self._live))))
        patch = self._live.feed(text)
        if patch.closed or patch.open is not None or patch.tail is not None:
            commands.append(command("p", self._gid, self._live.index, patch.closed, patch.open, patch.tail))
        return commands

    def _close_live(self) -> list[str]:
        """Finish the growing part: its last block becomes final, its label changes."""
        live = self._live
        if live is None:
            return []
        self._live = None
        patch = live.stream.finish()
        view = PartView(live.index, live.kind(""), mark_safe(live.stream.html))  # noqa: S308 (sanitised)
        self._done.append(render_part(view))
        if live.kind is Reasoning:
            return [command("h", self._gid, live.index, self._done[-1])]
        if patch.replace:
            return [command("r", self._gid, live.index, patch.closed)]
        return [command("p", self._gid, live.index, patch.closed, "", None)]

    def _sealed(self, event: ReasoningSignature) -> list[str]:
        """Close the block of thoughts: the next one is a part of its own. An encrypted one is shown as such."""
        live = self._live
        commands = self._close_live() if event.redacted or (live and live.kind is Reasoning) else []
        if event.redacted:
            index = len(self._done)
            hidden = Reasoning("", Signature(event.redacted, encrypted=True))
            commands += self._append(index, hidden, live=False)
        return commands

    def _call(self, call_id: str) -> list[str]:
        """Show a tool call again: its arguments grew or its result came."""
        for index, part in enumerate(self.subscription.reducer.parts):
            if isinstance(part, ToolCall) and part.id == call_id and index < len(self._done):
                html = self._paint_part(index, part)
                if html == self._done[index]:
                    return []
                self._done[index] = html
                return [command("h", self._gid, index, html)]
        return []

    def _other(self, event: Event) -> list[str]:
        """Show the parts that are new since the last event: a tool call, an attachment, an error."""
        parts = self.subscription.reducer.parts
        shown = len(self._done) + (self._live is not None)
        if isinstance(event, TERMINAL) or len(parts) > shown:
            commands = self._close_live()
        else:
            return []
        for index in range(len(self._done), len(parts)):
            if isinstance(parts[index], Text | Reasoning):
                break  # its own deltas follow in this batch
            commands += self._append(index, parts[index], live=isinstance(event, Failed))
        return commands

    def _append(self, index: int, part: Part, *, live: bool) -> list[str]:
        self._done.append(render_part(bare_part(index, part)))
        return [command("n", self._gid, index, render_part(bare_part(index, part, live=live)))]

    def _view(self, live: _Live) -> PartView:
        closed: SafeString = mark_safe(live.stream.html)  # noqa: S308 (sanitised by the renderer)
        return PartView(live.index, live.kind(""), closed, live=True)


def ends_of(wanted: dict[UUID, bool]) -> dict[UUID, str]:
    """Return the frame that ends each run, by its id; True asks for the message as stored too.

    A run that is gone with its conversation is left out. Reads the database, with as many queries for many as for one.
    """
    runs = Run.objects.filter(id__in=list(wanted)).select_related("message")
    message_of = {run.id: run.message for run in runs}
    with on_behalf(Reader(left=0)):  # other runs wait for this thread: what nobody has drawn yet stays plain
        views = present_messages(list(message_of.values()))
    frames = {}
    for run_id, message in message_of.items():
        foot = render_to_string("chat/message_foot.html", {"message": views[message.id]})
        frame = command("d", str(run_id), message.state, foot)
        if wanted[run_id]:
            parts = "".join(render_part(view) for view in views[message.id].parts)
            frame = "\n".join([command("reset", str(run_id), parts), frame])
        frames[run_id] = frame
    return frames
