"""Token counts in every place and under every name in which servers tell them, and what they cost."""

import json
from decimal import Decimal
from typing import Any

import pytest

from billing.services.pricing import Rates, charge
from billing.services.quantities import Quantities
from endpoints.providers.counts import Counts
from messages.events import Event, Usage
from tests.model_server.bedrock import frame
from tests.wire.conftest import ended
from tests.wire.raw import chunk, completion, http, played, sse, whole

pytestmark = pytest.mark.wire

RATES = Rates(prompt=Decimal(1), completion=Decimal(5), cache_read=Decimal("0.1"), cache_write=Decimal("1.25"),
              cache_write_1h=Decimal(2))  # fmt: skip
PLAIN = {"prompt_tokens": 25, "completion_tokens": 17, "total_tokens": 42}
SAID = chunk({"content": "Counted."})
END = chunk({}, "stop")
ALL, PART = Usage(25, 17), Usage(15, 17, cache_read_tokens=10)
LONG = Usage(2000, 100, cache_read_tokens=7000)
WRITTEN = Usage(2000, 100, cache_read_tokens=7000, cache_write_tokens=600)


def in_choice(usage: Any, finish: str | None = "stop") -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": finish, "usage": usage}]}


# name: the objects after the text, what was used, the credits
REPORTS: dict[str, tuple[list[dict[str, Any]], Usage, int]] = {
    "at the top": ([END | {"usage": PLAIN}], ALL, 110),
    "in an object of their own": ([END, {"choices": [], "usage": PLAIN}], ALL, 110),
    "in an object without choices": ([END, {"usage": PLAIN}], ALL, 110),
    "before the end": ([chunk({}, usage=PLAIN), END], ALL, 110),
    "in the choice": ([in_choice(PLAIN | {"cached_tokens": 10})], PART, 101),
    "in the choice before its end": ([in_choice(PLAIN, None), END], ALL, 110),
    "cached at the top of them": ([END | {"usage": PLAIN | {"cached_tokens": 10}}], PART, 101),
    "in an extension": ([END | {"x_groq": {"id": "q", "usage": PLAIN}}], ALL, 110),
    "in an extension before the end": ([chunk({"content": ""}, x_other={"usage": PLAIN}), END], ALL, 110),
    "under other names": ([END | {"usage": {"input_tokens": 25, "output_tokens": 17, "total_tokens": 42}}], ALL, 110),
    "in camel case": ([END | {"usage": {"promptTokens": 25, "completionTokens": 17}}], ALL, 110),
    "as Google names them": (
        [END | {"usageMetadata": {"promptTokenCount": 25, "candidatesTokenCount": 17, "cachedContentTokenCount": 10}}],
        PART, 101,
    ),
    "as one server names its timings": ([END | {"timings": {"cache_n": 10, "prompt_n": 15, "predicted_n": 17}}], PART,
    101),
    "timings beside a usage": (
        [END | {"usage": PLAIN, "timings": {"cache_n": 10, "prompt_n": 15, "predicted_n": 17}}], PART, 101,
    ),
    "among the rest": ([END | {"prompt_eval_count": 25, "eval_count": 17}], ALL, 110),
    "billed units": ([END | {"meta": {"billed_units": {"input_tokens": 25, "output_tokens": 17}}}], ALL, 110),
    "in metadata": ([END | {"metadata": {"usage": PLAIN}}], ALL, 110),
    "the same in three places": (
        [in_choice(PLAIN) | {"usage": PLAIN, "x_groq": {"usage": PLAIN}}, {"choices": [], "usage": PLAIN}], ALL, 110,
    ),
    "cached apart": (
        [END | {"usage": {"prompt_tokens": 2000, "completion_tokens": 100, "total_tokens": 2100,
                          "prompt_tokens_details": {"cached_tokens": 7000}}}], LONG, 3200,
    ),
    "cached and written apart": (
        [END | {"usage": {"prompt_tokens": 2000, "completion_tokens": 100, "total_tokens": 2100,
                          "cache_read_input_tokens": 7000, "cache_creation_input_tokens": 600}}], WRITTEN, 3950,
    ),
    "few cached apart, which the total tells": (
        [END | {"usage": {"prompt_tokens": 2000, "completion_tokens": 100, "total_tokens": 2600,
                          "prompt_tokens_details": {"cached_tokens": 500}}}],
        Usage(2000, 100, cache_read_tokens=500), 2550,
    ),
    "few cached apart, which the names tell": (
        [END | {"usage": {"input_tokens": 2000, "output_tokens": 100, "cache_read_input_tokens": 500}}],
        Usage(2000, 100, cache_read_tokens=500), 2550,
    ),
    "cached and written inside": (
        [END | {"usage": {"prompt_tokens": 9600, "completion_tokens": 100, "total_tokens": 9700,
                          "prompt_tokens_details": {"cached_tokens": 7000, "cache_write_tokens": 600}}}], WRITTEN, 3950,
    ),
    "inside under the names of responses": (
        [END | {"usage": {"input_tokens": 25, "output_tokens": 17, "input_tokens_details": {"cached_tokens": 10}}}],
        PART, 101,
    ),
    "written by time, as a proxy tells it": (
        [END | {"usage": {"prompt_tokens": 9600, "completion_tokens": 100, "total_tokens": 9700,
                          "prompt_tokens_details": {
                              "cached_tokens": 7000, "cache_creation_tokens": 600, "cache_creation_token_details": {
                                  "ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 400}}}}],
        Usage(2000, 100, cache_read_tokens=7000, cache_write_tokens=600, cache_write_1h_tokens=400), 4250,
    ),
    "more for an hour than were written": (
        [END | {"usage": PLAIN | {"cache_creation": {"ephemeral_1h_input_tokens": "10"}, "cache_write_tokens": 4}}],
        Usage(21, 17, cache_write_tokens=4, cache_write_1h_tokens=4), 114,
    ),
    "hits and misses": ([END | {"usage": PLAIN | {"prompt_cache_hit_tokens": 10, "prompt_cache_miss_tokens": 15}}],
    PART, 101),
    "then zeros": (
        [END | {"usage": PLAIN}, {"choices": [], "usage": dict.fromkeys(PLAIN, 0)}], ALL, 110,
    ),
    "then null and nothing": ([END | {"usage": PLAIN}, {"choices": [], "usage": None}, {"choices": [], "usage": {}}],
    ALL, 110),
    "the prompt first, the reply last": (
        [chunk({}, usage={"prompt_tokens": 25}), END | {"usage": {"completion_tokens": 17}}], ALL, 110,
    ),
    "a sum that grows": (
        [chunk({}, usage={"prompt_tokens": 25, "completion_tokens": count, "total_tokens": 25 + count}) for count in (1,
         9, 17)]
        + [END], ALL, 110,
    ),
    "texts, floats and null": (
        [END | {"usage": {"prompt_tokens": "25", "completion_tokens": 17.0, "total_tokens": None,
                          "prompt_tokens_details": {"cached_tokens": "10.0"}, "completion_tokens_details": None}}],
                          PART, 101,
    ),
    "thoughts beside the reply": (
        [END | {"usage": {"prompt_tokens": 25, "completion_tokens": 7, "total_tokens": 42,
                          "completion_tokens_details": {"reasoning_tokens": 10}}}],
        Usage(25, 17, reasoning_tokens=10), 110,
    ),
    "thoughts that only the total has": (
        [END | {"usage": {"prompt_tokens": 25, "completion_tokens": 7, "total_tokens": 42}}], ALL, 110,
    ),
    "thoughts at the top of them": (
        [END | {"usage": PLAIN | {"reasoning_tokens": 10}}], Usage(25, 17, reasoning_tokens=10), 110,
    ),
    "thoughts beside the reply, as many as were cached": (
        [END | {"usage": {"prompt_tokens": 25, "completion_tokens": 7, "total_tokens": 42,
                          "prompt_tokens_details": {"cached_tokens": 10},
                          "completion_tokens_details": {"reasoning_tokens": 10}}}],
        Usage(15, 17, reasoning_tokens=10, cache_read_tokens=10), 101,
    ),
    "in camel case, cached": (
        [END | {"usage": {"inputTokens": 25, "outputTokens": 17, "totalTokens": 42, "cachedInputTokens": 10}}], PART,
        101,
    ),
    "under two spellings, one of them empty": (
        [END | {"usage": PLAIN | {"promptTokens": 0, "completionTokens": None, "PromptTokens": 0}}], ALL, 110,
    ),
    "in a field of another name": ([END | {"tokenUsage": {"promptTokens": 25, "completionTokens": 17}}], ALL, 110),
    "in the last piece": ([chunk({"usage": PLAIN}, "stop")], ALL, 110),
    "prompt and total": ([END | {"usage": {"prompt_tokens": 25, "total_tokens": 42}}], ALL, 110),
    "reply and total": ([END | {"usage": {"completion_tokens": 17, "total_tokens": 42}}], ALL, 110),
}  # fmt: skip


def used(events: list[Event]) -> Usage:
    assert ended(events) == "stop"
    (usage,) = [event for event in events if isinstance(event, Usage)]
    assert not usage.estimated
    return usage


def cost(usage: Usage) -> int:
    return charge(Quantities.of(usage), RATES)


@pytest.mark.parametrize("wire", ["openai", "azure"])
@pytest.mark.parametrize("name", REPORTS)
async def test_a_stream_is_charged_once_by_what_was_told(name: str, wire: str) -> None:
    objects, expected, credits = REPORTS[name]
    usage = used(await played(sse(SAID, *objects), wire))
    assert [usage, cost(usage)] == [expected, credits]


@pytest.mark.parametrize("name", REPORTS)
async def test_a_whole_answer_is_charged_alike(name: str) -> None:
    objects, expected, credits = REPORTS[name]
    answer = completion({"content": "Counted."})
    for report in objects:
        counted = {name: value for name, value in report.items() if name not in {"choices", *END}}
        choice = (report.get("choices") or [{}])[0]
        inside = choice.get("usage") or choice.get("delta", {}).get("usage")
        answer["choices"][0] |= {"usage": inside} if inside else {}
        if isinstance(counted.get("usage"), dict):
            counted_usage = {name: value for name, value in counted["usage"].items() if value}
            counted["usage"] = (answer.get("usage") or {}) | counted_usage
        answer |= {name: value for name, value in counted.items() if value}
    usage = used(await played(whole(answer), stream=False))
    assert [usage, cost(usage)] == [expected, credits]


def events(*objects: dict[str, Any]) -> bytes:
    return sse(*objects, done=False)


def claude(start: dict[str, Any], end: dict[str, Any], stop: dict[str, Any] | None = None) -> bytes:
    return events(
        {"type": "message_start", "message": {"usage": start}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Counted."}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": end},
        {"type": "message_stop"} | (stop or {}),
    )


def gemini(*reports: dict[str, Any]) -> bytes:
    parts = {"content": {"parts": [{"text": "Counted."}]}, "finishReason": "STOP"}
    return events(
        *({"candidates": [parts] if not at else [], "usageMetadata": report} for at, report in enumerate(reports))
    )


def bedrock(usage: dict[str, Any]) -> bytes:
    frames = [frame("contentBlockDelta", {"delta": {"text": "Counted."}, "contentBlockIndex": 0}),
              frame("messageStop", {"stopReason": "end_turn"}), frame("metadata", {"usage": usage})]  # fmt: skip
    return http(b"".join(frames), "application/vnd.amazon.eventstream")


def responses(used: Any, **more: Any) -> bytes:
    item = {"type": "message", "content": [{"type": "output_text", "text": "Counted."}]}
    response = {"object": "response", "status": "completed", "output": [item], "usage": used}
    return events({"type": "response.completed", "response": response} | more)


OTHERS: dict[str, tuple[str, bytes, Usage]] = {
    "claude": ("anthropic", claude({"input_tokens": 25, "output_tokens": 1}, {"output_tokens": 17}), ALL),
    "claude, zeros at the end": (
        "anthropic", claude({"input_tokens": 15, "cache_read_input_tokens": 10, "output_tokens": 1},
                            {"input_tokens": 0, "cache_read_input_tokens": 0, "output_tokens": 17}), PART),
    "claude, all at the end": (
        "vertex claude", claude({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": "25",
        "output_tokens": 17.0}), ALL),
    "claude, cached told once": (
        "anthropic", claude({"input_tokens": 2000, "cache_read_input_tokens": 500},
                            {"input_tokens": 2000, "output_tokens": 100}), Usage(2000, 100, cache_read_tokens=500)),
    "claude, all of the prompt cached": (
        "anthropic", claude({"input_tokens": 0, "cache_read_input_tokens": 7000}, {"output_tokens": 100}),
        Usage(0, 100, cache_read_tokens=7000)),
    "claude, written by time": (
        "anthropic", claude({"input_tokens": 5, "cache_creation": {"ephemeral_5m_input_tokens": 3,
                                                                   "ephemeral_1h_input_tokens": 4}},
                                                                   {"output_tokens": 2}),
        Usage(5, 2, cache_write_tokens=7, cache_write_1h_tokens=4)),
    "claude, written by time beside their sum": (
        "anthropic", claude({"input_tokens": 5, "cache_creation_input_tokens": 7, "cache_creation": {
                                 "ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 7}},
                            {"cache_creation_input_tokens": 7, "output_tokens": 2}),
        Usage(5, 2, cache_write_tokens=7, cache_write_1h_tokens=7)),
    "claude, in the last event": (
        "anthropic", claude({}, {}, {"usage": {"input_tokens": 25, "output_tokens": 17}}), ALL),
    "claude, inside of the end": (
        "anthropic", events({"type": "message_start", "message": {}},
                            {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Counted."}},
                            {"type": "message_delta", "delta": {"stop_reason": "end_turn", "usage": {
                                "input_tokens": 15, "cache_read_input_tokens": 10, "output_tokens": 17}}}), PART),
    "claude, by metrics": (
        "anthropic", claude({}, {}, {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 25,
        "outputTokenCount": 17}}), ALL),
    "gemini": ("gemini", gemini({"promptTokenCount": 25, "candidatesTokenCount": 17, "totalTokenCount": 42}), ALL),
    "gemini in two objects": ("vertex gemini", gemini({"promptTokenCount": 25}, {"candidatesTokenCount": 17}), ALL),
    "gemini, then zeros": (
        "gemini", gemini({"promptTokenCount": 25, "candidatesTokenCount": 17}, {"promptTokenCount": 25,
        "candidatesTokenCount": 0}), ALL),
    "gemini with thoughts": (
        "gemini", gemini({"promptTokenCount": 25, "candidatesTokenCount": 7, "thoughtsTokenCount": 10}),
        Usage(25, 17, reasoning_tokens=10)),
    "gemini, thoughts in the total alone": (
        "gemini", gemini({"promptTokenCount": 25, "candidatesTokenCount": 7, "totalTokenCount": 42}), ALL),
    "gemini as text": ("gemini", gemini({"promptTokenCount": "25", "candidatesTokenCount": "17"}), ALL),
    "gemini with tools": (
        "gemini", gemini({"promptTokenCount": 20, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 17,
        "totalTokenCount": 42}), ALL),
    "bedrock": ("bedrock", bedrock({"inputTokens": 25, "outputTokens": 17, "totalTokens": 42}), ALL),
    "bedrock, cached": (
        "bedrock", bedrock({"inputTokens": 15, "outputTokens": 17, "totalTokens": 42, "cacheReadInputTokens": 10}),
        PART),
    "bedrock, written by time": (
        "bedrock", bedrock({"inputTokens": 15, "outputTokens": 17, "totalTokens": 42, "cacheWriteInputTokens": 10,
                            "cacheDetails": [{"inputTokens": 6, "ttl": "1h"}, {"inputTokens": 4, "ttl": "5m"}, None]}),
        Usage(15, 17, cache_write_tokens=10, cache_write_1h_tokens=6)),
    "bedrock, cached under its older name": (
        "bedrock", bedrock({"inputTokens": 2000, "outputTokens": 100, "cacheReadInputTokenCount": 7000,
                            "cacheWriteInputTokenCount": 600}), WRITTEN),
    "responses": ("responses", responses({"input_tokens": 25, "output_tokens": 17, "total_tokens": 42}), ALL),
    "responses, cached": (
        "responses", responses({"input_tokens": 25, "output_tokens": 17,
        "input_tokens_details": {"cached_tokens": 10}}), PART),
    "responses under chat's names": ("responses", responses(PLAIN), ALL),
    "responses, beside": ("responses", responses(None, usage=PLAIN), ALL),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
async def test_the_other_wires_count_alike(name: str) -> None:
    wire, answer, expected = OTHERS[name]
    assert used(await played(answer, wire)) == expected


async def test_no_report_is_no_usage() -> None:
    events = await played(sse(SAID, END | {"usage": {"prompt_tokens": 0}, "timings": None, "x_groq": {"id": "q"}}))
    assert ended(events) == "stop"
    assert not any(isinstance(event, Usage) for event in events)


@pytest.mark.security
def test_counts_that_cannot_be_are_cut_down() -> None:
    counts = Counts()
    counts.note(json.loads('{"prompt_tokens": 1e400, "completion_tokens": "1e30", "total_tokens": -5}'))
    assert counts.usage() == Usage(0, 100_000_000)
