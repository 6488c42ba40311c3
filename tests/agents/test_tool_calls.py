"""Carrying out calls: side by side, and whatever a tool does, each call has one end."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast
from uuid import UUID

import pytest

from agents.services.loop import Limits
from agents.services.tool_calls import ToolJob, carry_out_calls
from agents.tools.base import AddPart, Result, Tool, Toolbox, ToolEvent
from agents.tools.context import PaidCalls, ToolContext
from agents.tools.policy import judge, needs_approval
from billing.services.holds import NoCredit
from endpoints.providers.base import ToolSpec
from messages.parts import Citation, Image, Text, ToolCall

NO_ONE = UUID(int=0)
UNPAID = cast(PaidCalls, None)  # these tools call nobody
SPEC = ToolSpec("weather", "The weather of a city", {"type": "object"})


def job(call_id: str, *events: ToolEvent | Exception | None) -> ToolJob:
    """Return a call of a tool that says these; None stands for a long wait, an exception is raised."""

    async def run(context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        for event in events:
            if isinstance(event, Exception):
                raise event
            if event is None:
                await asyncio.Event().wait()
            else:
                yield event

    return ToolJob(Tool(SPEC, run), {}, context(call_id))


def context(call_id: str) -> ToolContext:
    return ToolContext(NO_ONE, NO_ONE, call_id, "", lambda: False, (), UNPAID)


async def collect(*jobs: ToolJob, **limits: Any) -> dict[str, list[ToolEvent]]:
    heard: dict[str, list[ToolEvent]] = {}
    async for call_id, event in carry_out_calls(jobs, Limits(**limits)):
        heard.setdefault(call_id, []).append(event)
    return heard


async def test_calls_run_side_by_side_and_each_ends_once() -> None:
    both = asyncio.Barrier(2)

    async def meet(_: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        await both.wait()
        yield AddPart(Citation("A source"))
        yield Result((Text("met"),))
        yield Result((Text("too much"),))

    heard = await collect(*(ToolJob(Tool(SPEC, meet), {}, context(call)) for call in ("a", "b")))
    assert heard == {call: [AddPart(Citation("A source")), Result((Text("met"),))] for call in ("a", "b")}


async def test_what_is_emitted_deep_in_a_tool_comes_before_its_result() -> None:
    async def run(context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        context.emit(Citation("Deep"))
        yield AddPart(Citation("Shallow"))
        yield Result((Text("found"),))

    heard = await collect(ToolJob(Tool(SPEC, run), {}, context("a")))
    assert heard == {"a": [AddPart(Citation("Deep")), AddPart(Citation("Shallow")), Result((Text("found"),))]}


async def test_a_tool_that_its_person_cannot_pay_for_says_so() -> None:
    heard = await collect(job("a", NoCredit()))
    assert heard == {"a": [Result((Text(NoCredit().message),), failed=True)]}


async def test_a_tool_that_breaks_hangs_or_says_nothing_has_a_failed_result(caplog: pytest.LogCaptureFixture) -> None:
    heard = await collect(job("a", RuntimeError("secret detail")), job("b", None), job("c"), tool_seconds=0.02)
    assert heard == {
        "a": [Result((Text("The tool failed."),), failed=True)],
        "b": [Result((Text("The tool did not answer within 0.02 seconds."),), failed=True)],
        "c": [Result((Text("The tool ended without a result."),), failed=True)],
    }
    assert "secret detail" in caplog.text


async def test_too_much_text_is_cut_and_said_to_be() -> None:
    result = Result((Text("x" * 4), Image("image/png", "AAAA"), Text("y" * 4), Text("z")))
    heard = await collect(job("a", result), output_characters=5)
    note = "[cut off after 5 characters]"
    assert heard["a"] == [Result((Text("xxxx"), Image("image/png", "AAAA"), Text(f"y\n{note}"), Text(note)))]


async def test_closing_it_ends_the_tools() -> None:
    ended = asyncio.Event()

    async def wait(context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        try:
            yield AddPart(Citation("A source"))
            await asyncio.Event().wait()
        finally:
            ended.set()

    events = carry_out_calls([ToolJob(Tool(SPEC, wait), {}, job("a").context)], Limits())
    assert await anext(events) == ("a", AddPart(Citation("A source")))
    await events.aclose()  # type: ignore[attr-defined]
    assert ended.is_set()


@pytest.mark.parametrize(
    ("call", "refusal"),
    [
        (ToolCall("x", "shell"), "There is no tool named shell."),
        (ToolCall("x", "weather", "{"), "The arguments are not valid JSON."),
        (ToolCall("x", "weather", "[" * 100_000), "The arguments are not valid JSON."),
        (ToolCall("x", "weather", "[]"), "The arguments must be a JSON object."),
    ],
)
def test_a_bad_call_is_refused(call: ToolCall, refusal: str) -> None:
    assert judge(call, Toolbox({"weather": job("a").tool})).refusal == refusal


@pytest.mark.parametrize(
    ("risk", "asks", "expected"),
    [
        ("read", None, False),
        ("write", None, False),
        ("external", None, True),
        ("read", True, True),
        ("external", False, False),
    ],
)
def test_who_has_to_be_asked(risk: Any, asks: bool | None, expected: bool) -> None:
    assert needs_approval(Tool(SPEC, job("a").tool.run, risk, asks=asks)) is expected
