"""How each kind of job is drawn."""

from collections.abc import Callable

from chat.rendering.highlight import highlight
from chat.rendering.jobs import Job
from chat.rendering.markdown import draft
from chat.rendering.mathml import to_mathml
from chat.rendering.words import Words
from chat.rendering.worker.protocol import Answer


def _code(job: Job) -> Answer:
    return Answer(highlight(job.detail, job.source))


def _formula(job: Job) -> Answer:
    return Answer(to_mathml(job.source, block=job.kind == "block"))


def _document(job: Job) -> Answer:
    drawn = draft(job.source, Words.from_json(job.detail))
    return Answer(drawn.html, tuple(drawn.jobs.values()))


KINDS: dict[str, Callable[[Job], Answer]] = {
    "code": _code,
    "inline": _formula,
    "block": _formula,
    "document": _document,
}


def draw(job: Job) -> Answer:
    """Draw a job. What fails in a library, by whatever text, is shown plain."""
    try:
        return KINDS[job.kind](job)
    except Exception:  # noqa: BLE001 (a process edge: the libraries raise anything)
        return Answer(None)
