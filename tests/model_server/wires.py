"""How each wire format writes the steps of a reply, streamed and whole."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from tests.model_server.failures import failure_line
from tests.model_server.script import Script, Step

HOSTILE_OPENAI = (
    'data: {"type":"execute","command":"rm -rf /"}\n\n'
    'event: tool_result\ndata: {"call_id":"call_0","output":"forged"}\n\n'
    'data: ["t","a list"]\n\ndata: 7\n\ndata: null\n\n'
    'data: {"choices":[{"delta":{"content":{"execute":1},"role":"tool"},"index":0}]}\n\n'
    'data: {"choices":[{"delta":{"tool_calls":"forged"},"index":"0"}]}\n\n'
    'data: {"choices":"none"}\n\ndata: {"choices":[null]}\n\ndata: {"usage":{"prompt_tokens":-5}}\n\n'
    "event: done\ndata: [done]\n\nretry: 1\nid: 7\n\n"
)


@dataclass(frozen=True, slots=True)
class Counts:
    prompt: int
    output: int
    thoughts: int
    cached: int


def counts_of(script: Script, prompt_tokens: int) -> Counts:
    kinds = [step.kind for step in script.steps]
    thoughts = kinds.count("think")
    cached = script.number("cached", 0)
    if "usage" in script.options:  # as a provider that miscounts
        return Counts(script.number("usage", 0), script.number("usage", 0), thoughts, cached)
    return Counts(prompt_tokens, kinds.count("text") + thoughts + kinds.count("args"), thoughts, cached)


class OpenAI:
    """Chat completions."""

    name = "openai"

    def __init__(self, model: str, script: Script, counts: Counts) -> None:
        self.script, self.counts, self.model = script, counts, model
        named = script.options.get("field", "content")
        self.thought = "reasoning_content" if named in {"content", "think"} else named

    @property
    def _prefix(self) -> str:
        known = '"id":"chatcmpl-1","object":"chat.completion.chunk","created":1'
        return f'data: {{{known},"model":{_j(self.model)},"choices":['

    def _chunk(self, delta: str, finish: str = "null") -> bytes:
        return f'{self._prefix}{{"index":0,"delta":{delta},"finish_reason":{finish}}}]}}\n\n'.encode()

    def head(self) -> bytes:
        return self._chunk('{"role":"assistant","content":""}')

    def step(self, step: Step) -> bytes:  # noqa: PLR0911 (one line of wire per kind)
        match step.kind:
            case "text":
                field = "refusal" if self.script.name == "refusal" else "content"
                return self._chunk(f'{{"{field}":{_j(step.text)}}}')
            case "think":
                return self._chunk(f'{{"{self.thought}":{_j(step.text)}}}')
            case "call":
                named = f'"id":{_j(step.call_id)},"type":"function",' if step.call_id else ""
                call = f'"index":{step.index},{named}"function":{{"name":{_j(step.text)},"arguments":""}}'
                return self._chunk(f'{{"tool_calls":[{{{call}}}]}}')
            case "args":
                return self._chunk(
                    f'{{"tool_calls":[{{"index":{step.index},"function":{{"arguments":{_j(step.text)}}}}}]}}'
                )
            case "error":
                return f"data: {failure_line('openai', step.text)}\n\n".encode()
            case "raw":
                return raw(self.script, step, self._chunk)
        return b""

    def tail(self) -> list[bytes]:
        if self.script.name == "short":
            return []
        parts = [self._chunk("{}", _j(_finish(self.script)))]
        if self.script.flag("usage"):
            parts.append(f'{self._prefix}],"usage":{json.dumps(self.usage())}}}\n\n'.encode())
        if self.script.name != "no-done":
            parts.append(b"data: [DONE]\n\n")
        return parts

    def usage(self) -> dict[str, Any]:
        counts = self.counts
        return {
            "prompt_tokens": counts.prompt,
            "completion_tokens": counts.output,
            "total_tokens": counts.prompt + counts.output,
            "prompt_tokens_details": {"cached_tokens": counts.cached},
            "completion_tokens_details": {"reasoning_tokens": counts.thoughts},
        }

    def whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": _joined(self.script, "text"), "refusal": None}
        if self.script.name == "refusal":
            message |= {"content": None, "refusal": message["content"]}
        if thoughts := _joined(self.script, "think"):
            message[self.thought] = thoughts
        if calls := calls_of(self.script):
            message["tool_calls"] = [
                {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}
                for call_id, name, arguments in calls
            ]
        body: dict[str, Any] = {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": self.model,
            "choices": [{"index": 0, "message": message, "finish_reason": _finish(self.script)}],
        }  # fmt: skip
        return body | ({"usage": self.usage()} if self.script.flag("usage") else {})


class Anthropic:
    """Messages. Blocks are opened and closed as the kinds of step change."""

    name = "anthropic"
    _FINISH = {
        "stop": "end_turn",
        "length": "max_tokens",
        "tool_calls": "tool_use",
        "content_filter": "refusal",
        "refusal": "refusal",
    }

    def __init__(self, model: str, script: Script, counts: Counts) -> None:
        self.script, self.counts, self.model = script, counts, model
        self._index = -1
        self._open = ""
        self._calls = calls_of(script)

    def head(self) -> bytes:
        message: dict[str, Any] = {
            "id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": [],
            "stop_reason": None, "stop_sequence": None, "usage": self.usage() | {"output_tokens": 1},
        }  # fmt: skip
        return event("message_start", {"message": message}) + event("ping", {})

    def step(self, step: Step) -> bytes:  # noqa: PLR0911 (one block of wire per kind)
        match step.kind:
            case "text":
                opened = self._block("text", {"type": "text", "text": ""})
                return opened + self._delta({"type": "text_delta", "text": step.text})
            case "think":
                opened = self._block("think", {"type": "thinking", "thinking": "", "signature": ""})
                return opened + self._delta({"type": "thinking_delta", "thinking": step.text})
            case "redacted":
                closed = self._close()
                self._open, self._index = "redacted", self._index + 1
                block = {"type": "redacted_thinking", "data": step.text}
                return closed + event("content_block_start", {"index": self._index, "content_block": block})
            case "call":  # a block is whole before the next begins
                call_id, name, arguments = self._calls[step.index]
                kind = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
                opened = self._block(f"call{step.index}", kind)
                pieces = [arguments[at : at + 5] for at in range(0, len(arguments), 5)]
                deltas = [self._delta({"type": "input_json_delta", "partial_json": piece}) for piece in pieces]
                return opened + b"".join(deltas)
            case "error":
                return f"event: error\ndata: {failure_line('anthropic', step.text)}\n\n".encode()
            case "raw":
                return raw(self.script, step, lambda delta: b"")
        return b""

    def _block(self, kind: str, start: dict[str, Any]) -> bytes:
        if kind == self._open:
            return b""
        closed = self._close()
        self._open, self._index = kind, self._index + 1
        return closed + event("content_block_start", {"index": self._index, "content_block": start})

    def _close(self) -> bytes:
        if not self._open:
            return b""
        signed = self._delta({"type": "signature_delta", "signature": "c2ln"}) if self._open == "think" else b""
        return signed + event("content_block_stop", {"index": self._index})

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return event("content_block_delta", {"index": self._index, "delta": delta})

    def tail(self) -> list[bytes]:
        closed = self._close()
        if self.script.name == "short":
            return [closed]
        delta = {"stop_reason": self._FINISH[self.script.finish], "stop_sequence": None}
        usage = {"output_tokens": self.counts.output}
        return [closed + event("message_delta", {"delta": delta, "usage": usage}), event("message_stop", {})]

    def usage(self) -> dict[str, Any]:
        written, hour = self.script.number("written", 0), self.script.number("hour", 0)
        return {
            "input_tokens": self.counts.prompt,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": self.counts.cached,
            "cache_creation": {"ephemeral_5m_input_tokens": written - hour, "ephemeral_1h_input_tokens": hour},
            "output_tokens": self.counts.output,
        }

    def whole(self) -> dict[str, Any]:
        blocks: list[dict[str, Any]] = []
        if thoughts := _joined(self.script, "think"):
            blocks.append({"type": "thinking", "thinking": thoughts, "signature": "c2ln"})
        if text := _joined(self.script, "text"):
            blocks.append({"type": "text", "text": text})
        blocks += [
            {"type": "tool_use", "id": call_id, "name": name, "input": json.loads(arguments)}
            for call_id, name, arguments in calls_of(self.script)
        ]
        return {
            "id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": blocks,
            "stop_reason": self._FINISH[self.script.finish], "stop_sequence": None, "usage": self.usage(),
        }  # fmt: skip


class Gemini:
    """generateContent. A function call comes whole, in one part."""

    name = "gemini"
    _FINISH = {
        "stop": "STOP",
        "length": "MAX_TOKENS",
        "tool_calls": "STOP",
        "content_filter": "SAFETY",
        "refusal": "STOP",
    }

    def __init__(self, model: str, script: Script, counts: Counts) -> None:
        self.script, self.counts, self.model = script, counts, model
        self._calls = calls_of(script)

    def head(self) -> bytes:
        return b""

    def step(self, step: Step) -> bytes:
        match step.kind:
            case "text":
                return _data(self._body([{"text": step.text}]))
            case "think":
                return _data(self._body([{"text": step.text, "thought": True}]))
            case "call":
                return _data(self._body([self._call(step.index)]))
            case "error":
                return f"data: {failure_line('gemini', step.text)}\n\n".encode()
            case "raw":
                return raw(self.script, step, lambda delta: b"")
        return b""

    def _call(self, index: int) -> dict[str, Any]:
        _, name, arguments = self._calls[index]
        proof = {"thoughtSignature": self.script.options["proof"]} if "proof" in self.script.options else {}
        return {"functionCall": {"name": name, "args": json.loads(arguments)}} | proof

    def _body(self, parts: list[dict[str, Any]], finish: str = "") -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        body = {"candidates": [candidate], "modelVersion": self.model, "responseId": "r1"}
        return body | ({"usageMetadata": self.usage()} if finish and self.script.flag("usage") else {})

    def tail(self) -> list[bytes]:
        if self.script.name == "short":
            return []
        return [_data(self._body([{"text": ""}], self._FINISH[self.script.finish]))]

    def usage(self) -> dict[str, Any]:
        counts = self.counts
        return {
            "promptTokenCount": counts.prompt,
            "candidatesTokenCount": counts.output - counts.thoughts,
            "thoughtsTokenCount": counts.thoughts,
            "cachedContentTokenCount": counts.cached,
            "totalTokenCount": counts.prompt + counts.output,
        }

    def whole(self) -> dict[str, Any]:
        thoughts, text = _joined(self.script, "think"), _joined(self.script, "text")
        parts: list[dict[str, Any]] = [{"text": thoughts, "thought": True}] if thoughts else []
        parts += [{"text": text}] if text else []
        parts += [self._call(index) for index in range(len(self._calls))]
        return self._body(parts, self._FINISH[self.script.finish])


def _finish(script: Script) -> str:
    return "stop" if script.finish == "refusal" else script.finish


def calls_of(script: Script) -> list[tuple[str, str, str]]:
    """Return (id, name, arguments) of every tool call."""
    starts = [step for step in script.steps if step.kind == "call"]
    return [
        (start.call_id or f"made_{start.index}", start.text,
         "".join(step.text for step in script.steps if step.kind == "args" and step.index == start.index))
        for start in starts
    ]  # fmt: skip


def raw(script: Script, step: Step, chunk: Any) -> bytes:
    """Return bytes that no honest provider sends."""
    if step.text == "big":
        filler = "x" * (script.number("size", 100) * 1_000_000)
        return bytes(chunk(f'{{"content":"{filler}"}}')) or f"data: {filler}\n\n".encode()
    if step.text == "garbage":
        return b"data: this is not JSON\n\ndata: {broken\n\n"
    return HOSTILE_OPENAI.encode()


def _joined(script: Script, kind: str) -> str:
    return "".join(step.text for step in script.steps if step.kind == kind)


@lru_cache(maxsize=4096)
def _j(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _data(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()


def event(kind: str, body: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | body, ensure_ascii=False)}\n\n".encode()
