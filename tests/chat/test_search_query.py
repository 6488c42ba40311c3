"""What may be written into the search field."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.services.search.query import MAX_WORDS, Query, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Query()),
        ("  cats  purr ", Query(words=("cats", "purr"))),
        ('"as it stands"', Query(words=("as", "it", "stands"), phrases=("as it stands",))),
        ("-dogs cats", Query(words=("cats",), excluded=("dogs",))),
        ("role:me x", Query(words=("x",), role="user")),
        ("from:assistant", Query(role="assistant")),
        ("has:code", Query(has_code=True)),
        ('model:gpt tag:"to do" project:Moon title:plan',
         Query(models=("gpt",), tags=("to do",), projects=("Moon",), titles=("plan",))),
        ("on:2026-02", Query(since=date(2026, 2, 1), until=date(2026, 3, 1))),
        ("before:2026-12-31 after:2025", Query(since=date(2026, 1, 1), until=date(2026, 12, 31))),
        ("on:2026-12", Query(since=date(2026, 12, 1), until=date(2027, 1, 1))),
        ("(cats), 'purr'!", Query(words=("cats", "purr"))),
        ("c++", Query(words=("c++",), phrases=("c++",))),
        ("http://a.b/c", Query(words=("http://a.b/c",), phrases=("http://a.b/c",))),
        ("漢字", Query(words=("漢字",))),
    ],
)  # fmt: skip
def test_each_operator_and_word_has_its_meaning(text: str, expected: Query) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ["before:yesterday", "on:2026-02-30", "role:nobody", "has:legs", "after:9999-12-31x"])
def test_what_cannot_be_meant_is_said(text: str) -> None:
    assert len(parse(text).faults) == 1


def test_the_end_of_the_calendar_is_a_fault_and_no_crash() -> None:
    assert parse("on:9999-12-31 on:9999 after:0000").faults


@given(st.text(max_size=300))
def test_nothing_that_can_be_typed_raises(text: str) -> None:
    parse(text)


def test_case_26_endless_input_is_cut() -> None:
    assert parse("a" * 1_000_000).words == ("a" * 1_000,)
    assert len(parse("b " * 500_000).words) == MAX_WORDS
    parse('"' * 1_000_000)
    parse("(a+)+$" * 100_000)
