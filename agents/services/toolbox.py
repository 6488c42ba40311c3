"""What a run may call: tools by name, and how one call is carried out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from endpoints.providers.base import ToolSpec


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a tool answers. `failed` tells the model and the page that it did not work."""

    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what the model is told, and the coroutine that does it with the call's parsed arguments."""

    spec: ToolSpec
    call: Callable[[Mapping[str, Any]], Awaitable[ToolOutput]]


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one run, by name. Empty by default."""

    tools: Mapping[str, Tool] = field(default_factory=dict)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self.tools.values())
