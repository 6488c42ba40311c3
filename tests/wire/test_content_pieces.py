"""What a message says in pieces of many types, and thoughts in whichever field: streamed and whole alike."""

from typing import Any

import pytest

from endpoints.providers.content import Thoughts
from endpoints.services.model_calls import complete
from messages.events import Usage
from tests.wire.conftest import calls_of, ended, text_of, thoughts_of
from tests.wire.raw import answering, chunk, completion, played, request_to, sse, whole

pytestmark = pytest.mark.wire

USAGE = {"prompt_tokens": 18, "completion_tokens": 12, "total_tokens": 30}


def said(text: str) -> dict[str, Any]:
    return {"content": text}


def piece(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind} | more


def thinking(*texts: str) -> dict[str, Any]:
    return piece("thinking", thinking=[piece("text", text=text) for text in texts])


HELLO = [piece("text", text="Hello, "), piece("text", text="you.")]
# name: the deltas of a stream, and the thoughts; what is said is always "Hello, you."
DELTAS: dict[str, tuple[list[dict[str, Any]], str]] = {
    "texts alone": ([{"content": HELLO[:1]}, {"content": HELLO[1:]}], ""),
    "thoughts in pieces, then plain texts": (
        [{"content": [thinking("Somebody says hello. ")]}, {"content": [thinking("Be short.")]},
         {"content": [piece("text", text="Hello")]}, said(", you"),
         {"content": [piece("reference", reference_ids=[3]), piece("text", text=".")]}, said("")],
        "Somebody says hello. Be short.",
    ),
    "a summary of the reasoning": (
        [{"content": [piece("reasoning", summary=[piece("summary_text", text="Be short.")])]}, {"content": HELLO}],
        "Be short.",
    ),
    "unknown types, null and numbers": (
        [{"content": [None, 7, piece("something_new", x=[1], text="no"), HELLO[0], [], {}]},
         {"content": ["you", piece("image_url", image_url={"url": "x"}), "."]}],
        "",
    ),
    "one object": ([{"content": thinking("Be short.")}, {"content": piece("text", text="Hello, you.")}], "Be short."),
    "output_text and a refusal": (
        [{"content": [piece("output_text", text="Hello, ", annotations=[])]},
         {"content": [piece("refusal", refusal="you.")]}], "",
    ),
    "a text inside of a text": (
        [{"content": [piece("text", text={"value": "Hello, ", "annotations": []}), piece("text", text=HELLO[1:])]}], "",
    ),
    "pieces inside of a message": ([{"content": [piece("message", content=HELLO)]}], ""),
    "pieces without a type": ([{"content": [{"thinking": "Be short."}, {"text": "Hello, you."}]}], "Be short."),
    "parts with a mark": (
        [{"content": {"parts": [{"text": "Be short.", "thought": True}, {"text": "Hello, you."}]}}], "Be short.",
    ),
    "thoughts that were encrypted": (
        [{"content": [piece("redacted_thinking", data="x7Q=")]}, {"content": HELLO}], "",
    ),
    "reasoning_content": ([{"reasoning_content": "Be ", "content": None}, {"reasoning_content": "short."},
                           said("Hello, you.")], "Be short."),
    "reasoning_text": ([{"role": "assistant", "reasoning_text": "Be short."}, said("Hello, you.")], "Be short."),
    "thinking": ([{"thinking": "Be short."}, said("Hello, you.")], "Be short."),
    "reasoning_details": (
        [{"content": "", "reasoning_details": [piece("reasoning.text", text=text)]} for text in ("Be ", "short.")]
        + [said("Hello, you.")], "Be short.",
    ),
    "details with a summary and what is encrypted": (
        [{"reasoning_details": [piece("reasoning.encrypted", data="x7Q="),
                                piece("reasoning.summary", summary="Be short.")]},
         said("Hello, you.")], "Be short.",
    ),
    "thinking_blocks": (
        [{"thinking_blocks": [piece("thinking", thinking="Be short.", signature="s")]}, said("Hello, you.")],
        "Be short.",
    ),
    "reasoning as an object": ([{"reasoning": {"content": "Be short."}}, said("Hello, you.")], "Be short."),
    "reasoning as a list": ([{"reasoning": ["Be ", {"text": "short."}]}, said("Hello, you.")], "Be short."),
    "the same thoughts in two fields": (
        [{"reasoning": text, "reasoning_details": [piece("reasoning.text", text=text)]} for text in ("Be ", "short.")]
        + [said("Hello, you.")], "Be short.",
    ),
    "in three fields and a piece": (
        [{"reasoning_content": "Be short.", "reasoning": "Be short.",
          "thinking_blocks": [piece("thinking", thinking="Be short.")],
          "content": [thinking("Be short."), *HELLO]}], "Be short.",
    ),
    "told again in another field at the end": (
        [{"reasoning": "Be "}, {"reasoning": "short."}, said("Hello, you."),
         {"reasoning_details": [piece("reasoning.text", text="Be short.")]}], "Be short.",
    ),
    "in a field and in tags": (
        [{"reasoning_content": "Be short."}, said("<think>Be "), said("short.</think>Hello, you.")], "Be short.",
    ),
    "in one field, then in another": ([{"reasoning": "Be "}, {"reasoning_content": "short."}, said("Hello, you.")],
                                      "Be short."),
    "spoken": ([{"content": None, "audio": {"transcript": "Hello, "}}, {"audio": {"transcript": "you."}}], ""),
    "in the tags of other models": ([said("<thought>Be "), said("short.</thought>Hello, you.")], "Be short."),
    "in brackets": ([said("[THINK]Be short.[/TH"), said("INK]Hello, you.")], "Be short."),
    "under the name of a text": ([{"text": "Hello, "}, {"text": "you."}], ""),
    "a refusal beside": ([{"content": None, "refusal": "Hello, you."}], ""),
}  # fmt: skip


