"""Failures that come after the status went out, in every form in which servers write them."""

import json
from typing import Any

import pytest

from endpoints.services.failure_words import explain
from messages.events import Event, Failed
from messages.parts import Error
from tests.model_server.bedrock import frame
from tests.wire.conftest import KEY, ended, parts_of, text_of
from tests.wire.raw import WIRES, chunk, http, played, sse

pytestmark = pytest.mark.wire

WORDS = "The prompt has 9400 tokens, but this model's maximum context length is 8192 tokens."
INNER = {"code": 400, "type": "exceed_context_size_error", "message": WORDS}
TEXT_WIRES = [wire for wire in WIRES if wire != "bedrock"]
TOO_LONG: dict[str, Any] = {
    "object": {"error": INNER},
    "object, nothing but a message": {"error": {"message": WORDS}},
    "object, its code as text": {"error": {"message": WORDS, "type": None, "param": None, "code": "400"}},
    "words": {"error": WORDS},
    "list": {"error": [{"message": WORDS}]},
    "errors": {"errors": [{"message": WORDS, "code": 7003}], "success": False},
    "flat": {"object": "error", "message": WORDS, "type": "BadRequestError", "param": None, "code": 400},
    "flat without a mark": {"code": 400, "message": WORDS},
    "flat, a typed one": {"type": "error", "message": WORDS},
    "flat, a code in words": {"code": "context_length_exceeded", "message": "No."},
    "message alone": {"message": WORDS},
    "message with a capital": {"Message": WORDS},
    "msg": {"code": 1210, "msg": WORDS},
    "error_msg": {"error_code": 336003, "error_msg": WORDS},
    "status and message": {"status": 400, "message": WORDS},
    "status in words": {"status": "error", "message": WORDS},
    "detail": {"detail": WORDS},
    "detail as a list": {"detail": [{"loc": ["body"], "msg": WORDS, "type": "value_error"}]},
    "detail as an object": {"detail": {"message": WORDS}},
    "problem": {"type": "about:blank", "title": "Bad Request", "status": 400, "detail": WORDS, "error": True},
    "fault": {"fault": {"faultstring": WORDS, "detail": {"errorcode": "x"}}},
    "a state of its own": {"base_resp": {"status_code": 1039, "status_msg": WORDS}},
    "quoted": {"error": {"code": 400, "message": "Upstream: " + json.dumps({"error": INNER})}},
    "twice inside": {"error": {"message": "no", "metadata": {"raw": json.dumps({"error": INNER})}}},
    "not ok": {"ok": False, "reason": WORDS},
    "by its code alone": {"error": {"code": "CONTEXT_LENGTH_EXCEEDED", "message": ""}},
    "with null choices": {"choices": None, "error": INNER},
    "with no choices": {"choices": [], "error": INNER},
}  # fmt: skip


def assert_too_long(events: list[Event], excerpt: str = WORDS[:40]) -> None:
    (failed,) = events
    assert isinstance(failed, Failed)
    assert failed.code == "context_too_long"
    assert excerpt in failed.detail
    (part,) = parts_of(events).parts
    assert isinstance(part, Error)
    assert str(explain(part.code).title) == "This conversation is too long for the model"


@pytest.mark.parametrize("wire", TEXT_WIRES)
@pytest.mark.parametrize("name", TOO_LONG)
async def test_an_error_is_told_in_each_form(name: str, wire: str) -> None:
    body = TOO_LONG[name]
    excerpt = (
        "CONTEXT_LENGTH_EXCEEDED" if "alone" in name and "code" in name else "No." if "code in" in name else WORDS[:40]
    )
    for answer in (sse(body), sse(body, done=False), http(json.dumps(body)), http(json.dumps(body, indent=1)),
                   http(json.dumps([body])), http(json.dumps(body), "application/json")):  # fmt: skip
        assert_too_long(await played(answer, wire), excerpt)
    assert_too_long(await played(http(json.dumps(body), "application/json"), wire, stream=False), excerpt)


EVENTS = {
    "event, an object": f"event: error\ndata: {json.dumps({'error': INNER})}",
    "event, flat": f"event: error\ndata: {json.dumps({'code': 'context_length_exceeded', 'message': WORDS})}",
    "event, words": f"event: error\ndata: {WORDS}",
    "event, words in two lines": f"event: error\ndata: {WORDS[:30]}\ndata: {WORDS[30:]}".replace(
        WORDS[:40], WORDS[:40]
    ),
    "event, a text": f"event: error\ndata: {json.dumps(WORDS)}",
    "event, another name": f"event: exception\ndata: {WORDS}",
    "event with a dotted name": f"event: response.error\ndata: {json.dumps(INNER)}",
    "field": f"error: {json.dumps(INNER)}",
    "field with words": f"error: {WORDS}",
    "without data": json.dumps({"error": INNER}),
    "without data, indented": json.dumps({"error": INNER}, indent=2),
}


