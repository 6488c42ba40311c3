"""``manage.py up``: starts the supervisor in this process."""

import contextlib
import os
import sys

from deploy.embedded import forked
from deploy.embedded.leftovers import MARK
from deploy.embedded.lock import InUse, lock_folder
from deploy.embedded.plan import make_plan
from deploy.embedded.supervisor import CannotStart, StartOver, Supervisor
from siteconfig.environment.folders import BASE_DIR, DATA_DIR


def say(line: str) -> None:
    # A closed terminal or pipe is no reason to leave the parts alone.
    with contextlib.suppress(OSError):
        print(line, flush=True)


def start() -> int:
    """Run Parley until it is stopped; return the exit status."""
    os.chdir(BASE_DIR)
    inherited = dict(os.environ)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ[MARK] = str(DATA_DIR)
    try:
        lock = lock_folder(DATA_DIR)
        forked.closed_in_forks.append(lock.close)
        Supervisor(make_plan(DATA_DIR), say).run()
    except StartOver:
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], inherited)  # noqa: S606
    except (CannotStart, InUse) as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0
