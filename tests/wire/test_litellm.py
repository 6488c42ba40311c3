"""Providers without a wire of our own: litellm, here against the model server's Anthropic and Gemini faces."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from endpoints.providers.litellm import wire as litellm
from endpoints.transport.http import Timeouts
from messages.events import Event, PartDelta, PartEnded, PartStarted, Usage
from messages.parts import Reasoning, Signature, Text, ToolCall
from messages.reducer import MessageParts
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.model_server.script import UNICODE, words
from tests.prompt_maker import answer, results, said
from tests.servers import free_port
from tests.wire.conftest import KEY, ask, calls_of, checked, ended, text_of, thoughts_of

pytestmark = [
    pytest.mark.wire,
    pytest.mark.filterwarnings("ignore"),  # the library's own, of every kind
]

TOOL = ToolSpec("lookup", "Looks things up.", {"type": "object", "properties": {"q": {"type": "string"}}})
QUICK = Timeouts(connect=1, first_byte=1, idle=1, total=5)


async def events_of(request: ModelRequest) -> list[Event]:
    return await checked(litellm.stream(request))


@pytest.fixture(params=["anthropic", "gemini"])
def endpoint(request: pytest.FixtureRequest) -> Endpoint:
    endpoint = request.getfixturevalue(request.param)
    assert isinstance(endpoint, Endpoint)
    return endpoint


@pytest.mark.parametrize("stream_it", [True, False])
async def test_a_reply_with_its_usage(endpoint: Endpoint, model_server: ModelServer, stream_it: bool) -> None:
    events = await events_of(ask(endpoint, "[[tokens:150]] hi", stream=stream_it, user_id="u1"))
    assert text_of(events) == "".join(words(150))
    assert events[-2] == Usage(input_tokens=2, output_tokens=150)
    assert ended(events) == "stop"
    assert model_server.count == 1


async def test_cached_tokens_are_counted_apart(anthropic: Endpoint, gemini: Endpoint) -> None:
    events = await events_of(ask(anthropic, "[[tokens:3 cached=100 written=50]]"))
    assert events[-2] == Usage(input_tokens=3, output_tokens=3, cache_read_tokens=100, cache_write_tokens=50)
    events = await events_of(ask(gemini, "[[tokens:3 cached=2]] four more words here"))
    assert events[-2] == Usage(input_tokens=4, output_tokens=3, cache_read_tokens=2)


async def test_thoughts(endpoint: Endpoint) -> None:
    events = await events_of(ask(endpoint, "[[reasoning]]"))
    assert thoughts_of(events) == "".join(f"Step {number}: think. " for number in range(6))
    assert text_of(events) == "So the answer is 42."
    usage = events[-2]
    assert isinstance(usage, Usage)
    assert usage.output_tokens == 11
    assert usage.reasoning_tokens > 0


@pytest.mark.parametrize("stream_it", [True, False])
async def test_blocks_of_thoughts_are_sealed(anthropic: Endpoint, stream_it: bool) -> None:
    events = await events_of(ask(anthropic, "[[reasoning]]", stream=stream_it))
    reply = MessageParts()
    for event in events:
        reply.apply(event)
    thought = "".join(f"Step {number}: think. " for number in range(6))
    assert reply.parts[0] == Reasoning(thought, Signature("c2ln", provider="A"))


async def test_encrypted_thoughts_are_a_part_of_their_own(anthropic: Endpoint) -> None:
    reply = MessageParts()
    for event in await events_of(ask(anthropic, "[[reasoning thoughts=1 redacted=AbC]]")):
        reply.apply(event)
    assert reply.parts == [
        Reasoning("Step 0: think. ", Signature("c2ln", provider="A")),
        Reasoning("", Signature("AbC", encrypted=True, provider="A")),
        Reasoning("And once more. ", Signature("c2ln", provider="A")),
        Text("So the answer is 42."),
    ]


async def test_thoughts_before_a_tool_call_go_back_as_they_came(anthropic: Endpoint, model_server: ModelServer) -> None:
    thoughts = (
        Reasoning("Where is it?", Signature("c2ln", provider="A")),
        Reasoning("", Signature("AbC", encrypted=True)),
        Reasoning("unsigned"),
    )
    call = ToolCall("c1", "lookup", '{"q": "x"}')
    messages = [
        PromptMessage.of("user", "[[tools]]"),
        said(*thoughts, "Let me look.", call),
        results(answer(call, "sunny")),
    ]
    await events_of(ModelRequest(anthropic, anthropic.models.names[0], messages, tools=(TOOL,)))
    blocks = model_server.requests()[-1]["body"]["messages"][1]["content"]
    assert blocks[:2] == [
        {"type": "thinking", "thinking": "Where is it?", "signature": "c2ln"},
        {"type": "redacted_thinking", "data": "AbC"},
    ]
    assert [block["type"] for block in blocks[2:]] == ["text", "tool_use"]


@pytest.mark.parametrize("stream_it", [True, False])
async def test_parallel_tool_calls(endpoint: Endpoint, stream_it: bool) -> None:
    events = await events_of(ask(endpoint, "[[tools calls=2]]", tools=(TOOL,), stream=stream_it))
    calls = calls_of(events)
    assert [name for name, _ in calls] == ["lookup", "lookup"]
    assert [arguments.replace(" ", "") for _, arguments in calls] == ['{"q":"query0"}', '{"q":"query1"}']
    assert ended(events) == "tool_calls"


async def test_results_of_tools_go_back(endpoint: Endpoint) -> None:
    call = ToolCall("c1", "lookup", '{"q": "x"}')
    messages = [
        PromptMessage.of("user", "[[tools]]"),
        said("Let me look.", call),
        results(answer(call, "sunny")),
    ]
    events = await events_of(ModelRequest(endpoint, endpoint.models.names[0], messages, tools=(TOOL,)))
    assert text_of(events).startswith("The tool said: ")
    assert "sunny" in text_of(events)


@pytest.mark.parametrize(
    ("name", "code"),
    [("400", "bad_request"), ("401", "bad_key"), ("403", "forbidden"), ("404", "no_such_model"), ("429", "rate_limit"),
     ("context", "context_too_long"), ("500", "overloaded"), ("529", "overloaded"), ("redirect", "bad_response")],
)  # fmt: skip
async def test_each_refusal_has_its_code(endpoint: Endpoint, model_server: ModelServer, name: str, code: str) -> None:
    events = await events_of(ask(endpoint, f"[[error:{name}]]"))
    assert [ended(events), len(events)] == [code, 1]
    assert model_server.count == 1  # neither repeated nor redirected


async def test_an_error_in_mid_stream_keeps_what_came(endpoint: Endpoint) -> None:
    events = await events_of(ask(endpoint, "[[broken]]"))
    assert text_of(events) == "".join(words(6))
    assert ended(events) == "overloaded"


async def test_a_connection_that_breaks_is_cut_off(endpoint: Endpoint) -> None:
    events = await events_of(ask(endpoint, "[[cut]]"))
    assert text_of(events) == "".join(words(6))
    assert ended(events) == "cut_off"


@pytest.mark.parametrize("scenario", ["html", "garbage", "empty"])
async def test_what_is_no_answer_is_a_bad_response(endpoint: Endpoint, scenario: str) -> None:
    events = await events_of(ask(endpoint, f"[[{scenario}]]"))
    assert [ended(events), len(events)] == ["bad_response", 1]


async def test_cuts_in_odd_places_and_repeats_do_no_harm(endpoint: Endpoint) -> None:
    assert text_of(await events_of(ask(endpoint, "[[odd-cuts]]"))) == UNICODE * 3
    assert text_of(await events_of(ask(endpoint, "[[repeat]]"))) == "same " * 120


@pytest.mark.security
async def test_case_66_a_hostile_stream_makes_no_events_of_its_own(endpoint: Endpoint) -> None:
    events = await events_of(ask(endpoint, "[[hostile]]"))
    assert {type(event) for event in events[:-1]} <= {PartStarted, PartDelta, PartEnded, Usage}


async def test_silence_runs_out_of_time(endpoint: Endpoint, model_server: ModelServer) -> None:
    for scenario, code in (("stall", "stalled"), ("stall head=no", "timeout")):
        events = [event async for event in litellm.stream(ask(endpoint, f"[[{scenario}]]"), timeouts=QUICK)]
        assert ended(events) == code, scenario


async def test_closing_the_iterator_hangs_up(endpoint: Endpoint, model_server: ModelServer) -> None:
    async with aclosing(litellm.stream(ask(endpoint, "[[endless delay=1]]"))) as events:
        async for _ in events:
            break
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[0]["state"] == "disconnected")


async def test_nobody_listens(endpoint: Endpoint) -> None:
    events = await events_of(ask(changed(endpoint, base_url=f"http://127.0.0.1:{free_port()}"), "hi"))
    assert ended(events) == "connection"


@pytest.mark.security
@pytest.mark.parametrize("change", [{"written_by_operator": False}, {"base_url": ""}, {"base_url": "file:///etc"}])
async def test_case_37_an_address_that_is_not_the_operators_is_refused(
    endpoint: Endpoint, model_server: ModelServer, change: dict[str, Any]
) -> None:
    assert ended(await events_of(ask(changed(endpoint, **change), "hi"))) == "refused_address"
    assert model_server.count == 0


async def test_operators_parameters_are_added_and_dropped_but_not_the_address(
    anthropic: Endpoint, model_server: ModelServer
) -> None:
    endpoint = changed(
        anthropic,
        headers={"X-Team": "blue"},
        add_params={"top_k": 5, "api_base": "http://127.0.0.1:1", "model": "other"},
        drop_params=("temperature", "client"),
    )
    await events_of(replace(ask(endpoint, "hi"), params={"temperature": 0.3}, max_tokens=77))
    (seen,) = model_server.requests()
    assert seen["body"]["model"] == "claude-sonnet-4-5"
    assert seen["body"]["top_k"] == 5
    assert seen["body"]["max_tokens"] == 77
    assert "temperature" not in seen["body"]
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["x-team"] == "blue"
    assert headers["x-api-key"] == KEY
    assert "cookie" not in headers


@pytest.mark.security
async def test_case_44_parameters_cannot_carry_the_key_elsewhere(endpoint: Endpoint, model_server: ModelServer) -> None:
    away = "http://127.0.0.1:1"
    params = {"api_base": away, "base_url": away, "api_key": "sk-mine", "custom_llm_provider": "openai",
              "mock_response": "forged", "extra_headers": {"Host": "evil"}, "fallbacks": ["x"],
              "extra_body": {"api_base": away}, "model": "other", "stream": False}  # fmt: skip
    events = await events_of(replace(ask(endpoint, "[[tokens:3]]"), params=params))
    assert text_of(events) == "".join(words(3))
    (seen,) = model_server.requests()
    assert KEY in str(seen["headers"])
    for value in (away, "sk-mine", "evil", "forged"):
        assert value not in str(seen)


def test_a_call_in_a_loop_of_its_own_works_twice(endpoint: Endpoint) -> None:
    for _ in range(2):  # as a worker does: a new loop each time
        events = asyncio.run(events_of(ask(endpoint, "[[tokens:3]]", stream=False)))
        assert text_of(events) == "".join(words(3))
