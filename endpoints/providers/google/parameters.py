"""Parameters of generateContent: the fields of `generationConfig`, and the provider's tools."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _

from endpoints.parameters.mapped import Chosen, Mapped, Quiet
from endpoints.providers.base import Endpoint

_GEMINI = re.compile(r"gemini-(\d+)(?:[.-](\d))?(?!\d)")
_GEMMA = re.compile(r"gemma-?(\d+)")
_NOT_TEXT = re.compile(r"image|tts|audio|live|embedding")
_BUDGETS = {"flash-lite": (512, 24_576), "flash": (1, 24_576), "": (128, 32_768)}  # tokens, by part of the name
_LEVELS_OF_PRO = {"low", "medium", "high"}
_LEVELS_OF_FIRST_PRO = {"low", "high"}
_DYNAMIC = -1  # the model decides how long to think


def fields(_endpoint: Endpoint, model: str, chosen: Chosen) -> Mapped:
    version = _version(_GEMINI, model)
    params: dict[str, Any] = {}
    if "flash" in model and version >= (3, 5):
        chosen.refuse(_("This model doesn't support sampling parameters."), "temperature", "topP", "topK")
    for key in ("temperature", "topP", "topK"):
        if chosen.get(key) is not None:
            params[key] = chosen.get(key)
    if version >= (3, 0) or _version(_GEMMA, model) >= (4, 0):
        _think_by_level(params, chosen, model, version)
    else:
        _think_by_budget(params, chosen, model, version)
    if tools := _tools(chosen, model, version):
        params["tools"] = tools
    return Mapped(params, max_tokens=int(chosen.get("maxOutputTokens") or 0), notes=chosen.notes)


def _version(pattern: re.Pattern[str], model: str) -> tuple[int, int]:
    match = pattern.search(model.lower())
    if match is None:
        return (0, 0)
    return int(match[1]), int(match[2] or 0) if pattern.groups > 1 else 0


def _think_by_level(params: dict[str, Any], chosen: Chosen, model: str, version: tuple[int, int]) -> None:
    chosen.refuse(_("This model has thinking levels instead of a budget."), "thinkingBudget")
    level = chosen.get("thinkingLevel")
    if level and "pro" in model and level not in (_LEVELS_OF_PRO if version > (3, 0) else _LEVELS_OF_FIRST_PRO):
        chosen.refuse(_("This model doesn't support this option, so it isn't sent."), "thinkingLevel")
        level = None
    if chosen.get("thinking", True):
        params["thinkingConfig"] = {"includeThoughts": True} | ({"thinkingLevel": level} if level else {})
    else:
        chosen.notes["thinking"] = _("This model always thinks. Its thoughts aren't shown.")
        if level:
            params["thinkingConfig"] = {"thinkingLevel": level}


def _think_by_budget(params: dict[str, Any], chosen: Chosen, model: str, version: tuple[int, int]) -> None:
    chosen.refuse(_("This model has a thinking budget instead of levels."), "thinkingLevel")
    if version < (2, 5):
        chosen.refuse(_("This model doesn't support thinking."), "thinking", "thinkingBudget")
        return
    budget = int(chosen.get("thinkingBudget", _DYNAMIC)) if chosen.get("thinking", True) else 0
    if budget > 0:
        budget = _in_range(budget, chosen, model)
    if budget > 0 or budget == _DYNAMIC:
        params["thinkingConfig"] = {"thinkingBudget": budget, "includeThoughts": True}
    elif "pro" in model:
        chosen.notes["thinking"] = _("This model always thinks. Its thoughts aren't shown.")
    else:
        params["thinkingConfig"] = {"thinkingBudget": 0}


def _in_range(budget: int, chosen: Chosen, model: str) -> int:
    """Return the budget as the model takes it."""
    low, high = next(limits for part, limits in _BUDGETS.items() if part in model)
    nearest = min(max(budget, low), high)
    if nearest != budget:
        chosen.notes["thinkingBudget"] = _("Out of range for this model, so %(limit)s is used.") % {"limit": nearest}
    return nearest


def least_thinking(_endpoint: Endpoint, model: str) -> Quiet:
    """Return how the model is asked for as few thoughts as it allows."""
    version = _version(_GEMINI, model)
    if version >= (3, 0):
        level = "low" if "pro" in model else "minimal"
        return Quiet({"thinkingConfig": {"thinkingLevel": level}}, may_think=True)
    if version >= (2, 5):
        budget = _BUDGETS[""][0] if "flash" not in model else 0
        return Quiet({"thinkingConfig": {"thinkingBudget": budget}}, may_think=budget > 0)
    return Quiet()


def _tools(chosen: Chosen, model: str, version: tuple[int, int]) -> list[dict[str, Any]]:
    if version < (2, 5) or _NOT_TEXT.search(model):
        chosen.refuse(_("This model can't read web pages."), "url_context")
    wanted = (("web_search", "googleSearch"), ("url_context", "urlContext"))
    return [{name: {}} for key, name in wanted if chosen.get(key)]
