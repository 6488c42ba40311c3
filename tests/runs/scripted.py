"""A scripted model, agents with test tools, and a generator that can be killed at any point."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

from accounts.models import User
from agents.tools.base import Agent, Ask, Delegate, HandOver, Result, Tool, Toolbox, ToolEvent
from agents.tools.context import ToolContext
from chat.models import ApprovalRequest, Run
from chat.services.turns.draft import StartedTurn
from core.tasks import end_tasks
from endpoints.providers.base import ModelRequest, ToolSpec
from messages.events import Event, Finished, PartDelta, PartEnded, PartStarted, Usage
from messages.parts import Text, ToolCall
from runs import metering, worker
from runs.sweeper import Sweeper
from runs.worker import Generator
from tests.conversations import began

USED = Usage(10, 5)
OPEN = ("queued", "running", "waiting")
Script = Callable[[ModelRequest], Sequence[Event]]


MAIL = ToolSpec("mail", "The tool mail", {"type": "object", "properties": {"q": {"type": "string"}}})


def said(text: str, *, reason: str = "stop", first: int = 0) -> list[Event]:
    """Return the events of a model call that says this."""
    halves = text[: len(text) // 2], text[len(text) // 2 :]
    return [
        PartStarted(first, Text(halves[0])),
        PartDelta(first, halves[1]),
        PartEnded(first),
        USED,
        Finished(reason),  # type: ignore[arg-type]
    ]


def called(*calls: tuple[str, str, Mapping[str, Any]], text: str = "Let me see.") -> list[Event]:
    """Return the events of a model call that calls tools: id, name and arguments of each."""
    events: list[Event] = [PartStarted(0, Text(text)), PartEnded(0)]
    for number, (call_id, name, arguments) in enumerate(calls, 1):
        written = json.dumps(arguments)
        events += [
            PartStarted(number, ToolCall(call_id, name)),
            PartDelta(number, written[:3]),
            PartDelta(number, written[3:]),
            PartEnded(number),
        ]
    return [*events, USED, Finished("tool_calls")]


def texts(request: ModelRequest) -> list[str]:
    """Return what each message of a prompt says, with its role before it; a result is a message of its own."""
    return [
        f"{message.role}: {text}"
        for message in request.messages
        for text in ([call.result_text for call in message.results] or [message.text])
    ]


def rounds_in(request: ModelRequest) -> int:
    """Return how many model calls are in the prompt already, of a conversation that begins with this reply."""
    return sum(message.role == "assistant" for message in request.messages)


@dataclass
class ScriptedModel:
    """Answers each request with what `script` says; keeps the requests. `gate` holds its second event back."""

    script: Script
    requests: list[ModelRequest] = field(default_factory=list)
    gates: dict[int, asyncio.Event] = field(default_factory=dict)  # by number of the request
    reached: dict[int, asyncio.Event] = field(default_factory=dict)

    def hold(self, number: int) -> asyncio.Event:
        """Hold the request of this number, from 0, back after its first event; returns what says it is there."""
        self.gates[number], self.reached[number] = asyncio.Event(), asyncio.Event()
        return self.reached[number]

    async def __call__(self, request: ModelRequest) -> AsyncIterator[Event]:
        number = len(self.requests)
        self.requests.append(request)
        for place, event in enumerate(self.script(request)):
            if place == 1 and number in self.gates:
                self.reached[number].set()
                await self.gates[number].wait()
            yield event


def play(monkeypatch: pytest.MonkeyPatch, script: Script) -> ScriptedModel:
    model = ScriptedModel(script)
    script_model(monkeypatch, model)
    return model


def script_model(monkeypatch: pytest.MonkeyPatch, model: Any) -> None:
    """Let every run be written by `model`, metered as any other."""
    metered_model = metering.model_of

    def model_of(*values: Any) -> Any:
        made = metered_model(*values)
        made.model = model
        return made

    monkeypatch.setattr(worker, "model_of", model_of)


def in_turn(*calls: Sequence[Event]) -> Script:
    """Return a script that plays one list of events per model call of a reply."""
    return lambda request: calls[min(rounds_in(request), len(calls) - 1)]


@dataclass
class TestTools:
    """Tools that note what they did."""

    __test__ = False
    done: list[str] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def agents(self, agent_id: str, /) -> Agent | None:
        boxes = {
            "": Agent(toolbox=self._box("look", "once", "mail", "ask", "delegate", "hand", "slow", "break")),
            "poet": Agent("poet", "The poet", "Speak in verse.", self._box("look", "hand", "mail")),
        }
        return boxes.get(agent_id)

    def _box(self, *names: str) -> Toolbox:
        kinds: dict[str, Tool] = {
            "look": Tool(_spec("look"), self._look, "read", repeatable=True),
            "once": Tool(_spec("once"), self._look, "write"),
            "mail": Tool(MAIL, self._look, "external"),
            "ask": Tool(_spec("ask"), self._ask),
            "delegate": Tool(_spec("delegate"), self._delegate),
            "hand": Tool(_spec("hand"), self._hand),
            "slow": Tool(_spec("slow"), self._slow),
            "break": Tool(_spec("break"), self._break),
        }
        return Toolbox({name: kinds[name] for name in names})

    async def _look(self, context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        self.done.append(f"{context.call_id} {arguments.get('q', '')}")
        size = arguments.get("size", 0)
        yield Result((Text("x" * size if size else f"found {arguments.get('q', '')}"),))

    async def _ask(self, context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        yield Ask(str(arguments["text"]), tuple(arguments.get("options", ())))

    async def _delegate(self, context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        yield Delegate(
            "Research", str(arguments["prompt"]), arguments.get("agent"), bool(arguments.get("background", False))
        )

    async def _hand(self, context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        yield HandOver(str(arguments["to"]))

    async def _slow(self, context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        self.done.append("slow began")
        await self.gate.wait()
        yield Result((Text("at last"),))

    async def _break(self, context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        if context.call_id:
            raise RuntimeError("secret detail")
        yield Result(())


def _spec(name: str) -> ToolSpec:
    return ToolSpec(name, f"The tool {name}", {"type": "object"})


async def asked(user: User, text: str = "Why do cats purr?", **changes: Any) -> StartedTurn:
    return await sync_to_async(began)(user, text=text, **changes)


async def row_of(run_id: Any) -> Run:
    return await Run.objects.select_related("message").aget(id=run_id)


async def in_state(started: StartedTurn, *states: str) -> Run:
    """Return the run when it is in one of these states."""
    async with asyncio.timeout(20):
        while (row := await row_of(started.run.id)).state not in states:  # noqa: ASYNC110 (the database has no event)
            await asyncio.sleep(0.01)
    return row


async def over(started: StartedTurn) -> Run:
    return await in_state(started, "done", "stopped", "failed", "interrupted")


async def requests_of(started: StartedTurn, count: int = 1) -> list[ApprovalRequest]:
    """Return what the run asks, once it waits and asks so much."""
    await in_state(started, "waiting")
    asked_for = ApprovalRequest.objects.filter(run=started.run.id, state="pending").order_by("created_at", "call_id")
    pending = [request async for request in asked_for]
    assert len(pending) == count
    return pending


async def happened(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 (a tool has no event)
            await asyncio.sleep(0.01)


async def until_there(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not await sync_to_async(condition)():  # noqa: ASYNC110 (the database has no event)
            await asyncio.sleep(0.01)


class Killed(BaseException):
    """What `kill -9` is to a run in this process: nothing after it happens."""


class Process:
    """A generator that can be left as a killed one is, and replaced by another."""

    def __init__(self, tools: TestTools) -> None:
        self.tools = tools
        self._generators: list[tuple[Generator, asyncio.Task[None]]] = []

    def start(self) -> Generator:
        generator = Generator(self.tools.agents)
        self._generators.append((generator, asyncio.create_task(generator.run())))
        return generator

    async def stop(self) -> None:
        for generator, _ in self._generators:
            generator.drain()
        for _, task in self._generators:
            await asyncio.wait_for(task, 20)
        self._generators.clear()
        await sync_to_async(connections.close_all)()

    async def kill(self) -> None:
        """End all generators as `kill -9` does: nothing of what they were doing is done any further."""
        mine = {asyncio.current_task()}
        for _ in range(3):  # what cleans up is ended, too
            doomed = [task for task in asyncio.all_tasks() - mine if _is_generators(task)]
            await end_tasks(*doomed)
        for generator, _task in self._generators:
            await generator._leave_database()
            generator._threads.shutdown()
        self._generators.clear()

    async def restart(self) -> None:
        """Stop every generator, then begin another: no memory is left of anything."""
        await self.stop()
        self.start()


def _is_generators(task: "asyncio.Task[Any]") -> bool:
    return getattr(task.get_coro(), "__qualname__", "").startswith(("Generator.", "LogWriter.", "ResultBatcher."))


async def swept() -> dict[str, int]:
    """Look as a sweeper does who has seen the lease unchanged for its time."""
    now = 1000.0
    sweeper = Sweeper(lambda: now)
    await sync_to_async(sweeper.look)()
    now += settings.GENERATION_LEASE_SECONDS
    return await sync_to_async(sweeper.look)()


def saved_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "SAVE_EVERY", 0.1)
