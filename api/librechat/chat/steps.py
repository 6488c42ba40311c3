"""Converts events to the payloads of the API's event stream (`on_run_step`, `on_message_delta`, …).

A content index is the position of a part in ``Message.content``; attachments have none, because they are a separate
list.
"""

from typing import Any, TypeAlias
from uuid import UUID

from django.utils import timezone

from api.base.payloads import milliseconds
from api.librechat.chat.content import BESIDE_CONTENT, attachment_to_wire, content_of, result_of, steer_to_wire
from api.librechat.chat.pending import approval_action, question_action
from messages.events import Event, Failed, Finished, PartDelta, PartStarted, PartUpdated, Snapshot, Usage
from messages.parts import (
    AgentSwitch,
    Approval,
    Attachment,
    Part,
    Question,
    Reasoning,
    Steer,
    Subrun,
    Text,
    ToolCall,
    is_readable,
)
from messages.reducer import MessageParts

Payload: TypeAlias = dict[str, Any]
_DELTAS: dict[type[Part] | None, tuple[str, str]] = {
    Text: ("on_message_delta", "text"),
    Reasoning: ("on_reasoning_delta", "think"),
}


class RunSteps:
    """Translates the events of one run, and remembers what it has said.

    The texts of all deltas together are the texts of the finished message's content. `ended` is the event that
    ended the run, once it was heard: what is sent then depends on the database (see `api.librechat.chat.stream`).
    """

    def __init__(
        self,
        *,
        conversation_id: UUID,
        message_id: UUID,
        model: str = "",
        provider: str = "",
        action_id: UUID | None = None,
    ) -> None:
        """`action_id` is the run's own, by which clients answer what it asks."""
        self._action_id = str(action_id or message_id)
        self.ended: Finished | Failed | None = None
        self.steps: list[Payload] = []  # every step that began, for `resumeState`
        self.usages: list[Payload] = []  # what was reported, for `resumeState`
        self._reducer = MessageParts()
        self._ids = {"messageId": str(message_id), "conversationId": str(conversation_id)}
        self._source = {name: value for name, value in (("model", model), ("provider", provider)) if value}
        self._places: list[int | None] = []  # of each part: its index on the wire
        self._kinds: list[type[Part]] = []  # and what it is
        self._calls: dict[int, Payload] = {}  # by part: the step of a call
        self._phases: dict[str, str] = {}  # of each subrun: what was said of it last

    @property
    def run_id(self) -> str:
        return self._ids["messageId"]

    @property
    def parts(self) -> list[Part]:
        return self._reducer.parts

    @property
    def content(self) -> list[Payload]:
        """The message's content so far, on the wire."""
        return content_of(self._reducer.parts, message_id=self.run_id)

    def translate(self, event: Event) -> list[Payload]:
        """Return the payloads that tell `event`, none for what ends the run."""
        said_something = bool(self._places)
        self._reducer.apply(event)
        if not isinstance(event, Snapshot):
            return self._tell(event)
        if said_something:
            return self._replace()
        return [payload for index, part in enumerate(event.parts) for payload in self._start(index, part)]

    def sync(self, state: Payload) -> Payload:
        """Return the frame that puts a client in the picture at once; `state` is what only the caller knows."""
        resume = {"runSteps": list(self.steps), "aggregatedContent": self.content, **self._ids, **state}
        resume["responseMessageId"] = resume.pop("messageId")
        if self.usages:
            resume["collectedUsage"] = list(self.usages)
        return {"sync": True, "resumeState": resume, "pendingEvents": []}

    def running_subruns(self) -> list[Payload]:
        """Return what tells of the subruns that go on, for who takes up the stream in the middle."""
        subruns = (part for part in self._reducer.parts if isinstance(part, Subrun))
        return [self._subagent(part) for part in subruns if _phase_of(part) == "start"]

    def _replace(self) -> list[Payload]:
        """The log was written anew, perhaps with more than was sent: say everything as one frame, and behind it which
        subruns have begun or ended meanwhile."""
        self.steps, self._places, self._kinds, self._calls = [], [], [], {}
        before, changed = dict(self._phases), []
        for index, part in enumerate(self._reducer.parts):
            payloads = self._start(index, part)
            if isinstance(part, Subrun) and (before.get(part.run_id) == "start") != (_phase_of(part) == "start"):
                before[part.run_id] = _phase_of(part)
                changed += payloads
        return [self.sync({}), *changed]

    def _tell(self, event: Event) -> list[Payload]:
        match event:
            case PartDelta(index, text):
                return self._grow(index, text)
            case PartStarted(index, part):
                return self._start(index, part)
            case PartUpdated(index, Subrun() as part):
                return [self._subagent(part)]
            case PartUpdated(index, ToolCall()) if index in self._calls:
                return self._update_call(index)
            case Usage():
                self.usages.append(self._usage(event))
                return [{"event": "on_token_usage", "data": self.usages[-1]}]
            case Finished() | Failed():
                self.ended = event
        return []

    def _start(self, index: int, part: Part) -> list[Payload]:
        if index != len(self._places):
            return []
        self._kinds.append(type(part))
        if isinstance(part, BESIDE_CONTENT):
            self._places.append(None)
            return self._tell_beside(part)
        place = sum(known is not None for known in self._places)
        self._places.append(place)
        match part:
            case Text() | Reasoning():
                return self._start_text(index, part)
            case ToolCall():
                return self._start_call(index, part)
        return self._tell_whole(place, part)

    def _tell_whole(self, place: int, part: Part) -> list[Payload]:
        """Return the payloads of a part of the content that comes whole."""
        match part:
            case Steer():
                applied = {"steerId": part.id, "index": place, "part": steer_to_wire(part)}
                return [{"event": "on_steer_applied", "data": applied}]
            case AgentSwitch(agent_id):
                update = {"index": place, "runId": self.run_id, "agentId": agent_id}
                return [{"event": "on_agent_update", "data": {"type": "agent_update", "agent_update": update}}]
        return []

    def _tell_beside(self, part: Part) -> list[Payload]:
        """Return the payloads of a part that has no place in the content."""
        match part:
            case Attachment(kind, data):
                return [{"event": "attachment", "data": attachment_to_wire(kind, data, **self._ids)}]
            case Approval(state="pending"):
                parts = self._reducer.parts
                return [{"event": "on_pending_action", "data": approval_action(parts, self._action_id, self._ids)}]
            case Question(answer=None):
                return [{"event": "on_pending_action", "data": question_action(part, self._ids)}]
            case Subrun():
                return [self._subagent(part)]
        return []

    def _subagent(self, part: Subrun) -> Payload:
        phase = self._phases[part.run_id] = _phase_of(part)
        data = {
            "runId": self.run_id,
            "subagentRunId": part.run_id,
            "subagentType": part.name,
            "subagentAgentId": "",
            "phase": phase,
            "parentToolCallId": part.call_id,
            "label": part.name,
            "timestamp": milliseconds(timezone.now()),
        }
        return {"event": "on_subagent_update", "data": data | ({"data": {"text": part.text}} if part.text else {})}

    def _grow(self, index: int, text: str) -> list[Payload]:
        kind_of_part = self._kinds[index] if index < len(self._kinds) else None
        if index in self._calls and text:
            step = self._calls[index]
            step["call"]["args"] += text
            chunk = {"args": text, "id": step["call"]["id"], "index": 0, "type": "tool_call_chunk"}
            delta = {"type": "tool_calls", "tool_calls": [chunk]}
            return [{"event": "on_run_step_delta", "data": {"id": step["id"], "delta": delta}}]
        if text and kind_of_part in _DELTAS:
            name, kind = _DELTAS[kind_of_part]
            data = {"id": self._step_id(index), "delta": {"content": [{"type": kind, kind: text}]}}
            return [{"event": name, "data": data}]
        return []

    def _start_text(self, index: int, part: Text | Reasoning) -> list[Payload]:
        if not is_readable(part):
            return []
        creation = {"message_id": self.run_id, "content_type": part.type}
        step = self._start_step(index, "message_creation", {"type": "message_creation", "message_creation": creation})
        return [step, *self._grow(index, part.text)]

    def _start_call(self, index: int, part: ToolCall) -> list[Payload]:
        call: Payload = {"id": part.id, "name": part.name, "args": "", "type": "tool_call"}
        call |= {"edited": True} if part.edited else {}
        self._calls[index] = {"id": self._step_id(index), "index": self._places[index], "call": call}
        details = {"type": "tool_calls", "tool_calls": [dict(call)]}
        payloads = [self._start_step(index, "tool_calls", details), *self._grow(index, part.arguments)]
        return [*payloads, self._complete(index)] if part.result is not None else payloads

    def _update_call(self, index: int) -> list[Payload]:
        """Return what tells of a call that has its result, or that a person has edited: clients hear its arguments
        again when it is completed, as chunks can only be added to."""
        call = self._reducer.parts[index]
        if isinstance(call, ToolCall) and call.edited:
            self._calls[index]["call"] |= {"args": call.arguments, "edited": True}
        return [self._complete(index)] if isinstance(call, ToolCall) and call.result is not None else []

    def _complete(self, index: int) -> Payload:
        step = self._calls[index]
        call = self._reducer.parts[index]
        assert isinstance(call, ToolCall)  # noqa: S101 (only these are in `_calls`)
        done = result_of(step["call"], call.result_text, call.state == "failed")
        result = {"id": step["id"], "index": step["index"], "type": "tool_call", "tool_call": done}
        return {"event": "on_run_step_completed", "data": {"result": result}}

    def _start_step(self, index: int, kind: str, details: Payload) -> Payload:
        place, step_id = self._places[index], self._step_id(index)
        step = {"id": step_id, "runId": self.run_id, "type": kind, "index": place, "stepDetails": details}
        self.steps.append(step)
        return {"event": "on_run_step", "data": step}

    def _step_id(self, index: int) -> str:
        return f"step_{self.run_id}_{self._places[index]}"

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


def _phase_of(part: Subrun) -> str:
    return {"running": "start", "waiting": "start", "failed": "error"}.get(part.state, "stop")
