"""How each kind of job is rendered."""

from collections.abc import Callable

from web.rendering.highlight import highlight
from web.rendering.jobs import Job
from web.rendering.markdown import draft
from web.rendering.mathml import to_mathml
from web.rendering.words import Words
from web.rendering.worker.protocol import JobAnswer


def _code(job: Job) -> JobAnswer:
    return JobAnswer(highlight(job.detail, job.source))


def _formula(job: Job) -> JobAnswer:
    return JobAnswer(to_mathml(job.source, block=job.kind == "block"))


def _document(job: Job) -> JobAnswer:
    drawn = draft(job.source, Words.from_json(job.detail))
    return JobAnswer(drawn.html, tuple(drawn.jobs.values()))


KINDS: dict[str, Callable[[Job], JobAnswer]] = {
    "code": _code,
    "inline": _formula,
    "block": _formula,
    "document": _document,
}


def draw(job: Job) -> JobAnswer:
    """Draw a job. What fails in a library, by whatever text, is shown plain."""
    try:
        return KINDS[job.kind](job)
    except Exception:  # noqa: BLE001 (a process edge: the libraries raise anything)
        return JobAnswer(None)
