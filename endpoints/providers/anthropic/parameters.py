"""The Messages API: thinking, effort, sampling beside them, caching, the provider's search."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from endpoints.parameters.mapped import Mapped
from endpoints.parameters.sets import Chosen

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
SEARCH_HEADER = {"anthropic-beta": "web-search-2025-03-05"}
MIN_THINKING_TOKENS = 1024  # tokens: the provider refuses less
UNKNOWN = (0, 0)
_KINDS = r"opus|sonnet|haiku|fable|mythos"
_NAME = re.compile(
    rf"claude-(?:(?P<kind>{_KINDS})(?:-(?P<major>\d{{1,2}})(?:[.-](?P<minor>\d{{1,2}})(?!\d))?)?"
    rf"|(?P<early>\d{{1,2}})(?:[.-](?P<early_minor>\d{{1,2}})(?!\d))?(?:-(?P<late_kind>{_KINDS}))?)"
)


@dataclass(frozen=True, slots=True)
class Claude:
    """What is known of a model by its name. `version` is `UNKNOWN` where it does not tell."""

    kind: str
    version: tuple[int, int]

    @property
    def is_newest(self) -> bool:
        return self.kind in {"fable", "mythos"} or self.version >= (5, 0)

    @property
    def thinks(self) -> bool:
        return self.is_newest or self.version >= (3, 7)

    @property
    def adapts(self) -> bool:
        """Whether it decides by itself how long to think, guided by an effort."""
        return self.is_newest or (self.kind in {"opus", "sonnet"} and self.version >= (4, 6))

    @property
    def samples(self) -> bool:
        """Whether it takes temperature and its like."""
        return not (self.is_newest or (self.kind == "opus" and self.version >= (4, 7)))

    @property
    def samples_by_one(self) -> bool:
        """Whether it refuses temperature and top P together; so does whatever has no version in its name."""
        return self.version == UNKNOWN or self.version >= (4, 5) or (self.kind == "opus" and self.version >= (4, 1))

    @property
    def caches(self) -> bool:
        return self.is_newest or self.version >= (3, 0)

    @property
    def longest_reply(self) -> int:
        """Tokens."""
        opus = self.kind == "opus"
        if (self.is_newest and self.kind != "haiku") or (opus and self.version >= (4, 6)):
            return 128_000
        if opus and (4, 0) <= self.version < (4, 5):
            return 32_000
        return 64_000 if self.version >= (4, 0) else 8_192


def claude(model: str) -> Claude:
    """Return what the name tells.

    >>> claude("claude-3-7-sonnet-20250219")
    Claude(kind='sonnet', version=(3, 7))
    >>> claude("us.anthropic.claude-opus-4-20250514-v1:0").version
    (4, 0)
    """
    found = _NAME.search(model.lower())
    if found is None:
        return Claude("", UNKNOWN)
    major, minor = found["major"] or found["early"], found["minor"] or found["early_minor"]
    return Claude(found["kind"] or found["late_kind"] or "", (int(major or 0), int(minor or 0)))


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
        chosen.notes[key] = _("This model can write at most %(limit)d tokens, so that is used.") % {"limit": longest}
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
        words = _("Thinking needs max output tokens above %(least)d.") % {"least": MIN_THINKING_TOKENS}
        chosen.notes["thinking"] = words
    else:
        kind = {"type": "adaptive"} if known.adapts else {"type": "enabled", "budget_tokens": _budget(chosen, cap)}
        params["thinking"] = kind | ({"display": display} if display != "auto" else {})


def _budget(chosen: Chosen, cap: int) -> int:
    wanted = int(chosen.get("thinkingBudget") or 2000)
    most = budget_below(cap)
    if wanted >= cap:
        words = _("The budget must be below max output tokens, so %(limit)d is used.") % {"limit": most}
        chosen.notes["thinkingBudget"] = words
        return most
    return wanted


def budget_below(cap: int) -> int:
    """Return a budget for thinking that leaves a tenth of the reply for the answer, where that is possible."""
    return max(MIN_THINKING_TOKENS, cap * 9 // 10)


def one_of_both(known: Claude, chosen: Chosen, top_p: str) -> None:
    """Leave out top P beside the temperature, where the model refuses both."""
    if known.samples_by_one and chosen.get("temperature") is not None:
        chosen.refuse(_("This model accepts either temperature or top P. The temperature is used."), top_p)


def _sample(params: dict[str, Any], known: Claude, chosen: Chosen, *, thinking: bool, top_p: str) -> None:
    if not known.samples:
        chosen.refuse(_("This model doesn't support sampling parameters."), "temperature", "topP", "topK")
    elif thinking:
        chosen.refuse(_("Not used while thinking is on."), "temperature", "topP", "topK")
    one_of_both(known, chosen, "topP")
    for key, name in (("temperature", "temperature"), ("topP", top_p), ("topK", "top_k")):
        if chosen.get(key) is not None:
            params[name] = chosen.get(key)
