"""Pieces of replies, cut in every way."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from endpoints.providers.assembly import ThinkSplitter, ToolCalls
from endpoints.providers.content import TEXT, THOUGHT
from endpoints.providers.counts import usage_of
from endpoints.providers.reply_parts import ReplyParts
from messages.events import Usage
from messages.parts import ToolCall
from messages.reducer import MessageParts


def split(pieces: list[str]) -> tuple[str, str]:
    """Return thoughts and text."""
    splitter = ThinkSplitter()
    said = [words for piece in pieces for words in splitter.feed(piece)]
    said += splitter.end()
    return "".join(words for kind, words in said if kind is THOUGHT), "".join(
        words for kind, words in said if kind is TEXT
    )


CASES = [
    ("plain text", ("", "plain text")),
    ("<think>hm</think>\n\nyes", ("hm", "yes")),
    ("\n <think>\nhm\n</think>yes", ("\nhm\n", "yes")),
    ("<think></think>yes", ("", "yes")),
    ("<think>never closed </thin", ("never closed </thin", "")),
    ("a <think>late</think> b", ("", "a <think>late</think> b")),
    ("<thin", ("", "<thin")),
    ("<thinking>x</thinking>", ("", "<thinking>x</thinking>")),
    ("<think>a</think>b<think>c</think>", ("a", "b<think>c</think>")),
    ("  \n", ("", "  \n")),
    ("<think>a<b></think> <c>", ("a<b>", "<c>")),
    ("", ("", "")),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
@given(data=st.data())
def test_thoughts_are_the_same_however_the_text_is_cut(
    text: str, expected: tuple[str, str], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)))))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert split(pieces) == expected


def calls(pieces: list[Any], taken: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    """Return name and arguments of every call by its id."""
    joined, reply = ToolCalls(ReplyParts(), taken), MessageParts()
    for event in (event for piece in pieces for event in joined.feed(piece)):
        reply.apply(event)
    tool_calls = [part for part in reply.parts if isinstance(part, ToolCall)]
    assert len({call.id for call in tool_calls}) == len(tool_calls)
    return {call.id: (call.name, call.arguments) for call in tool_calls}


def piece(index: Any = None, call_id: Any = None, name: Any = None, arguments: Any = None) -> dict[str, Any]:
    return {"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}


def test_calls_told_apart_by_index() -> None:
    calls_by_id = calls(
        [[piece(0, "a", "f", ""), piece(1, "b", "g", "")], [piece(1, arguments="2")], [piece(0, arguments="1")]]
    )
    assert calls_by_id == {"a": ("f", "1"), "b": ("g", "2")}


def test_calls_told_apart_by_id_although_the_index_is_the_same() -> None:
    calls_by_id = calls([[piece(0, "a", "f", "1")], [piece(0, "b", "g", "2")], [piece(0, "b", None, "3")]])
    assert calls_by_id == {"a": ("f", "1"), "b": ("g", "23")}


def test_calls_without_index_or_id() -> None:
    calls_by_id = calls([[piece(None, None, "f", "1")], [piece(arguments="2")], [piece(None, "", "g", "3")]])
    assert list(calls_by_id.values()) == [("f", "12"), ("g", "3")]
    assert all(calls_by_id)


def test_arguments_before_the_name_are_kept() -> None:
    assert calls([[piece(0, "a", None, "1")], [piece(0, None, "f", "2")]]) == {"a": ("f", "12")}


def test_arguments_that_are_an_object_become_json() -> None:
    assert calls([[piece(0, "a", "f", {"q": 1})]]) == {"a": ("f", '{"q": 1}')}


def test_an_id_of_an_earlier_round_is_not_used_again() -> None:
    (call,) = calls([[piece(0, "call_0", "f", "1")], [piece(0, "call_0", None, "2")]], ("call_0",)).items()
    assert call[0] != "call_0"
    assert call[1] == ("f", "12")


def test_endless_calls_are_cut_off() -> None:
    assert len(calls([[piece(index, f"c{index}", "f", "")] for index in range(10_000)])) <= 128


KEYS = st.sampled_from(["index", "id", "function", "name", "arguments"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner)
)


@given(JSON)
def test_whatever_stands_in_tool_calls_nothing_breaks(value: Any) -> None:
    calls([value, [value], [{"function": value}], [{"index": value, "function": {"name": value}}]])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5}, Usage(10, 5)),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4},
             "completion_tokens_details": {"reasoning_tokens": 3}},
            Usage(6, 5, reasoning_tokens=3, cache_read_tokens=4),
        ),
        # a provider whose completion tokens do not hold the thoughts
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 18,
             "completion_tokens_details": {"reasoning_tokens": 3}},
            Usage(10, 8, reasoning_tokens=3),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 1, "prompt_cache_hit_tokens": 9}, Usage(1, 1, cache_read_tokens=9)),
        (
            {"prompt_tokens": 10, "completion_tokens": 1, "cache_creation_input_tokens": 3,
             "cache_read_input_tokens": 4},
            Usage(3, 1, cache_read_tokens=4, cache_write_tokens=3),
        ),
        ({"prompt_tokens": 0, "completion_tokens": 0}, None),
        ({}, None),
        (None, None),
        ([], None),
        # security case 81: counts that cannot be
        ({"prompt_tokens": -5, "completion_tokens": 1}, Usage(0, 1)),
        ({"prompt_tokens": 10**30, "completion_tokens": float("nan")}, Usage(100_000_000, 0)),
        ({"prompt_tokens": True, "completion_tokens": "7"}, Usage(0, 7)),
        ({"prompt_tokens": 5, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 50}},
         Usage(5, 1, cache_read_tokens=50)),
    ],
)  # fmt: skip
def test_usage(data: Any, expected: Usage | None) -> None:
    assert usage_of(data) == expected
