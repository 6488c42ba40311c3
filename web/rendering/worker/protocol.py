"""The protocol between a worker and its parent: one JSON object a line."""

import json
from typing import NamedTuple

from web.rendering.jobs import Job, for_others, from_others

# For one job; the kernel ends a worker that needs more. A document of the longest kind, all table, takes 0.4 s of a
# server's processor of today.
CPU_SECONDS = {"code": 0.6, "inline": 0.6, "block": 0.6, "document": 1.5}
IDLE_SECONDS = 300  # after which a worker that is asked nothing ends itself
MAX_OUTPUT_CHARACTERS = 4_000_000  # characters


class JobAnswer(NamedTuple):
    """The HTML, which is not sanitised yet; None when it can't be drawn. A document brings jobs of its own."""

    html: str | None
    jobs: tuple[Job, ...] = ()


def write_question(job: Job) -> bytes:
    return json.dumps([job.kind, job.source, job.detail]).encode() + b"\n"


def read_question(line: bytes) -> Job:
    kind, source, detail = json.loads(line)
    return Job(kind, source, detail)


def write_answer(answer: JobAnswer) -> bytes:
    if answer.html is not None and len(answer.html) > MAX_OUTPUT_CHARACTERS:
        answer = JobAnswer(None)
    html = answer.html and for_others(answer.html)
    return json.dumps([html, [[job.kind, job.source, job.detail] for job in answer.jobs]]).encode() + b"\n"


def read_answer(line: bytes) -> JobAnswer:
    html, jobs = json.loads(line)
    return JobAnswer(html and from_others(html), tuple(Job(*job) for job in jobs))
