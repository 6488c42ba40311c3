"""A small pool of worker processes, and limits on their use.

A job has three limits: CPU time, enforced by the kernel (`CPU_SECONDS`); wall time, after which its worker is killed;
and the worker time of one person. A person uses one worker at most, so that another is free for somebody else; if none
is free, they wait only a moment, and the text is shown unrendered.
"""

import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from web.rendering.jobs import Job
from web.rendering.worker.protocol import JobAnswer, read_answer, write_question

log = logging.getLogger(__name__)

SIZE = 2  # worker processes
JOB_SECONDS = 1.8  # by the clock; the limit of CPU time comes first unless the machine is busy
PATIENCE = 0.25  # seconds to wait for a worker that is in use
START_SECONDS = 20.0  # in the background
ALLOWANCE = 6.0  # seconds of workers that a person may use at once
REFILL = 0.1  # seconds of it that come back each second
_FOLDER = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "web.rendering.worker")
ENVIRONMENT = {"PYTHONUTF8": "1", "LC_ALL": "C.UTF-8"}  # no setting and no secret
_MAX_LINE_BYTES = 32_000_000  # bytes


class Ended(Exception):
    """The worker has ended. `is_fault` says whether the job at hand is to blame for sure."""

    def __init__(self, *, is_fault: bool, in_peace: bool = False) -> None:
        super().__init__(is_fault)
        self.is_fault = is_fault
        self.in_peace = in_peace  # it had been idle for long


class Worker:
    """One process. After `Ended` it is gone."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._process = subprocess.Popen(
            command, cwd=_FOLDER, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self, seconds: float) -> None:
        """Wait for its first word; raises `Ended`."""
        self._read_line(time.monotonic() + seconds)

    def ask(self, job: Job, seconds: float) -> JobAnswer:
        """Have a job done within `seconds`; raises `Ended`."""
        assert self._process.stdin is not None  # noqa: S101 (for the type checker)
        try:
            question = memoryview(write_question(job))
            while question:
                question = question[self._process.stdin.write(question) :]
        except OSError:
            raise self._ended() from None
        return read_answer(self._read_line(time.monotonic() + seconds))

    def _read_line(self, deadline: float) -> bytes:
        assert self._process.stdout is not None  # noqa: S101
        descriptor = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN | select.POLLHUP)
        line = bytearray()
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or len(line) > _MAX_LINE_BYTES or not poll.poll(left * 1000):
                self.end()
                raise Ended(is_fault=False)
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                raise self._ended()
            line += piece
        return bytes(line)

    def _ended(self) -> Ended:
        code = self.end()
        return Ended(is_fault=code == -signal.SIGPROF, in_peace=code == 0)

    def end(self) -> int:
        """End the process, whatever it is doing, and return its exit code."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            return self._process.wait(0.05)  # it may be gone, or go when its input ends
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: its answer, or that it failed; `is_fault` says that it always will."""

    answer: JobAnswer | None = None
    is_fault: bool = False
    seconds: float = 0.0


@dataclass(slots=True)
class _Allowances:
    """How much of the workers each person has used up; it comes back with time."""

    used: dict[str, tuple[float, float]] = field(default_factory=dict)  # seconds, and when that was so

    def left(self, person: str) -> float:
        used, since = self.used.get(person, (0.0, 0.0))
        return ALLOWANCE - max(0.0, used - (time.monotonic() - since) * REFILL)

    def use(self, person: str, seconds: float) -> None:
        left = self.left(person)
        if len(self.used) > 10_000:
            self.used = {reader: value for reader, value in self.used.items() if self.left(reader) < ALLOWANCE}
        self.used[person] = (ALLOWANCE - left + seconds, time.monotonic())


def _size(job: Job) -> int:
    return len(job.source)


class Pool:
    """`size` workers, started when the first is needed and again when one has ended. Used by any thread."""

    def __init__(self, *, size: int = SIZE, start: Callable[[], Worker] = Worker) -> None:
        self._size = size
        self._start = start
        self._idle: list[Worker] = []
        self._starting = 0
        self._busy = 0
        self._holders: set[str] = set()
        self._changed = threading.Condition()
        self.allowances = _Allowances()

    def run(self, jobs: Iterable[Job], *, person: str, seconds: float) -> dict[Job, Outcome]:
        """Do what can be done in `seconds` on behalf of a person, short ones first; what was not begun is left out."""
        deadline = time.monotonic() + seconds
        done: dict[Job, Outcome] = {}
        if self.allowances.left(person) <= 0 or not self._enter(person, min(PATIENCE, seconds)):
            return done
        try:
            for job in sorted(jobs, key=_size):
                left = min(deadline - time.monotonic(), self.allowances.left(person))
                outcome = self._do(job, person, left) if left > 0 else None
                if outcome is None:
                    break
                done[job] = outcome
        finally:
            with self._changed:
                self._holders.remove(person)
                self._changed.notify_all()
        return done

    def wait_until_ready(self, seconds: float) -> bool:
        """Start the workers and wait until all are there."""
        self.prepare()
        with self._changed:
            return self._changed.wait_for(lambda: len(self._idle) == self._size, seconds)

    def close(self) -> None:
        """End the workers that are idle."""
        with self._changed:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _enter(self, person: str, patience: float) -> bool:
        """Whether this person has no other request that holds a worker; waits a moment for it."""
        with self._changed:
            if not self._changed.wait_for(lambda: person not in self._holders, patience):
                return False
            self._holders.add(person)
            return True

    def _do(self, job: Job, person: str, seconds: float) -> Outcome | None:
        """Return what became of the job; None when no worker was free."""
        worker = self._take(seconds)
        if worker is None:
            return None
        began = time.monotonic()
        try:
            answer = worker.ask(job, min(seconds, JOB_SECONDS))
        except Ended as ended:
            self._busy_less(None)
            if ended.in_peace:
                return self._do(job, person, seconds - 0.05)
            log.warning("a worker ended drawing %s of %d characters; it is shown plain", job.kind, len(job.source))
            return Outcome(is_fault=ended.is_fault)
        finally:
            self.allowances.use(person, time.monotonic() - began)
        self._busy_less(worker)
        return Outcome(answer, is_fault=answer.html is None, seconds=time.monotonic() - began)

    def _take(self, seconds: float) -> Worker | None:
        """Return an idle worker. Waits for one that is being started, and only a moment for one that others use."""
        self.prepare()
        with self._changed:
            patience = seconds if self._starting else min(PATIENCE, seconds)
            if not self._changed.wait_for(lambda: self._idle, patience):
                return None
            self._busy += 1
            return self._idle.pop()

    def _busy_less(self, worker: Worker | None) -> None:
        with self._changed:
            self._busy -= 1
            if worker is not None:
                self._idle.append(worker)
                self._changed.notify_all()
        if worker is None:
            self.prepare()

    def prepare(self) -> None:
        """Start the workers that are missing, in the background."""
        with self._changed:
            missing = self._size - len(self._idle) - self._busy - self._starting
            self._starting += max(missing, 0)
        for _ in range(missing):
            threading.Thread(target=self._start_one, name="worker-start", daemon=True).start()

    def _start_one(self) -> None:
        worker = None
        try:
            worker = self._start()
            worker.wait_until_ready(START_SECONDS)
        except (OSError, Ended):
            log.exception("a worker that draws could not be started")
            worker = None
        with self._changed:
            self._starting -= 1
            if worker is not None:
                self._idle.append(worker)
            self._changed.notify_all()
