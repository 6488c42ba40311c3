"""Converts events to the payloads of the API's event stream (`on_run_step`, `on_message_delta`, …).

A content index is the position of a part in ``Message.content``; attachments have none, because they are a separate
list.
"""

from typing import Any, TypeAlias
from uuid import UUID

from api.librechat.chat.content import attachment_to_wire, content_of, result_of
from messages.events import (
    AgentSwitched,
    Attached,
    Event,
    Failed,
    Finished,
    ReasoningDelta,
    ReasoningSignature,
    Snapshot,
    TextDelta,
    ToolCallDelta,
    ToolCallStarted,
    ToolResult,
    Usage,
)
from messages.reducer import MessageParts
from runs.follow import events_of

Payload: TypeAlias = dict[str, Any]
_DELTAS = {"text": "on_message_delta", "think": "on_reasoning_delta"}


class RunSteps:
    """Translates the events of one run, and remembers what it has said.

    The texts of all deltas together are the texts of the finished message's content. `ended` is the event that
    ended the run, once it was heard: what is sent then depends on the database (see `api.librechat.chat.stream`).
    """

    def __init__(self, *, conversation_id: UUID, message_id: UUID, model: str = "", provider: str = "") -> None:
        self.ended: Finished | Failed | None = None
        self.steps: list[Payload] = []  # every step that began, for `resumeState`
        self.usages: list[Payload] = []  # what was reported, for `resumeState`
        self._reducer = MessageParts()
        self._ids = {"messageId": str(message_id), "conversationId": str(conversation_id)}
        self._source = {name: value for name, value in (("model", model), ("provider", provider)) if value}
        self._index = -1
        self._open = ""  # kind of the text or think part that grows
        self._calls: dict[str, Payload] = {}  # the step of each call

    @property
    def run_id(self) -> str:
        return self._ids["messageId"]

    @property
    def content(self) -> list[Payload]:
        """The message's content so far, on the wire."""
        return content_of(self._reducer.parts, message_id=self.run_id)

    def translate(self, event: Event) -> list[Payload]:
        """Return the payloads that tell `event`, none for what ends the run."""
        said_something = bool(self._reducer.parts)
        if isinstance(event, Snapshot) and said_something:
            return self._replace(event)
        payloads = [payload for part_event in _expand(event) for payload in self._tell(part_event)]
        self._reducer.apply(event)
        return payloads

    def sync(self, state: Payload) -> Payload:
        """Return the frame that puts a client in the picture at once; `state` is what only the caller knows."""
        resume = {"runSteps": list(self.steps), "aggregatedContent": self.content, **self._ids, **state}
        resume["responseMessageId"] = resume.pop("messageId")
        if self.usages:
            resume["collectedUsage"] = list(self.usages)
        return {"sync": True, "resumeState": resume, "pendingEvents": []}

    def _replace(self, event: Snapshot) -> list[Payload]:
        """The log was written anew, perhaps with more than was sent: say everything as one frame."""
        self._reducer = MessageParts()
        self.steps, self._index, self._open, self._calls = [], -1, "", {}
        for part_event in _expand(event):
            self._tell(part_event)
        self._reducer.apply(event)
        return [self.sync({})]

    def _tell(self, event: Event) -> list[Payload]:  # noqa: C901, PLR0911 (one case per event is the clearest form)
        match event:
            case TextDelta(text):
                return self._delta("text", text)
            case ReasoningDelta(text):
                return self._delta("think", text)
            case ReasoningSignature(_, redacted):
                self._open = ""
                self._index += bool(redacted)
            case ToolCallStarted(call_id, name):
                return self._start_call(call_id, name)
            case ToolCallDelta(call_id, arguments) if call_id in self._calls and arguments:
                step = self._calls[call_id]
                step["call"]["args"] += arguments
                chunk = {"args": arguments, "id": call_id, "index": 0, "type": "tool_call_chunk"}
                delta = {"type": "tool_calls", "tool_calls": [chunk]}
                return [{"event": "on_run_step_delta", "data": {"id": step["id"], "delta": delta}}]
            case ToolResult(call_id, output, failed) if call_id in self._calls:
                return [self._complete(call_id, output, failed)]
            case Attached(kind, data):
                self._open = ""
                return [{"event": "attachment", "data": attachment_to_wire(kind, data, **self._ids)}]
            case AgentSwitched(agent_id):
                index = self._next()
                update = {"index": index, "runId": self.run_id, "agentId": agent_id}
                return [{"event": "on_agent_update", "data": {"type": "agent_update", "agent_update": update}}]
            case Usage():
                self.usages.append(self._usage(event))
                return [{"event": "on_token_usage", "data": self.usages[-1]}]
            case Finished() | Failed():
                self.ended = event
        return []

    def _delta(self, kind: str, text: str) -> list[Payload]:
        if not text:
            return []
        payloads = [] if self._open == kind else [self._start_text(kind)]
        data = {"id": self._step_id(), "delta": {"content": [{"type": kind, kind: text}]}}
        return [*payloads, {"event": _DELTAS[kind], "data": data}]

    def _start_text(self, kind: str) -> Payload:
        self._next()
        self._open = kind
        creation = {"message_id": self.run_id, "content_type": kind}
        return self._start_step("message_creation", {"type": "message_creation", "message_creation": creation})

    def _start_call(self, call_id: str, name: str) -> list[Payload]:
        index = self._next()
        call = {"id": call_id, "name": name, "args": "", "type": "tool_call"}
        self._calls[call_id] = {"id": self._step_id(), "index": index, "call": call}
        return [self._start_step("tool_calls", {"type": "tool_calls", "tool_calls": [dict(call)]})]

    def _complete(self, call_id: str, output: str, failed: bool) -> Payload:
        step = self._calls[call_id]
        call = result_of(step["call"], output, failed)
        result = {"id": step["id"], "index": step["index"], "type": "tool_call", "tool_call": call}
        return {"event": "on_run_step_completed", "data": {"result": result}}

    def _start_step(self, kind: str, details: Payload) -> Payload:
        step = {"id": self._step_id(), "runId": self.run_id, "type": kind, "index": self._index, "stepDetails": details}
        self.steps.append(step)
        return {"event": "on_run_step", "data": step}

    def _next(self) -> int:
        self._index += 1
        self._open = ""
        return self._index

    def _step_id(self) -> str:
        return f"step_{self.run_id}_{self._index}"

    def _usage(self, usage: Usage) -> Payload:
        # On the wire the input counts what came from and went to the provider's cache; with us it does not.
        whole_input = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens
        return {
            "input_tokens": whole_input,
            "output_tokens": usage.output_tokens,
            "total_tokens": whole_input + usage.output_tokens,
            "input_token_details": {"cache_creation": usage.cache_write_tokens, "cache_read": usage.cache_read_tokens},
            "usage_type": "message",
            "runId": self.run_id,
            **self._source,
        }


def _expand(event: Event) -> list[Event]:
    """Return `event` itself, or for `Snapshot` the events that its parts came from."""
    if not isinstance(event, Snapshot):
        return [event]
    return events_of(MessageParts(event.parts))
