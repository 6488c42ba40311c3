"""Tests an endpoint with one tiny, real call, and describes the result."""

import asyncio
import time
from contextlib import aclosing
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from core import rate_limits
from endpoints.catalog.keys import KeyProblem, KeyRefused, needs_key, parse, with_key, with_user_key_error
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage
from endpoints.services import model_calls
from endpoints.services.failure_words import explain
from endpoints.transport.retries import ONCE
from messages.events import Failed
from messages.parts import Reasoning, plain_text
from messages.reducer import MessageParts

SECONDS: Final = 20.0  # for the whole call
REPLY_TOKENS: Final = 32
MAX_READ: Final = 10_000  # characters: a provider that never ends is read no further
MAX_SHOWN: Final = 80  # characters of the answer
QUESTION: Final = "Answer with the single word: ready"
# What is found out here more exactly than after a message.


@dataclass(frozen=True, slots=True)
class ConnectionTestResult:
    """What came of a call. `code` is empty when it worked; `said` is the beginning of the answer."""

    endpoint: str
    model: str
    ok: bool
    text: str  # what came of it, for people
    code: str = ""
    milliseconds: int = 0
    said: str = ""

    def to_json(self) -> dict[str, Any]:
        fields = asdict(self)
        return {"words" if name == "text" else name: value for name, value in fields.items()}


def run_connection_test(endpoint: Endpoint, model: str, *, by: UUID | None = None) -> ConnectionTestResult:
    """Call `model` once and return what came of it. The provider has 20 seconds; nothing is charged here.

    `by` is the person who asks, and may do so ten times a minute. Raises `rate_limits.TooOften`.
    """
    if by is not None:
        rate_limits.count(rate_limits.named("endpoint_trial"), str(by))
    return asyncio.run(_call(endpoint.for_model(model), model))


def run_connection_test_with_key(
    endpoint: Endpoint, model: str, *, own_key: str = "", by: UUID
) -> ConnectionTestResult:
    """As `run_connection_test`; where everybody brings a key, with `own_key` as it was pasted, which is not kept."""
    if not needs_key(endpoint):
        return run_connection_test(endpoint, model, by=by)
    try:
        return run_connection_test(with_key(endpoint, parse(own_key)), model, by=by)
    except KeyRefused as refusal:
        return ConnectionTestResult(endpoint.name, model, ok=False, text=str(refusal), code="no_user_key")
    except KeyProblem as problem:
        return ConnectionTestResult(endpoint.name, model, ok=False, text=problem.message, code=problem.code)


async def _call(endpoint: Endpoint, model: str) -> ConnectionTestResult:
    request = ModelRequest(
        endpoint=endpoint, model=model, messages=[PromptMessage.of("user", QUESTION)], max_tokens=REPLY_TOKENS
    )
    await model_calls.prepare(request)
    begun, reply, failed = time.monotonic(), MessageParts(), None
    try:
        async with asyncio.timeout(SECONDS), aclosing(model_calls.stream(request, retries=ONCE)) as events:
            async for event in events:
                if isinstance(event, Failed):
                    failed = event
                elif reply.offset < MAX_READ:
                    reply.apply(event)
    except TimeoutError:
        failed = Failed("timeout")
    took = round((time.monotonic() - begun) * 1000)
    if failed is not None:
        return _failure(endpoint, model, failed, took)
    said = " ".join(plain_text(reply.parts).split())[:MAX_SHOWN]
    if said:
        text = _("It works: the model replied in %(ms)d ms.") % {"ms": took}
    elif any(isinstance(part, Reasoning) for part in reply.parts):
        text = _("It works: the model started reasoning after %(ms)d ms.") % {"ms": took}
    else:
        text = _("The reply was empty after %(ms)d ms, but the call itself worked.") % {"ms": took}
    return ConnectionTestResult(endpoint.name, model, True, text, milliseconds=took, said=said)


def _failure(endpoint: Endpoint, model: str, failed: Failed, took: int) -> ConnectionTestResult:
    failed = with_user_key_error(failed, endpoint)
    code = failed.code
    if code == "connection" and "certificate" in failed.detail.lower():
        code = "certificate"
    explained = explain(code)
    text = str(explained.in_a_test) or f"{explained.title}. {explained.advice}"
    return ConnectionTestResult(endpoint.name, model, False, text, code=code, milliseconds=took)
