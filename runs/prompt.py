"""Building the prompt: the branch up to the reply, as much of it as fits the context window."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from agents.services.transcript import told_so_far
from agents.tools.base import Agent
from chat.services.model_settings import asked_with
from endpoints.catalog.facts import facts, vocabulary_of
from endpoints.parameters.request_fields import request_fields, with_headers
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage
from endpoints.services.history import in_rounds, says_something
from endpoints.services.prompts import is_blank
from endpoints.services.tokens import prompt_size, tools_size
from messages.parts import Part
from runs.fitting import fitted
from runs.persistence import ClaimedRun

CONTINUE = "Continue exactly where you stopped. Do not repeat anything and do not comment."


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request without messages is one that nothing of the conversation fits into."""

    request: ModelRequest
    left_out: int  # messages at the beginning that did not fit


def prompt_of(
    job: ClaimedRun,
    endpoint: Endpoint,
    *,
    agent: Agent | None = None,
    parts: Sequence[Part] = (),
    first_parts: Sequence[int] = (),
) -> Prompt:
    """Put the prompt together: instructions, the branch up to the reply, the run's earlier model calls.

    The instructions are the agent's, the project's and the system prompt. For *Continue* the reply so far follows the
    branch. `parts` are those of the reply, `first_parts` says where in them each earlier model call of the run begins.
    A subrun knows what it was asked instead of the conversation, and its agent's instructions alone.
    """
    agent = agent or Agent()
    chosen = asked_with(job.spec, job.settings)
    if chosen is None:  # without what it says, this would be another request
        raise LookupError(f"there is no model spec {job.spec}")
    brief = job.checkpoint.brief if job.checkpoint else None
    messages = [PromptMessage.of("user", brief.prompt)] if brief else list(job.history)
    instructions = [agent.instructions] if brief else [agent.instructions, job.instructions, chosen.get("promptPrefix")]
    if system := "\n\n".join(text for text in instructions if text and not is_blank(text)):
        messages.insert(0, PromptMessage.of("system", system))
    last_turn = max((at for at, message in enumerate(messages) if message.role == "user"), default=0)
    messages += _reply_so_far(job, parts, first_parts)
    variant = endpoint.for_model(job.model)
    mapped = request_fields(variant, job.model, chosen.values)
    known = facts(variant, job.model)
    room = known.usable(max_tokens=mapped.max_tokens, chosen=chosen.get("maxContextTokens"))
    vocabulary = vocabulary_of(job.model)
    kept = fitted(
        messages,
        size=lambda message: prompt_size(in_rounds(message), vocabulary),
        room=room - tools_size(agent.toolbox.specs, vocabulary),
        last_turn=last_turn,
    )
    request = ModelRequest(
        endpoint=with_headers(variant, mapped.headers),
        model=job.model,
        messages=list(chain.from_iterable(map(in_rounds, kept))),
        params=mapped.params,
        max_tokens=mapped.max_tokens,
        user_id=str(job.owner_id),
        stream=mapped.stream,
        uses_responses=mapped.uses_responses,
        tools=agent.toolbox.specs,
    )
    return Prompt(request, left_out=len(messages) - len(kept))


def _reply_so_far(job: ClaimedRun, parts: Sequence[Part], first_parts: Sequence[int]) -> list[PromptMessage]:
    """Return what the reply held before this run, where it goes on with it, and then the run's earlier model calls."""
    before = parts[: first_parts[0]] if first_parts else job.so_far
    earlier = told_so_far(parts, first_parts) if first_parts else []
    if not job.continues or not says_something(before):
        return earlier
    return [PromptMessage("assistant", tuple(before)), PromptMessage.of("user", CONTINUE), *earlier]
