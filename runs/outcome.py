"""The outcome of a run in this generator, as it is stored."""

import logging

from chat.services.turns.open_parts import without_open_calls
from endpoints.catalog.keys import with_user_key_error
from endpoints.providers.base import Endpoint
from endpoints.services.metered import MeteredModel
from messages.events import Failed, Finished
from messages.reducer import error_part
from runs.persistence import RunResult
from runs.rounds import Rounds
from runs.run import ActiveRun, lines_of

log = logging.getLogger(__name__)


def why_not_begun(active: ActiveRun, endpoint: Endpoint | Failed) -> Finished | Failed | None:
    """Return the end of a run that cannot be gone on with, else None. `endpoint` may say why it cannot be called."""
    if active.job.stop_requested or active.stopping:
        return Finished("stopped")
    return endpoint if isinstance(endpoint, Failed) else None


def result_of(
    active: ActiveRun,
    endpoint: Endpoint | Failed,
    ending: Finished | Failed,
    worker: str,
    model: MeteredModel,
    rounds: Rounds | None,
) -> RunResult:
    """Return what is stored of a run that is over; None for `rounds` where none was begun."""
    active.ending = True
    called = None if isinstance(endpoint, Failed) else endpoint
    if isinstance(ending, Failed) and called is not None:
        ending = with_user_key_error(ending, called)
    parts = rounds.close() if rounds else without_open_calls(active.log.reducer.parts)
    if isinstance(ending, Failed):
        log.warning("run %s failed: %s %s", active.job.id, ending.code, ending.detail)
        parts.append(error_part(ending))
    return RunResult(
        job=active.job,
        worker=worker,
        ending=ending,
        parts=parts,
        usages=active.usages,
        lines=lines_of(model),
        endpoint=called,
        left_out=active.left_out,
        steps=rounds.steps if rounds and active.job.checkpoint else (),
    )
