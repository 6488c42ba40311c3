"""Which calls are carried out at once, which a person has to allow, and which are refused."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from agents.tools.base import Tool, Toolbox
from messages.parts import ToolCall

ASKS: Final = frozenset({"external"})  # risks at which a person has to allow each call, unless the tool says otherwise


@dataclass(frozen=True, slots=True)
class CallVerdict:
    """What becomes of a call: `refusal` is what the model is told instead of a result, empty where it is allowed."""

    tool: Tool | None = None
    arguments: Mapping[str, Any] | None = None
    needs_approval: bool = False
    refusal: str = ""


def judge(call: ToolCall, toolbox: Toolbox) -> CallVerdict:
    """Return the verdict on a call as the model wrote it."""
    tool = toolbox.tools.get(call.name)
    if tool is None:
        return CallVerdict(refusal=f"There is no tool named {call.name}.")
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return CallVerdict(refusal="The arguments are not valid JSON.")
    if not isinstance(arguments, dict):
        return CallVerdict(refusal="The arguments must be a JSON object.")
    return CallVerdict(tool, arguments, needs_approval=needs_approval(tool))


def needs_approval(tool: Tool) -> bool:
    """Whether a person has to allow each call of the tool: as it says itself, else by its risk."""
    return tool.risk in ASKS if tool.asks is None else tool.asks
