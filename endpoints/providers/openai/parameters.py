"""Parameters of chat completions and the Responses API, and OpenRouter's additions to the first."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.addresses import address_of
from endpoints.parameters.mapped import Chosen, Mapped, Quiet, Wire
from endpoints.providers.anthropic import parameters as anthropic_parameters
from endpoints.providers.anthropic.facts import claude
from endpoints.providers.base import Endpoint
from endpoints.providers.compatible.hosts import is_openrouter
from endpoints.providers.openai.facts import REASONING

_OFFICIAL = ("api.openai.com", 443)
_SAMPLING = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
_NOT_REASONING = re.compile(r"^(?:chatgpt-|gpt-[34])")
_MAY_REASON = re.compile(r"\bgpt-(?:5\.|[6-9])(?!\S*-chat)")  # these sample only without an effort
_ALWAYS_REASONING = re.compile(r"\bgpt-(?:5\.|[6-9])\S*-(?:pro|codex)\b")
_GROK_REASONING = re.compile(r"\bgrok-(?:3-mini|4|code)(?!\S*non-reasoning)")
_GROK_WITHOUT_EFFORT = re.compile(r"\bgrok-(?:3(?!-mini)|4(?![.\d]))")
# The efforts that a model has; of any other all are sent.
_EFFORTS = (
    (re.compile(r"^o[134](?!\d)"), {"low", "medium", "high"}),
    (re.compile(r"^gpt-5-pro"), {"high"}),
    (re.compile(r"^gpt-5\.1-codex-max"), {"low", "medium", "high", "xhigh"}),
    (re.compile(r"^gpt-5(?:\.1)?-codex"), {"low", "medium", "high"}),
    (re.compile(r"^gpt-5\.1(?!\d)"), {"none", "low", "medium", "high"}),
    (re.compile(r"^gpt-5\.[2-9]"), {"none", "low", "medium", "high", "xhigh", "max"}),
    (re.compile(r"^gpt-5(?!\.|-chat|\d)"), {"minimal", "low", "medium", "high"}),
)
_SEARCHING = re.compile(r"\bgpt-4o.*search")
_COMPLETION_CAP = re.compile(r"\bgpt-[5-9]")  # these refuse `max_tokens`
_RESPONSES_BY_EFFORT = re.compile(r"\bgpt-5\.6")
_ONLY_RESPONSES = ("reasoning_summary", "reasoning_mode", "reasoning_context")
# How thoughts are kept short: by models that have none, by the first of those that have, and by later ones.
_OLD = re.compile(r"^(?:chatgpt-|gpt-[34])(?!.*\bthink)")
_FIRST = re.compile(r"\bgpt-5(?![.\d]|-chat|-pro|-codex)")
_LATER = re.compile(r"\bgpt-5\.[1-9](?!\S*-(?:pro|codex|chat))")
_O_SERIES = re.compile(r"\bo[134](?!\d)")
_NOT_IN_RESPONSES = ("frequency_penalty", "presence_penalty", "stop")


def fields(endpoint: Endpoint, model: str, chosen: Chosen) -> Mapped:
    _refuse(endpoint, model, chosen)
    if is_openrouter(endpoint):
        return _mapped_openrouter(model, chosen)
    wire = _wire(endpoint, model, chosen)
    params = _responses(chosen, endpoint) if wire == "responses" else _completions(chosen, endpoint)
    return _finished(params, chosen, wire)


def cap_field(endpoint: Endpoint, model: str, wire: Wire = "chat") -> str:
    """Return the name of the field that caps the reply."""
    if wire == "responses":
        return "max_output_tokens"
    o_series = (
        endpoint.origin.provider in {"openAI", "azureOpenAI"} or address_of(endpoint.connection.base_url) == _OFFICIAL
    )
    newer = _COMPLETION_CAP.search(model) or (o_series and re.match(r"o\d", model))
    return "max_completion_tokens" if newer else "max_tokens"


def _finished(params: dict[str, Any], chosen: Chosen, wire: Wire = "chat") -> Mapped:
    return Mapped(
        params,
        wire=wire,
        stream=not chosen.get("disableStreaming", False),
        max_tokens=int(chosen.get("max_tokens") or 0),
        notes=chosen.notes,
    )


def _refuse(endpoint: Endpoint, model: str, chosen: Chosen) -> None:
    """Leave out what the model cannot take."""
    if _SEARCHING.search(model):
        kept = {"max_tokens", "maxContextTokens", "promptPrefix", "modelLabel", "disableStreaming"}
        chosen.refuse(_("This model supports no parameters except max output tokens."), *({*chosen.values} - kept))
    if REASONING.search(model):
        chosen.refuse(_("Reasoning models don't support sampling parameters."), *_SAMPLING)
        chosen.refuse(_("Reasoning models don't support stop sequences."), "stop")
    if endpoint.origin.provider in {"openAI", "azureOpenAI"} and _NOT_REASONING.match(model):
        chosen.refuse(_("This model doesn't support reasoning."), "reasoning_effort", *_ONLY_RESPONSES)
    if _GROK_REASONING.search(model):
        chosen.refuse(_("Not used while reasoning is on."), "frequency_penalty", "presence_penalty", "stop")
    if chosen.sampling == "one":
        chosen.one_of_both("top_p")
    elif chosen.sampling == "none":
        chosen.refuse(_("This model doesn't support sampling parameters."), "temperature", "top_p")
    _refuse_while_reasoning(endpoint, model, chosen)
    if endpoint.origin.local:
        chosen.refuse(
            _("The local model doesn't support this."),
            "web_search",
            "useResponsesApi",
            "verbosity",
            "reasoning_effort",
            *_ONLY_RESPONSES,
        )
    if endpoint.origin.provider == "custom" and endpoint.parameters.reasoning_format == "disabled":
        chosen.refuse(_("Reasoning is turned off for this endpoint."), "reasoning_effort", *_ONLY_RESPONSES)


def _refuse_while_reasoning(endpoint: Endpoint, model: str, chosen: Chosen) -> None:
    """Leave out an effort that the model does not have, and what it refuses while it reasons."""
    effort = chosen.get("reasoning_effort")
    if effort and _GROK_WITHOUT_EFFORT.search(model) and not is_openrouter(endpoint):
        chosen.refuse(_("This model doesn't support this option, so it isn't sent."), "reasoning_effort")
    if effort and endpoint.origin.provider in {"openAI", "azureOpenAI"}:
        known = next((efforts for pattern, efforts in _EFFORTS if pattern.search(model)), None)
        if known is not None and effort not in known:
            chosen.refuse(_("This model doesn't support this option, so it isn't sent."), "reasoning_effort")
            effort = None
    if _ALWAYS_REASONING.search(model) or (effort not in {None, "none"} and _MAY_REASON.search(model)):
        chosen.refuse(_("Not used while reasoning is on."), *_SAMPLING)


def _wire(endpoint: Endpoint, model: str, chosen: Chosen) -> Wire:
    asked = chosen.get("useResponsesApi")
    if chosen.get("web_search") or asked:
        return "responses"
    by_effort = _RESPONSES_BY_EFFORT.search(model) and chosen.get("reasoning_effort")
    free = asked is None and "useResponsesApi" not in endpoint.parameters.drop
    return "responses" if by_effort and free and address_of(endpoint.connection.base_url) == _OFFICIAL else "chat"


def _completions(chosen: Chosen, endpoint: Endpoint) -> dict[str, Any]:
    custom = endpoint.origin.provider == "custom"
    as_object = custom and endpoint.parameters.reasoning_format == "reasoning_object"
    only = _ONLY_RESPONSES[1:] if as_object else _ONLY_RESPONSES
    chosen.refuse(_("Only available with the Responses API. Turn it on too."), *only)
    params = _copied(chosen, (*_SAMPLING, "stop", "verbosity"))
    if as_object:
        reasoning = _renamed(chosen, {"reasoning_effort": "effort", "reasoning_summary": "summary"})
        return params | ({"reasoning": reasoning} if reasoning else {})
    return params | _copied(chosen, ("reasoning_effort",))


def _responses(chosen: Chosen, endpoint: Endpoint) -> dict[str, Any]:
    chosen.refuse(_("Not available with the Responses API."), *_NOT_IN_RESPONSES)
    params = _copied(chosen, ("temperature", "top_p"))
    names = {"reasoning_effort": "effort"} | {name: name.removeprefix("reasoning_") for name in _ONLY_RESPONSES}
    if reasoning := _renamed(chosen, names):
        params["reasoning"] = reasoning
    if verbosity := chosen.get("verbosity"):
        params["text"] = {"verbosity": verbosity}
    if chosen.get("web_search"):
        params["tools"] = [{"type": "web_search"}]
    return params


def _mapped_openrouter(model: str, chosen: Chosen) -> Mapped:
    chosen.refuse(
        _("Only available with the Responses API, which this provider doesn't support."),
        "useResponsesApi",
        *_ONLY_RESPONSES,
    )
    params = _copied(chosen, (*_SAMPLING, "stop", "verbosity"))
    effort, known = chosen.get("reasoning_effort"), claude(model)
    if not effort:
        params["include_reasoning"] = True
    elif known.adapts:
        params |= {"reasoning": {"enabled": effort != "none"}}
        if effort != "none":
            params["verbosity"] = {"minimal": "low", "xhigh": "max"}.get(effort, effort)
    else:
        params["reasoning"] = {"effort": effort}
    if chosen.get("web_search"):
        params["plugins"] = [{"id": "web"}]
    if known.kind and (mark := anthropic_parameters.cache_mark(model, chosen)):
        params["cache_control"] = mark
    return _finished(params, chosen)


def _copied(chosen: Chosen, keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: chosen.get(key) for key in keys if chosen.get(key) is not None}


def _renamed(chosen: Chosen, names: dict[str, str]) -> dict[str, Any]:
    return {name: chosen.get(key) for key, name in names.items() if chosen.get(key) is not None}


def least_thinking(endpoint: Endpoint, model: str) -> Quiet | None:
    """Return how the model is asked for as few thoughts as it allows, or None where its name does not tell."""
    if is_openrouter(endpoint):
        return None
    if _OLD.match(model):
        return Quiet()
    effort = "none" if _LATER.search(model) else "minimal" if _FIRST.search(model) else ""
    effort = effort or ("low" if _O_SERIES.search(model) and endpoint.origin.provider != "custom" else "")
    if effort and endpoint.parameters.reasoning_format == "reasoning_effort":
        return Quiet({"reasoning_effort": effort}, may_think=effort != "none")
    return None
