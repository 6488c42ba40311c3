"""Every wire that is not OpenAI's, through litellm.

The library is imported with the first call only: it takes seconds and 150 MB. It opens its own connections, to the
provider's fixed address or to a base URL that the operator wrote; a base URL is judged by our guard first, and
nothing a person can set reaches it. Its own retries, callbacks and telemetry are off.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

from endpoints.adapters.base import ModelRequest
from endpoints.adapters.failures import by_status
from endpoints.adapters.openai_wire import body_of
from endpoints.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    Usage,
)
from endpoints.http import Exemptions, RefusedAddress, check_host, target

log = logging.getLogger(__name__)

IDLE_SECONDS = 120
_REASONS: dict[str, FinishReason] = {
    "stop": "stop", "length": "length", "tool_calls": "tool_calls", "content_filter": "content_filter"
}  # fmt: skip
_BY_NAME = {
    "AuthenticationError": "bad_key",
    "PermissionDeniedError": "bad_key",
    "NotFoundError": "no_such_model",
    "ContextWindowExceededError": "context_too_long",
    "ContentPolicyViolationError": "content_filter",
    "Timeout": "timeout",
    "APIConnectionError": "connection",
}
_library: ModuleType | None = None


def library() -> ModuleType:
    """Return litellm, imported and quiet. Blocks for seconds the first time: call it in a thread."""
    global _library  # noqa: PLW0603 (once per process)
    if _library is None:
        import litellm  # noqa: PLC0415 (see above)

        litellm.telemetry = False
        litellm.drop_params = True
        litellm.suppress_debug_info = True
        litellm.num_retries = 0
        for name in ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _library = litellm
    return _library


class LiteLLM:
    """An adapter for the endpoints whose `adapter` is ``litellm``."""

    async def stream(self, request: ModelRequest) -> AsyncIterator[Event]:
        """See `Adapter`."""
        started = False
        try:
            async for event in self._ask(request):
                started = True
                yield event
        except RefusedAddress as error:
            yield Failed("refused_address", str(error))
        except TimeoutError as error:
            yield Failed("timeout", repr(error))
        except Exception as error:  # noqa: BLE001 (the library's errors have no common class)
            yield failure_of(error, started=started)

    async def _ask(self, request: ModelRequest) -> AsyncIterator[Event]:
        if request.endpoint.base_url:
            _, host, port = target(request.endpoint.base_url)
            check_host(host, port, Exemptions.of_urls(request.endpoint.base_url))
        litellm = await asyncio.to_thread(library)
        async with asyncio.timeout(IDLE_SECONDS):
            answer = await litellm.acompletion(**arguments_of(request))
        reply = _Reply()
        if request.stream:
            chunks = aiter(answer)
            try:
                while (chunk := await asyncio.wait_for(anext(chunks, None), IDLE_SECONDS)) is not None:
                    for event in reply.chunk(chunk):
                        yield event
            finally:
                await _close(answer)
        else:
            for event in reply.chunk(answer):
                yield event
        for event in reply.end():
            yield event


def arguments_of(request: ModelRequest) -> dict[str, Any]:
    """Return the arguments of `litellm.acompletion`: the OpenAI body, and where to send it."""
    body = body_of(request)
    body.pop("user", None)
    arguments = body | {
        "model": request.endpoint.litellm_prefix + request.model,
        "api_key": request.endpoint.api_key,
        "num_retries": 0,
        "max_retries": 0,
        "timeout": IDLE_SECONDS,
    }
    if request.endpoint.base_url:
        arguments["api_base"] = request.endpoint.base_url
    if request.endpoint.headers:
        arguments["extra_headers"] = dict(request.endpoint.headers)
    return arguments


class _Reply:
    def __init__(self) -> None:
        self._reason: FinishReason | None = None
        self._calls: dict[int, str] = {}
        self._usage: Usage | None = None

    def chunk(self, chunk: Any) -> Iterator[Event]:
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            self._usage = usage_of(usage)
        for choice in (getattr(chunk, "choices", None) or [])[:1]:
            delta = getattr(choice, "delta", None) or getattr(choice, "message", None)
            if delta is not None:
                yield from self._delta(delta)
            if getattr(choice, "finish_reason", None):
                self._reason = _REASONS.get(str(choice.finish_reason), "stop")

    def end(self) -> Iterator[Event]:
        if self._usage:
            yield self._usage
        if self._reason is None:
            yield Failed("cut_off", "the stream ended before the reply's end")
        else:
            yield Finished(self._reason)

    def _delta(self, delta: Any) -> Iterator[Event]:
        thought = getattr(delta, "reasoning_content", None)
        if thought and isinstance(thought, str):
            yield ReasoningDelta(thought)
        content = getattr(delta, "content", None)
        if content and isinstance(content, str):
            yield TextDelta(content)
        for position, call in enumerate(getattr(delta, "tool_calls", None) or []):
            index = getattr(call, "index", None)
            index = index if isinstance(index, int) else position
            if index not in self._calls:
                self._calls[index] = str(getattr(call, "id", None) or f"call_{index}")
                yield ToolCallStarted(self._calls[index], str(call.function.name or ""))
            if call.function.arguments:
                yield ToolCallDelta(self._calls[index], str(call.function.arguments))


def usage_of(usage: Any) -> Usage:
    """Map litellm's usage: its `prompt_tokens` include what was read from and written to the cache."""
    inside = getattr(usage, "prompt_tokens_details", None)
    outside = getattr(usage, "completion_tokens_details", None)
    read = _count(usage, "cache_read_input_tokens") or _count(inside, "cached_tokens")
    written = _count(usage, "cache_creation_input_tokens") or _count(inside, "cache_creation_tokens")
    return Usage(
        input_tokens=max(_count(usage, "prompt_tokens") - read - written, 0),
        output_tokens=_count(usage, "completion_tokens"),
        reasoning_tokens=_count(outside, "reasoning_tokens"),
        cache_read_tokens=read,
        cache_write_tokens=written,
    )


def _count(holder: Any, name: str) -> int:
    value = getattr(holder, name, None)
    return min(value, 1_000_000_000) if isinstance(value, int) and value > 0 else 0


def failure_of(error: Exception, *, started: bool) -> Failed:
    """Return the code for one of litellm's exceptions, by its class, its status and its cause.

    A refused connection and a 404 may both come as `InternalServerError`, so the words count too.
    """
    name, words = type(error).__name__, str(error)
    if "MidStream" in name or started:
        return Failed("cut_off", words[:500])
    if name in _BY_NAME:
        return Failed(_BY_NAME[name], words[:500])
    lower = words.lower()
    if "connection error" in lower or "cannot connect" in lower or "connect call failed" in lower:
        return Failed("connection", words[:500])
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return by_status(status, words)
    log.error("an unknown error of litellm", exc_info=error)
    return Failed("bad_response", f"{name}: {words[:400]}")


async def _close(answer: Any) -> None:
    closing = getattr(answer, "aclose", None)
    if closing is not None:
        await closing()
