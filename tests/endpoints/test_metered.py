"""Paid calls against a scripted model and a real Postgres: what is reserved, what is charged, however a call ends."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.db import connection
from django.db.models import F, Sum
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import AuditEntry, User
from billing.models import Balance, Budget, Hold, LedgerEntry
from billing.services import holds
from billing.services.payer import CallPrice, OpenHold, Payer
from billing.services.pricing import Rates
from billing.services.quantities import Quantities
from billing.services.reconcile import reconcile
from core.ids import uuid7
from endpoints.catalog.prices import UnknownPrice, reserve_of
from endpoints.providers.base import ModelRequest, PromptMessage, ToolSpec
from endpoints.services.metered import MARGIN, MeteredCall, MeteredModel, metered
from endpoints.services.reserved import reserved
from endpoints.services.tokens import Tally, estimate, request_size
from messages.events import Event, Failed, Finished, PartDelta, PartEnded, PartStarted, Usage
from messages.parts import Reasoning, Text, ToolCall
from tests.endpoint_maker import make_endpoint

pytestmark = pytest.mark.django_db

T = TypeVar("T")
ONE = Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1))
ENDPOINT = make_endpoint("Test", windows={"m": 32_000}, models=("m",), token_rates={"m": ONE})
REQUEST = ModelRequest(ENDPOINT, "m", [PromptMessage.of("user", "Why do cats purr?")])
ASKED = request_size(REQUEST)
WORD = "purr "  # of which each delta has ten


async def in_thread(work: Callable[[], T]) -> T:
    return await sync_to_async(work)()


class Script:
    """A model that says so many deltas of ten words, then what `ending` has."""

    def __init__(self, deltas: int = 1, *ending: Event) -> None:
        self.deltas = deltas
        self.ending = ending or (Finished(),)
        self.requests: list[ModelRequest] = []
        self.is_closed = False

    async def __call__(self, request: ModelRequest) -> AsyncGenerator[Event]:
        self.requests.append(request)
        try:
            if self.deltas:
                yield PartStarted(0, Text(""))
            for _ in range(self.deltas):
                yield PartDelta(0, WORD * 10)
            yield PartEnded(0)
            for event in self.ending:
                yield event
        finally:
            self.is_closed = True


def written(deltas: int) -> int:
    tally = Tally()
    for _ in range(deltas):
        tally.add(WORD * 10)
    return tally.tokens


@pytest.fixture(autouse=True)
def ten_thousand_credits(settings: Settings) -> None:
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 10_000


def owns(user: User, credits: int) -> None:
    Balance.objects.update_or_create(user=user, defaults={"credits": credits, "held": 0})
    LedgerEntry.objects.create(user=user, key=f"{uuid7()}", reason="start", credits=credits, balance_after=credits)


def payer_of(user: User) -> Payer:
    return Payer(user_id=user.id, role=user.role_name)


def sharing(user: User, credits: int = 10) -> Payer:
    """Return a payer with a hold that its calls share, placed as for the beginning of a run."""
    price = CallPrice("Test", "m", ONE)
    reserve = replace(reserve_of(payer_of(user), price, Quantities(input=credits)), reply_tokens=10)
    holds.place(hold_id=(hold_id := uuid7()), reserve=reserve)
    hold = Hold.objects.get(id=hold_id)
    return Payer(user_id=user.id, hold=OpenHold(hold_id, limited=hold.limited, coefficient=hold.coefficient))


def hold_of(payer: Payer) -> OpenHold:
    assert payer.hold is not None
    return payer.hold


def end(payer: Payer) -> None:
    """End a run: charge what is left to charge, and close its hold."""
    holds.settle(hold_id=hold_of(payer).id, lines=hold_of(payer).lines)


def call(
    payer: Payer, model: Script, *, request: ModelRequest = REQUEST, key: str = "k", until: int | None = None
) -> tuple[list[Event], MeteredCall]:
    """Return the events of a call, of which `until` are waited for, and the call."""

    async def go() -> tuple[list[Event], MeteredCall]:
        events: list[Event] = []
        async with metered(request, payer=payer, reason="message", key=key, in_thread=in_thread, model=model) as made:
            async for event in made:
                events.append(event)
                if len(events) == until:
                    break
        return events, made

    return async_to_sync(go)()


def entries() -> list[tuple[str, int, int, bool]]:
    rows = LedgerEntry.objects.filter(reason="message").order_by("key")
    return list(rows.values_list("key", "input_tokens", "output_tokens", "estimated"))


def check_books(user: User, *, is_open: bool = False) -> None:
    assert reconcile().drift == []
    assert Hold.objects.filter(state="open").exists() is is_open
    balance = Balance.objects.get(user=user)
    total = LedgerEntry.objects.filter(user=user).aggregate(total=Sum("credits"))["total"]
    assert balance.credits == total
    assert balance.credits >= balance.held >= 0


def test_a_call_reserves_its_prompt_and_a_slice_and_is_charged_by_what_is_reported(owner: User) -> None:
    held: list[int] = []
    model = Script(1, Usage(ASKED, 12, reasoning_tokens=2), Finished())

    async def watched(request: ModelRequest) -> AsyncGenerator[Event]:
        held.append(await in_thread(lambda: Balance.objects.get(user=owner).held))
        async for event in model(request):
            yield event

    events, made = call(payer_of(owner), watched)  # type: ignore[arg-type]
    assert held == [ASKED + holds.REPLY_SLICE]
    assert events[-2:] == [Usage(ASKED, 12, reasoning_tokens=2), Finished()]
    assert made.usage == Usage(ASKED, 12, reasoning_tokens=2)
    assert entries() == [("k", ASKED, 12, False)]
    check_books(owner)


@pytest.mark.parametrize("shares", [False, True])
def test_without_a_report_what_came_is_charged_by_estimate(owner: User, shares: bool) -> None:
    payer = sharing(owner) if shares else payer_of(owner)
    call(payer, Script(7))
    if shares:
        assert not entries(), "it is charged with the next reservation, or at the end"
        end(payer)
    assert entries() == [("k", ASKED, written(7), True)]
    check_books(owner)


@pytest.mark.parametrize("shares", [False, True])
def test_who_leaves_early_is_charged_what_came_and_hangs_up(owner: User, shares: bool) -> None:
    payer, model = sharing(owner) if shares else payer_of(owner), Script(50)
    call(payer, model, until=4)
    assert model.is_closed
    if shares:
        end(payer)
    assert entries() == [("k", ASKED, written(3), True)]
    check_books(owner)


@pytest.mark.parametrize("events", [0, 1])
@pytest.mark.parametrize("shares", [False, True])
def test_a_call_of_which_nothing_came_costs_nothing(owner: User, events: int, shares: bool) -> None:
    payer = sharing(owner) if shares else payer_of(owner)
    call(payer, Script(0, Failed("rate_limited")), until=events)
    if shares:
        end(payer)
    assert not entries()
    check_books(owner)


@pytest.mark.parametrize("fault", [RuntimeError, asyncio.CancelledError, GeneratorExit])
def test_what_came_is_charged_whatever_passes_through(owner: User, fault: type[BaseException]) -> None:
    async def go() -> None:
        async with metered(
            REQUEST, payer=payer_of(owner), reason="message", key="k", in_thread=in_thread, model=Script(9)
        ) as made:
            async for event in made:
                if isinstance(event, PartDelta):
                    raise fault

    async def guarded() -> None:
        with pytest.raises(fault):
            await go()

    async_to_sync(guarded)()
    assert entries() == [("k", ASKED, written(1), True)]
    check_books(owner)


def test_a_call_that_is_cancelled_while_it_is_reserved_leaves_no_hold(owner: User) -> None:
    """Nor when it is cancelled again while it is closed."""
    model, price = Script(5), CallPrice("Test", "m", ONE)

    async def go() -> None:
        async def live() -> None:
            async with metered(
                REQUEST, payer=payer_of(owner), reason="message", key="k", in_thread=cancelling, model=model,
                price=price,
            ):  # fmt: skip
                raise AssertionError("the call was cancelled")

        async def cancelling(work: Callable[[], T]) -> T:
            asyncio.get_running_loop().call_soon(task.cancel)
            return await in_thread(work)

        task = asyncio.create_task(live())
        with pytest.raises(asyncio.CancelledError):
            await task

    async_to_sync(go)()
    assert not model.requests
    assert Hold.objects.get().state == "released"
    check_books(owner)


def test_a_repeated_key_is_charged_once(owner: User) -> None:
    for _ in range(2):
        call(payer_of(owner), Script(1, Usage(5, 5), Finished()))
    assert entries() == [("k", 5, 5, False)]
    check_books(owner)


def test_who_cannot_pay_the_prompt_is_refused_before_the_model_is_called(owner: User) -> None:
    owns(owner, ASKED)
    model = Script()
    with pytest.raises(holds.NoCredit):
        call(payer_of(owner), model)
    with pytest.raises(holds.NoCredit):
        call(sharing(owner, 5), model)
    assert not model.requests
    assert Balance.objects.get().held == 5, "what the shared hold had stays"


def test_a_price_that_nobody_knows_is_refused(owner: User) -> None:
    with pytest.raises(UnknownPrice):
        call(payer_of(owner), Script(), request=replace(REQUEST, model="nobody-knows"))
    with pytest.raises(UnknownPrice):
        call(sharing(owner), Script(), request=replace(REQUEST, model="nobody-knows"))


def test_tools_are_part_of_what_is_reserved(owner: User) -> None:
    spec = ToolSpec("weather", "The weather of a city. " * 40, {"type": "object"})
    payer = sharing(owner)
    call(payer, Script(), request=replace(REQUEST, tools=[spec]))
    assert Hold.objects.get().prompt_tokens > ASKED + 40 * 5


def test_the_prompt_is_reserved_as_what_it_may_cost_most(owner: User) -> None:
    """A provider that writes it to a cache takes more for that."""
    rates = replace(ONE, cache_write=Decimal(3))
    request = replace(REQUEST, endpoint=make_endpoint("Test", models=("m",), token_rates={"m": rates}))
    owns(owner, 3 * ASKED)
    payer = sharing(owner)
    with pytest.raises(holds.NoCredit):
        call(payer, Script(), request=request)
    Balance.objects.update(credits=F("credits") + 1)
    model = Script(0, Usage(cache_write_tokens=ASKED, output_tokens=1), Finished())
    call(payer, model, request=request)
    assert model.requests[0].max_tokens == 1
    end(payer)
    assert Balance.objects.get().credits == 0


@pytest.mark.parametrize(
    ("wire", "params", "rate"),
    [
        ("anthropic", {}, 1), ("anthropic", {"cache_control": {"type": "ephemeral"}}, 3),
        ("anthropic", {"cache_control": {"type": "ephemeral", "ttl": "1h"}}, 6), ("openai", {}, 3),
        ("bedrock", {"cachePoint": {"type": "default", "ttl": "1h"}}, 6), ("bedrock", {}, 1),
    ],
)  # fmt: skip
def test_a_cache_write_is_reserved_where_the_request_allows_one(
    owner: User, wire: str, params: dict[str, Any], rate: int
) -> None:
    """And is covered by that, whatever part of the prompt is written."""
    rates = replace(ONE, cache_write=Decimal(3), cache_write_1h=Decimal(6))
    endpoint = make_endpoint("Test", wire=wire, models=("m",), token_rates={"m": rates})
    owns(owner, rate * ASKED + 1)
    payer = sharing(owner)
    hour = ASKED if rate == 6 else 0
    written = ASKED if rate > 1 else 0
    usage = Usage(ASKED - written, 1, cache_write_tokens=written, cache_write_1h_tokens=hour)
    call(payer, Script(0, usage, Finished()), request=replace(REQUEST, endpoint=endpoint, params=params))
    assert Hold.objects.get().amount == rate * ASKED + 1
    end(payer)
    assert Balance.objects.get().credits == 0
    check_books(owner)


def test_a_reply_is_reserved_slice_by_slice_while_it_grows(owner: User) -> None:
    payer, held = sharing(owner), []

    def note() -> None:
        held.append(Hold.objects.get().amount)

    async def go() -> None:
        async with metered(
            REQUEST, payer=payer, reason="message", key="k", in_thread=in_thread, model=Script(250)
        ) as made:
            async for _event in made:
                await in_thread(note)

    async_to_sync(go)()
    steps = sorted(set(held))
    assert steps == [ASKED + holds.REPLY_SLICE * number for number in range(1, len(steps) + 1)]
    assert held == sorted(held)
    assert written(250) < steps[-1] - ASKED <= written(250) + holds.REPLY_SLICE + MARGIN
    end(payer)
    check_books(owner)


@pytest.mark.parametrize("shares", [False, True])
def test_a_reply_ends_where_the_credit_does(owner: User, shares: bool) -> None:
    owns(owner, ASKED + 800 if shares else ASKED + 1_800)
    payer, model = sharing(owner) if shares else payer_of(owner), Script(1_000)
    events, made = call(payer, model)
    if shares:
        end(payer)
    assert events[-1] == Finished("budget")
    assert model.is_closed
    assert model.requests[0].max_tokens == (800 if shares else 1_800)
    assert made.usage is not None
    assert made.usage.output_tokens >= model.requests[0].max_tokens
    assert Balance.objects.get().credits == 0, "what it wrote beyond that is not charged"
    check_books(owner)


def test_much_credit_caps_nothing(owner: User) -> None:
    owns(owner, 100_000)
    model = Script()
    call(sharing(owner), model)
    call(sharing(owner), model, request=replace(REQUEST, max_tokens=70))
    assert [request.max_tokens for request in model.requests] == [0, 70]


def test_a_reply_that_is_not_streamed_is_reserved_whole(owner: User) -> None:
    payer, model = sharing(owner), Script()
    call(payer, model, request=replace(REQUEST, stream=False, max_tokens=3_000))
    assert Hold.objects.get().amount == ASKED + 3_000
    call(payer, model, request=replace(REQUEST, stream=False, max_tokens=20_000), key="l")
    left = 10_000 - ASKED - written(1)  # the first call is charged by now
    assert model.requests[1].max_tokens == left - ASKED
    end(payer)
    check_books(owner)


def test_a_long_prompt_s_tier_holds_for_the_reply_too(owner: User) -> None:
    tier = Rates(Decimal(2), Decimal(4), Decimal(2), Decimal(2))
    rates = replace(ONE, tiers=((ASKED - 1, tier),))
    request = replace(REQUEST, endpoint=make_endpoint("Test", models=("m",), token_rates={"m": rates}))
    payer = sharing(owner)
    call(payer, Script(), request=request)
    assert Hold.objects.get().amount == 2 * ASKED + 4 * holds.REPLY_SLICE


def test_each_call_of_a_run_is_reserved_and_the_one_before_it_charged_with_it(owner: User) -> None:
    payer, model = sharing(owner), Script(3, Usage(ASKED, 30), Finished())
    metered_model = MeteredModel(payer, "message", iter("abc"), in_thread, model)

    async def go() -> None:
        async with aclosing(metered_model(REQUEST)) as events:
            async for _event in events:
                pass

    for number, key in enumerate("abc"):
        async_to_sync(go)()
        assert entries() == [(charged, ASKED, 30, False) for charged in "abc"[:number]], key
        hold = Hold.objects.get()
        assert (hold.amount, hold.written_tokens) == (ASKED + holds.REPLY_SLICE, number * written(3))
        check_books(owner, is_open=True)
    assert metered_model.usages == [Usage(ASKED, 30)] * 3
    end(payer)
    assert [key for key, *_ in entries()] == ["a", "b", "c"]
    check_books(owner)


def test_absurd_reports_are_cut_and_told(owner: User) -> None:
    call(payer_of(owner), Script(1, Usage(10**7, 10**7), Finished()))
    assert LedgerEntry.objects.get(reason="message").input_tokens == 32_000
    assert AuditEntry.objects.get(action="usage.implausible").target_id == "Test"
    assert Balance.objects.get().credits == 0
    check_books(owner)


def test_without_a_limit_a_call_under_a_shared_hold_asks_the_database_nothing(owner: User, settings: Settings) -> None:
    settings.BALANCE_ENABLED = False
    owns(owner, 0)
    payer = sharing(owner)
    prices = {("Test", "m"): CallPrice("Test", "m", ONE)}
    metered_model = MeteredModel(payer, "message", iter("ab"), in_thread, Script(2_000), prices=prices)

    async def go() -> None:
        async for _event in metered_model(REQUEST):
            pass

    with CaptureQueriesContext(
        connection,
    ) as first:
        async_to_sync(go)()
    assert len(first) == 0
    with CaptureQueriesContext(connection) as second:
        async_to_sync(go)()
    assert entries() == [("a", ASKED, written(2_000), True)]
    assert len([row for row in second.captured_queries if "billing" in row["sql"]]) <= 6
    end(payer)
    assert len(entries()) == 2


def test_calls_side_by_side_share_a_hold(owner: User, make_budget: Callable[..., Budget]) -> None:
    """What one of them lets go of is not what another has."""
    make_budget(amount=10_000)
    payer, price = sharing(owner), CallPrice("Test", "embedder", replace(ONE, pages=Decimal("0.0001")))
    amounts: list[int] = []

    async def use(key: str, pages: int, others: Sequence[asyncio.Event]) -> None:
        async with reserved(
            payer, Quantities(pages=pages), price, reason="message", key=key, in_thread=in_thread
        ) as paid:
            others[0].set()
            await others[1].wait()
            amounts.append(await in_thread(lambda: Hold.objects.get().amount))
            paid.settle(Quantities(pages=pages - 1))
        others[2].set()

    async def go() -> None:
        started, second, left = asyncio.Event(), asyncio.Event(), asyncio.Event()
        go_on = asyncio.Event()
        tasks = [
            asyncio.create_task(use("a", 10, (started, go_on, left))),
            asyncio.create_task(use("b", 20, (second, left, asyncio.Event()))),
        ]
        await started.wait()
        await second.wait()
        go_on.set()
        await asyncio.gather(*tasks)
        async with reserved(payer, Quantities(pages=1), price, reason="message", key="c", in_thread=in_thread):
            amounts.append(await in_thread(lambda: Hold.objects.get().amount))

    async_to_sync(go)()
    assert amounts == [3_000, 3_000, 100]
    end(payer)
    credits = LedgerEntry.objects.filter(reason="message").order_by("key").values_list("key", "credits")
    assert list(credits) == [("a", -900), ("b", -1_900)], "who says nothing is charged nothing"
    check_books(owner)


def test_other_quantities_are_paid_without_a_model_too(owner: User) -> None:
    price = CallPrice("Speech", "voice", replace(ONE, seconds=Decimal("0.0005")))

    async def go() -> UUID:
        async with reserved(
            payer_of(owner), Quantities(seconds=Decimal(4)), price, reason="message", key="k", in_thread=in_thread
        ) as paid:
            held = await in_thread(lambda: Balance.objects.get(user=owner).held)
            assert held == 2_000
            paid.settle(Quantities(seconds=Decimal("1.5")))
            return paid.hold.id

    assert async_to_sync(go)() == Hold.objects.get(state="settled").id
    entry = LedgerEntry.objects.get(reason="message")
    assert (entry.credits, entry.endpoint, entry.model, entry.rates["seconds"]) == (-750, "Speech", "voice", "0.0005")
    check_books(owner)


PARTS: list[Any] = [Reasoning("Hm. "), Text("Let me look."), ToolCall("c", "weather", '{"city": "Oslo"}')]


def test_all_that_a_model_writes_counts(owner: User) -> None:
    async def model(request: ModelRequest) -> AsyncGenerator[Event]:
        for index, part in enumerate(PARTS):
            yield PartStarted(index, part)
        yield Finished("tool_calls")

    call(payer_of(owner), model)  # type: ignore[arg-type]
    text = "Hm. Let me look." + '{"city": "Oslo"}'
    assert entries() == [("k", ASKED, estimate(text), True)]
