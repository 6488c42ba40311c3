"""Ends processes that outlived a killed supervisor: they would share its data with the new ones."""

import contextlib
import os
import signal
import time
from pathlib import Path

MARK = "PARLEY_SUPERVISED"  # in every part's environment: the data folder it works on
FORKS = ("web", "generator", "worker")  # the parts that start as forks of the supervisor
PATIENCE = 5.0  # seconds that a database has for a shutdown in good order


def end_leftovers(data: Path) -> None:
    """End every part that another supervisor started on `data`. Where there is no /proc there is nothing to see."""
    began = time.monotonic()
    while (running := _find(data)) and (waited := time.monotonic() - began) < 2 * PATIENCE:
        late = waited > PATIENCE
        for pid, is_postgres in running.items():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT if is_postgres and not late else signal.SIGKILL)
        time.sleep(0.1)


def _find(data: Path) -> dict[int, bool]:
    """Return the process ids of such parts, and whether each is the Postgres server.

    A fork shows its parent's variables there, without the mark, and is known by the log it writes to.
    """
    mark, logs = f"{MARK}={data}".encode(), {data / "logs" / f"{name}.log" for name in FORKS}
    running = {}
    for entry in Path("/proc").glob("[0-9]*"):
        # Gone meanwhile, or somebody else's.
        with contextlib.suppress(OSError):
            marked = mark in (entry / "environ").read_bytes().split(b"\0")
            if marked or (entry / "fd" / "1").readlink() in logs:
                running[int(entry.name)] = b"/postgres\0" in (entry / "cmdline").read_bytes()
    return running
