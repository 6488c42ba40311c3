"""What each provider demands of the messages of a request, as far as its documentation and its refusals tell.

`check` raises `AssertionError` for a body that the provider would refuse.
"""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.wire.prompt_bodies import CHATS, CLAUDES, GEMINIS

Body = Mapping[str, Any]
NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def check(wire: str, body: Body) -> None:
    if wire in CHATS:
        chat(body)
    elif wire in CLAUDES:
        anthropic(body)
    elif wire in GEMINIS:
        google(body)
    else:
        {"responses": responses, "bedrock": bedrock}[wire](body)


def chat(body: Body, *, strict: bool = False) -> None:
    """OpenAI's; `strict`: Mistral's."""
    messages = list(body["messages"])
    roles = [message["role"] for message in messages]
    spoken = [role for role in roles if role != "system"]
    assert roles == ["system"] * (len(roles) - len(spoken)) + spoken
    assert spoken[0] == "user"
    assert spoken[-1] in {"user", "tool"}
    for before, after in itertools.pairwise(roles):
        assert before != after or after == "tool"
        assert not (strict and (before, after) == ("tool", "user"))
    open_ids: list[str] = []
    seen: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            open_ids.remove(message["tool_call_id"])
            assert isinstance(message["content"], str)
            assert message["content"].strip()
            continue
        assert open_ids == []
        _content(message)
        for call in message.get("tool_calls", ()):
            assert message["role"] == "assistant"
            assert call["id"] not in seen
            assert len(call["id"]) <= 40
            assert not strict or re.fullmatch("[a-zA-Z0-9]{9}", call["id"])
            _function(call["function"])
            open_ids.append(call["id"])
            seen.add(call["id"])
    assert open_ids == []


def _content(message: Body) -> None:
    content = message["content"]
    if message["role"] == "assistant":
        assert content is None or isinstance(content, str)
        assert message.get("tool_calls") or content
    if isinstance(content, str):
        assert content.strip()
    elif content is not None:
        assert content
        for piece in content:
            assert piece["type"] in {"text", "image_url", "input_audio"}
            assert piece["type"] != "text" or piece["text"].strip()
            assert piece["type"] != "image_url" or _is_data_url(piece["image_url"]["url"])


def _function(function: Body) -> None:
    assert NAME.fullmatch(function["name"])
    assert isinstance(json.loads(function["arguments"]), dict)


