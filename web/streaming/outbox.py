"""Holds frames of a run until the worker has rendered their jobs, for a moment at most.

Frames leave in order, so later frames wait too; other runs do not.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable

from web.rendering.jobs import Job, Jobs, RenderedDraft, keys_in
from web.rendering.message import fill_known, unknown
from web.rendering.results import draw_in_thread

HOLD = 0.3  # seconds a frame waits; then it goes with plain text where the drawing would be
SETTLE = 2.0  # seconds the end of a run waits for what went out plain
Deliver = Callable[[str], None]


def _in_json(html: str) -> str:
    return json.dumps(html, ensure_ascii=False)[1:-1]


class Outbox:
    def __init__(self) -> None:
        self.person = ""  # on whose behalf it is drawn
        self._jobs: Jobs = {}
        self._owed: Jobs = {}  # what was shown plain, for want of time
        self._queue: deque[tuple[str, Deliver, bool]] = deque()
        self._waiting: asyncio.Task[None] | None = None

    def mark(self, draft: RenderedDraft) -> str:
        """Return the draft's HTML with its marks: they are filled in when a frame that holds them leaves."""
        self._jobs.update(draft.jobs)
        return draft.html

    def put(self, frame: str, deliver: Deliver, *, settles: bool = False) -> None:
        """Have `deliver` called with the frame, now or soon; one that settles waits for what went out plain, too."""
        if not self._jobs and not self._queue:  # nothing is drawn elsewhere, as of most replies
            deliver(frame)
            return
        self._queue.append((frame, deliver, settles))
        if self._waiting is None:
            self._send_what_is_ready()

    def filled(self, frame: str) -> str:
        """Return a frame with what is known now in the place of its marks."""
        jobs = self._jobs_in(frame)
        for job in unknown(jobs.values()):
            self._owed[job.key] = job
        return fill_known(frame, jobs, encode=_in_json)

    @property
    def is_late(self) -> bool:
        """Whether something that was sent plain is known by now."""
        return len(unknown(self._owed.values())) < len(self._owed)

    def close(self) -> None:
        """Forget what was not sent."""
        self._queue.clear()
        if self._waiting is not None:
            self._waiting.cancel()

    def _send_what_is_ready(self) -> None:
        while self._queue:
            missing = self._missing()
            if missing:
                self._waiting = asyncio.get_running_loop().create_task(self._wait_for(missing))
                return
            self._send_first()

    def _send_first(self) -> None:
        frame, deliver, _ = self._queue.popleft()
        deliver(self.filled(frame))

    async def _wait_for(self, missing: list[Job]) -> None:
        settles = self._queue[0][2]
        deadline = asyncio.get_running_loop().time() + (SETTLE if settles else HOLD)
        while missing and (left := deadline - asyncio.get_running_loop().time()) > 0:
            asked = missing
            await draw_in_thread(asked, person=self.person, within=left)
            missing = self._missing()
            if not settles:
                missing = [job for job in missing if job not in asked]
            elif missing:
                await asyncio.sleep(0.05)  # another thread draws it already, or nobody will
        self._waiting = None
        self._send_first()
        self._send_what_is_ready()

    def _missing(self) -> list[Job]:
        frame, _, settles = self._queue[0]
        return unknown((self._owed if settles else self._jobs_in(frame)).values())

    def _jobs_in(self, frame: str) -> Jobs:
        return {key: self._jobs[key] for key in keys_in(frame) if key in self._jobs}
