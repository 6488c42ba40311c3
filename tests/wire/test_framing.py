"""One reply, carried in every way in which servers, gateways and proxies carry one."""

import gzip
import json
import zlib
from collections import deque
from typing import Any

import pytest

from endpoints.services.model_calls import stream
from endpoints.transport import framing
from endpoints.transport.framing import EventLines
from endpoints.transport.http import AnswerTooLarge
from messages.events import Event, Failed, PartStarted, Usage
from messages.parts import Text
from tests.wire.conftest import ended, text_of
from tests.wire.raw import answering, chunk, completion, http, played, request_to

pytestmark = pytest.mark.wire

REPLY = "One and twö, 三, 🙂."
USAGE = {"prompt_tokens": 18, "completion_tokens": 12, "total_tokens": 30}
OBJECTS = [chunk({"role": "assistant", "content": "One "}), chunk({"content": "and twö, 三, 🙂."}),
           chunk({}, "stop", usage=USAGE)]  # fmt: skip
WHOLE = completion({"content": REPLY}, usage=USAGE)


def text(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, **options)


LINES = [text(item) for item in OBJECTS]
SSE = "".join(f"data: {line}\n\n" for line in [*LINES, "[DONE]"])
NDJSON = "".join(f"{line}\n" for line in LINES)
INDENTED = text(WHOLE, indent=1)
IN_LINES = "".join(
    "".join(f"data: {line}\n" for line in text(item, indent=2).split("\n")) + "\n" for item in OBJECTS
)  # fmt: skip
TWO_LINES = SSE.replace(', "object"', ',\ndata:  "object"').replace('"choices"', '\ndata: "choices"')
BOM = "\ufeff"

BODIES: dict[str, str] = {
    "plain": SSE,
    "byte order mark": BOM + SSE,
    "byte order mark and blank lines": BOM + "\r\n\n  " + SSE,
    "blank lines first": "\n\n\n" + SSE,
    "lines end in CR": SSE.replace("\n", "\r"),
    "lines end in CR LF": SSE.replace("\n", "\r\n"),
    "lines end in all ways": SSE.replace("\n\n", "\r\n\r").replace("\n\r", "\n\n", 1),
    "no space": SSE.replace("data: ", "data:"),
    "two spaces": SSE.replace("data: ", "data:  "),
    "a tab": SSE.replace("data: ", "data:\t"),
    "no last line end": SSE.rstrip(),
    "no last blank line": SSE[:-1],
    "no blank lines at all": SSE.replace("\n\n", "\n"),
    "no end mark": SSE.removesuffix("data: [DONE]\n\n"),
    "comments and other fields": ": hello\n\nretry: 1000\nid: 1\n" + SSE.replace("data: {",
    ": ping\n\nfoo: bar\nid\ndata: {"),
    "indented": SSE.replace("data: ", "  data: "),
    "in capitals": SSE.replace("data: ", "Data: "),
    "an event in an event": SSE.replace("data: ", "data: data: "),
    "empty data": "data:\n\ndata: \n\ndata\n\n" + SSE,
    "named events": SSE.replace("data: ", "event: message\ndata: ").replace("message", "chunk", 1),
    "the name after the data": SSE.replace("\n\n", "\nevent: message\n\n"),
    "several lines": TWO_LINES,
    "several lines and CR LF": TWO_LINES.replace("\n", "\r\n"),
    "every line of an object": IN_LINES,
    "every line without a last blank line": IN_LINES[:-1],
    "a line break inside of a text": SSE.replace("One ", "One\ndata: ").replace("One\n",
    "One \n").replace("data: \"", "data:\""),
    "several objects on a line": f"data: {LINES[0]}{LINES[1]} {LINES[2]}\n\ndata: [DONE]\n\n",
    "a list on a line": f"data: [{LINES[0]},{LINES[1]}]\n\ndata: {LINES[2]}\n\n",
    "nonsense between": SSE.replace("data: {", "data: this is no JSON\n\ndata: null\n\ndata: 7\n\ndata: {"),
    "a broken object between": SSE.replace("\n\n", '\n\ndata: {"choices": [{\n\n', 1),
    "a line each": NDJSON,
    "a line each, no last line end": NDJSON.rstrip(),
    "a line each with CR LF": NDJSON.replace("\n", "\r\n"),
    "a line each and an end mark": NDJSON + "[DONE]\n",
    "a line each, then events": NDJSON + "\ndata: [DONE]\n\n",
    "lines without data between events": SSE.replace("data: " + LINES[1], LINES[1]),
    "an indented object between events": SSE.replace("data: " + LINES[1], text(OBJECTS[1], indent=1)),
    "a broken line among them": f"{LINES[0]}\n{{broken\n{LINES[1]}\n{LINES[2]}\n",
    "without anything between": "".join(LINES),
    "separated as RFC 7464 says": "".join(f"\x1e{line}\n" for line in LINES),
    "a list": text(OBJECTS),
    "an indented list": text(OBJECTS, indent=2),
    "a list in the way of one provider": "[" + "\n,\r\n".join(text(item, indent=1) for item in OBJECTS) + "\n]",
    "at once": text(WHOLE),
    "at once in an event": f"data: {text(WHOLE)}\n\ndata: [DONE]\n\n",
    "at once and indented": INDENTED,
    "at once, indented, byte order mark": BOM + "\r\n" + INDENTED.replace("\n", "\r\n") + "\r\n",
    "at once, then an end mark": text(WHOLE) + "\n\ndata: [DONE]\n\n",
}  # fmt: skip
LABELS = ("text/event-stream", "application/json; charset=utf-8", "text/html; charset=utf-8", "text/plain",
          "application/x-ndjson", "application/octet-stream", None)  # fmt: skip


