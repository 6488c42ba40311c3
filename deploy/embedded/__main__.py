"""The supervisor's process: ``manage.py up`` becomes it, so that Django does not lie in memory beside its parts."""

import contextlib
import os
import sys

from deploy.embedded.supervisor import PLAN, CannotStart, Plan, Supervisor


def say(line: str) -> None:
    # A closed terminal or pipe is no reason to leave the parts alone.
    with contextlib.suppress(OSError):
        print(line, flush=True)


def main() -> int:
    try:
        Supervisor(Plan.from_json(os.environ[PLAN]), say).run()
    except CannotStart as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