@pytest.mark.parametrize("wire", TEXT_WIRES)
@pytest.mark.parametrize("name", EVENTS)
async def test_an_error_beside_the_data_is_told(name: str, wire: str) -> None:
    excerpt = WORDS[:25] if "two lines" in name else WORDS[:40]
    for ends in ("\n", "\r\n"):
        assert_too_long(await played(sse(EVENTS[name].replace("\n", ends), done=False), wire), excerpt)


BEGUN: dict[str, list[Any]] = {
    "openai": [chunk({"role": "assistant", "content": "The first half of "})],
    "responses": [{"type": "response.created", "response": {}},
                  {"type": "response.output_text.delta", "output_index": 0, "delta": "The first half of "}],
    "anthropic": [{"type": "message_start", "message": {"usage": {"input_tokens": 3}}},
                  {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "The first half of "}}],
    "gemini": [{"candidates": [{"content": {"parts": [{"text": "The first half of "}]}}]}],
}  # fmt: skip
HALFWAY: dict[str, Any] = {
    "flat": {"object": "error", "message": "The engine stopped", "code": 500},
    "message": {"message": "The engine stopped"},
    "detail": {"detail": "The engine stopped"},
    "words": {"error": "The engine stopped"},
    "object": {"error": {"code": 502, "message": "The engine stopped"}},
    "class": {"error": {"type": "InternalServerError", "message": "The engine stopped"}},
    "event": "event: error\ndata: The engine stopped",
    "field": 'error: {"message": "The engine stopped"}',
    "without data": '{"error": {"message": "The engine stopped"}}',
}


@pytest.mark.parametrize("wire", BEGUN)
@pytest.mark.parametrize("name", HALFWAY)
async def test_halfway_what_came_is_kept_and_the_rest_is_said(name: str, wire: str) -> None:
    for done in (True, False):
        events = await played(sse(*BEGUN[wire], HALFWAY[name], done=done), wire)
        assert [text_of(events), ended(events)] == ["The first half of ", "overloaded"]
        assert isinstance(events[-1], Failed)
        assert "The engine stopped" in events[-1].detail


async def test_halfway_with_a_choice_of_its_own() -> None:
    error = {"code": 502, "message": "The host went away"}
    for last in (chunk({"content": "it"}, "error", error=error),
                 {"choices": [{"delta": {"content": "it"}, "error": error}]},
                 {"choices": [{"delta": {"content": "it"}, "finish_reason": error | {"type": "abort"}}]},
                 {"choices": [{"delta": {"content": "it"}, "finish_reason": "error", "error": error}]}):  # fmt: skip
        events = await played(sse(*BEGUN["openai"], last))
        assert [text_of(events), ended(events)] == ["The first half of it", "overloaded"]
        assert "The host went away" in events[-1].detail  # type: ignore[union-attr]


async def test_an_error_in_a_piece_is_one() -> None:
    events = await played(sse(*BEGUN["openai"], chunk({"error": "The host went away"})))
    assert [text_of(events), ended(events)] == ["The first half of ", "overloaded"]


@pytest.mark.parametrize("body", [{"errors": {"model": ["It fell asleep"]}}, {"type": "error", "x": "It fell asleep"}])
async def test_a_form_that_nobody_knows_is_in_the_log(body: Any) -> None:
    for answer in (sse(body), http(json.dumps(body), "application/json", "400 No")):
        (failed,) = await played(answer)
        assert isinstance(failed, Failed)
        assert "It fell asleep" in failed.detail


NOTHING_YET: dict[str, list[Any]] = {
    "openai": [chunk({"role": "assistant", "content": ""})],
    "responses": [{"type": "response.created", "response": {"status": "in_progress", "output": []}}],
    "anthropic": [{"type": "message_start", "message": {}}],
    "gemini": [{"candidates": [{"content": {"parts": []}}]}],
}


@pytest.mark.parametrize("wire", NOTHING_YET)
async def test_nothing_is_said_to_be_kept_where_nothing_came(wire: str) -> None:
    for more, code in (([{"error": {"code": "server_is_overloaded", "message": "Busy."}}], "overloaded"), ([], "lost")):
        (failed,) = await played(sse(*NOTHING_YET[wire], *more, done=False), wire)
        assert isinstance(failed, Failed)
        assert failed.code == code
        assert "kept" not in str(explain(failed.code).advice)


