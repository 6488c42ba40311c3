"""One supervised process: how it is started, watched, restarted and stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

from deploy.embedded import forked

LOG_LIMIT = 10 * 1024 * 1024  # bytes; a larger log is put aside at the start
MIN_DELAY, MAX_DELAY = 0.5, 30.0  # seconds between restarts
HEALTHY = 60.0  # a part that ran so long starts with the shortest delay again


@dataclass(slots=True)
class SupervisedPart:
    """What to run. `ready` is asked until it says yes; `stop_with` is the signal that ends it in good order.

    `orphan_with` is the signal it gets when the supervisor is gone, however it went. `forks` says that it is a Python
    program which starts as a fork of the supervisor, where forks are possible.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    folder: Path
    ready: Callable[[], bool] = lambda: True
    stop_with: signal.Signals = signal.SIGTERM
    orphan_with: signal.Signals = signal.SIGTERM
    forks: bool = False
    process: "subprocess.Popen[bytes] | forked.Forked | None" = None
    started_at: float = 0.0
    delay: float = MIN_DELAY
    due_at: float = 0.0  # when to start it again; 0 while it runs

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".old.log"))
        with self.log.open("ab") as output:
            if self.forks and forked.possible():
                self.process = forked.start(
                    self.command, self.environment, self.folder, output.fileno(), self.orphan_with
                )
            else:
                self.process = self._spawn(output)
        self.started_at = time.monotonic()
        self.due_at = 0.0

    def _spawn(self, output: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the supervisor, which stops the parts in order
            preexec_fn=partial(forked.die_with_parent, self.orphan_with) if sys.platform == "linux" else None,  # noqa: PLW1509
        )

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_ready(self, seconds: float, given_up: Callable[[], bool] = lambda: False) -> bool:
        """Return whether it became ready; False as soon as it has died or `given_up` says so."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.alive or given_up():
                return False
            if self.ready():
                return True
            time.sleep(0.02)
        return False

    def note_death(self) -> str:
        """End what it has left behind and plan its restart; return a line that says so."""
        assert self.process is not None  # noqa: S101 (only a started part can die)
        self._end_group()
        if time.monotonic() - self.started_at > HEALTHY:
            self.delay = MIN_DELAY
        status, self.process = self.process.returncode, None
        return f"{self.name} ended with status {status}; starting it again in {self._put_off():g} s"

    def restart(self) -> str:
        """Start it again, or put that off when the system refuses; return what is worth saying."""
        try:
            self.start()
        except OSError as error:
            return f"{self.name} cannot be started: {error}; trying again in {self._put_off():g} s"
        return f"{self.name} started again"

    def _put_off(self) -> float:
        delay = self.delay
        self.due_at = time.monotonic() + delay
        self.delay = min(delay * 2, MAX_DELAY)
        return delay

    def ask_to_stop(self) -> None:
        if self.alive and self.process is not None:
            self.process.send_signal(self.stop_with)

    def wait_stopped(self, end: float, given_up: Callable[[], bool] = lambda: False) -> None:
        """Wait until `end` (monotonic seconds) or until `given_up` says so, then kill it with all it has started."""
        while self.alive and time.monotonic() < end and not given_up():
            time.sleep(0.02)
        self.kill()

    def kill(self) -> None:
        if self.process is not None:
            self._end_group()
            self.process.wait()
            self.process = None

    def _end_group(self) -> None:
        """Kill it and its children, such as the worker's scheduler, which would outlive it."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, for a message about a part that did not start."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
