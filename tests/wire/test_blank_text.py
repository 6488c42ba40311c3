"""No prompt holds blank text, an empty message, or two messages of one side in a row, whatever was said before."""

from collections.abc import Callable
from typing import Any

import pytest

from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from endpoints.services.prompts import NO_OUTPUT, tidy
from messages.parts import Reasoning, Signature, ToolCall
from tests.model_server.fixtures import ModelServer
from tests.prompt_maker import answer, asked, results, said
from tests.wire.conftest import ended, events_of

pytestmark = pytest.mark.wire

BLANKS = ("", "\n", " \n\n", "\t", "\u00a0\u3000", "\u200b", "\u2028\x1c", "\ufeff \r\n")
Turns = list[tuple[str, str]]  # who, what
# name: (what was said, what a provider that takes instructions apart hears)
CHATS: dict[str, tuple[Turns, Turns]] = {
    "a blank reply": (
        [("user", "Open?"), ("assistant", " \n\n"), ("user", "Still there?")], [("user", "Open?\n\nStill there?")],
    ),
    "several in a row": (
        [("user", "a"), ("assistant", ""), ("user", "b"), ("assistant", "\u00a0\u3000"), ("user", "c")],
        [("user", "a\n\nb\n\nc")],
    ),
    "a reply that ends in blanks": (
        [("user", "Say it."), ("assistant", "It is open. \n"), ("user", "Thanks")],
        [("user", "Say it."), ("assistant", "It is open."), ("user", "Thanks")],
    ),
    "a reply at the end": (
        [("user", "Say it."), ("assistant", "It is \u3000\n")], [("user", "Say it."), ("assistant", "It is")],
    ),
    "a person's blank": (
        [("user", "\u200b"), ("assistant", "Hello."), ("user", "Hi")], [("user", "Hi")],
    ),
    "two replies in a row": (
        [("user", "a"), ("assistant", "One."), ("user", "\n"), ("assistant", "Two."), ("user", "b")],
        [("user", "a"), ("assistant", "One.\n\nTwo."), ("user", "b")],
    ),
    "instructions of nothing": (
        [("system", " \n "), ("user", "  indented")], [("user", "  indented")],
    ),
    "nothing but instructions": ([("system", "Name it.")], [("user", "Name it.")]),
}  # fmt: skip


def said_of(body: dict[str, Any]) -> Turns:
    """Return who says what in a request, whatever its wire."""
    turns: Turns = []
    for message in body.get("messages") or body.get("contents") or body["input"]:
        content = message.get("content", message.get("parts"))
        blocks = [content] if isinstance(content, str) else [block["text"] for block in content]
        assert blocks
        assert all(block.strip() for block in blocks)
        role = "assistant" if message["role"] == "model" else message["role"]
        turns.append((role, "\n\n".join(blocks)))
    return turns


def served(kind: str, openai: Endpoint, anthropic: Endpoint, gemini: Endpoint, bedrock: Endpoint) -> Endpoint:
    return {"chat": openai, "responses": openai, "anthropic": anthropic, "gemini": gemini, "bedrock": bedrock}[kind]


@pytest.fixture(params=["chat", "responses", "anthropic", "gemini", "bedrock"])
def request_of(
    request: pytest.FixtureRequest, openai: Endpoint, anthropic: Endpoint, gemini: Endpoint, bedrock: Endpoint
) -> Callable[[list[PromptMessage]], ModelRequest]:
    kind = request.param
    endpoint = served(kind, openai, anthropic, gemini, bedrock)
    model = endpoint.models.names[0] if endpoint.models.names else "some-model"
    return lambda messages: ModelRequest(endpoint, model, messages, uses_responses=kind == "responses")


@pytest.mark.parametrize("chat", CHATS)
async def test_a_prompt_has_nothing_blank_and_takes_turns(
    request_of: Callable[[list[PromptMessage]], ModelRequest], model_server: ModelServer, chat: str
) -> None:
    given, heard = CHATS[chat]
    request = request_of([PromptMessage.of(role, text) for role, text in given])  # type: ignore[arg-type]
    assert ended(await events_of(request)) == "stop"
    body = model_server.requests()[0]["body"]
    completions = request.endpoint.connection.wire == "openai" and not request.uses_responses
    if chat == "nothing but instructions" and completions:
        heard = given  # this wire has instructions among the messages
    assert said_of(body) == heard
    assert not any(body.get(name) for name in ("system", "systemInstruction", "instructions"))


@pytest.mark.parametrize("blank", BLANKS)
async def test_whatever_is_blank(
    request_of: Callable[[list[PromptMessage]], ModelRequest], model_server: ModelServer, blank: str
) -> None:
    texts = ("Open?", blank, "Well?", blank + "It is.", "Thanks")
    roles: Any = ("user", "assistant", "user", "assistant", "user")
    messages = [PromptMessage.of("system", blank), *map(PromptMessage.of, roles, texts)]
    await events_of(request_of(messages))
    assert said_of(model_server.requests()[0]["body"]) == [
        ("user", "Open?\n\nWell?"), ("assistant", blank + "It is."), ("user", "Thanks"),
    ]  # fmt: skip


CALL = ToolCall("t1", "look", "{}")
TOOL = ToolSpec("look", "Looks.", {"type": "object"})


def round_by(signer: str) -> list[PromptMessage]:
    """Return a question, a call after signed thoughts with a blank between, and a blank result."""
    sealed = Reasoning("Look it up.", Signature("c2ln", provider=signer))
    return [asked("Look."), said(sealed, "\n", CALL), results(answer(CALL, " "))]


async def test_thoughts_and_calls_keep_their_place_without_the_blank_between(
    anthropic: Endpoint, bedrock: Endpoint, gemini: Endpoint, openai: Endpoint, model_server: ModelServer
) -> None:
    for endpoint in (anthropic, bedrock, gemini, openai):
        model = endpoint.models.names[0] if endpoint.models.names else "m"
        await events_of(ModelRequest(endpoint, model, round_by(endpoint.signer), tools=(TOOL,)))
    claude, converse, google, chat = (request["body"] for request in model_server.requests())
    assert claude["messages"][1:] == [
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "Look it up.", "signature": "c2ln"},
            {"type": "tool_use", "id": "t1", "name": "look", "input": {}},
        ]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": NO_OUTPUT}]},
    ]  # fmt: skip
    assert [sorted(block) for block in converse["messages"][1]["content"]] == [["reasoningContent"], ["toolUse"]]
    assert converse["messages"][2]["content"][0]["toolResult"]["content"] == [{"text": NO_OUTPUT}]
    assert [sorted(part) for part in google["contents"][1]["parts"]] == [["functionCall", "thoughtSignature"]]
    assert google["contents"][2]["parts"][0]["functionResponse"]["response"] == {"result": NO_OUTPUT}
    assert [message["content"] for message in chat["messages"]] == ["Look.", None, NO_OUTPUT]


@pytest.mark.parametrize("signature", [None, Signature("c2ln"), Signature("x7Q=", encrypted=True)])
def test_thoughts_alone_are_no_message(signature: Signature | None) -> None:
    """Anthropic and OpenAI refuse thoughts that nothing follows; elsewhere an empty message would be left of them."""
    alone = said(Reasoning("Hm.", signature), " ")
    before, after = PromptMessage.of("user", "a"), PromptMessage.of("user", "b")
    assert [(turn.role, turn.text) for turn in tidy([before, alone, after])] == [("user", "a\n\nb")]
