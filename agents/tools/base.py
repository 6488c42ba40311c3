"""What a tool is, and what it may say while it is at work."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from agents.tools.context import ToolContext
from endpoints.providers.base import ToolSpec
from messages.parts import Part, ResultPart

Risk = Literal["read", "write", "external"]
# read: looks at what the person may see anyway; write: changes something of theirs; external: acts on other systems,
# or sends something out.


@dataclass(frozen=True, slots=True)
class Result:
    """The tool's answer, its last event. `failed` tells the model and the page that it did not work."""

    parts: tuple[ResultPart, ...]
    failed: bool = False


@dataclass(frozen=True, slots=True)
class AddPart:
    """Something for the person beside the answer: an `Attachment`, a `Citation`. It becomes a part of the message."""

    part: Part


@dataclass(frozen=True, slots=True)
class Ask:
    """The person has to be asked, and their answer is the tool's. Ends the tool; without options any text answers."""

    text: str
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delegate:
    """A run of its own does the work, and what it says is the tool's answer. Ends the tool.

    The subrun knows `prompt` and nothing else of the conversation. It is written by `agent`, or by the one that calls
    the tool, and paid by the same person. In the `background` the call is answered at once, and the model is told the
    result when it comes.
    """

    name: str  # what people read
    prompt: str
    agent: str | None = None
    background: bool = False


@dataclass(frozen=True, slots=True)
class HandOver:
    """Another agent goes on with the reply from here. Ends the tool; `agent` is empty to give back."""

    agent: str


ToolEvent: TypeAlias = Result | AddPart | Ask | Delegate | HandOver


class ToolRun(Protocol):
    def __call__(self, context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]: ...


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: what the model is told, what it may do, and the generator of events that does it.

    `repeatable` says that it may be carried out again when nobody knows whether it was: after a crash. `asks` is
    whether a person has to allow each call (True), none (False), or those that the risk demands (None).
    """

    spec: ToolSpec
    run: ToolRun
    risk: Risk = "read"
    repeatable: bool = False
    asks: bool | None = None


@dataclass(frozen=True, slots=True)
class Toolbox:
    """The tools of one agent, by name. Empty by default."""

    tools: Mapping[str, Tool] = field(default_factory=dict)

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(tool.spec for tool in self.tools.values())

    @property
    def repeatable(self) -> frozenset[str]:
        """The names of the tools that may be carried out again after a crash."""
        return frozenset(name for name, tool in self.tools.items() if tool.repeatable)


@dataclass(frozen=True, slots=True)
class Agent:
    """Who writes: with which tools, and with which instructions before those of the conversation."""

    id: str = ""
    name: str = ""
    instructions: str = ""
    toolbox: Toolbox = Toolbox()


class AgentDirectory(Protocol):
    """Which agents there are. The empty id is that of a conversation without one."""

    def __call__(self, agent_id: str, /) -> Agent | None: ...


def site_agents(agent_id: str, /) -> Agent | None:
    """Return the agent of this site; it has none besides the conversation itself, and no tools yet."""
    return Agent() if not agent_id else None
