"""Parameters of the Messages API: thinking, effort and their effect on sampling, caching, the provider's web search."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from endpoints.parameters.mapped import Chosen, Mapped
from endpoints.providers.anthropic.facts import UNKNOWN, Claude, claude
from endpoints.providers.base import Endpoint

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
SEARCH_HEADER = {"anthropic-beta": "web-search-2025-03-05"}
MIN_THINKING_TOKENS = 1024  # tokens: the provider refuses less


def fields(_endpoint: Endpoint, model: str, chosen: Chosen) -> Mapped:
    return mapped(model, chosen)


def mapped(model: str, chosen: Chosen, *, bedrock: bool = False) -> Mapped:
    """Return the fields of a Messages request; with `bedrock` of a Converse request, where names differ."""
    known = claude(model)
    cap = _cap(known, chosen, "maxTokens" if bedrock else "maxOutputTokens")
    params: dict[str, Any] = {}
    _think(params, known, chosen, cap)
    _sample(params, known, chosen, thinking="thinking" in params, top_p="topP" if bedrock else "top_p")
    if stop := chosen.get("stop"):
        params["stopSequences" if bedrock else "stop_sequences"] = stop
    if mark := cache_mark(model, chosen):
        params |= {"cachePoint": cache_point(mark)} if bedrock else {"cache_control": mark}
    headers: dict[str, str] = {}
    if chosen.get("web_search"):
        params["tools"] = [dict(SEARCH)]
        headers |= SEARCH_HEADER
    return Mapped(params, max_tokens=cap, headers=headers, notes=chosen.notes)


def cache_mark(model: str, chosen: Chosen) -> dict[str, str]:
    """Return how the prompt is to be kept; empty when it is not."""
    if not claude(model).caches:
        chosen.refuse(_("This model doesn't support prompt caching."), "promptCache", "promptCacheTtl")
        return {}
    return lifetime(chosen) if chosen.get("promptCache", True) else {}


def lifetime(chosen: Chosen) -> dict[str, str]:
    life = chosen.get("promptCacheTtl")
    return {"type": "ephemeral"} | ({"ttl": life} if life else {})


def cache_point(mark: dict[str, str]) -> dict[str, str]:
    """Return the mark in Converse's words."""
    return {**mark, "type": "default"}


def _cap(known: Claude, chosen: Chosen, key: str) -> int:
    longest = known.longest_reply
    wanted = int(chosen.get(key) or 0)
    if known.version == UNKNOWN and not known.is_newest:
        return wanted or longest
    if wanted > longest:
        chosen.notes[key] = ngettext_lazy(
            "This model can write at most %(limit)d token, so that is used.",
            "This model can write at most %(limit)d tokens, so that is used.",
            longest,
        ) % {"limit": longest}
    return min(wanted or longest, longest)


def _think(params: dict[str, Any], known: Claude, chosen: Chosen, cap: int) -> None:
    effort, display = chosen.get("effort"), chosen.get("thinkingDisplay", "auto")
    if known.adapts:
        chosen.refuse(_("This model decides how long to think. Set the effort instead."), "thinkingBudget")
        if effort:
            params["output_config"] = {"effort": effort}
    else:
        chosen.refuse(_("This model has no effort setting. Set the thinking budget instead."), "effort")
    wanted = chosen.get("thinking", known.thinks)
    if not wanted:
        chosen.refuse(_("Turn on thinking to use this."), "thinkingBudget", "thinkingDisplay")
    elif not known.thinks and known.version != UNKNOWN:
        chosen.refuse(_("This model doesn't support thinking."), "thinking", "thinkingBudget", "thinkingDisplay")
    elif cap <= MIN_THINKING_TOKENS and not known.adapts:
        note = _("Thinking needs max output tokens above %(least)d.") % {"least": MIN_THINKING_TOKENS}
        chosen.notes["thinking"] = note
    else:
        kind = {"type": "adaptive"} if known.adapts else {"type": "enabled", "budget_tokens": _budget(chosen, cap)}
        params["thinking"] = kind | ({"display": display} if display != "auto" else {})


def _budget(chosen: Chosen, cap: int) -> int:
    wanted = int(chosen.get("thinkingBudget") or 2000)
    most = budget_below(cap)
    if wanted >= cap:
        note = _("The budget must be below max output tokens, so %(limit)d is used.") % {"limit": most}
        chosen.notes["thinkingBudget"] = note
        return most
    return wanted


def budget_below(cap: int) -> int:
    """Return a budget for thinking that leaves a tenth of the reply for the answer, where that is possible."""
    return max(MIN_THINKING_TOKENS, cap * 9 // 10)


def _sample(params: dict[str, Any], known: Claude, chosen: Chosen, *, thinking: bool, top_p: str) -> None:
    if not known.samples:
        chosen.refuse(_("This model doesn't support sampling parameters."), "temperature", "topP", "topK")
    elif thinking:
        chosen.refuse(_("Not used while thinking is on."), "temperature", "topP", "topK")
    if known.samples_by_one:
        chosen.one_of_both("topP")
    for key, name in (("temperature", "temperature"), ("topP", top_p), ("topK", "top_k")):
        if chosen.get(key) is not None:
            params[name] = chosen.get(key)
