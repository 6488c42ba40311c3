"""One supervisor per data folder."""

import fcntl
import os
from pathlib import Path
from typing import IO

from deploy.embedded import private


class InUse(Exception):
    """Another supervisor works on the folder; the text says what to do."""


def lock_folder(data: Path) -> IO[str]:
    """Lock `data`, and make it if need be, until the file returned is closed. Raises `InUse`."""
    os.umask(private.UMASK)  # of every part, too
    data.mkdir(parents=True, exist_ok=True)
    lock = (data / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise InUse(
            f"Parley is already running on {data}. Stop it first, or choose another folder: "
            "PARLEY_DATA=.parley2 PORT=3081 make up"
        ) from None
    return lock
