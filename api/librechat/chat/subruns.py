"""What subruns say, in the event stream of the run that began them.

A subrun is followed from the word that it has begun to the word that it is over, which its parent's log has. What it
says comes in between, translated as a run's own events are, each as an `on_subagent_update` with a phase of its own.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from api.base.payloads import milliseconds
from api.librechat.chat.steps import Payload, RunSteps
from api.librechat.chat.threads import in_database
from chat.models import Run
from chat.services import results
from core.tasks import end_tasks
from messages.events import Event, PartDelta, PartStarted, PartUpdated, Snapshot
from messages.parts import Part, grown_text
from runs.follow import follow

DRAIN: Final = 0.5  # s for which the word that subruns are over waits for the end of their logs
UPDATE: Final = "on_subagent_update"
ENDS: Final = {"stop", "error"}  # phases of who says no more
PHASES: Final = {
    "on_message_delta": "message_delta",
    "on_reasoning_delta": "reasoning_delta",
    "on_run_step": "run_step",
    "on_run_step_delta": "run_step_delta",
    "on_run_step_completed": "run_step_completed",
}  # the wire format has none for what else a run tells


class Subruns:
    """The subruns of one run that go on, and theirs. Nothing is kept or waited for where there are none."""

    def __init__(self, run: Run) -> None:
        self._conversation_id, self._message_id = run.conversation_id, run.message_id
        self._followed: dict[str, _Subrun] = {}
        self._until = 0.0  # when what drains gives up
        self.is_cut = False  # the client was too slow for one of them, and has to resume

    @property
    def coming(self) -> "set[asyncio.Future[Any]]":
        """What is done once a subrun has said something."""
        return {subrun.coming for subrun in self._followed.values() if subrun.coming is not None}

    async def beside(self, payloads: Iterable[Payload], *, is_over: bool) -> list[Payload]:
        """Return what has come of them, then the payloads of the run itself, and before each end of a subrun what is
        left of its log.

        Logs are written a little later than the database is, so the first end waits a moment. None does where the run
        `is_over`: subruns in the background may go on.
        """
        self._until = 0.0 if is_over else asyncio.get_running_loop().time() + DRAIN
        news: list[Payload] = []
        for subrun in tuple(self._followed.values()):
            news += await self._hear(subrun)
        return [*news, *await self._beside("", payloads)]

    async def aclose(self) -> None:
        """Leave them all."""
        await self._leave(*self._followed.values())

    async def _beside(self, parent: str, payloads: Iterable[Payload]) -> list[Payload]:
        complete: list[Payload] = []
        for payload in payloads:
            if payload.get("event") == UPDATE:
                key, phase = payload["data"]["subagentRunId"], payload["data"]["phase"]
                if phase == "start" and key not in self._followed:
                    self._followed[key] = _Subrun(parent, payload["data"], self._conversation_id)
                elif phase in ENDS and key in self._followed:
                    complete += await self._drain(key)
            complete.append(payload)
        return complete

    async def _drain(self, key: str) -> list[Payload]:
        payloads, subrun = [], self._followed[key]
        while subrun.coming is not None:
            wait = max(self._until - asyncio.get_running_loop().time(), 0)
            done, _ = await asyncio.wait({subrun.coming}, timeout=wait)
            if not done:
                break
            payloads += await self._hear(subrun)
        below = [other for other in self._followed.values() if other.parent == key]
        for other in below:  # its log would have ended them, too
            payloads += await self._drain(other.key)
        await self._leave(subrun)
        return payloads

    async def _hear(self, subrun: "_Subrun") -> list[Payload]:
        """Return what has come of one."""
        if subrun.coming is None or not subrun.coming.done():
            return []
        events = subrun.take()
        if events is None:
            if subrun.steps.ended is None and await in_database(_is_open)(subrun.key):
                self.is_cut = True
            return []
        if results.has_stored(events):
            events = await in_database(results.put_back_in_events)(self._message_id, events)
        payloads = [payload for event in events for payload in subrun.translate(event)]
        return await self._beside(subrun.key, payloads)

    async def _leave(self, *subruns: "_Subrun") -> None:
        await asyncio.gather(*(subrun.aclose() for subrun in subruns))
        for subrun in subruns:
            self._followed.pop(subrun.key, None)


class _Subrun:
    """One that is followed. `started` is what told of its beginning; `parent` is the subrun that began it, if any."""

    def __init__(self, parent: str, started: Payload, conversation_id: UUID) -> None:
        self.parent, self.key, self._about = parent, str(started["subagentRunId"]), started
        self._conversation_id = conversation_id
        self.steps = self._new_steps()
        self._source = follow(UUID(self.key))
        self.coming: asyncio.Future[list[Event] | None] | None = None
        self._listen()

    def take(self) -> list[Event] | None:
        """Return what has come, and listen for more; None when it says no more."""
        coming, self.coming = self.coming, None
        events = coming.result() if coming is not None else None
        if events is not None:
            self._listen()
        return events

    def translate(self, event: Event) -> list[Payload]:
        """Return the payloads of the stream that tell `event`."""
        payloads = [payload for known in self._known(event) for payload in self.steps.translate(known)]
        if isinstance(event, Snapshot) and self.steps.parts != list(event.parts):
            # What was told is not in it: go on behind it, as clients cannot take anything back.
            self.steps = self._new_steps()
            self.steps.translate(event)
        return [self._update(payload) for payload in payloads if payload["event"] in {*PHASES, UPDATE}]

    async def aclose(self) -> None:
        if self.coming is not None:
            await end_tasks(self.coming)
            self.coming = None
        await self._source.aclose()  # type: ignore[attr-defined]

    def _new_steps(self) -> RunSteps:
        return RunSteps(conversation_id=self._conversation_id, message_id=UUID(self.key))

    def _listen(self) -> None:
        self.coming = asyncio.ensure_future(_next(self._source))

    def _known(self, event: Event) -> Sequence[Event]:
        """Return the events for one: a log that is written anew says everything again, of which the news are told."""
        return news_of(self.steps.parts, event.parts) if isinstance(event, Snapshot) else (event,)

    def _update(self, payload: Payload) -> Payload:
        if payload["event"] == UPDATE:  # of a subrun of its own
            return payload
        phase, now = PHASES[payload["event"]], milliseconds(timezone.now())
        return {"event": UPDATE, "data": {**self._about, "phase": phase, "data": payload["data"], "timestamp": now}}


def news_of(before: Sequence[Part], after: Sequence[Part]) -> list[Event]:
    """Return events that lead from the parts `before` to those `after`; none where these do not go on from those."""
    if len(after) < len(before) or not all(map(_goes_on, before, after)):
        return []
    events: list[Event] = []
    for index, part in enumerate(after):
        if index >= len(before):
            events.append(PartStarted(index, part))
        elif part != before[index]:
            if rest := grown_text(part)[len(grown_text(before[index])) :]:
                events.append(PartDelta(index, rest))
            events.append(PartUpdated(index, part))
    return events


def _goes_on(before: Part, after: Part) -> bool:
    return type(before) is type(after) and grown_text(after).startswith(grown_text(before))


def _is_open(run_id: str) -> bool:
    return Run.objects.filter(id=run_id, state__in=Run.OPEN).exists()


async def _next(source: AsyncIterator[list[Event]]) -> list[Event] | None:
    return await anext(source, None)