def assert_whole(events: list[Event]) -> None:
    assert [text_of(events).replace("One \n", "One "), ended(events)] == [REPLY, "stop"]
    assert events[-2] == Usage(18, 12)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize("streamed", [True, False])
async def test_the_reply_is_the_same_however_it_is_cut(name: str, streamed: bool) -> None:
    assert_whole(await played(http(BODIES[name]), stream=streamed))


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize(
    "name", ["plain", "byte order mark", "a line each", "a list", "at once", "at once and indented"]
)
async def test_the_label_decides_nothing(name: str, label: str | None) -> None:
    assert_whole(await played(http(BODIES[name], label)))


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "202 Accepted", "203 Non-Authoritative", "206 Partial"])
async def test_every_good_status_is_good(status: str) -> None:
    assert_whole(await played(http(SSE, status=status)))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("name", BODIES)
def test_it_does_not_matter_where_the_network_cuts(name: str, size: int) -> None:
    body = BODIES[name].encode()

    def values(size: int) -> list[Any]:
        lines = EventLines()
        objects = [item for at in range(0, len(body), size) for item in lines.feed(body[at : at + size])]
        return [item for item in objects + lines.end() if isinstance(item, dict)]

    assert values(size) == values(len(body))


@pytest.mark.parametrize("name", ["plain", "lines end in CR", "a line each", "without anything between",
                                  "a list in the way of one provider", "several lines"])  # fmt: skip
async def test_what_came_is_shown_before_the_rest_comes(name: str) -> None:
    body = BODIES[name].encode()
    at = body.index("and twö".encode())
    before = body.rindex(
        {"a list in the way of one provider": b"\r\n{", "without anything between": b'{"id"'}.get(name, b"id"), 0, at
    )
    async with answering(http(body[:before]), body[before:], pause=0.3) as root:
        events = stream(request_to(root))
        first = await anext(events)
        assert first == PartStarted(0, Text("One "))
        await events.aclose()


PACKINGS = {
    "gzip": ("gzip", gzip.compress(SSE.encode())),
    "gzip, a member for each event": ("gzip", b"".join(gzip.compress(f"data: {line}\n\n".encode()) for line in LINES)),
    "deflate": ("deflate", zlib.compress(SSE.encode())),
    "deflate without its head": ("deflate", zlib.compress(SSE.encode())[2:-4]),
}


@pytest.mark.parametrize("name", PACKINGS)
@pytest.mark.parametrize("size", [1, 10_000])
async def test_a_body_that_nobody_asked_to_be_packed_is_unpacked(name: str, size: int) -> None:
    encoding, packed = PACKINGS[name]
    pieces = [packed[at : at + size] for at in range(0, len(packed), size)]
    assert_whole(await played([http(b"", "text/event-stream", "200 OK", f"Content-Encoding: {encoding}"), *pieces]))


CLAUDE: list[dict[str, Any]] = [
    {"type": "message_start", "message": {"usage": {"input_tokens": 18, "output_tokens": 1}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "One "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "and twö, 三, 🙂."}},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}},
    {"type": "message_stop"},
]
RESPONSE: dict[str, Any] = {
    "object": "response", "status": "completed", "usage": {"input_tokens": 18, "output_tokens": 12},
    "output": [{"type": "message", "content": [{"type": "output_text", "text": REPLY}]}],
}  # fmt: skip
RESPONSES: list[dict[str, Any]] = [
    {"type": "response.created", "response": {"status": "in_progress"}},
    {"type": "response.output_text.delta", "output_index": 0, "delta": "One "},
    {"type": "response.output_text.delta", "output_index": 0, "delta": "and twö, 三, 🙂."},
    {"type": "response.completed", "response": RESPONSE},
]
GEMINI: list[dict[str, Any]] = [
    {"candidates": [{"content": {"parts": [{"text": "One "}]}}]},
    {"candidates": [{"content": {"parts": [{"text": "and twö, 三, 🙂."}]}, "finishReason": "STOP"}],
     "usageMetadata": {"promptTokenCount": 18, "candidatesTokenCount": 12}},
]  # fmt: skip
CONVERSE: dict[str, Any] = {
    "output": {"message": {"content": [{"text": REPLY}]}}, "stopReason": "end_turn",
    "usage": {"inputTokens": 18, "outputTokens": 12},
}  # fmt: skip
MESSAGE: dict[str, Any] = {"type": "message", "content": [{"type": "text", "text": REPLY}], "stop_reason": "end_turn",
           "usage": {"input_tokens": 18, "output_tokens": 12}}  # fmt: skip
