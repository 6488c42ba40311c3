"""Arguments that a person has changed: what does not fit is said in words, and no schema does harm."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.tools.arguments import (
    MAX_ARGUMENTS,
    BadArguments,
    checked_arguments,
    readable_arguments,
    same_arguments,
)
from agents.tools.json_schema import problem_with

MAIL: dict[str, Any] = {
    "type": "object",
    "required": ["to"],
    "additionalProperties": False,
    "properties": {
        "to": {"type": "array", "items": {"$ref": "#/$defs/address"}, "minItems": 1, "maxItems": 2},
        "text": {"type": ["string", "null"], "maxLength": 5},
        "copies": {"type": "integer", "minimum": 1, "exclusiveMaximum": 4},
        "kind": {"enum": ["note", "letter"]},
        "when": {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": "^[0-9]{4}$"}]},
    },
    "$defs": {"address": {"type": "string", "pattern": "^[^@]+@[^@]+$"}},
}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"to": ["a@b"]}, ""),
        ({"to": ["a@b"], "text": None, "copies": 3.0, "kind": "note", "when": "2026"}, ""),
        ({}, "“to” is missing."),
        ({"to": "a@b"}, "“to” must be a list."),
        ({"to": []}, "“to” is out of range (minItems: 1)."),
        ({"to": ["a@b", 7]}, "“to › 2” must be text."),
        ({"to": ["a"]}, "“to › 1” doesn't match the pattern ^[^@]+@[^@]+$."),
        ({"to": ["a@b"], "text": 1}, "“text” must be text or null."),
        ({"to": ["a@b"], "text": "abcdef"}, "“text” is out of range (maxLength: 5)."),
        ({"to": ["a@b"], "copies": 1.5}, "“copies” must be a whole number."),
        ({"to": ["a@b"], "copies": True}, "“copies” must be a whole number."),
        ({"to": ["a@b"], "copies": 4}, "“copies” is out of range (exclusiveMaximum: 4)."),
        ({"to": ["a@b"], "kind": "ode"}, '“kind” must be one of these: "note", "letter".'),
        ({"to": ["a@b"], "when": "soon"}, "“when” is not a value that the tool takes."),
        ({"to": ["a@b"], "cc": "x"}, "The tool doesn't know “cc”."),
    ],
)
def test_what_does_not_fit_is_said(arguments: Any, problem: str) -> None:
    assert problem_with(arguments, MAIL) == problem


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"to": ', "not valid JSON"),
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ('{"to": NaN}', "not valid JSON"),
        ('{"to": 1e999}', "not valid JSON"),
        ("[1]", "must be a JSON object"),
        ('{"cc": 1}', "“to” is missing. Change that and try again; the tool has not run."),
        (json.dumps({"text": "x" * MAX_ARGUMENTS}), "too long"),
    ],
)
def test_bad_arguments_are_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(BadArguments, match=words) as refusal:
        checked_arguments(text, MAIL)
    assert (refusal.value.status, refusal.value.code) == (422, "bad_arguments")


def test_good_ones_are_written_as_the_wires_send_them() -> None:
    assert checked_arguments('{\n "to": ["ä@b"] }', MAIL) == '{"to": ["ä@b"]}'
    assert checked_arguments('{"a": "\\ud800\\u0000"}', None) == '{"a": "?\\u0000"}'
    assert readable_arguments('{"to": ["ä"]}') == '{\n  "to": [\n    "ä"\n  ]\n}'
    assert readable_arguments("{") == "{"
    assert same_arguments('{"a":1,"b":2}', '{"b": 2, "a": 1}')
    assert not same_arguments('{"a": 1}', '{"a": true}')
    assert not same_arguments("{", "{}")


def test_a_hostile_schema_costs_little_and_refuses_nothing() -> None:
    doubled = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2} for n in range(60)}
    hostile: list[Any] = [
        {"$ref": "#"}, {"$ref": "https://example.org/schema"}, {"$ref": "#/$defs/d0", "$defs": doubled},
        {"properties": {"q": {"pattern": "(a+)+(?=b)"}}}, {"properties": 5, "required": 7, "type": {}, "enum": 3},
        {"allOf": {"a": 1}, "anyOf": [], "items": [1], "$ref": 4, "minProperties": "x"}, [], "x", None, True,
    ]  # fmt: skip
    began = time.perf_counter()
    assert [problem_with({"q": "a" * 50_000}, schema) for schema in hostile] == [""] * len(hostile)
    assert problem_with({"q": "a" * 50_000}, {"properties": {"q": {"pattern": "(a+)+$"}}}) == ""
    assert time.perf_counter() - began < 2


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
KEYWORDS = [
    "type", "enum", "const", "required", "properties", "additionalProperties", "items", "prefixItems", "pattern",
    "minLength", "maxItems", "minimum", "allOf", "anyOf", "oneOf", "$ref",
]  # fmt: skip


@given(values, st.dictionaries(st.sampled_from(KEYWORDS), values, max_size=6))
def test_whatever_the_schema_is_nothing_breaks(value: Any, schema: dict[str, Any]) -> None:
    assert isinstance(problem_with(value, schema), str)
