"""Our own adapter, over HTTP against the model server."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from endpoints.providers.base import Endpoint, ModelRequest, PromptMessage, ToolSpec
from endpoints.providers.openai import wire as openai_wire
from endpoints.services.model_calls import complete, stream
from endpoints.transport.http import Timeouts
from messages.events import Failed, PartDelta, PartEnded, PartStarted, Usage
from messages.parts import Reasoning, Text, ToolCall
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.model_server.script import MARKDOWN, UNICODE, words
from tests.prompt_maker import answer, results, said
from tests.servers import free_port
from tests.wire.conftest import KEY, ask, calls_of, ended, events_of, text_of, thoughts_of

pytestmark = pytest.mark.wire

QUICK = Timeouts(connect=1, first_byte=0.4, idle=0.4, total=5)
TOOL = ToolSpec("lookup", "Looks things up.", {"type": "object", "properties": {"q": {"type": "string"}}})


@pytest.mark.parametrize("stream_it", [True, False])
async def test_a_reply_with_its_usage(openai: Endpoint, model_server: ModelServer, stream_it: bool) -> None:
    events = await events_of(ask(openai, "[[tokens:30 cached=2]] one two three", stream=stream_it))
    assert text_of(events) == "".join(words(30))
    assert events[-2] == Usage(input_tokens=4 + 1 - 2, output_tokens=30, cache_read_tokens=2)
    assert ended(events) == "stop"
    assert model_server.count == 1


async def test_the_request_holds_what_was_asked_and_nothing_else(openai: Endpoint, model_server: ModelServer) -> None:
    endpoint = changed(openai, headers={"X-Team": "blue"}, add_params={"temperature": 0.1, "seed": 7},
                       drop_params=("top_p", "model"))  # fmt: skip
    messages = [
        PromptMessage.of("system", "Be brief."),
        PromptMessage.of("user", "hi"),
        said(ToolCall("c1", "lookup", '{"q":"x"}')),
        results(answer(ToolCall("c1", "lookup", '{"q":"x"}'), "found")),
    ]
    params = {"temperature": 0.9, "top_p": 0.5, "stop": ["x"], "frequency_penalty": None}
    request = ModelRequest(endpoint, "m", messages, params=params, tools=(TOOL,), max_tokens=50, user_id="u1")
    await events_of(request)
    (seen,) = model_server.requests()
    call = {"id": "c1", "type": "function", "function": {"name": "lookup", "arguments": '{"q":"x"}'}}
    assert seen["body"] == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "found"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "user": "u1",
        "temperature": 0.1,
        "stop": ["x"],
        "seed": 7,
        "max_tokens": 50,
        "tools": [{"type": "function", "function": {"name": "lookup", "description": "Looks things up.",
                                                    "parameters": dict(TOOL.parameters)}}],
    }  # fmt: skip
    assert seen["headers"]["Authorization"] == f"Bearer {KEY}"
    assert seen["headers"]["X-Team"] == "blue"
    # Security case 45: nothing of anybody's own request.
    allowed = {"host", "authorization", "x-team", "accept", "accept-encoding", "user-agent", "content-type",
               "content-length"}  # fmt: skip
    assert {name.lower() for name in seen["headers"]} == allowed


@pytest.mark.security
async def test_case_46_placeholders_in_what_people_write_are_sent_as_they_are(
    openai: Endpoint, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "planted")
    text = "${SECRET} {{SERVER_ENV}} {{user.token}} {{LIBRECHAT_USER_EMAIL}}"
    await events_of(replace(ask(openai, text), params={"stop": [text]}, user_id="${SECRET}"))
    body = model_server.requests()[0]["body"]
    assert body["messages"][0]["content"] == text
    assert body["stop"] == [text]
    assert body["user"] == "${SECRET}"


@pytest.mark.parametrize("field", ["content", "reasoning", "think"])
@pytest.mark.parametrize("stream_it", [True, False])
async def test_thoughts_are_told_from_the_reply(openai: Endpoint, field: str, stream_it: bool) -> None:
    events = await events_of(ask(openai, f"[[reasoning field={field}]]", stream=stream_it))
    assert thoughts_of(events) == "".join(f"Step {number}: think. " for number in range(6))
    assert text_of(events) == "So the answer is 42."


@pytest.mark.parametrize("stream_it", [True, False])
async def test_parallel_tool_calls(openai: Endpoint, stream_it: bool) -> None:
    events = await events_of(ask(openai, "[[tools calls=3]]", tools=(TOOL,), stream=stream_it))
    assert calls_of(events) == [("lookup", f'{{"q": "query {number}"}}') for number in range(3)]
    assert ended(events) == "tool_calls"


async def test_tool_calls_without_ids_get_some(openai: Endpoint) -> None:
    events = await events_of(ask(openai, "[[tools calls=2 ids=no]]", tools=(TOOL,)))
    assert calls_of(events) == [("lookup", '{"q": "query 0"}'), ("lookup", '{"q": "query 1"}')]


@pytest.mark.parametrize("scenario", ["odd-cuts size=1", "odd-cuts size=7", "crlf", "comments", "no-done", "unicode"])
async def test_however_the_bytes_are_cut_the_reply_is_the_same(openai: Endpoint, scenario: str) -> None:
    events = await events_of(ask(openai, f"[[{scenario}]]"))
    expected = UNICODE * 3 if "cuts" in scenario or scenario == "unicode" else "".join(words(12))
    assert text_of(events) == expected
    assert isinstance(events[-2], Usage)
    assert ended(events) == "stop"


@pytest.mark.parametrize(("scenario", "expected"), [("markdown", MARKDOWN), ("repeat", "same " * 120)])
async def test_texts_of_every_kind_arrive_whole(openai: Endpoint, scenario: str, expected: str) -> None:
    assert text_of(await events_of(ask(openai, f"[[{scenario}]]"))) == expected


@pytest.mark.parametrize(
    ("name", "code"),
    [("400", "bad_request"), ("401", "bad_key"), ("402", "quota"), ("403", "forbidden"), ("404", "no_such_model"),
     ("429", "rate_limit"), ("quota", "quota"), ("context", "context_too_long"), ("filter", "content_filter"),
     ("500", "overloaded"), ("503", "overloaded"), ("529", "overloaded"), ("redirect", "bad_response")],
)  # fmt: skip
@pytest.mark.parametrize("stream_it", [True, False])
async def test_each_refusal_has_its_code(
    openai: Endpoint, model_server: ModelServer, name: str, code: str, stream_it: bool
) -> None:
    events = await events_of(ask(openai, f"[[error:{name}]]", stream=stream_it))
    assert [ended(events), len(events)] == [code, 1]
    assert model_server.count == 1  # neither repeated nor redirected


@pytest.mark.parametrize(
    ("name", "code"), [("500", "overloaded"), ("context", "context_too_long"), ("429", "rate_limit")]
)
async def test_an_error_in_mid_stream_keeps_what_came(openai: Endpoint, name: str, code: str) -> None:
    events = await events_of(ask(openai, f"[[broken code={name}]]"))
    assert text_of(events) == "".join(words(6))
    assert ended(events) == code


@pytest.mark.parametrize("scenario", ["cut", "short"])
async def test_a_reply_that_breaks_off_is_cut_off(openai: Endpoint, scenario: str) -> None:
    events = await events_of(ask(openai, f"[[{scenario}]]"))
    assert text_of(events).startswith("The quick brown ")
    assert ended(events) == "cut_off"


@pytest.mark.parametrize("scenario", ["html", "garbage", "empty"])
async def test_what_is_no_answer_is_a_bad_response(openai: Endpoint, scenario: str) -> None:
    events = await events_of(ask(openai, f"[[{scenario}]]"))
    assert [ended(events), len(events)] == ["bad_response", 1]


@pytest.mark.parametrize(("scenario", "reason"), [("length", "length"), ("filter", "content_filter")])
async def test_finish_reasons(openai: Endpoint, scenario: str, reason: str) -> None:
    assert ended(await events_of(ask(openai, f"[[{scenario}]]"))) == reason


async def test_the_cap_is_sent_and_obeyed(openai: Endpoint) -> None:
    events = await events_of(ask(openai, "[[tokens:50]]", max_tokens=5))
    assert text_of(events) == "".join(words(5))
    assert ended(events) == "length"


async def test_no_usage_is_no_event(openai: Endpoint) -> None:
    assert not any(isinstance(event, Usage) for event in await events_of(ask(openai, "[[tokens:3 usage=no]]")))


@pytest.mark.security
async def test_case_66_a_hostile_stream_is_ignored_or_text(openai: Endpoint) -> None:
    events = await events_of(ask(openai, "[[hostile]]"))
    assert events[:3] == [
        PartStarted(0, Text("before ")),
        PartDelta(0, "after <script>alert(1)</script>"),
        PartEnded(0),
    ]
    assert len(events) == 5  # the text, the usage, the end
    assert ended(events) == "stop"


@pytest.mark.security
async def test_case_66_a_delta_of_a_hundred_megabytes_is_refused_early(
    openai: Endpoint, model_server: ModelServer
) -> None:
    events = await events_of(ask(openai, "[[big size=100]]"))
    assert ended(events) == "bad_response"
    assert text_of(events) == "before "
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[0]["state"] == "disconnected")


@pytest.mark.parametrize(
    ("scenario", "code"), [("stall", "stalled"), ("stall at=0", "timeout"), ("stall head=no", "timeout")]
)
async def test_silence_runs_out_of_time(openai: Endpoint, model_server: ModelServer, scenario: str, code: str) -> None:
    events = [event async for event in openai_wire.stream(ask(openai, f"[[{scenario}]]"), timeouts=QUICK)]
    assert ended(events) == code
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[0]["state"] == "disconnected")


async def test_a_pause_is_waited_for(openai: Endpoint, model_server: ModelServer) -> None:
    request = asyncio.create_task(events_of(ask(openai, "[[gate:middle]]")))
    await asyncio.to_thread(model_server.wait_until, lambda seen: bool(seen) and seen[0]["sent"] >= 7)
    assert not request.done()
    await asyncio.to_thread(model_server.release, "middle")
    assert text_of(await request) == "".join(words(12))


async def test_closing_the_iterator_hangs_up(openai: Endpoint, model_server: ModelServer) -> None:
    async with aclosing(stream(ask(openai, "[[endless delay=1]]"))) as events:
        async for _ in events:
            break
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[0]["state"] == "disconnected")


async def test_cancelling_the_reader_hangs_up(openai: Endpoint, model_server: ModelServer) -> None:
    task = asyncio.create_task(events_of(ask(openai, "[[endless delay=1]]")))
    await asyncio.to_thread(model_server.wait_until, lambda seen: bool(seen) and seen[0]["sent"] > 3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(model_server.wait_until, lambda seen: seen[0]["state"] == "disconnected")


async def test_nobody_listens(openai: Endpoint) -> None:
    events = await events_of(ask(changed(openai, base_url=f"http://127.0.0.1:{free_port()}/v1"), "hi"))
    assert ended(events) == "connection"


@pytest.mark.security
@pytest.mark.parametrize(
    "change", [{"written_by_operator": False}, {"base_url": "ftp://example.org"}, {"base_url": ""}]
)
async def test_case_37_an_address_that_is_not_the_operators_is_refused(
    openai: Endpoint, model_server: ModelServer, change: dict[str, Any]
) -> None:
    events = await events_of(ask(changed(openai, **change), "hi"))
    assert ended(events) == "refused_address"
    assert model_server.count == 0


@pytest.mark.security
@pytest.mark.parametrize("key", ["sk-1\r\nX-Evil: 1", "' OR pg_sleep(8)--", "{{7*7}}", "${JWT_SECRET}", "ключ"])
async def test_case_25_an_odd_key_is_sent_as_it_is_or_not_at_all(
    openai: Endpoint, model_server: ModelServer, key: str
) -> None:
    events = await events_of(ask(changed(openai, api_key=key), "hi"))
    sent = [seen["headers"] for seen in model_server.requests()]
    assert ended(events) in {"stop", "connection"}
    assert all("X-Evil" not in headers for headers in sent)
    assert "pg_sleep" not in key or sent[0]["Authorization"] == f"Bearer {key}"


@pytest.mark.security
async def test_the_key_never_reaches_the_detail(openai: Endpoint) -> None:
    events = await events_of(ask(changed(openai, api_key="sk-wrong"), "hi"))
    (failed,) = events
    assert isinstance(failed, Failed)
    assert failed.code == "bad_key"
    assert "sk-wrong" not in failed.detail


@pytest.mark.security
async def test_case_44_parameters_cannot_change_what_is_called(openai: Endpoint, model_server: ModelServer) -> None:
    params = {"base_url": "http://127.0.0.1:1", "model": "other", "messages": [], "stream": False, "user": "somebody"}
    events = await events_of(replace(ask(openai, "[[tokens:3]]", user_id="u1"), params=params))
    assert text_of(events) == "".join(words(3))
    (seen,) = model_server.requests()
    assert [seen["body"][name] for name in ("model", "stream", "user")] == ["some-model", True, "u1"]
    assert seen["headers"]["Authorization"] == f"Bearer {KEY}"


async def test_complete_returns_text_usage_and_failure(openai: Endpoint) -> None:
    asked = "Write a title for the conversation that begins with this.\n\ncats at night"
    text, usage, failed = await complete(ask(openai, asked, stream=False, max_tokens=24))
    assert text == "Talk about cats at night"
    assert usage is not None
    assert failed is None
    text, usage, failed = await complete(ask(openai, "[[error:429]]", stream=False))
    assert (text, usage, failed and failed.code) == ("", None, "rate_limit")


@pytest.mark.parametrize(
    ("key", "field", "expected"),
    [("reasoning", "reasoning", True), ("reasoning", "content", False), ("reasoning_content", "content", True)],
)
async def test_only_the_named_field_holds_thoughts(openai: Endpoint, key: str, field: str, expected: bool) -> None:
    endpoint = changed(openai, reasoning_key=key)
    events = await events_of(ask(endpoint, f"[[reasoning field={field}]]"))
    assert bool(thoughts_of(events)) is expected


@pytest.mark.parametrize(
    ("change", "model", "sent"),
    [({}, "m", [False, False]), ({"resend_reasoning": True}, "m", [False, True]), ({}, "DeepSeek-R2", [False, True]),
     ({"resend_reasoning_history": True}, "m", [True, True])],
)  # fmt: skip
async def test_thoughts_go_back_where_the_endpoint_wants_them(
    openai: Endpoint, model_server: ModelServer, change: dict[str, Any], model: str, sent: list[bool]
) -> None:
    thought, call = Reasoning("hm"), ToolCall("c1", "lookup", "{}")
    messages = [
        PromptMessage.of("user", "hi"),
        said(thought, "hello"),
        PromptMessage.of("user", "again"),
        said(thought, call),
        results(answer(call, "found")),
    ]
    await events_of(ModelRequest(changed(openai, **change), model, messages))
    sent_messages = model_server.requests()[0]["body"]["messages"]
    assert [sent_messages[at].get("reasoning_content") == "hm" for at in (1, 3)] == sent