ONCE: dict[str, Any] = {"candidates": [{"content": {"parts": [{"text": REPLY}]}, "finishReason": "STOP"}],
        "usageMetadata": GEMINI[1]["usageMetadata"]}  # fmt: skip
BY_WIRE: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "responses": (RESPONSES, RESPONSE), "anthropic": (CLAUDE, MESSAGE), "vertex claude": (CLAUDE, MESSAGE),
    "gemini": (GEMINI, ONCE), "vertex gemini": (GEMINI, ONCE),
}  # fmt: skip


def named(item: dict[str, Any], *, twice: bool) -> str:
    """Return an event whose type is its name, or stands in its data too."""
    inner = item if twice else {name: value for name, value in item.items() if name != "type"}
    return (f"event: {item['type']}\n" if "type" in item else "") + f"data: {text(inner)}\n\n"


def carried(objects: list[dict[str, Any]], at_once: dict[str, Any]) -> dict[str, str]:
    sse = "".join(named(item, twice=True) for item in objects)
    return {
        "plain": sse, "named alone": "".join(named(item, twice=False) for item in objects), "mark": BOM + sse,
        "CR": sse.replace("\n", "\r"), "CR LF, no space": sse.replace("\n", "\r\n").replace("data: ", "data:"),
        "several lines": sse.replace('": ', '": \ndata: '),
        "a line each": "".join(text(item) + "\n" for item in objects),
        "a list": text(objects), "an indented list": text(objects, indent=1), "at once": text(at_once),
        "at once, indented": text(at_once, indent=2), "at once in an event": f"data: {text(at_once)}\n\n",
    }  # fmt: skip


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("label", ["text/event-stream", "application/json", "text/html"])
@pytest.mark.parametrize("wire", BY_WIRE)
async def test_the_other_wires_are_cut_alike(wire: str, label: str, streamed: bool) -> None:
    for name, body in carried(*BY_WIRE[wire]).items():
        events = await played(http(body, label), wire, stream=streamed)
        assert [name, text_of(events), ended(events), events[-2]] == [name, REPLY, "stop", Usage(18, 12)]


@pytest.mark.parametrize("label", ["application/json", "application/vnd.amazon.eventstream", None])
async def test_bedrock_may_answer_at_once(label: str | None) -> None:
    for body in (text(CONVERSE), text(CONVERSE, indent=1)):
        assert_whole(await played(http(body, label), "bedrock"))


PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in &amp; wait</title></head><body>data: {}</body></html>"


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("body", [PAGE, "\n\n  " + PAGE, BOM + PAGE, PAGE.lower(), PAGE.replace("\n", "\r\n")])
async def test_a_page_is_a_page_whatever_its_label(body: str, label: str | None) -> None:
    (failed,) = await played(http(body, label))
    assert isinstance(failed, Failed)
    assert failed.code == "bad_response"
    assert failed.detail.lower() == "a web page: sign in & wait"


@pytest.mark.parametrize(
    "body", ["", "\n\n", ": ping\n\n", "data: [DONE]\n\n", "{}", "[]", "null", '{"choices": []}', "{broken"]
)
@pytest.mark.parametrize("streamed", [True, False])
async def test_nothing_is_no_answer(body: str, streamed: bool) -> None:
    (failed,) = await played(http(body), stream=streamed)
    assert isinstance(failed, Failed)
    assert failed.code == "bad_response"


@pytest.mark.security
def test_what_never_ends_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "MAX_LINE", 1000)
    monkeypatch.setattr(framing, "MAX_WHOLE", 4000)
    for begin, more in ((b"data: ", b"x" * 100), (b"{", b'"a":' * 20), (b"data: {\n", b"data: " + b"x" * 90 + b"\n")):
        lines = EventLines()
        lines.feed(begin)
        with pytest.raises(AnswerTooLarge):
            deque(map(lines.feed, [more] * 100), maxlen=0)


@pytest.mark.security
@pytest.mark.parametrize(
    "line", ["{\n}\nx\n", "{}\nx\n", "[\n", "{}\n}\n", "{\n", "data: {\n", '{"a":\n}\n', "event: a\n", "]}\n"]
)
def test_work_grows_with_the_bytes_alone(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Count what is parsed: no body makes it more than some times its size."""
    seen = 0
    decode = framing._raw_decode

    def counting(text: str, at: int = 0) -> Any:
        nonlocal seen
        seen += min(len(text) - at, 2000)
        return decode(text, at)

    monkeypatch.setattr(framing, "_raw_decode", counting)
    body = line.encode() * 4000
    lines = EventLines()
    for at in range(0, len(body), 500):
        lines.feed(body[at : at + 500])
    lines.end()
    assert seen < 200 * len(body)
