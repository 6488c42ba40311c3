"""The run: model call → tool round → model call, until the model has nothing more to call.

A pure generator of events: it stores nothing and bills nothing. Whoever iterates it does, and closing the
iterator ends the provider's connection and any tool that is at work.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from agents.services.toolbox import Toolbox, ToolOutput
from endpoints.providers.base import ModelRequest, PromptMessage
from endpoints.services.model_calls import stream
from messages.events import (
    Event,
    Failed,
    Finished,
    ReasoningDelta,
    ReasoningSignature,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolResult,
)
from messages.parts import Reasoning, ToolCall
from messages.reducer import MessageParts

log = logging.getLogger(__name__)

Model = Callable[[ModelRequest], AsyncIterator[Event]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How far one run may go."""

    tool_rounds: int = 25
    calls_per_round: int = 16
    tool_seconds: float = 120
    output_characters: int = 100_000  # of one tool result; the rest is cut off, and the model is told


@dataclass(slots=True)
class _RoundReply:
    """What one model call said, as far as the next call must know it."""

    text: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, list[str]] = field(default_factory=dict)
    reasoning: MessageParts = field(default_factory=MessageParts)

    def note(self, event: Event) -> None:
        match event:
            case TextDelta(text):
                self.text.append(text)
            case ReasoningDelta() | ReasoningSignature():
                self.reasoning.apply(event)
            case ToolCallStarted(call_id, name):
                self.names[call_id] = name
                self.arguments[call_id] = []
            case ToolCallDelta(call_id, arguments) if call_id in self.arguments:
                self.arguments[call_id].append(arguments)

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(ToolCall(call_id, name, "".join(self.arguments[call_id])) for call_id, name in self.names.items())


async def run(
    request: ModelRequest, *, toolbox: Toolbox | None = None, limits: Limits | None = None, model: Model = stream
) -> AsyncIterator[Event]:
    """Yield every event of the run; the last is its one `Finished` or `Failed`.

    `Usage` is yielded once per model call. With `limits.tool_rounds` used up the run ends with the reason
    ``limit``. `model` is the model call, `endpoints.services.model_calls.stream` unless a caller has its own.
    """
    toolbox, limits = toolbox or Toolbox(), limits or Limits()
    request = replace(request, tools=toolbox.specs)
    for _ in range(limits.tool_rounds + 1):
        reply, ending = _RoundReply(), None
        async with aclosing(model(request)) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, Finished | Failed):
                    ending = event
                    break
                if not isinstance(event, TextDelta | ReasoningDelta) or toolbox.tools:
                    reply.note(event)
                yield event
        if ending is None:
            ending = Failed("cut_off", "the adapter ended without a word")
        if isinstance(ending, Failed) or not reply.calls:
            yield ending
            return
        results: list[ToolResult] = []
        async for result in _call_tools(reply.calls, toolbox, limits):
            results.append(result)
            yield result
        request = replace(request, messages=[*request.messages, *_round(reply, results)])
    yield Finished("limit")


def _round(reply: _RoundReply, results: Sequence[ToolResult]) -> list[PromptMessage]:
    """Return what the next model call must see of this one: its calls, and each result in the calls' order."""
    output = {result.call_id: result.output for result in results}
    thoughts = tuple(part for part in reply.reasoning.parts if isinstance(part, Reasoning))
    said = PromptMessage("assistant", "".join(reply.text), tool_calls=reply.calls, reasoning=thoughts)
    heard = [PromptMessage("tool", output[call.id], tool_call_id=call.id) for call in reply.calls]
    return [said, *heard]


async def _call_tools(calls: Sequence[ToolCall], toolbox: Toolbox, limits: Limits) -> AsyncIterator[ToolResult]:
    """Carry out the calls of one round side by side; yield each result as it comes."""
    allowed, refused = calls[: limits.calls_per_round], calls[limits.calls_per_round :]
    for call in refused:
        yield ToolResult(call.id, f"Not called: at most {limits.calls_per_round} calls at once.", failed=True)
    tasks = [asyncio.create_task(_call_tool(call, toolbox, limits)) for call in allowed]
    try:
        for task in asyncio.as_completed(tasks):
            yield await task
    finally:
        for started in tasks:
            started.cancel()


async def _call_tool(call: ToolCall, toolbox: Toolbox, limits: Limits) -> ToolResult:
    output = await _output_of(call, toolbox, limits)
    text = output.text
    if len(text) > limits.output_characters:
        text = f"{text[: limits.output_characters]}\n[cut off after {limits.output_characters} characters]"
    return ToolResult(call.id, text, failed=output.failed)


async def _output_of(call: ToolCall, toolbox: Toolbox, limits: Limits) -> ToolOutput:
    tool = toolbox.tools.get(call.name)
    if tool is None:
        return ToolOutput(f"There is no tool named {call.name}.", failed=True)
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return ToolOutput("The arguments are not valid JSON.", failed=True)
    if not isinstance(arguments, dict):
        return ToolOutput("The arguments must be a JSON object.", failed=True)
    try:
        async with asyncio.timeout(limits.tool_seconds):
            return await tool.call(arguments)
    except TimeoutError:
        return ToolOutput(f"The tool did not answer within {limits.tool_seconds:g} seconds.", failed=True)
    except Exception:
        log.exception("tool %s failed", call.name)
        return ToolOutput("The tool failed.", failed=True)