def joined(deltas: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the message that the deltas are pieces of."""
    message: dict[str, Any] = {}
    for delta in deltas:
        for name, value in delta.items():
            known = message.get(name)
            if known and isinstance(known, str) and isinstance(value, str):
                message[name] = known + value
            elif known and name != "role" and value:
                message[name] = listed(known) + listed(value)
            elif not known:
                message[name] = value
    if isinstance(message.get("audio"), list):
        message["audio"] = {"transcript": "".join(piece["transcript"] for piece in message["audio"])}
    return message


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [piece("text", text=value) if isinstance(value, str) else value]


@pytest.mark.parametrize("wire", ["openai", "azure"])
@pytest.mark.parametrize("name", DELTAS)
async def test_a_stream_says_all_of_it_once(name: str, wire: str) -> None:
    deltas, thoughts = DELTAS[name]
    events = await played(sse(*map(chunk, deltas), chunk({}, "stop", usage=USAGE)), wire)
    assert [text_of(events), thoughts_of(events), ended(events)] == ["Hello, you.", thoughts, "stop"]
    assert events[-2] == Usage(18, 12)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", [name for name in DELTAS if name != "in one field, then in another"])
async def test_a_whole_answer_says_the_same(name: str, stream: bool) -> None:
    deltas, thoughts = DELTAS[name]
    events = await played(whole(completion(joined(deltas), usage=USAGE)), stream=stream)
    assert [text_of(events), thoughts_of(events), ended(events)] == ["Hello, you.", thoughts, "stop"]
    assert events[-2] == Usage(18, 12)


async def test_a_title_is_read_from_pieces() -> None:
    async with answering(whole(completion({"content": [thinking("Be short."), *HELLO]}))) as root:
        assert (await complete(request_to(root, stream=False)))[0] == "Hello, you."


async def test_messages_that_grow_are_not_said_again() -> None:
    grown = [
        {"choices": [{"index": 0, "message": said(text), "finish_reason": None}]} for text in ("Hello", "Hello, you.")
    ]
    events = await played(sse(*grown, {"choices": [{"message": said("Hello, you."), "finish_reason": "stop"}]}))
    assert [text_of(events), ended(events)] == ["Hello, you.", "stop"]


async def test_a_whole_message_after_its_pieces_is_not_said_again() -> None:
    last = {"choices": [{"index": 0, "delta": {}, "message": said("Hello, you."), "finish_reason": "stop"}]}
    events = await played(sse(chunk(said("Hello, ")), chunk(said("you.")), last))
    assert [text_of(events), ended(events)] == ["Hello, you.", "stop"]


@pytest.mark.parametrize(
    "call",
    [{"content": [piece("tool_use", id="c1", name="look", input={"q": 1})]},
     {"content": [piece("tool_call", id="c1", function={"name": "look", "arguments": '{"q": 1}'})]},
     {"function_call": {"name": "look", "arguments": '{"q": 1}'}},
     {"tool_calls": {"id": "c1", "type": "function", "function": {"name": "look", "arguments": {"q": 1}}}}],
)  # fmt: skip
@pytest.mark.parametrize("stream", [True, False])
async def test_calls_in_other_places_are_calls(call: dict[str, Any], stream: bool) -> None:
    answer = sse(chunk(call), chunk({}, "tool_calls")) if stream else whole(completion(call, "tool_calls"))
    events = await played(answer, stream=stream)
    assert [calls_of(events), ended(events)] == [[("look", '{"q": 1}')], "tool_calls"]


ITEMS = [
    piece("reasoning", id="i1", summary=[piece("summary_text", text="Be "), piece("summary_text", text="short.")]),
    piece("message", content=[piece("output_text", text="Hello, "), piece("refusal", refusal="you.")]),
]


WORDS = "response.output_text."
SUMMARY = "response.reasoning_summary_text.delta"
OVER = "response.output_item.done"
# The events before the last one, which holds all items.
TURNS: dict[str, list[Any]] = {
    "nothing": [],
    "items": [{"type": OVER, "output_index": at, "item": item} for at, item in enumerate(ITEMS)],
    "items without numbers": [{"type": OVER, "item": item} for item in ITEMS],
    "thoughts in pieces alone": [{"type": SUMMARY, "output_index": 0, "delta": text} for text in ("Be ", "\n\nshort.")],
    "pieces without numbers": [
        {"type": SUMMARY, "delta": "Be \n\nshort."}, {"type": OVER, "item": ITEMS[0]},
        {"type": WORDS + "delta", "delta": "Hello, you."}, {"type": OVER, "item": ITEMS[1]},
    ],
    "thoughts without numbers, then a whole item": [
        {"type": SUMMARY, "item_id": "i1", "delta": "Be \n\nshort."}, {"type": OVER, "item": ITEMS[1]},
    ],
    "numbers in the pieces alone": [
        {"type": WORDS + "delta", "output_index": 1, "item_id": "i2", "delta": "Hello, you."},
        {"type": OVER, "item": ITEMS[1]},
    ],
    "texts that come whole": [
        {"type": WORDS + "delta", "output_index": 1, "delta": ""},
        {"type": WORDS + "done", "output_index": 1, "content_index": 0, "text": "Hello, "},
        {"type": "response.refusal.done", "output_index": 1, "content_index": 1, "refusal": "you."},
        {"type": OVER, "output_index": 1, "item": ITEMS[1]},
    ],
    "texts in pieces, then whole": [
        {"type": WORDS + "delta", "output_index": 1, "delta": "Hello, "},
        {"type": WORDS + "done", "output_index": 1, "text": "Hello, "},
        {"type": "response.refusal.delta", "output_index": 1, "delta": "you."},
        {"type": OVER, "output_index": 1, "item": ITEMS[1]},
    ],
    "under other names": [
        {"type": "response.reasoning.delta", "output_index": 0, "delta": {"text": "Be \n\nshort."}},
        {"type": "response.content_part.delta", "output_index": 1, "delta": "Hello, "},
        {"type": "response.content_part.delta", "output_index": 1, "delta": {"type": "output_text", "text": "you."}},
    ],
    "numbered otherwise": [{"type": WORDS + "delta", "output_index": 7, "delta": "Hello, you."}],
}  # fmt: skip


@pytest.mark.parametrize("end", ["response.completed", "response.done"])
@pytest.mark.parametrize("name", TURNS)
async def test_responses_that_come_item_by_item_or_at_the_end(name: str, end: str) -> None:
    usage = {"input_tokens": 18, "output_tokens": 12, "total_tokens": 30}
    response = {"object": "response", "status": "completed", "output": ITEMS, "usage": usage}
    events = await played(sse(*TURNS[name], {"type": end, "response": response}, done=False), "responses")
    for reply in (events, await played(whole(response), "responses", stream=False)):
        assert [text_of(reply), thoughts_of(reply), ended(reply)] == ["Hello, you.", "Be \n\nshort.", "stop"]
        assert reply[-2] == Usage(18, 12)


@pytest.mark.parametrize("status", ["incomplete", "cancelled", "in_progress", "queued"])
async def test_a_response_that_is_not_over_is_no_reply(status: str) -> None:
    said = {"type": WORDS + "delta", "output_index": 1, "delta": "Hello"}
    last = {"type": "response.incomplete", "response": {"status": status, "incomplete_details": None}}
    assert ended(await played(sse(said, last, done=False), "responses")) == "cut_off"
    answer = {"object": "response", "status": status, "output": []}
    assert ended(await played(whole(answer), "responses", stream=False)) == "bad_response"


async def test_parts_of_google_under_the_names_of_its_other_form() -> None:
    call = {"function_call": {"name": "look", "args": {"q": 1}}, "thought_signature": "c2ln"}
    events = await played(whole({"candidates": [{"content": {"parts": [call]}, "finish_reason": "STOP"}]}), "gemini")
    assert [calls_of(events), ended(events)] == [[("look", '{"q": 1}')], "tool_calls"]


async def test_raw_thoughts_of_a_response_are_thoughts() -> None:
    item = {"type": "reasoning", "content": [piece("reasoning_text", text="Be short.")],
            "summary": [piece("summary_text", text="Short.")]}  # fmt: skip
    response = {"object": "response", "status": "completed", "output": [item, ITEMS[1]]}
    events = await played(whole(response), "responses", stream=False)
    assert [text_of(events), thoughts_of(events)] == ["Hello, you.", "Be short."]


async def test_a_message_of_anthropics_wire_may_be_a_text() -> None:
    message = {"type": "message", "content": "Hello, you.", "stop_reason": "end_turn"}
    events = await played(whole(message), "anthropic", stream=False)
    assert [text_of(events), ended(events)] == ["Hello, you.", "stop"]


@pytest.mark.parametrize("kinds", [("thinking_delta", "text_delta"), ("thinking", "text"), (None, None)])
async def test_deltas_of_anthropics_wire_under_other_types(kinds: tuple[str | None, str | None]) -> None:
    thought, text = ({"type": kind} if kind else {} for kind in kinds)
    deltas = [thought | {"thinking": "Be short."}, text | {"text": "Hello, "}, text | {"text": "you."}]
    objects = [{"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas]
    unknown = {"type": "content_block_delta", "index": 0, "delta": {"type": "something_new", "text": "no"}}
    events = await played(sse(*objects, unknown, {"type": "message_stop"}, done=False), "anthropic")
    assert [text_of(events), thoughts_of(events), ended(events)] == ["Hello, you.", "Be short.", "stop"]


def test_other_thoughts_that_begin_alike_are_kept() -> None:
    thoughts = Thoughts()
    pieces = [thoughts.tell("a", "I think so. "), thoughts.tell("b", "I "), thoughts.tell("b", "should go.")]
    assert pieces == ["I think so. ", "", "I should go."]


@pytest.mark.security
async def test_pieces_inside_of_pieces_end_somewhere() -> None:
    deep: Any = "x"
    for _ in range(900):
        deep = [deep]
    events = await played(sse(chunk({"content": deep}), chunk(said("Hello, you."), "stop")))
    assert [text_of(events), ended(events)] == ["Hello, you.", "stop"]
