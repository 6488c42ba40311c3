"""Tests an endpoint with one tiny, real call that the person pays who asks for it, and describes the result."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final, TypeVar

from asgiref.sync import async_to_sync, sync_to_async
from django.utils.translation import gettext as _

from accounts.models import User
from billing.services import budgets, holds
from billing.services.account_statement import why_refused
from billing.services.payer import Payer
from core import rate_limits
from core.ids import uuid7
from core.refusal import Refusal
from endpoints.catalog.keys import KeyProblem, KeyRefused, needs_key, parse, with_key, with_user_key_error
from endpoints.catalog.prices import UnknownPrice
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage
from endpoints.services import model_calls
from endpoints.services.failure_words import explain
from endpoints.services.metered import MeteredCall, metered
from endpoints.transport.retries import ONCE
from messages.events import Failed
from messages.parts import Reasoning, plain_text
from messages.reducer import MessageParts

T = TypeVar("T")
REASON: Final = "test"  # in the ledger
SECONDS: Final = 20.0  # for the whole call
REPLY_TOKENS: Final = 32
MAX_READ: Final = 10_000  # characters: with a provider that never ends, we hang up then
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


class ConnectionTestRefused(Refusal):
    """The person who asks cannot pay for the call, so it is not made."""

    status = 402


def run_connection_test(endpoint: Endpoint, model: str, *, by: User) -> ConnectionTestResult:
    """Call `model` once and return what came of it. The provider has 20 seconds.

    `by` is the person who asks and pays, with whosever key, as for a message; they may do so ten times a minute.
    Raises `rate_limits.TooOften`, `ConnectionTestRefused`.
    """
    rate_limits.count(rate_limits.named("endpoint_trial"), str(by.id))
    try:
        return async_to_sync(_call)(endpoint.for_model(model), model, by)
    except holds.NoCredit as short:
        raise ConnectionTestRefused(why_refused(by, short.needed), code=short.code) from None
    except budgets.OverBudget as over:
        raise ConnectionTestRefused(budgets.explain(over.budget_id), code=over.code) from None
    except UnknownPrice as unknown:
        message = _(
            "“%(model)s” has no price yet, so it can't be tested while credit is limited. "
            "Choose another model or ask an administrator to set one."
        )
        raise ConnectionTestRefused(message % {"model": model}, code=unknown.code) from None


def run_connection_test_with_key(
    endpoint: Endpoint, model: str, *, own_key: str = "", by: User
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


async def _call(endpoint: Endpoint, model: str, person: User) -> ConnectionTestResult:
    request = ModelRequest(
        endpoint=endpoint, model=model, messages=[PromptMessage.of("user", QUESTION)], max_tokens=REPLY_TOKENS
    )
    await model_calls.prepare(request)
    async with metered(
        request,
        payer=Payer(user_id=person.id, role=person.role_name),
        reason=REASON,
        key=f"{REASON}:{uuid7()}",
        in_thread=_in_this_thread,
        model=partial(model_calls.stream, retries=ONCE),
    ) as call:
        return await _result(call)


async def _in_this_thread(work: Callable[[], T]) -> T:
    """Do database work in the thread of whoever asks, on its own connection."""
    return await sync_to_async(work)()


async def _result(call: MeteredCall) -> ConnectionTestResult:
    endpoint, model = call.request.endpoint, call.request.model
    begun, reply, failed = time.monotonic(), MessageParts(), None
    try:
        async with asyncio.timeout(SECONDS):
            async for event in call:
                if isinstance(event, Failed):
                    failed = event
                elif reply.offset < MAX_READ:
                    reply.apply(event)
                else:
                    break
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
