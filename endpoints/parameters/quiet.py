"""How a model is asked to think as little as it can: for short answers, which thoughts would leave no room for."""

import re

from endpoints.catalog.profiles import is_known, profile
from endpoints.parameters.mapped import Quiet
from endpoints.parameters.sets import is_openrouter, set_name
from endpoints.providers.anthropic import parameters as anthropic_parameters
from endpoints.providers.base import Endpoint
from endpoints.providers.google import parameters as google_parameters

_OLD = re.compile(r"^(?:chatgpt-|gpt-[34])(?!.*\bthink)")
_FIRST = re.compile(r"\bgpt-5(?![.\d]|-chat|-pro|-codex)")
_LATER = re.compile(r"\bgpt-5\.[1-9](?!\S*-(?:pro|codex|chat))")
_O_SERIES = re.compile(r"\bo[134](?!\d)")


def least_thinking(endpoint: Endpoint, model: str) -> Quiet:
    """Return how the model is asked for an answer with as few thoughts as it allows."""
    if endpoint.local:
        return Quiet()
    kind = set_name(endpoint, model).partition("-")[0]
    known = anthropic_parameters.claude(model)
    if known.kind or known.version != anthropic_parameters.UNKNOWN:
        return Quiet(may_think=known.is_newest)  # all others think only where they are asked to
    if kind == "google":
        return google_parameters.least_thinking(model)
    if kind in {"openAI", "azureOpenAI", "custom"} and not is_openrouter(endpoint):
        return _openai(endpoint, model)
    return Quiet(may_think=_may_think(endpoint, model))


def _openai(endpoint: Endpoint, model: str) -> Quiet:
    if _OLD.match(model):
        return Quiet()
    effort = "none" if _LATER.search(model) else "minimal" if _FIRST.search(model) else ""
    effort = effort or ("low" if _O_SERIES.search(model) and endpoint.family != "custom" else "")
    if effort and endpoint.reasoning_format == "reasoning_effort":
        return Quiet({"reasoning_effort": effort}, may_think=effort != "none")
    return Quiet(may_think=_may_think(endpoint, model))


def _may_think(endpoint: Endpoint, model: str) -> bool:
    return not is_known(endpoint, model) or profile(endpoint, model).supports_reasoning
