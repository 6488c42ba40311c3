"""The supervisor process: ``manage.py up`` replaces itself with it, so that Django does not stay in memory."""

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
