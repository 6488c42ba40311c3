"""Limits the usage that a provider reports to what the call can have read and written."""

from dataclasses import replace

from endpoints.catalog.facts import facts
from endpoints.providers.base import ModelRequest
from messages.events import Usage


def plausible(usage: Usage, request: ModelRequest, *, prompt_tokens: int, written: int) -> Usage:
    """Return the counts, cut at what the call can have used.

    `prompt_tokens` were sent and `written` came, both by our estimate.
    The prompt is no longer than the window, or than twice what was sent where a person asked for more; the reply is no
    longer than was asked for, than the model writes, or than twice what came.
    """
    known = facts(request.endpoint, request.model)
    window = known.window
    asked = request.max_tokens or known.max_output or window
    left = max(window, 2 * prompt_tokens)
    counts = {}
    for name in ("input_tokens", "cache_write_tokens", "cache_read_tokens"):
        counts[name] = min(getattr(usage, name), left)
        left -= counts[name]
    output = min(usage.output_tokens, max(asked, 2 * written))
    counts["cache_write_1h_tokens"] = min(usage.cache_write_1h_tokens, counts["cache_write_tokens"])
    return replace(usage, **counts, output_tokens=output, reasoning_tokens=min(usage.reasoning_tokens, output))
