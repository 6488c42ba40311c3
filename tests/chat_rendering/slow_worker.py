"""A worker whose code takes as long as it says: ``spin``, ``sleep``, ``grow``, ``exit``; other code comes back."""

import os
import sys
import time

from web.rendering.jobs import Job
from web.rendering.text import escape
from web.rendering.worker import __main__ as worker
from web.rendering.worker import drawing
from web.rendering.worker.protocol import JobAnswer

COMMAND = (sys.executable, "-m", "tests.chat_rendering.slow_worker")


def _code(job: Job) -> JobAnswer:
    word = job.source.split()[0]
    while word == "spin":
        pass
    if word == "sleep":
        time.sleep(60)
    elif word == "grow":
        return JobAnswer("x" * 4_000_000_000)
    elif word == "exit":
        os._exit(3)
    elif word == "nap":
        time.sleep(0.3)
    return JobAnswer(f"<em>{escape(job.source)}</em> by {os.getpid()}")


if __name__ == "__main__":
    drawing.KINDS["code"] = _code
    worker.main()