def _is_data_url(url: str) -> bool:
    return bool(re.fullmatch(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*", url))


def responses(body: Body) -> None:
    items = body["input"]
    called, answered = [], []
    for at, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "reasoning":  # an item of thoughts needs the item that they led to
            assert item["encrypted_content"]
            following = items[at + 1]
            assert following.get("type") in {"reasoning", "function_call"} or following["role"] == "assistant"
        elif kind == "function_call":
            _function(item)
            assert ID.fullmatch(item["call_id"])
            called.append(item["call_id"])
        elif kind == "function_call_output":
            assert item["call_id"] in called
            answered.append(item["call_id"])
            assert item["output"]
            assert isinstance(item["output"], str) or {piece["type"] for piece in item["output"]} <= _PIECES
        else:
            assert item["role"] in {"user", "assistant"}
            assert item["content"]
            if item["role"] == "assistant":
                assert isinstance(item["content"], str)
            elif not isinstance(item["content"], str):
                assert {piece["type"] for piece in item["content"]} <= _PIECES
    assert len(set(called)) == len(called)
    assert sorted(called) == sorted(answered)
    assert items[0]["role"] == "user"


_PIECES = {"input_text", "input_image"}


def anthropic(body: Body) -> None:
    messages = body["messages"]
    _take_turns(messages, "assistant")
    seen: set[str] = set()
    for at, message in enumerate(messages):
        blocks = message["content"]
        assert blocks
        uses = [block for block in blocks if block["type"] == "tool_use"]
        assert blocks[len(blocks) - len(uses) :] == uses
        assert "thinking" not in blocks[-1]["type"]
        after = messages[at + 1]["content"] if uses else []
        results = [block["tool_use_id"] for block in after[: len(uses)] if block["type"] == "tool_result"]
        assert sorted(results) == sorted(block["id"] for block in uses)
        for block in blocks:
            _block(block, message["role"], body)
        for block in uses:
            assert block["id"] not in seen
            seen.add(block["id"])
    _begin_with_thoughts(body)


def _block(block: Body, role: str, body: Body) -> None:
    match block["type"]:
        case "text":
            assert block["text"].strip()
        case "image":
            assert role == "user"
            assert block["source"]["media_type"] in {"image/png", "image/jpeg", "image/gif", "image/webp"}
        case "thinking":
            assert role == "assistant"
            assert block["signature"]
        case "redacted_thinking":
            assert role == "assistant"
            assert block["data"]
        case "tool_use":
            assert body.get("tools")
            assert ID.fullmatch(block["id"])
            assert NAME.fullmatch(block["name"])
            assert isinstance(block["input"], dict)
        case "tool_result":
            assert body.get("tools")
            content = block["content"]
            kinds = {"text"} if isinstance(content, str) else {piece["type"] for piece in content}
            assert content
            assert kinds <= ({"text"} if block.get("is_error") else {"text", "image"})
        case other:
            raise AssertionError(other)


def _begin_with_thoughts(body: Body) -> None:
    """With a budget for thoughts the rounds of calls at the end begin with some."""
    if body.get("thinking", {}).get("type") != "enabled":
        return
    first: Sequence[Body] = ()
    *before, last = (message["content"] for message in body["messages"])
    if last[0]["type"] == "tool_result":
        for content in reversed(before):
            kinds = {block["type"] for block in content}
            if "tool_result" in kinds and kinds != {"tool_result"}:
                break
            if "tool_use" in kinds:
                first = content
            elif "tool_result" not in kinds:
                break
        assert first[0]["type"] in {"thinking", "redacted_thinking"}


def _take_turns(messages: Sequence[Body], model: str) -> None:
    roles = [message["role"] for message in messages]
    assert roles[0] == roles[-1] == "user"
    assert set(roles) <= {"user", model}
    assert all(before != after for before, after in itertools.pairwise(roles))


def bedrock(body: Body) -> None:
    messages = body["messages"]
    _take_turns(messages, "assistant")
    seen: set[str] = set()
    for at, message in enumerate(messages):
        blocks = message["content"]
        assert blocks
        uses = [block["toolUse"] for block in blocks if "toolUse" in block]
        after = messages[at + 1]["content"] if uses else []
        results = [block["toolResult"]["toolUseId"] for block in after if "toolResult" in block]
        assert sorted(results) == sorted(use["toolUseId"] for use in uses)
        assert "reasoningContent" not in blocks[-1]
        for use in uses:
            assert body["toolConfig"]["tools"]
            assert ID.fullmatch(use["toolUseId"])
            assert use["toolUseId"] not in seen
            assert NAME.fullmatch(use["name"])
            assert isinstance(use["input"], dict)
            seen.add(use["toolUseId"])
        for block in blocks:
            (kind,) = block
            assert kind in ({"text", "toolUse", "reasoningContent"} if message["role"] == "assistant" else
                            {"text", "image", "toolResult"})  # fmt: skip
            assert kind != "text" or block["text"].strip()
            for piece in block["toolResult"]["content"] if kind == "toolResult" else ():
                assert set(piece) <= {"text", "json", "image"}
                assert "json" not in piece or isinstance(piece["json"], dict)


def google(body: Body) -> None:
    contents = body["contents"]
    assert contents[0]["role"] == contents[-1]["role"] == "user"
    for at, content in enumerate(contents):
        parts = content["parts"]
        assert parts
        calls = [part["functionCall"]["name"] for part in parts if "functionCall" in part]
        answers = [part["functionResponse"]["name"] for part in parts if "functionResponse" in part]
        if calls:
            assert content["role"] == "model"
            assert body["tools"]
            assert contents[at - 1]["role"] == "user"
            following = contents[at + 1]["parts"]
            assert [part["functionResponse"]["name"] for part in following] == calls
        if answers:
            assert content["role"] == "user"
            assert len(answers) == len(parts)
            before = contents[at - 1]["parts"]
            assert [part["functionCall"]["name"] for part in before if "functionCall" in part] == answers
        for part in parts:
            assert "text" not in part or part["text"].strip()
            assert "functionResponse" not in part or isinstance(part["functionResponse"]["response"], dict)
            assert "functionCall" not in part or isinstance(part["functionCall"]["args"], dict)
            assert "inlineData" not in part or content["role"] == "user"


def proves_its_calls(body: Body) -> None:
    """Gemini 3: in the last turn the first call of each content has a signature."""
    for content in reversed(body["contents"]):
        parts = content["parts"]
        if content["role"] == "user" and "functionResponse" not in parts[0]:
            return
        calls = [part for part in parts if "functionCall" in part]
        assert all(part.get("thoughtSignature") for part in calls[:1])
