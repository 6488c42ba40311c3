"""The run: model call → tool round → model call, until the model has nothing more to call.

A pure generator of events: it stores nothing and bills nothing. Whoever iterates it does, and closing the
iterator ends the provider's connection and any tool that is at work.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from agents.services.toolbox import Toolbox, ToolOutput
from endpoints.providers.base import ModelRequest, PromptMessage
from endpoints.services.model_calls import stream
from messages.events import Event, Failed, Finished, PartDelta, PartEnded, PartStarted, PartUpdated
from messages.parts import Part, Text, ToolCall
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


async def run(
    request: ModelRequest, *, toolbox: Toolbox | None = None, limits: Limits | None = None, model: Model = stream
) -> AsyncIterator[Event]:
    """Yield every event of the run; the last is its one `Finished` or `Failed`.

    `Usage` is yielded once per model call. With `limits.tool_rounds` used up the run ends with the reason
    ``limit``. `model` is the model call, `endpoints.services.model_calls.stream` unless a caller has its own.
    """
    toolbox, limits = toolbox or Toolbox(), limits or Limits()
    request = replace(request, tools=toolbox.specs)
    first = 0  # where the round's parts begin in the message
    for _ in range(limits.tool_rounds + 1):
        reply, ending = MessageParts(), None
        async with aclosing(model(request)) as events:  # type: ignore[type-var]
            async for event in events:
                if isinstance(event, Finished | Failed):
                    ending = event
                    break
                if toolbox.tools or not isinstance(event, PartDelta):
                    reply.apply(event)
                yield _placed(event, first) if first else event
        if ending is None:
            ending = Failed("cut_off", "the adapter ended without a word")
        calls = {part.id: (index, part) for index, part in enumerate(reply.parts) if isinstance(part, ToolCall)}
        if isinstance(ending, Failed) or not calls:
            yield ending
            return
        ended: dict[str, ToolCall] = {}
        async for call in _call_tools([call for _, call in calls.values()], toolbox, limits):
            ended[call.id] = call
            yield PartUpdated(first + calls[call.id][0], replace(call, arguments=""))
        request = replace(request, messages=[*request.messages, *_round(reply.parts, ended)])
        first += len(reply.parts)
    yield Finished("limit")


def _placed(event: Event, first: int) -> Event:
    """Return the event of a model call as one of the message, where the call's parts begin at `first`."""
    if isinstance(event, PartStarted | PartDelta | PartUpdated | PartEnded):
        return replace(event, index=event.index + first)
    return event


def _round(parts: Sequence[Part], ended: Mapping[str, ToolCall]) -> list[PromptMessage]:
    """Return what the next model call must see of this one: its calls, and each result in the calls' order."""
    heard = tuple(ended[part.id] for part in parts if isinstance(part, ToolCall))
    return [PromptMessage("assistant", tuple(parts)), PromptMessage("tool", heard)]


async def _call_tools(calls: Sequence[ToolCall], toolbox: Toolbox, limits: Limits) -> AsyncIterator[ToolCall]:
    """Carry out the calls of one round side by side; yield each with its result as it comes."""
    allowed, refused = calls[: limits.calls_per_round], calls[limits.calls_per_round :]
    for call in refused:
        text = f"Not called: at most {limits.calls_per_round} calls at once."
        yield replace(call, state="failed", result=(Text(text),))
    tasks = [asyncio.create_task(_call_tool(call, toolbox, limits)) for call in allowed]
    try:
        for task in asyncio.as_completed(tasks):
            yield await task
    finally:
        for started in tasks:
            started.cancel()


async def _call_tool(call: ToolCall, toolbox: Toolbox, limits: Limits) -> ToolCall:
    output = await _output_of(call, toolbox, limits)
    text = output.text
    if len(text) > limits.output_characters:
        text = f"{text[: limits.output_characters]}\n[cut off after {limits.output_characters} characters]"
    return replace(call, state="failed" if output.failed else "done", result=(Text(text),))


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
