"""Runs of many rounds, many at once, ended in every way: no balance below zero, and every call charged once.

The model is scripted, everything else is real. A constraint of the database checks each change of a balance.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from threading import Barrier
from typing import Any, TypeVar

import pytest
from django.db import close_old_connections, connection, connections
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from billing.models import Balance, Hold, LedgerEntry
from billing.services import adjust
from billing.services.holds import NoCredit
from billing.services.reconcile import reconcile
from chat.models import Run
from chat.services.refusal import TurnRefused
from endpoints.catalog import registry
from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from endpoints.services.history import rounds
from endpoints.services.metered import price_of_call
from endpoints.services.tokens import estimate, request_size
from messages.events import Event, Failed, Finished, PartDelta, PartStarted, Usage
from messages.parts import Part, Text, ToolCall
from messages.reducer import MessageParts
from runs import persistence
from runs.metering import model_of
from runs.part_changes import change_of
from tests.conversations import began
from tests.runs.test_sweeper import sweep

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")
ENDPOINTS = """
version: 1.3.5
endpoints:
  custom:
    - name: Somewhere
      apiKey: sk-test
      baseURL: https://a.example.org/v1
      titleConvo: false
      models: {default: [m]}
      tokenConfig: {m: {prompt: 1, completion: 1, context: 900000}}
"""
THREADS = 8
ARGUMENTS = '{"city": "Oslo"}'


@dataclass(frozen=True, slots=True)
class Plan:
    """How a run goes. `kill_at` is the number of turns of the event loop after which it is cancelled."""

    rounds: int = 1
    report: str = "exact"  # exact, none, or more: twice what came
    kill_at: int | None = None
    end: str = "settled"  # or lost: nobody stores its end, and the sweeper settles it


class ScriptedModel:
    """Calls a tool in every round but the last."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.round = 0

    async def __call__(self, request: ModelRequest) -> AsyncGenerator[Event]:
        self.round += 1
        text = ARGUMENTS if self.round < self.plan.rounds else "It is cold."
        part = ToolCall(f"c{self.round}", "weather") if self.round < self.plan.rounds else Text("")
        yield PartStarted(0, part)
        yield PartDelta(0, text)
        if self.plan.report != "none":
            times = 2 if self.plan.report == "more" else 1
            yield Usage(request_size(request), estimate(text) * times)
        yield Finished("tool_calls" if self.round < self.plan.rounds else "stop")


TOOLS = (ToolSpec("weather", "The weather of a city", {"type": "object"}),)


def _answered(part: Part) -> Part:
    return replace(part, state="done", result=(Text("-3 degrees"),)) if isinstance(part, ToolCall) else part


class Generator:
    """Carries out runs as the worker does, with database work in threads of its own."""

    settlements = 2

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(THREADS)

    async def in_thread(self, work: Callable[[], T]) -> T:
        def checked() -> T:
            close_old_connections()
            return work()

        return await asyncio.get_running_loop().run_in_executor(self.threads, checked)

    async def live(self, job: persistence.ClaimedRun, plan: Plan) -> None:
        """Carry out a run. One that is cancelled while its end is stored may be lost."""
        with suppress(asyncio.CancelledError):
            await self._live(job, plan)

    async def _live(self, job: persistence.ClaimedRun, plan: Plan) -> None:
        endpoint = somewhere()
        price = await self.in_thread(lambda: price_of_call(endpoint, "m"))
        model, parts = model_of(job, self.in_thread, price), list[Part]()
        model.model = ScriptedModel(plan)
        request = ModelRequest(
            endpoint, "m", [PromptMessage.of("user", "Why?")], tools=TOOLS if plan.rounds > 1 else ()
        )
        ending: Finished | Failed = Finished("stopped")
        try:
            for _ in range(plan.rounds):
                reply = MessageParts()
                async with aclosing(model(request)) as events:
                    async for event in events:
                        reply.apply(event)
                        if isinstance(event, Finished | Failed):
                            ending = event
                parts += reply.parts
                answered = [_answered(part) for part in reply.parts]
                request = replace(request, messages=[*request.messages, *rounds(answered)])
                if ending != Finished("tool_calls"):
                    break
        except NoCredit:
            ending = Finished("budget")
        except asyncio.CancelledError:
            parts += reply.parts  # a person stopped it, or it is lost
        if plan.end == "lost":
            progress = persistence.Progress(job.id, change_of(job.id, parts, None))
            await self.in_thread(lambda: persistence.save(worker="one", batch=[progress]))
            return
        hold = model.payer.hold
        assert hold is not None
        result = persistence.RunResult(job, "one", ending, parts, model.usages, endpoint, tuple(hold.lines))
        for _ in range(self.settlements):  # a repeated settlement charges once
            await self.in_thread(lambda: persistence.finish([result]))

    def close(self) -> None:
        """Close the connection of each thread: none takes a second turn before all have met."""
        together = Barrier(THREADS, timeout=10)

        def leave(_: int) -> None:
            together.wait()
            connections.close_all()

        list(self.threads.map(leave, range(THREADS)))
        self.threads.shutdown()


async def kill(task: "asyncio.Task[None]", steps: int) -> None:
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()


def somewhere() -> Endpoint:
    endpoint = registry.current().get("Somewhere")
    assert endpoint is not None
    return endpoint


def carry_out(jobs: list[persistence.ClaimedRun], plans: list[Plan]) -> None:
    """Carry out all runs at once, and kill those that are to be killed."""

    async def go() -> None:
        generator = Generator()
        tasks = [asyncio.create_task(generator.live(job, plan)) for job, plan in zip(jobs, plans, strict=False)]
        pairs = zip(tasks, plans, strict=False)
        kills = [asyncio.create_task(kill(task, plan.kill_at)) for task, plan in pairs if plan.kill_at is not None]
        await asyncio.gather(*tasks, *kills)
        generator.close()

    asyncio.run(go())


