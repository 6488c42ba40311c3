"""A worker as any other, with ten times the CPU time: for tests that count work and do not time it."""

import sys

from chat.rendering.worker import __main__ as worker

COMMAND = (sys.executable, "-m", "tests.chat_rendering.patient_worker")

if __name__ == "__main__":
    worker.CPU_SECONDS *= 10
    worker.main()
