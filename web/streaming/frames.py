"""Converts a run's events to websocket messages. `docs/streaming.md` describes these.

A `RunRenderer` renders one run once per process; its frames are shared by every tab that follows it. Finished blocks
are sent once, the open block again only when it has grown enough, otherwise only the new text.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from chat.models import Message, Run
from messages.events import (
    TERMINAL,
    Event,
    Failed,
    Finished,
    PartDelta,
    PartEnded,
    PartStarted,
    PartUpdated,
)
from messages.part_base import KnownPart
from messages.parts import (
    Approval,
    Error,
    Part,
    Question,
    Reasoning,
    Text,
    can_grow,
    grown_text,
    is_readable,
    parts_from_json,
    with_grown_text,
)
from messages.reducer import error_part
from runs.follow import Batch, Subscription
from web.fragments import TEXT_PART, footer, text_part
from web.presenters import PartView, bare_part, present, present_messages, present_parts
from web.rendering.message import draft_of
from web.rendering.results import Reader, on_behalf
from web.rendering.stream import NOTHING, MarkdownStream, Patch
from web.rendering.text import escape, normalise
from web.streaming.outbox import Outbox

ASKS = (Approval, Question)  # what a subrun asks stands below the reply that has begun it, and there alone
PLAIN_SHOWN = 20_000  # characters of what a tool is asked that the page shows


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
    if view.template == TEXT_PART:
        return text_part(view)
    return render_to_string(view.template, {"part": view}).strip()


@dataclass(slots=True)
class _Markdown:
    """A growing text: its Markdown, and its open block as the browser has it: last written, then appended to."""

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

    def view(self) -> PartView:
        """Return the part without its open block."""
        closed: SafeString = mark_safe(self.stream.html)  # noqa: S308 (sanitised by the renderer)
        return PartView(self.index, self.kind(""), closed, live=True)


@dataclass(slots=True)
class _Plain:
    """A part of any other kind that grows: its text is shown as it is, up to a limit."""

    index: int
    part: Part  # as it began, without its text
    pieces: list[str] = field(default_factory=list)
    room: int = PLAIN_SHOWN

    def feed(self, text: str) -> Patch:
        self.pieces.append(text)
        shown, self.room = text[: self.room], max(self.room - len(text), 0)
        return Patch(tail=escape(normalise(shown)) or None)

    def whole(self) -> Part:
        return with_grown_text(self.part, "".join(self.pieces))

    def view(self) -> PartView:
        return bare_part(self.index, self.whole(), live=True)


class RunRenderer:
    """Renders one run. `ended` is called once, with the batch that ended the run, when all before it was sent.

    What it keeps of the message has marks for what is drawn elsewhere; its outbox fills them in.
    """

    def __init__(
        self,
        subscription: Subscription,
        ended: Callable[["RunRenderer", Batch], None],
        *,
        is_subrun: bool = False,
    ) -> None:
        self.subscription = subscription
        self._is_subrun = is_subrun
        self.outbox = Outbox()
        self._viewers: list[Viewer] = []
        self._joining: list[Viewer] = []  # those that wait for their snapshot
        self._gid = str(subscription.run_id)
        self._ended = ended
        self._html: list[str] = []  # of each part, as it was last rendered whole
        self._live: dict[int, _Markdown | _Plain] = {}  # those that grow, by index
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
        html = [
            render_part(self._live[index].view()) if index in self._live else html
            for index, html in enumerate(self._html)
        ]
        commands = [command("reset", self._gid, "".join(html))]
        commands += [
            command("p", self._gid, live.index, "", live.opened, "".join(live.tails) or None)
            for live in self._live.values()
            if isinstance(live, _Markdown) and live.opened
        ]
        return "\n".join(commands)

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
        """Render what the tail holds: what may still grow stays open for more, unless the run is over."""
        reducer = self.subscription.reducer
        self._html, self._live = [], {}
        for index, part in enumerate(reducer.parts):
            if index in reducer.open and not self.subscription.ended and (live := self._begin(index, part)):
                self._live[index] = live
                self._html.append("")
                live.feed(grown_text(part))
            else:
                self._html.append(self._paint_part(index, part))

    def _begin(self, index: int, part: Part) -> _Markdown | _Plain | None:
        """Return what shows the part while it grows, without its text; None for a kind that comes whole."""
        if can_grow(part):
            return _Markdown(index, type(part), MarkdownStream(fill=self.outbox.mark))
        grows = isinstance(part, KnownPart) and part.growing and not isinstance(part, Reasoning)
        return _Plain(index, with_grown_text(part, "")) if grows else None

    def _paint_part(self, index: int, part: Part, *, live: bool = False) -> str:
        """Return a part that does not grow any more. `live`: it has just come."""
        if not is_readable(part):
            if self._is_subrun and isinstance(part, ASKS):
                return ""
            among = self.subscription.reducer.parts
            return render_part(bare_part(index, part, live=live and isinstance(part, Error), among=among))
        html = self.outbox.mark(draft_of(part.text))
        return render_part(PartView(index, part, mark_safe(html)))  # noqa: S308 (sanitised)

    def _paint(self, events: list[Event]) -> list[str]:
        commands: list[str] = []
        for event in events:
            match event:
                case PartDelta(index, text):
                    commands += self._grow(index, text)
                case PartStarted(index, part):
                    commands += self._start(index, part)
                case PartUpdated(index, part):
                    commands += self._update(index, part)
                case PartEnded(index):
                    commands += self._end_part(index)
                case Finished() | Failed():
                    commands += self._end_all(event)
        return commands

    def _start(self, index: int, part: Part) -> list[str]:
        if index != len(self._html):
            return []
        live = self._begin(index, part)
        if live is None:
            self._html.append(self._paint_part(index, part))
            if not self._html[index]:
                return []
            among = self.subscription.reducer.parts
            return [command("n", self._gid, index, render_part(bare_part(index, part, live=True, among=among)))]
        self._live[index] = live
        self._html.append("")
        begun = command("n", self._gid, index, render_part(live.view()))
        return [begun, *self._grow(index, grown_text(part))]

    def _grow(self, index: int, text: str) -> list[str]:
        live = self._live.get(index)
        patch = live.feed(text) if live and text else NOTHING
        if patch is NOTHING or not (patch.closed or patch.open is not None or patch.tail is not None):
            return []
        return [command("p", self._gid, index, patch.closed, patch.open, patch.tail)]

    def _update(self, index: int, part: Part) -> list[str]:
        """Show a part again that is another now: a result has come, or a signature, which nobody sees."""
        if index >= len(self._html):
            return []
        live = self._live.get(index)
        if isinstance(live, _Markdown):
            return self._end_part(index)
        if live is not None:
            del self._live[index]
            whole = part if grown_text(part) else with_grown_text(part, "".join(live.pieces))
        else:
            whole = self.subscription.reducer.parts[index]
        return self._replace(index, self._paint_part(index, whole))

    def _end_part(self, index: int) -> list[str]:
        """Finish a growing part: its last block becomes final, its label changes."""
        live = self._live.pop(index, None)
        if live is None:
            return []
        if isinstance(live, _Plain):
            return self._replace(index, self._paint_part(index, live.whole()))
        patch = live.stream.finish()
        view = PartView(index, live.kind(""), mark_safe(live.stream.html))  # noqa: S308 (sanitised)
        self._html[index] = render_part(view)
        if live.kind is Reasoning:
            return [command("h", self._gid, index, self._html[index])]
        if patch.replace:
            return [command("r", self._gid, index, patch.closed)]
        return [command("p", self._gid, index, patch.closed, "", None)]

    def _replace(self, index: int, html: str) -> list[str]:
        if html == self._html[index]:
            return []
        self._html[index] = html
        return [command("h", self._gid, index, html)]

    def _end_all(self, event: Finished | Failed) -> list[str]:
        """Finish what grows, and show what ended the run."""
        commands = [line for index in sorted(self._live) for line in self._end_part(index)]
        if isinstance(event, Failed):
            index = len(self._html)
            self._html.append(self._paint_part(index, error_part(event), live=True))
            commands.append(command("n", self._gid, index, self._html[index]))
        return commands


# One row for each run: its message, and what else decides how the message's footer looks.
_ENDED = f"""
SELECT {", ".join(f"m.{field.attname}" for field in Message._meta.concrete_fields)}, r.id AS run_id,
    EXISTS (SELECT FROM chat_message c WHERE c.parent_id = m.id) AS is_followed,
    EXISTS (SELECT FROM chat_message s WHERE s.conversation_id = m.conversation_id AND s.parent_id = m.parent_id
        AND s.id <> m.id) AS has_siblings
