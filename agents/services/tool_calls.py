"""Carrying out the calls of one round, side by side."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from agents.services.loop import Limits
from agents.tools.base import AddPart, Result, Tool, ToolEvent
from agents.tools.context import ToolContext
from core.refusal import Refusal
from core.tasks import end_tasks
from messages.parts import Text

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ToolJob:
    """A call that may be carried out."""

    tool: Tool
    arguments: Mapping[str, Any]
    context: ToolContext


async def carry_out_calls(jobs: Sequence[ToolJob], limits: Limits) -> AsyncIterator[tuple[str, ToolEvent]]:
    """Yield the id of the call with each event of its tool, as they come; the last of each call ends it.

    A tool that fails, takes too long or says nothing has a failed `Result`. Closing the iterator ends the tools.
    """
    events: asyncio.Queue[tuple[str, ToolEvent]] = asyncio.Queue()
    tasks = [asyncio.create_task(_carry_out(job, limits, events)) for job in jobs]
    at_work = len(tasks)
    try:
        while at_work:
            call_id, event = await events.get()
            at_work -= not isinstance(event, AddPart)
            yield call_id, event
    finally:
        await end_tasks(*tasks)


async def _carry_out(job: ToolJob, limits: Limits, events: "asyncio.Queue[tuple[str, ToolEvent]]") -> None:
    name, call_id = job.tool.spec.name, job.context.call_id
    context = replace(job.context, emit=lambda part: events.put_nowait((call_id, AddPart(part))))
    ending: ToolEvent = failed_result("The tool ended without a result.")
    try:
        async with asyncio.timeout(limits.tool_seconds), aclosing(job.tool.run(context, job.arguments)) as said:  # type: ignore[type-var]
            async for event in said:
                if not isinstance(event, AddPart):
                    ending = event
                    break
                events.put_nowait((call_id, event))
    except TimeoutError:
        ending = failed_result(f"The tool did not answer within {limits.tool_seconds:g} seconds.")
    except Refusal as refusal:  # its person's: no credit, a quota; the words are for people
        ending = failed_result(refusal.message)
    except Exception:
        log.exception("tool %s failed", name)
        ending = failed_result("The tool failed.")
    events.put_nowait((call_id, _cut(ending, limits) if isinstance(ending, Result) else ending))


def failed_result(text: str) -> Result:
    return Result((Text(text),), failed=True)


def _cut(result: Result, limits: Limits) -> Result:
    """Return the result with as much text as it may have, and a word where something is missing."""
    left, parts = limits.output_characters, []
    for part in result.parts:
        if isinstance(part, Text):
            if len(part.text) > left:
                note = f"[cut off after {limits.output_characters} characters]"
                part = replace(part, text=f"{part.text[:left]}\n{note}" if left else note)
            left = max(left - len(part.text), 0)
        parts.append(part)
    return replace(result, parts=tuple(parts))
