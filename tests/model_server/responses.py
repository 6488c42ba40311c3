"""How OpenAI's Responses API writes the steps of a reply, streamed and whole."""

from collections.abc import Iterator
from typing import Any

from tests.model_server.failures import failure
from tests.model_server.script import Script, Step
from tests.model_server.wires import Counts, calls_of, event, raw

SEALED = "gAAAA-sealed"


class Responses:
    """Items are opened and closed as the kinds of step change; calls stay open to the end."""

    name = "openai"

    def __init__(self, model: str, script: Script, counts: Counts) -> None:
        self.script, self.counts, self.model = script, counts, model
        self._number = -1
        self._output: list[dict[str, Any]] = []  # the items so far
        self._open = ""
        self._at: dict[int, int] = {}  # call: its item

    def head(self) -> bytes:
        return self._event("response.created", {"response": self._response("in_progress")})

    def step(self, step: Step) -> bytes:  # noqa: PLR0911 (one block of wire per kind)
        match step.kind:
            case "text":
                key = "refusal" if self.script.name == "refusal" else "text"
                fields = {"content_index": 0, "delta": step.text}
                kind = "response.refusal.delta" if key == "refusal" else "response.output_text.delta"
                content = [{"type": "refusal", "refusal": ""}] if key == "refusal" else [_text("")]
                opened = self._begin("text", {"type": "message", "role": "assistant", "content": content})
                self._output[-1]["content"][0][key] += step.text
                return opened + self._delta(kind, fields if key == "refusal" else fields | {"logprobs": []})
            case "think":
                opened = self._begin("think", {"type": "reasoning", "summary": [{"type": "summary_text", "text": ""}]})
                self._output[-1]["summary"][0]["text"] += step.text
                fields = {"summary_index": 0, "delta": step.text}
                return opened + self._delta("response.reasoning_summary_text.delta", fields)
            case "redacted":
                return self._begin("sealed", {"type": "reasoning", "summary": []})
            case "call":
                call_id, name, _ = calls_of(self.script)[step.index]
                self._at[step.index] = len(self._output)
                call = {"type": "function_call", "call_id": call_id, "name": name, "arguments": ""}
                return self._begin(f"call{step.index}", call)
            case "args":
                at = self._at[step.index]
                self._output[at]["arguments"] += step.text
                return self._delta("response.function_call_arguments.delta", {"delta": step.text}, at)
            case "error":
                error = failure("openai", step.text)[1]["error"]
                return self._event("error", {"code": error["code"], "message": error["message"], "param": None})
            case "raw":
                return raw(self.script, step, lambda delta: b"")
        return b""

    def tail(self) -> list[bytes]:
        closed = self._close() + b"".join(self._done(at) for at in self._at.values())
        if self.script.name == "short":
            return [closed]
        stopped = self.script.finish in {"length", "content_filter"}
        kind = "response.incomplete" if stopped else "response.completed"
        return [closed, self._event(kind, {"response": self._ended()})]

    def whole(self) -> dict[str, Any]:
        for step in self.script.steps:
            self.step(step)
        self.tail()
        return self._ended()

    def _begin(self, kind: str, item: dict[str, Any]) -> bytes:
        if kind == self._open:
            return b""
        closed = self._close()
        index = len(self._output)
        prefix = {"message": "msg", "reasoning": "rs"}.get(item["type"], "fc")
        self._open = kind
        self._output.append(item | {"id": f"{prefix}_{index}", "status": "in_progress"})
        return closed + self._event("response.output_item.added", {"output_index": index, "item": self._output[-1]})

    def _close(self) -> bytes:
        """Close the open item, but not a call, whose arguments come in turns with those of others."""
        opened, self._open = self._open, ""
        return self._done(len(self._output) - 1) if opened and not opened.startswith("call") else b""

    def _done(self, at: int) -> bytes:
        item = self._output[at]
        item["status"] = "completed"
        if item["type"] == "reasoning":
            item["encrypted_content"] = SEALED
        return self._event("response.output_item.done", {"output_index": at, "item": item})

    def _delta(self, kind: str, body: dict[str, Any], at: int | None = None) -> bytes:
        at = len(self._output) - 1 if at is None else at
        return self._event(kind, {"item_id": self._output[at]["id"], "output_index": at} | body)

    def _event(self, kind: str, body: dict[str, Any]) -> bytes:
        self._number += 1
        return event(kind, {"sequence_number": self._number} | body)

    def _ended(self) -> dict[str, Any]:
        reason = {"length": "max_output_tokens", "content_filter": "content_filter"}.get(self.script.finish)
        ended = self._response("incomplete" if reason else "completed")
        ended["incomplete_details"] = {"reason": reason} if reason else None
        return ended | ({"usage": self.usage()} if self.script.flag("usage") else {})

    def _response(self, status: str) -> dict[str, Any]:
        return {
            "id": "resp_1", "object": "response", "created_at": 1, "model": self.model, "status": status, "error": None,
            "incomplete_details": None, "output": [*self._output], "parallel_tool_calls": True, "tool_choice": "auto",
            "tools": [], "instructions": None, "metadata": {}, "temperature": None, "top_p": None,
        }  # fmt: skip

    def usage(self) -> dict[str, Any]:
        counts = self.counts
        return {
            "input_tokens": counts.prompt,
            "input_tokens_details": {"cached_tokens": counts.cached, "cache_write_tokens": 0},
            "output_tokens": counts.output,
            "output_tokens_details": {"reasoning_tokens": counts.thoughts},
            "total_tokens": counts.prompt + counts.output,
        }


def _text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": []}


def flat_messages(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the input's items as messages of a chat."""
    yield {"role": "system", "content": body.get("instructions") or ""}
    for item in body.get("input", []):
        match item.get("type"):
            case "function_call_output":
                yield {"role": "tool", "content": item["output"]}
            case "function_call":
                yield {"role": "assistant", "content": ""}
            case "reasoning":
                pass
            case _:
                yield item
