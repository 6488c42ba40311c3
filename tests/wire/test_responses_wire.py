"""The Responses API, over HTTP against the model server."""

from dataclasses import replace
from typing import Any

import pytest

from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from messages.events import Usage
from messages.parts import Reasoning, Signature, Text, ToolCall
from tests.model_server.fixtures import ModelServer
from tests.model_server.responses import SEALED
from tests.prompt_maker import answer, results, said
from tests.wire.conftest import KEY, ask, calls_of, ended, events_of, parts_of, text_of, thoughts_of

pytestmark = pytest.mark.wire

TOOL = ToolSpec("lookup", "Looks things up.", {"type": "object", "properties": {"q": {"type": "string"}}})
THOUGHT = "".join(f"Step {number}: think. " for number in range(6))


def ask_response(endpoint: Endpoint, text: str, **options: Any) -> ModelRequest:
    return replace(ask(endpoint, text, **options), uses_responses=True)


async def test_the_request_holds_what_was_asked_and_nothing_else(openai: Endpoint, model_server: ModelServer) -> None:
    sealed = (
        Reasoning("Where?", Signature("rs_1 AbC", provider="Wire")),
        Reasoning("", Signature("rs_2 DeF", encrypted=True, provider="Wire")),
        Reasoning("unsealed"),
    )
    call = ToolCall("c1", "lookup", '{"q":"x"}')
    messages = [
        PromptMessage.of("system", "Be brief."),
        PromptMessage.of("user", "hi"),
        said(*sealed, "One moment.", call),
        results(answer(call, "found")),
    ]
    params = {"reasoning": {"effort": "high", "summary": "auto"}, "text": {"verbosity": "low"}, "top_p": None,
              "tools": [{"type": "web_search"}], "input": "forged", "instructions": "forged"}  # fmt: skip
    await events_of(
        ModelRequest(openai, "gpt-5", messages, params=params, tools=(TOOL,), max_tokens=50, user_id="u1",
                     uses_responses=True)
    )  # fmt: skip
    (seen,) = model_server.requests()
    assert seen["path"] == "/v1/responses"
    assert seen["headers"]["Authorization"] == f"Bearer {KEY}"
    assert seen["body"] == {
        "model": "gpt-5",
        "instructions": "Be brief.",
        "input": [
            {"role": "user", "content": "hi"},
            {"type": "reasoning", "id": "rs_1", "encrypted_content": "AbC",
             "summary": [{"type": "summary_text", "text": "Where?"}]},
            {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "DeF"},
            {"role": "assistant", "content": "One moment."},
            {"type": "function_call", "call_id": "c1", "name": "lookup", "arguments": '{"q":"x"}'},
            {"type": "function_call_output", "call_id": "c1", "output": "found"},
        ],
        "stream": True,
        "store": False,
        "include": ["reasoning.encrypted_content"],
        "user": "u1",
        "max_output_tokens": 50,
        "reasoning": {"effort": "high", "summary": "auto"},
        "text": {"verbosity": "low"},
        "tools": [{"type": "web_search"},
                  {"type": "function", "name": "lookup", "description": "Looks things up.", "strict": False,
                   "parameters": dict(TOOL.parameters)}],
    }  # fmt: skip


async def test_a_model_that_does_not_reason_is_not_asked_for_thoughts(
    openai: Endpoint, model_server: ModelServer
) -> None:
    await events_of(ask_response(openai, "hi", model="gpt-4o"))
    assert "include" not in model_server.requests()[0]["body"]


@pytest.mark.parametrize("stream_it", [True, False])
async def test_thoughts_come_sealed(openai: Endpoint, stream_it: bool) -> None:
    events = await events_of(ask_response(openai, "[[reasoning cached=1]] a b", stream=stream_it))
    assert parts_of(events).parts == [
        Reasoning(THOUGHT, Signature(f"rs_0 {SEALED}", provider="Wire")),
        Text("So the answer is 42."),
    ]
    usage = Usage(input_tokens=3, output_tokens=11, reasoning_tokens=6, cache_read_tokens=1)
    assert events[-2] == replace(usage, input_tokens=events[-2].input_tokens)  # type: ignore[union-attr]


async def test_thoughts_that_nobody_may_read_are_kept_for_the_provider(openai: Endpoint) -> None:
    events = await events_of(ask_response(openai, "[[reasoning thoughts=1 redacted=x]]"))
    *thoughts, _ = parts_of(events).parts
    hidden = [part.is_hidden for part in thoughts if isinstance(part, Reasoning) and part.signature]
    assert hidden == [False, True, False]


@pytest.mark.parametrize("stream_it", [True, False])
async def test_parallel_calls_whose_arguments_come_in_turns(openai: Endpoint, stream_it: bool) -> None:
    events = await events_of(ask_response(openai, "[[tools calls=3]]", tools=(TOOL,), stream=stream_it))
    assert calls_of(events) == [("lookup", f'{{"q": "query {number}"}}') for number in range(3)]
    assert [text_of(events), ended(events)] == ["Let me look. ", "tool_calls"]


async def test_results_of_tools_go_back(openai: Endpoint) -> None:
    messages = [
        PromptMessage.of("user", "[[tools]]"),
        said(ToolCall("c1", "lookup", "{}")),
        results(answer(ToolCall("c1", "lookup", "{}"), "sunny")),
    ]
    events = await events_of(ModelRequest(openai, "gpt-5", messages, tools=(TOOL,), uses_responses=True))
    assert "sunny" in text_of(events)


async def test_azure_has_one_address_for_all_deployments(azure: Endpoint, model_server: ModelServer) -> None:
    events = await events_of(ask_response(azure, "[[reasoning]]"))
    assert thoughts_of(events) == THOUGHT
    (seen,) = model_server.requests()
    assert seen["path"] == "/openai/v1/responses"
    assert [seen["headers"]["api-key"], seen["body"]["model"]] == [KEY, "our-gpt"]