CODES = [
    ({"error": {"type": "overloaded_error", "message": "Overloaded"}}, "overloaded"),
    ({"error": {"message": "Rate limit reached for requests", "code": "rate_limit_exceeded"}}, "rate_limit"),
    ({"error": {"code": 429, "message": "slow down"}}, "rate_limit"),
    ({"error": {"code": "429", "message": "slow down"}}, "rate_limit"),
    ({"error": "rate limit exceeded"}, "rate_limit"),
    ({"error": {"type": "insufficient_quota", "message": "no"}}, "quota"),
    ({"error": {"code": 402, "message": "no"}}, "quota"),
    ({"error": {"type": "AuthenticationError", "message": "no"}}, "bad_key"),
    ({"detail": "Invalid API key"}, "bad_key"),
    ({"error": {"code": 403, "message": "no"}}, "forbidden"),
    ({"error": {"status": "NOT_FOUND", "message": "no"}}, "no_such_model"),
    ({"error": "The model `m` does not exist"}, "no_such_model"),
    ({"error": {"type": "BadRequestError", "message": "temperature is too high"}}, "bad_request"),
    ({"error": {"code": 422, "message": "no"}}, "bad_request"),
    ({"error": {"status": "DEADLINE_EXCEEDED", "message": "no"}}, "timeout"),
    ({"error": {"code": "content_filter", "message": "no"}}, "content_filter"),
    ({"error": {"message": "Your prompt was flagged by our moderation"}}, "content_filter"),
    ({"error": {"code": "tokens_limit_reached", "message": "Request body too large for m"}}, "context_too_long"),
    ({"error": "`inputs` must have less than 4096 tokens. Given: 9400", "error_type": "validation"},
     "context_too_long"),
    ({"error": {"code": 999, "message": "no"}}, "overloaded"),
    ({"error": True}, "overloaded"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code"), CODES)
async def test_each_has_its_code(body: Any, code: str) -> None:
    assert [ended(await played(answer)) for answer in (sse(body), http(json.dumps(body)))] == [code, code]


@pytest.mark.parametrize(("kind", "body", "code"), [
    ("exception", ("throttlingException", {"message": "Too many tokens, please wait"}), "rate_limit"),
    ("exception", ("validationException", {"message": "Input is too long for requested model."}), "context_too_long"),
    ("exception", ("modelStreamErrorException", {"originalStatusCode": 500, "originalMessage": "no"}), "overloaded"),
    ("exception", ("serviceUnavailableException", {"message": "no"}), "overloaded"),
    ("exception", ("accessDeniedException", {"message": "no"}), "forbidden"),
    ("exception", ("somethingNewException", {"message": "no"}), "overloaded"),
])  # fmt: skip
async def test_exceptions_of_bedrock(kind: str, body: tuple[str, Any], code: str) -> None:
    text = frame("contentBlockDelta", {"delta": {"text": "Half "}, "contentBlockIndex": 0})
    events = await played(http(text + frame(*body, kind=kind), "application/vnd.amazon.eventstream"), "bedrock")
    assert [text_of(events), ended(events)] == ["Half ", code]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    ("body", "code"),
    [("upstream connect error or disconnect/reset before headers", "overloaded"), ("Hello there", "bad_response"),
     ("Internal Server Error", "overloaded"), ("no healthy upstream", "overloaded")],
)  # fmt: skip
async def test_words_are_in_the_log(body: str, code: str, wire: str) -> None:
    for label in ("text/event-stream", "text/plain", "application/json"):
        (failed,) = await played(http(body, label), wire)
        assert isinstance(failed, Failed)
        assert failed.code == code
        assert body in failed.detail


FINE: list[Any] = [
    {"error": None}, {"error": ""}, {"error": {}}, {"error": False}, {"error": {"code": None, "message": None}},
    {"code": 0, "message": "Success"}, {"code": 200, "msg": "ok"}, {"type": "ping"}, {"status": "processing"},
    {"base_resp": {"status_code": 0, "status_msg": ""}}, {"detail": None}, {"id": "r", "model": "m"}, {"errors": []},
    {"success": True}, {"event": "keep-alive"}, {"type": "future", "code": "print(1)"},
]  # fmt: skip


@pytest.mark.parametrize("wire", BEGUN)
async def test_what_is_no_error_is_passed_over(wire: str) -> None:
    ends = {"openai": chunk({}, "stop"), "responses": {"type": "response.completed", "response": {}},
            "anthropic": {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            "gemini": {"candidates": [{"finishReason": "STOP"}]}}  # fmt: skip
    for body in FINE:
        events = await played(sse(*BEGUN[wire], body, ends[wire]), wire)
        assert [body, text_of(events), ended(events)] == [body, "The first half of ", "stop"]
    for body in FINE[:5]:
        (first, *more) = BEGUN[wire]
        assert ended(await played(sse(first | body, *more, ends[wire]), wire)) == "stop"


@pytest.mark.security
@pytest.mark.parametrize("name", ["object", "words", "detail", "quoted", "event", "field", "plain"])
async def test_no_secret_is_in_the_log_whatever_the_form(name: str) -> None:
    message = f"The engine refused {KEY} of Bearer {KEY} and other-secret-1"
    said = {"error": {"message": message}}
    form: Any = {
        "object": {"error": {"message": message, "code": KEY}}, "words": {"error": message},
        "detail": {"detail": [{"msg": message}]},
        "quoted": {"error": {"message": json.dumps(said)}}, "event": f"event: error\ndata: {message}",
        "field": f"error: {message}", "plain": message,
    }[name]  # fmt: skip
    (failed,) = await played(sse(form, done=False), headers={"X-Gateway-Key": "other-secret-1"})
    assert isinstance(failed, Failed)
    assert "The engine refused ***" in failed.detail
    assert KEY not in failed.detail
    assert "other-secret-1" not in failed.detail
