"""The loop of model call and tool round, against a scripted model."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from agents.services.run import Limits, run
from agents.services.toolbox import Tool, Toolbox, ToolOutput
from endpoints.providers.base import ModelRequest, PromptMessage, ToolSpec
from endpoints.providers.reply_parts import ReplyParts
from messages.events import Event, Failed, Finished, PartEnded, PartStarted, PartUpdated, Usage
from messages.parts import Reasoning, Signature, Text, ToolCall
from messages.reducer import MessageParts
from tests import prompt_maker
from tests.endpoint_maker import make_endpoint

REQUEST = ModelRequest(
    make_endpoint("Test", "Test", "openai"),
    "model",
    [PromptMessage.of("user", "What is the weather in Oslo and Rome?")],
)


class ScriptedModel:
    """Plays one list of events per call and keeps the requests it got."""

    def __init__(self, *calls: list[Event]) -> None:
        self.calls = list(calls)
        self.requests: list[ModelRequest] = []
        self.closed = 0

    async def __call__(self, request: ModelRequest) -> AsyncIterator[Event]:
        self.requests.append(request)
        try:
            for event in self.calls[min(len(self.requests), len(self.calls)) - 1]:
                yield event
        finally:
            self.closed += 1


def weather_box(**outputs: Any) -> Toolbox:
    async def call(arguments: Mapping[str, Any]) -> ToolOutput:
        output = outputs.get(str(arguments.get("city")))
        if isinstance(output, Exception):
            raise output
        if output is None:
            await asyncio.sleep(60)
        return ToolOutput(str(output))

    spec = ToolSpec("weather", "The weather of a city", {"type": "object", "properties": {"city": {"type": "string"}}})
    return Toolbox({"weather": Tool(spec, call)})


def calls(*cities: str) -> list[Event]:
    reply = ReplyParts()
    events: list[Event] = [*reply.text("Let me see.")]
    for number, city in enumerate(cities):
        text = json.dumps({"city": city})
        events += reply.start_call(f"c{number}", "weather", text[:4])
        events += reply.grow_call(f"c{number}", text[4:])
    return [*events, *reply.end(), Usage(10, 5), Finished("tool_calls")]


def said(text: str) -> list[Event]:
    return [PartStarted(0, Text(text)), PartEnded(0)]


def folded(events: list[Event]) -> list[ToolCall]:
    message = MessageParts()
    for event in events:
        message.apply(event)
    return [part for part in message.parts if isinstance(part, ToolCall)]


def results_of(events: list[Event]) -> dict[str, ToolCall]:
    updates = [event.part for event in events if isinstance(event, PartUpdated)]
    return {part.id: part for part in updates if isinstance(part, ToolCall)}


def answered(call_id: str, output: str, *, name: str = "weather", failed: bool = False) -> ToolCall:
    return ToolCall(call_id, name, state="failed" if failed else "done", result=(Text(output),))


async def collect(model: ScriptedModel, **options: Any) -> list[Event]:
    return [event async for event in run(REQUEST, model=model, **options)]


async def test_a_reply_without_tools_is_one_call() -> None:
    reply = ReplyParts()
    script: list[Event] = [*reply.think("hm"), *reply.text("Hello"), *reply.end(), Usage(3, 1), Finished("stop")]
    model = ScriptedModel(script)
    assert await collect(model) == script
    assert model.closed == 1


async def test_two_calls_run_side_by_side_and_the_model_sees_both_results() -> None:
    model = ScriptedModel(calls("Oslo", "Rome"), [*said("Cold and warm."), Usage(30, 4), Finished("stop")])
    events = await collect(model, toolbox=weather_box(Oslo="-3", Rome="21"))
    assert results_of(events) == {"c0": answered("c0", "-3"), "c1": answered("c1", "21")}
    assert [part.state for part in folded(events)] == ["done", "done"]
    assert events[-4:-2] == [PartStarted(3, Text("Cold and warm.")), PartEnded(3)]
    assert [event for event in events if isinstance(event, Usage)] == [Usage(10, 5), Usage(30, 4)]
    assert events[-1] == Finished("stop")
    assert sum(isinstance(event, Finished | Failed) for event in events) == 1
    assert model.requests[0].tools[0].name == "weather"
    called = ToolCall("c0", "weather", '{"city": "Oslo"}'), ToolCall("c1", "weather", '{"city": "Rome"}')
    assert model.requests[1].messages[1:] == [
        prompt_maker.said("Let me see.", *called),
        prompt_maker.results(prompt_maker.answer(called[0], "-3"), prompt_maker.answer(called[1], "21")),
    ]


async def test_the_thoughts_before_a_call_are_given_back_with_their_seals() -> None:
    reply = ReplyParts()
    thoughts: list[Event] = [*reply.think("Where "), *reply.think("is it?"), *reply.sign("sig"), *reply.seal("AbC")]
    called = reply.start_call("c0", "weather", '{"city": "Oslo"}')
    model = ScriptedModel([*thoughts, *called, Finished("tool_calls")], [*said("Cold."), Finished("stop")])
    await collect(model, toolbox=weather_box(Oslo="-3"))
    assert model.requests[1].messages[1].reasoning == (
        Reasoning("Where is it?", Signature("sig")),
        Reasoning("", Signature("AbC", encrypted=True)),
    )


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([PartStarted(0, ToolCall("x", "shell")), Finished("tool_calls")], "There is no tool named shell."),
        ([PartStarted(0, ToolCall("x", "weather", "{")), Finished()], "The arguments are not valid JSON."),
        (
            [PartStarted(0, ToolCall("x", "weather", "[]")), Finished()],
            "The arguments must be a JSON object.",
        ),
    ],
)
async def test_a_bad_call_is_answered_and_never_carried_out(events: list[Event], expected: str) -> None:
    model = ScriptedModel(events, [*said("Sorry."), Finished("stop")])
    seen = await collect(model, toolbox=weather_box())
    result = results_of(seen)["x"]
    assert (result.state, result.result) == ("failed", (Text(expected),))
    assert seen[-1] == Finished("stop")


async def test_a_tool_that_breaks_or_hangs_does_not_end_the_run(caplog: pytest.LogCaptureFixture) -> None:
    model = ScriptedModel(calls("Oslo", "Rome"), [*said("Hm."), Finished("stop")])
    box = weather_box(Oslo=RuntimeError("secret detail"))
    events = await collect(model, toolbox=box, limits=Limits(tool_seconds=0.02))
    results = results_of(events)
    assert results["c0"] == answered("c0", "The tool failed.", failed=True)
    assert results["c1"] == answered("c1", "The tool did not answer within 0.02 seconds.", failed=True)
    assert "secret detail" in caplog.text
    assert events[-1] == Finished("stop")


async def test_a_model_that_calls_for_ever_meets_the_limit() -> None:
    model = ScriptedModel(calls("Oslo"))
    events = await collect(model, toolbox=weather_box(Oslo="-3"), limits=Limits(tool_rounds=3))
    assert events[-1] == Finished("limit")
    assert len(model.requests) == 4


async def test_too_many_calls_at_once_and_too_much_output_are_cut() -> None:
    model = ScriptedModel(calls("Oslo", "Oslo", "Oslo"), [Finished("stop")])
    limits = Limits(calls_per_round=2, output_characters=5)
    events = await collect(model, toolbox=weather_box(Oslo="x" * 50), limits=limits)
    results = results_of(events)
    assert results["c2"] == answered("c2", "Not called: at most 2 calls at once.", failed=True)
    assert results["c0"].result_text == "xxxxx\n[cut off after 5 characters]"


async def test_a_failure_ends_the_run_and_a_silent_adapter_counts_as_cut_off() -> None:
    failed = Failed("rate_limit", "429")
    assert await collect(ScriptedModel([*said("Half"), failed])) == [*said("Half"), failed]
    assert (await collect(ScriptedModel(said("Half"))))[-1] == Failed("cut_off", "the adapter ended without a word")


async def test_closing_the_run_closes_the_model_call() -> None:
    model = ScriptedModel([*said("a"), Finished()])
    events = run(REQUEST, model=model)
    assert await anext(events) == PartStarted(0, Text("a"))
    await events.aclose()  # type: ignore[attr-defined]
    assert model.closed == 1