FROM chat_generation r JOIN chat_message m ON m.id = r.message_id
WHERE r.id = ANY(%s) AND r.parent_id IS NULL
"""


def stored_subrun(run: Run) -> str:
    """Return the message that shows what a subrun had written when it was saved last."""
    with on_behalf(Reader(left=0)):
        views = present_parts(parts_from_json(run.content or ()))
    return command(
        "reset", str(run.id), "".join(render_part(view) for view in views if not isinstance(view.source, ASKS))
    )


def _ends_of_subruns(wanted: dict[UUID, bool]) -> dict[UUID, str]:
    frames = {}
    for run in Run.objects.filter(id__in=list(wanted), parent__isnull=False) if wanted else ():
        end = command("d", str(run.id), run.state, "")
        frames[run.id] = "\n".join([stored_subrun(run), end]) if wanted[run.id] else end
    return frames


def ends_of(wanted: dict[UUID, bool]) -> dict[UUID, str]:
    """Return the frame that ends each run, by its id; True asks for the message as stored too.

    A run that is gone with its conversation is left out. Reads the database: one query for any number of messages, one
    for subruns, and three for messages that have siblings, are asked for whole, or are being written again by now.
    """
    ended: list[Any] = list(Message.objects.raw(_ENDED, [list(wanted)]))
    is_plain = {
        row.id: not (row.has_siblings or row.state == Message.State.STREAMING or wanted[row.run_id]) for row in ended
    }
    with on_behalf(Reader(left=0)):  # other runs wait for this thread: what nobody has drawn yet stays plain
        views = present_messages([row for row in ended if not is_plain[row.id]])
    frames = {}
    for row in ended:
        view = views.get(row.id) or present(row, place=None, run=None, is_last=not row.is_followed, shows_parts=False)
        frame = command("d", str(row.run_id), row.state, footer(view))
        if wanted[row.run_id]:
            parts = "".join(render_part(part) for part in view.parts)
            frame = "\n".join([command("reset", str(row.run_id), parts), frame])
        frames[row.run_id] = frame
    return frames | _ends_of_subruns({run_id: whole for run_id, whole in wanted.items() if run_id not in frames})
