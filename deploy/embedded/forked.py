"""Starts Python programs as forks of this process: what it has imported, they need neither load nor hold again.

A fork behaves as the command it stands for, with its own session, output, environment and title. The parent must have
one thread only, and no connection to a server.
"""

import atexit
import contextlib
import ctypes
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

_PR_SET_PDEATHSIG = 1
_ARGUMENTS, _ENVIRONMENT = 48, 51  # of /proc/<pid>/stat, as proc(5) counts: where the first starts, the second ends

closed_in_forks: list[Callable[[], None]] = []  # called in each fork: what only the parent may hold


def possible() -> bool:
    """Return whether forks are safe here. On macOS the system's own libraries do not survive one."""
    return sys.platform == "linux"


class Forked:
    """A running fork. It has of `subprocess.Popen` what a `SupervisedPart` asks for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None and (gone := os.waitpid(self.pid, os.WNOHANG))[0]:
            self.returncode = os.waitstatus_to_exitcode(gone[1])
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        end = None if timeout is None else time.monotonic() + timeout
        while (status := self.poll()) is None:
            if end is not None and time.monotonic() > end:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            time.sleep(0.005)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def start(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, output: int, orphan_with: signal.Signals
) -> Forked:
    """Fork, and in the fork run `command`: ``[python, script, …]`` or ``[python, "-m", module, …]``."""
    if threading.active_count() > 1:
        raise RuntimeError("a fork would inherit the locks of threads that it does not have")
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if not pid:
        _live(parent, command, environment, folder, output, orphan_with)
    return Forked(pid)


def _live(
    parent: int,
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    output: int,
    orphan_with: signal.Signals,
) -> NoReturn:
    """What the fork does. Nothing may reach the parent's frames below this one."""
    status = 1
    try:
        die_with_parent(orphan_with)
        if os.getppid() != parent:  # it has ended before it could be waited for
            os._exit(1)
        _detach(output, environment, folder)
        _name_process(command)
        _run(command)
        status = 0
    except SystemExit as end:
        status = _status_of(end)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        _end(status)


def die_with_parent(number: signal.Signals) -> None:
    """Ask Linux to send this process `number` when its parent is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def _detach(output: int, environment: Mapping[str, str], folder: Path) -> None:
    """Leave what belongs to the parent: its signals, terminal, files and variables."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for close in closed_in_forks:
        close()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


def _name_process(command: Sequence[str]) -> None:
    """Show the fork as its command in ``ps``. The memory of the first arguments and variables is no longer used."""
    with contextlib.suppress(OSError, ValueError):
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        begin, end = int(fields[_ARGUMENTS - 3]), int(fields[_ENVIRONMENT - 3])
        title = " ".join(command).encode()[: end - begin - 1]
        first_end = int(fields[_ARGUMENTS - 2])
        with Path("/proc/self/mem").open("r+b", buffering=0) as memory:
            memory.seek(begin)
            # Anything but NUL where the arguments ended tells Linux that this is a title.
            memory.write(title.ljust(first_end - begin, b" ") + b"\0")


def _run(command: Sequence[str]) -> None:
    if command[1] == "-m":
        sys.argv = list(command[2:])
        runpy.run_module(command[2], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(command[1:])
        runpy.run_path(command[1], run_name="__main__")


def _status_of(end: SystemExit) -> int:
    if end.code is None or isinstance(end.code, int):
        return end.code or 0
    print(end.code, file=sys.stderr)
    return 1


def _end(status: int) -> NoReturn:
    """End as the interpreter does: wait for threads, call what was registered for the end."""
    with contextlib.suppress(BaseException):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
    os._exit(status)
