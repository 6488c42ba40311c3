"""Providers without a wire of their own, through litellm.

litellm costs 150 MB and seconds to import, so the first call imports it, in a thread. It is used as a translator only:
no retries, no callbacks, no price map from the network, no proxy from the environment. It opens no connection of its
own: it is given a session of the guarded client that can reach only the endpoint's host. Redirects are not followed,
because they would take the key along in any header but `Authorization`.
"""

import asyncio
import importlib
import logging
import os
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from functools import cache
from typing import Any

from endpoints.parameters.additions import additions
from endpoints.providers.assembly import ToolCalls
from endpoints.providers.base import ModelRequest, PromptMessage
from endpoints.providers.content import THOUGHT, Thoughts, said_in
from endpoints.providers.counts import Counts
from endpoints.providers.finishes import failure_code_of, reason_of
from endpoints.providers.openai.request import rules as openai_rules
from endpoints.providers.openai.request import tools_of, wire_messages
from endpoints.providers.prompt_rules import PromptRules
from endpoints.providers.reply_parts import ReplyParts
from endpoints.transport.exchange import TIMEOUTS, allowlist_of, wire_model_name
from endpoints.transport.failures import DETAIL, failure_of
from endpoints.transport.http import (
    ConnectionFailed,
    ConnectTimedOut,
    OutboundClient,
    RefusedAddress,
    TimedOut,
    Timeouts,
    check_url,
    outbound,
    watched,
)
from messages.events import Event, Failed, Finished
from messages.parts import Part, Reasoning, Signature

log = logging.getLogger(__name__)

_BY_CLASS = {
    "AuthenticationError": "bad_key",
    "NotFoundError": "no_such_model",
    "ContextWindowExceededError": "context_too_long",
    "ContentPolicyViolationError": "content_filter",
    "Timeout": "timeout",
}
# Of a request's fields, only these: litellm would also take an address, a key or another provider.
_PARAMS = {
    "temperature",
    "top_p",
    "top_k",
    "frequency_penalty",
    "presence_penalty",
    "stop",
    "seed",
    "reasoning_effort",
    "verbosity",
    "response_format",
    "thinking",
    "logit_bias",
    "tool_choice",
    "parallel_tool_calls",
    "output_config",
    "thinkingConfig",
    "tools",
    "cache_control",
    "cache_control_injection_points",
}
_LOST = ("Disconnected", "PayloadError", "RemoteProtocolError", "ReadError", "TransferEncodingError")
_NOBODY = {"ConnectError", "ClientConnectorError", "ClientConnectorDNSError", "ClientConnectorCertificateError"}


async def stream(request: ModelRequest, *, timeouts: Timeouts = TIMEOUTS) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    reply = _Reply(request)
    try:
        library = await asyncio.to_thread(load)
        client = await outbound()
        async with AsyncExitStack() as stack:
            async with watched(timeouts) as asked:  # some providers are not called before the first chunk is asked for
                answer = await library.acompletion(**_arguments(library, client, request, timeouts))
                chunks = await stack.enter_async_context(aclosing(_chunks(answer, request)))
                events = await _first(chunks, reply)
            for event in events:
                yield event
            if asked.answer is not None:
                asked.answer.allow_silence(timeouts.idle)
            async for chunk in chunks:
                for event in reply.parse_chunk(chunk):
                    yield event
        for event in reply.end():
            yield event
    except Exception as error:  # noqa: BLE001 (a library's edge: it raises the errors of a dozen SDKs)
        failed = failure_of_exception(error, secret=request.endpoint.connection.api_key, began=reply.began)
        for event in reply.end(failed):
            yield event


def prepare() -> None:
    """Load what a call needs, in a thread."""
    load()


