"""A worker as any other, with ten times the CPU time: for tests that count work and do not time it."""

import sys

from web.rendering.worker import protocol

COMMAND = (sys.executable, "-m", "tests.chat_rendering.patient_worker")

if __name__ == "__main__":
    protocol.CPU_SECONDS.update((kind, 10 * limit) for kind, limit in protocol.CPU_SECONDS.items())

    from web.rendering.worker.__main__ import main

    main()
