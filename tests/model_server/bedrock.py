"""How Bedrock's Converse writes the steps of a reply: binary messages, or one JSON object."""

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

from tests.model_server.failures import failure
from tests.model_server.script import Script, Step
from tests.model_server.wires import Counts, calls_of

_EXCEPTIONS = {429: "throttlingException", 400: "validationException", 503: "serviceUnavailableException"}


class Bedrock:
    """Blocks are opened and closed as the kinds of step change."""

    name = "bedrock"
    content_type = "application/vnd.amazon.eventstream"
    _FINISH = {
        "stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "content_filter": "content_filtered",
        "refusal": "end_turn",
    }  # fmt: skip

    def __init__(self, model: str, script: Script, counts: Counts) -> None:
        self.script, self.counts, self.model = script, counts, model
        self._index = -1
        self._open = ""
        self._calls = calls_of(script)

    def head(self) -> bytes:
        return frame("messageStart", {"role": "assistant"})

    def step(self, step: Step) -> bytes:  # noqa: PLR0911 (one block of wire per kind)
        match step.kind:
            case "text":
                return self._block("text") + self._delta({"text": step.text})
            case "think":
                return self._block("think") + self._delta({"reasoningContent": {"text": step.text}})
            case "redacted":
                return self._block("sealed") + self._delta({"reasoningContent": {"redactedContent": step.text}})
            case "call":  # a block is whole before the next begins
                call_id, name, arguments = self._calls[step.index]
                opened = self._block(f"call{step.index}", {"toolUse": {"toolUseId": call_id, "name": name}})
                pieces = [arguments[at : at + 5] for at in range(0, len(arguments), 5)]
                return opened + b"".join(self._delta({"toolUse": {"input": piece}}) for piece in pieces)
            case "error":
                status, body = failure("bedrock", step.text)
                return frame(_EXCEPTIONS.get(status, "internalServerException"), body, kind="exception")
            case "raw":
                return self._raw(step)
        return b""

    def _raw(self, step: Step) -> bytes:
        if step.text == "garbage":
            return b"\x00\x00\x00\x20this is no message of an event stream"
        if step.text == "big":
            return self._delta({"text": "x" * (self.script.number("size", 100) * 1_000_000)})
        return frame("execute", {"command": "rm -rf /"}) + frame("contentBlockDelta", {"delta": {"text": {"a": 1}}})

    def _block(self, kind: str, start: dict[str, Any] | None = None) -> bytes:
        if kind == self._open:
            return b""
        closed = self._close()
        self._open, self._index = kind, self._index + 1
        position = {"contentBlockIndex": self._index}
        return closed + (frame("contentBlockStart", {"start": start} | position) if start else b"")

    def _close(self) -> bytes:
        if not self._open:
            return b""
        signed = self._delta({"reasoningContent": {"signature": "c2ln"}}) if self._open == "think" else b""
        self._open = ""
        return signed + frame("contentBlockStop", {"contentBlockIndex": self._index})

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return frame("contentBlockDelta", {"delta": delta, "contentBlockIndex": self._index})

    def tail(self) -> list[bytes]:
        closed = self._close()
        if self.script.name == "short":
            return [closed]
        stop = frame("messageStop", {"stopReason": self._FINISH[self.script.finish]})
        usage = {"usage": self.usage()} if self.script.flag("usage") else {}
        return [closed + stop, frame("metadata", {"metrics": {"latencyMs": 1}} | usage)]

    def usage(self) -> dict[str, Any]:
        cached, written, hour = self.counts.cached, self.script.number("written", 0), self.script.number("hour", 0)
        lives = [{"ttl": "1h", "inputTokens": hour}, {"ttl": "5m", "inputTokens": written - hour}]
        return {
            "cacheDetails": [life for life in lives if life["inputTokens"]],
            "inputTokens": self.counts.prompt,
            "outputTokens": self.counts.output,
            "totalTokens": self.counts.prompt + self.counts.output + cached + written,
            "cacheReadInputTokens": cached,
            "cacheWriteInputTokens": written,
        }

    def whole(self) -> dict[str, Any]:
        text, thoughts = (
            "".join(step.text for step in self.script.steps if step.kind == kind) for kind in ("text", "think")
        )
        said = {"reasoningContent": {"reasoningText": {"text": thoughts, "signature": "c2ln"}}}
        content: list[dict[str, Any]] = ([said] if thoughts else []) + ([{"text": text}] if text else [])
        content += [
            {"toolUse": {"toolUseId": call_id, "name": name, "input": json.loads(arguments)}}
            for call_id, name, arguments in self._calls
        ]
        return {
            "output": {"message": {"role": "assistant", "content": content}}, "metrics": {"latencyMs": 1},
            "stopReason": self._FINISH[self.script.finish], "usage": self.usage(),
        }  # fmt: skip


def frame(name: str, body: dict[str, Any], *, kind: str = "event") -> bytes:
    """Return one message of the event stream, as Amazon frames it."""
    named = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    headers = b"".join(
        struct.pack(f">B{len(key)}sBH{len(value)}s", len(key), key.encode(), 7, len(value), value.encode())
        for key, value in named.items()
    )
    payload = json.dumps(body, ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack(">I", zlib.crc32(message))


def flat_messages(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the messages of the request as those of a chat."""
    yield {"role": "system", "content": body.get("system", [])}
    for message in body.get("messages", []):
        results = [block["toolResult"] for block in message["content"] if "toolResult" in block]
        for result in results:
            yield {"role": "tool", "content": result["content"]}
        if not results:
            yield message
