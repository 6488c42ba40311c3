"""Finds the settings that a provider's error is about: from their names in requests to their names in the panel."""

import re
from collections.abc import Sequence
from typing import Final

from siteconfig.parameters.labels import LABELS

# What each parameter is called in requests and, by that, in refusals.
_ON_THE_WIRE: Final[dict[str, tuple[str, ...]]] = {
    "temperature": ("temperature",),
    "topP": ("top_p", "topP"),
    "topK": ("top_k", "topK"),
    "frequency_penalty": ("frequency_penalty", "frequencyPenalty"),
    "presence_penalty": ("presence_penalty", "presencePenalty"),
    "maxTokens": (
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "maxOutputTokens",
        "maxTokens",
        "max_new_tokens",
        "maximum tokens",
    ),
    "stop": ("stop_sequences", "stopSequences", "stop"),
    "reasoning_effort": ("reasoning_effort", "reasoning.effort"),
    "reasoning_summary": ("reasoning.summary",),
    "effort": ("output_config.effort", "output_config", "effort"),
    "thinkingBudget": ("thinking.budget_tokens", "budget_tokens", "thinking_budget", "thinkingBudget"),
    "thinkingLevel": ("thinking_level", "thinkingLevel"),
    "thinking": ("thinking_config", "thinkingConfig", "thinking"),
    "verbosity": ("text.verbosity", "verbosity"),
    "promptCache": ("cache_control", "cachePoint"),
    "web_search": ("web_search_preview", "web_search", "googleSearch", "google_search"),
    "url_context": ("url_context", "urlContext"),
}
_PLAIN_ENGLISH: Final = {"stop", "effort", "thinking"}  # names only where they stand in quotation marks


def _pattern(name: str) -> str:
    plain = re.escape(name)
    if name in _PLAIN_ENGLISH:
        return rf"[\"'`“‘]{plain}(?![\w.])"
    return rf"(?<!\w){plain}(?!\w)"


_PATTERNS: Final = {key: re.compile("|".join(map(_pattern, names))) for key, names in _ON_THE_WIRE.items()}


def named_in(detail: str) -> tuple[str, ...]:
    """Return the keys of the parameters that a refusal names.

    >>> named_in("400 invalid_request_error temperature and top_p cannot both be given for this model")
    ('temperature', 'topP')
    """
    return tuple(key for key, pattern in _PATTERNS.items() if pattern.search(detail))


def labels_of(keys: Sequence[str]) -> str:
    """Return what the panel calls them, one after the other."""
    return ", ".join(str(LABELS[key][0]) for key in keys if key in LABELS)
