"""``python -m web.rendering.worker``: answers questions from its standard input until that ends."""

import os
import resource
import select
import signal
import sys

from web.rendering.worker.drawing import draw
from web.rendering.worker.protocol import CPU_SECONDS, IDLE_SECONDS, read_question, write_answer

MEMORY = 512 * 1024 * 1024  # address space
NICE = 5


def main() -> None:
    os.nice(NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C in the terminal is the parent's, whose end ends this too
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    target.write(b"ready\n")
    target.flush()
    while select.select([source], [], [], IDLE_SECONDS)[0] and (line := source.readline()):
        # The default of this signal ends the process even in the middle of a regular expression.
        job = read_question(line)
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS[job.kind])
        answer = write_answer(draw(job))
        signal.setitimer(signal.ITIMER_PROF, 0)
        target.write(answer)
        target.flush()


if __name__ == "__main__":
    main()