@cache
def load() -> Any:
    """Import litellm and turn off what it does beside translating."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    library: Any = importlib.import_module("litellm")
    library.telemetry = False
    library.suppress_debug_info = True
    library.disable_aiohttp_trust_env = True
    library.num_retries = 0
    library.callbacks = library.success_callback = library.failure_callback = []
    library.REPEATED_STREAMING_CHUNK_LIMIT = 10**9  # a model may repeat itself; length is capped elsewhere
    for name in ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return library


def _arguments(library: Any, client: OutboundClient, request: ModelRequest, timeouts: Timeouts) -> dict[str, Any]:
    endpoint = request.endpoint
    arguments: dict[str, Any] = {
        "model": endpoint.connection.model_prefix + wire_model_name(request),
        "messages": messages_of(request),
        "stream": request.stream,
        **{name: value for name, value in request.params.items() if name in _PARAMS and value not in (None, "")},
    }
    if request.stream:
        arguments["stream_options"] = {"include_usage": True}
    if request.user_id:
        arguments["user"] = request.user_id
    if request.max_tokens:
        arguments["max_tokens"] = request.max_tokens
    if request.tools:
        arguments["tools"] = [*arguments.get("tools", ()), *tools_of(request)]
    arguments |= additions(endpoint.parameters)
    for name in endpoint.parameters.drop:
        arguments.pop(name, None)
    # What follows is not the operator's to add or drop.
    return (
        arguments
        | dict(endpoint.connection.credentials)
        | {
            "model": endpoint.connection.model_prefix + wire_model_name(request),
            "api_key": endpoint.connection.api_key,
            "api_base": endpoint.connection.base_url,
            "extra_headers": dict(endpoint.connection.headers),
            "timeout": timeouts.first_byte,  # between two bytes, and `watched` has the other limits
            "max_retries": 0,
            "drop_params": True,  # parameters that the provider does not know
            "client": _handler(library, client, request),
        }
    )


def rules(request: ModelRequest) -> PromptRules:
    """Return what the provider behind the library takes. Which of them refuse calls in a request without tools is not
    known, so none gets any."""
    return replace(openai_rules(request), takes_signatures=True, calls_without_tools=False)


def messages_of(request: ModelRequest) -> list[dict[str, Any]]:
    """Return the prompt as the library has it."""
    return [wire_message for message in request.messages for wire_message in _wire_messages(message)]


def _wire_messages(message: PromptMessage) -> Iterator[dict[str, Any]]:
    """Yield the message with its thoughts as signed and encrypted blocks, which is how Anthropic wants them back."""
    blocks = [_block_of(thought.text, thought.signature) for thought in message.reasoning if thought.signature]
    plain = replace(message, parts=tuple(part for part in message.parts if not _is_signed(part)))
    for wire_message in wire_messages(plain):
        yield wire_message | ({"thinking_blocks": blocks} if blocks else {})


def _is_signed(part: Part) -> bool:
    return isinstance(part, Reasoning) and part.signature is not None


def _block_of(thought: str, signature: Signature) -> dict[str, str]:
    if signature.encrypted:
        return {"type": "redacted_thinking", "data": signature.data}
    return {"type": "thinking", "thinking": thought, "signature": signature.data}


def _handler(library: Any, client: OutboundClient, request: ModelRequest) -> Any:
    """Return litellm's HTTP client upon a session of ours. Raises `RefusedAddress`."""
    endpoint = request.endpoint
    address = check_url(endpoint.connection.base_url, allowlist_of(endpoint))
    key = ("litellm", address, endpoint.origin.written_by_operator)
    if key not in client.kept:
        http_handler = importlib.import_module("litellm.llms.custom_httpx.http_handler")
        session = client.session(allowlist_of(endpoint), only=address)
        handler = http_handler.AsyncHTTPHandler(shared_session=session, follow_redirects=False)
        handler.create_client = _no_second_client
        client.kept[key] = handler
    return client.kept[key]


def _no_second_client(*_: Any, **__: Any) -> Any:
    """After a failed connection litellm tries again by a client of its own, which knows nothing of our guard."""
    raise ConnectionFailed("the connection failed")


async def _chunks(answer: Any, request: ModelRequest) -> AsyncGenerator[Any]:
    """Yield the pieces of an answer; of one that is whole itself."""
    if not request.stream:
        yield answer
        return
    try:
        async for chunk in answer:
            yield chunk
    finally:
        close = getattr(answer, "aclose", None)
        if close is not None:
            await close()


async def _first(chunks: AsyncGenerator[Any], reply: "_Reply") -> list[Event]:
    """Return the events of the first chunk that has any."""
    async for chunk in chunks:
        if events := list(reply.parse_chunk(chunk)):
            return events
    return []


