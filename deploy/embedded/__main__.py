"""The supervisor's process: ``manage.py up`` becomes it, so that Django does not lie in memory beside its parts."""

import os
import sys

from deploy.embedded.supervisor import PLAN, CannotStart, Plan, Supervisor


def main() -> int:
    try:
        Supervisor(Plan.from_json(os.environ[PLAN]), lambda line: print(line, flush=True)).run()
    except CannotStart as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