@pytest.fixture(autouse=True)
def never_below_zero(settings: Settings, tmp_path: Any, fresh_registry: None) -> Iterator[None]:
    """The database refuses any change that would leave a balance with less than is held, or than nothing."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(ENDPOINTS)
    settings.BALANCE_ENABLED, settings.BALANCE_START_CREDITS, settings.CONCURRENT_MESSAGE_MAX = True, 0, 0
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_balance ADD CONSTRAINT enough CHECK (held >= 0 AND credits >= held)")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE billing_balance DROP CONSTRAINT enough")


def begin(user: User, number: int) -> list[persistence.ClaimedRun]:
    """Begin as many runs as the credit lets in, up to `number`."""
    ids = []
    for _ in range(number):
        try:
            ids.append(began(user, text="Why?", model="m").run.id)
        except TurnRefused:
            break
    return persistence.claim(ids=ids, worker="one")


def check_books(user: User) -> None:
    assert reconcile().drift == []
    assert not Hold.objects.filter(state="open").exists()
    assert not Run.objects.filter(state__in=Run.OPEN).exists()
    balance = Balance.objects.get(user=user)
    total = LedgerEntry.objects.filter(user=user).aggregate(total=Sum("credits"))["total"]
    assert (balance.credits, balance.held) == (total, 0)
    assert balance.credits >= 0


plans = st.builds(
    Plan,
    rounds=st.integers(1, 25) | st.just(200),
    report=st.sampled_from(["exact", "none", "more"]),
    kill_at=st.none() | st.integers(0, 3_000),
    end=st.sampled_from(["settled", "settled", "lost"]),
)
ONE_LONG = [Plan(200)] + [Plan(5, kill_at=number * 7, end="lost" if number % 2 else "settled") for number in range(31)]


@given(st.integers(1, 8_000), st.lists(plans, min_size=1, max_size=32))
@example(4_000_000, ONE_LONG)
@example(3_000, [Plan(25)] * 32)  # credit for one
@example(3_000, [Plan(25, "none", 500, "lost")] * 32)
@settings(
    max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_no_balance_falls_below_zero_and_every_call_is_charged_once(
    make_user: Callable[..., User], credits: int, plans: list[Plan]
) -> None:
    user = make_user(f"{User.objects.count()}@example.org")
    adjust.add_credits(actor=None, user=user, credits=credits, reason="Gift")
    jobs = begin(user, len(plans))
    carry_out(jobs, plans)
    sweep()
    check_books(user)
    for job, plan in zip(jobs, plans, strict=False):
        keys = LedgerEntry.objects.filter(hold_id=job.hold_id).order_by("created_at").values_list("key", flat=True)
        calls = [key for key in keys if not key.endswith("interrupted")]
        assert calls == [f"generation:{job.id}:{number}" for number in range(len(calls))]
        assert len(calls) <= plan.rounds
        if plan == Plan(200) and credits == 4_000_000:
            assert len(calls) == 200


def test_a_run_that_is_lost_in_its_seventh_round_is_charged_six_by_usage_and_that_one_by_estimate(
    owner: User,
) -> None:
    adjust.add_credits(actor=None, user=owner, credits=100_000, reason="Gift")
    jobs = begin(owner, 1)
    carry_out(jobs, [Plan(7, end="lost")])
    assert sweep()["interrupted"] == 1
    entries = list(LedgerEntry.objects.filter(hold_id=jobs[0].hold_id).order_by("created_at"))
    assert [entry.key.rpartition(":")[2] for entry in entries] == [*"012345", "interrupted"]
    assert [entry.estimated for entry in entries] == [False] * 6 + [True]
    read = [entry.input_tokens for entry in entries]
    assert read == sorted(read)
    assert read[6] - read[5] == read[5] - read[4] > 0, "its prompt has all the rounds before it"
    assert entries[6].output_tokens == pytest.approx(estimate("It is cold."), abs=6)
    check_books(owner)


@pytest.mark.parametrize(("limited", "one_round", "more"), [(True, 13, 9), (False, 9, 8)])
def test_the_statements_of_a_run_and_of_each_further_round(
    owner: User, settings: Settings, limited: bool, one_round: int, more: int
) -> None:
    """With BEGIN, COMMIT and savepoints, from the claim to the stored end. 13 and 9 is what one call takes at least:
    a look at what can be paid for where that is limited, and storing the end."""
    settings.BALANCE_ENABLED = limited
    adjust.add_credits(actor=None, user=owner, credits=100_000, reason="Gift")
    assert statements_of(begin(owner, 1)[0], Plan(1)) == one_round
    counts = [statements_of(begin(owner, 1)[0], Plan(rounds)) for rounds in (2, 3, 9)]
    reserve = 7 - 3 if limited else 0  # the tools are beyond what was reserved at first
    assert counts == [one_round + reserve + more * rounds for rounds in (1, 2, 8)]


def statements_of(job: persistence.ClaimedRun, plan: Plan) -> int:
    """Return how many statements a run takes from its claim to its stored end."""
    statements: list[int] = []

    class Counting(Generator):
        settlements = 1

        async def in_thread(self, work: Callable[[], T]) -> T:
            def counted() -> T:
                with CaptureQueriesContext(connection) as captured:
                    result = work()
                statements.append(len(captured))
                return result

            return await super().in_thread(counted)

    async def go() -> None:
        generator = Counting()
        await generator.live(job, plan)
        generator.close()

    asyncio.run(go())
    return sum(statements)
