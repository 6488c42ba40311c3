"""Model calls that are paid for: each reserves its prompt and the reply in slices, and is charged by what it used.

The provider's report is charged as far as it is plausible; without one, what was read and written by estimate. Where
nothing limits the payer, a call asks the database nothing.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from billing.services import holds
from billing.services.payer import CallPrice, Payer
from billing.services.pricing import dearest_prompt
from billing.services.quantities import Quantities
from endpoints.catalog.facts import facts, vocabulary_of
from endpoints.catalog.prices import rates_of
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.wires import wire_of
from endpoints.services.alarms import implausible_usage
from endpoints.services.model_calls import Model, stream
from endpoints.services.plausible import plausible
from endpoints.services.reserved import InThread, PaidCall, reserved
from endpoints.services.tokens import Tally, request_size
from messages.events import Event, Failed, Finished, PartDelta, PartStarted, Usage
from messages.parts import grown_text
from messages.reducer import add_usage

MARGIN: Final = holds.REPLY_SLICE // 10  # tokens before the end of a slice at which the next one is asked for


@dataclass(slots=True, eq=False)
class MeteredCall:
    """The events of a call that is paid for, in order; ends with one `Finished` or `Failed`.

    `request` is what is asked: its reply is capped at what can be paid for. `usage` is what is charged, once the call
    is over; None: nothing.
    """

    request: ModelRequest
    usage: Usage | None = None
    _paid: PaidCall = field(kw_only=True)
    _model: Model = field(kw_only=True)
    _prompt_tokens: int = field(kw_only=True)
    _written: Tally = field(init=False)
    _reported: Usage | None = None
    _events: AsyncGenerator[Event] = field(init=False)

    def __post_init__(self) -> None:
        self._written = Tally(vocabulary_of(self.request.model))
        self._events = self._stream()

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events

    async def _stream(self) -> AsyncGenerator[Event]:
        async with aclosing(self._model(self.request)) as events:
            async for event in events:
                if isinstance(event, Usage):
                    event = await self._believed(event)
                elif isinstance(event, PartDelta):
                    self._written.add(event.text)
                elif isinstance(event, PartStarted):
                    self._written.add(grown_text(event.part))
                yield event
                if isinstance(event, Finished | Failed):
                    return
                if self._paid.is_limited and not await self._is_covered():
                    yield Finished("budget")
                    return
        yield Failed("cut_off", "the adapter ended without a word")

    async def _believed(self, usage: Usage) -> Usage:
        """Return what of the reported usage is charged; tell the administrators of one that cannot be."""
        request = self.request
        charged = plausible(usage, request, prompt_tokens=self._prompt_tokens, written=self._written.tokens)
        if charged != usage:
            await self._paid.in_thread(
                lambda: implausible_usage(
                    endpoint=request.endpoint.name,
                    model=request.model,
                    owner_id=self._paid.payer.user_id,
                    reported=usage,
                    charged=charged,
                )
            )
        self._reported = add_usage(self._reported, charged) if self._reported else charged
        return charged

    async def _is_covered(self) -> bool:
        """Reserve the next slice when the reply has nearly used up what is paid; False without credit."""
        paid = self._paid
        margin = 0 if paid.more == 0 else MARGIN  # where there was no more, it is asked for again only at the end
        if self._written.at_most + margin < paid.reply_tokens:
            return True
        tokens = self._written.tokens
        if tokens + margin < paid.reply_tokens:
            return True
        try:
            await paid.grow(holds.REPLY_SLICE)
        except (holds.NoCredit, holds.OverBudget):
            paid.more = 0
        return tokens < paid.reply_tokens

    async def close(self) -> None:
        """Hang up, and say what is charged: what was reported, or an estimate of what came."""
        await self._events.aclose()
        usage = self._reported
        if usage is None and self._written:
            usage = Usage(input_tokens=self._prompt_tokens, output_tokens=self._written.tokens, estimated=True)
        self._paid.hold.written_tokens += self._written.tokens
        if usage is not None:
            self.usage = usage
            self._paid.settle(Quantities.of(usage), estimated=usage.estimated)


def price_of_call(endpoint: Endpoint, model: str) -> CallPrice:
    """Return what a call of this model costs now. May ask the database."""
    return CallPrice(endpoint.name, model, rates_of(endpoint, model))


@asynccontextmanager
async def metered(
    request: ModelRequest,
    *,
    payer: Payer,
    reason: str,
    key: str,
    in_thread: InThread,
    model: Model = stream,
    price: CallPrice | None = None,
) -> AsyncIterator[MeteredCall]:
    """Call a model for `payer`, who is charged when the block is left, however it is left.

    Reserves the whole prompt and a slice of the reply, or all of a reply that is not streamed; iterating the call
    reserves further slices while the reply grows, and ends it with ``budget`` when there is no more. `key` makes a
    repeated charge harmless; `reason` is the ledger's. `in_thread` runs what asks the database; `model` makes the
    call; `price` is what it costs, where the caller knows. Raises `NoCredit`, `OverBudget`, `UnknownPrice`, before the
    model is called.
    """
    if price is None:
        price = await in_thread(lambda: price_of_call(request.endpoint, request.model))
    prompt_tokens = request_size(request, vocabulary_of(request.model))
    known = facts(request.endpoint, request.model)
    longest = request.max_tokens or known.longest_reply(prompt_tokens=prompt_tokens)
    # A reply that comes as a whole cannot be paid for while it grows.
    reply_tokens = max(longest, 1) if not request.stream else min(request.max_tokens or longest, holds.REPLY_SLICE)
    if payer.hold is not None:
        payer.hold.prompt_tokens = prompt_tokens
    async with reserved(
        payer,
        _dearest(request, prompt_tokens, price),
        price,
        reason=reason,
        key=key,
        in_thread=in_thread,
        reply_tokens=max(reply_tokens, 1),
    ) as paid:
        if payer.hold is None and paid.is_limited and reply_tokens < longest:
            await paid.look()
        capped = request if paid.more is None else _capped(request, paid.reply_tokens + paid.more, longest)
        call = MeteredCall(capped, _paid=paid, _model=model, _prompt_tokens=prompt_tokens)
        try:
            yield call
        finally:
            await call.close()


def _dearest(request: ModelRequest, prompt_tokens: int, price: CallPrice) -> Quantities:
    """Return the prompt as what it may cost most: written to the provider's cache, for as long as that may keep it."""
    if price.rates is None:
        return Quantities(input=prompt_tokens)
    request = replace(request, endpoint=request.endpoint.for_model(request.model))
    return dearest_prompt(prompt_tokens, price.rates, wire_of(request).cache_life(request))