class _Reply:
    """One reply as litellm tells it, turned into events."""

    def __init__(self, request: ModelRequest) -> None:
        self.began = False
        self._finish = ""
        self._counts = Counts()
        self._thoughts = Thoughts()
        self.parts = ReplyParts(request.endpoint.signer)
        self._calls = ToolCalls(self.parts, (call.id for message in request.messages for call in message.calls))

    def parse_chunk(self, chunk: Any) -> Iterator[Event]:
        """Yield the events of a chunk, or of a whole answer."""
        self._note_usage(chunk)
        for choice in (getattr(chunk, "choices", None) or ())[:1]:
            whole = getattr(choice, "message", None)
            yield from self._said(whole or choice.delta)
            self._finish = choice.finish_reason or ("stop" if whole else self._finish)

    def end(self, failed: Failed | None = None) -> Iterator[Event]:
        yield from self.parts.end()
        usage = self._counts.usage()
        if usage is not None:
            yield usage
        silent = not self.began and usage is None  # litellm ends what was no stream with "stop"
        if failed is None and (silent or not self._finish):
            failed = Failed("cut_off" if self.began else "bad_response", "the stream ended before the reply did")
        yield failed or self._ending()

    def _ending(self) -> Finished | Failed:
        code, reason = failure_code_of(self._finish, began=self.began), reason_of(self._finish)
        if reason == "content_filter" and not self.began:
            code = reason
        if code is not None:
            return Failed(code, f"the finish reason is {self._finish[:80]}")
        return Finished("tool_calls" if self._calls.count and reason == "stop" else reason)

    def _said(self, delta: Any) -> Iterator[Event]:
        yield from self._think("reasoning_content", getattr(delta, "reasoning_content", None))
        yield from self._signatures(delta)
        for kind, piece in said_in(delta.content):
            if kind is THOUGHT:
                yield from self._think("content", piece)
            elif isinstance(piece, str):
                self.began = True
                yield from self.parts.text(piece)
        for event in self._calls.feed([_plain(call) for call in delta.tool_calls or ()]):
            self.began = True
            yield event

    def _think(self, source: str, thought: Any) -> Iterator[Event]:
        if thought and isinstance(thought, str) and (new_text := self._thoughts.tell(source, thought)):
            self.began = True
            yield from self.parts.think(new_text)

    def _signatures(self, delta: Any) -> Iterator[Event]:
        for block in getattr(delta, "thinking_blocks", None) or ():
            signature, redacted = block.get("signature"), block.get("data")
            if isinstance(redacted, str) and redacted:
                self.began = True
                yield from self.parts.seal(redacted)
            elif isinstance(signature, str) and signature:
                yield from self.parts.sign(signature)

    def _note_usage(self, chunk: Any) -> None:
        usage = getattr(chunk, "usage", None)
        if usage is not None:
            self._counts.note(usage.model_dump())


def _plain(call: Any) -> dict[str, Any]:
    dump: dict[str, Any] = call.model_dump()
    return dump


def failure_of_exception(error: BaseException, *, secret: str = "", began: bool = False) -> Failed:
    """Return why the call failed: by what caused it, else by litellm's class, else by status and words."""
    chain = list(_chain(error))
    detail = f"{type(error).__name__}: {error}"
    detail = (detail.replace(secret, "***") if secret else detail)[:DETAIL]
    code = _cause(chain, began=began)
    if code:
        return Failed(code, detail)
    statuses = [status for exception in chain if isinstance(status := getattr(exception, "status_code", None), int)]
    if not statuses:
        log.error("litellm raised %s", detail, exc_info=error)
        return Failed("internal", detail)
    if any(300 <= status < 400 for status in statuses):
        return Failed("bad_response", detail)
    # Where a gateway quotes litellm it names its provider; here it is but the library's own manner.
    return failure_of(statuses[0], detail.replace("litellm.", ""), [secret])


def _cause(chain: list[BaseException], *, began: bool) -> str:
    """Return the code that the exceptions name by themselves, or an empty string."""
    names = [type(error).__name__ for error in chain]
    if any(isinstance(exception, RefusedAddress) for exception in chain):
        return "refused_address"
    if any(isinstance(exception, ConnectTimedOut) for exception in chain):
        return "connect_timeout"
    if any(
        isinstance(exception, TimeoutError | TimedOut) or "Timeout" in type(exception).__name__ for exception in chain
    ):
        return "stalled" if began else "timeout"
    lost = any(part in name for name in names for part in _LOST)
    nobody = any(
        isinstance(exception, ConnectionError | ConnectionFailed) or type(exception).__name__ in _NOBODY
        for exception in chain
    )
    if lost or nobody or (began and "APIConnectionError" in names):
        return "cut_off" if began else "connection" if nobody else "lost"
    return next((_BY_CLASS[name] for name in names if name in _BY_CLASS), "")


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__ or getattr(error, "original_exception", None)