def _capped(request: ModelRequest, most: int, longest: int) -> ModelRequest:
    """Return the request, capped where less can be paid for than the model would write.

    What nobody has set is otherwise left to the provider.
    """
    return replace(request, max_tokens=most) if most < longest else request


@dataclass(slots=True, eq=False)
class MeteredModel:
    """A model whose every call is paid for by `payer`: for whoever takes a model and makes several calls.

    `keys` gives each call the key under which it is charged. `prices` has what is known of prices, by the names of
    endpoint and model. `usages` has what was charged for each call that is over.
    """

    payer: Payer
    reason: str
    keys: Iterator[str]
    in_thread: InThread
    model: Model = stream
    prices: dict[tuple[str, str], CallPrice] = field(default_factory=dict)
    usages: list[Usage] = field(default_factory=list)

    async def __call__(self, request: ModelRequest) -> AsyncGenerator[Event]:
        """Yield the events of one call. Raises what `metered` raises, before the model is called."""
        call: MeteredCall | None = None
        endpoint, name = request.endpoint, request.model
        if (endpoint.name, name) not in self.prices:
            self.prices[endpoint.name, name] = await self.in_thread(lambda: price_of_call(endpoint, name))
        try:
            async with metered(
                request,
                payer=self.payer,
                reason=self.reason,
                key=next(self.keys),
                in_thread=self.in_thread,
                model=self.model,
                price=self.prices[endpoint.name, name],
            ) as call:
                async for event in call:
                    yield event
        finally:
            if call is not None and call.usage is not None:
                self.usages.append(call.usage)
