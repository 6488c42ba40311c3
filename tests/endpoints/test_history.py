"""A stored reply as the messages that a model reads: one round after another."""

from dataclasses import replace

import pytest

from endpoints.providers.base import PromptMessage
from endpoints.services.history import EDITED, NO_RESULT, rounds, says_something, shortened
from messages.parts import (
    AgentSwitch,
    Approval,
    Attachment,
    Citation,
    Data,
    Error,
    FileRef,
    Image,
    Part,
    Question,
    Reasoning,
    Signature,
    Steer,
    Subrun,
    Summary,
    Text,
    ToolCall,
    UnknownPart,
)
from tests.prompt_maker import answer, asked, results, said

FIRST, SECOND = ToolCall("c1", "lookup", '{"q":"a"}'), ToolCall("c2", "lookup", '{"q":"b"}')
FOUND, LOST = answer(FIRST, "found"), answer(SECOND, "broken", failed=True)
THOUGHT = Reasoning("Where?", Signature("c2ln", provider="A"))
PICTURE = Image("image/png", "AAAA", name="a.png")
BACKGROUND = Subrun("r1", "c1", "Research", "done", "Three cats.")
HEARD = asked("[The result of “Research”, which went on in the background (done)]\n\nThree cats.")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([], []),
        ([Text("Hi.")], [said("Hi.")]),
        (
            [THOUGHT, Text("Let me look."), FOUND, LOST, Text("Here.")],
            [said(THOUGHT, "Let me look.", FOUND, LOST), results(FOUND, LOST), said("Here.")],
        ),
        (
            [FOUND, THOUGHT, LOST, Text("Sorry.")],
            [said(FOUND), results(FOUND), said(THOUGHT, LOST), results(LOST), said("Sorry.")],
        ),
        ([Text("a"), FOUND], [said("a", FOUND), results(FOUND)]),
        ([Text("a"), Steer("i1", "Faster."), Text("b")], [said("a"), asked("Faster."), said("b")]),
        ([FOUND, Steer("i1", "Faster."), Text("b")], [said(FOUND), results(FOUND), asked("Faster."), said("b")]),
        (
            [FOUND, Subrun("r1", "c1", "Research", "done"), BACKGROUND, Text("b")],
            [said(FOUND), results(FOUND), HEARD, said("b")],
        ),
        ([Text("a"), FOUND, BACKGROUND], [said("a", FOUND), results(FOUND), HEARD]),
        ([Summary("All so far.", covers=9), Text("b")], [said("All so far.", "b")]),
        ([Text("Here it is."), PICTURE, Text("Nice?")], [said("Here it is.", "Nice?"), asked(PICTURE)]),
        ([FOUND, PICTURE, Text("b")], [said(FOUND), results(FOUND), asked(PICTURE), said("b")]),
    ],
)
def test_a_reply_is_what_was_said_and_called_in_each_round(parts: list[Part], expected: list[PromptMessage]) -> None:
    assert rounds(parts) == expected


@pytest.mark.parametrize("state", ["running", "done", "failed"])
def test_a_call_without_a_result_says_so(state: str) -> None:
    call = ToolCall("c1", "lookup", '{"q":', state=state)  # type: ignore[arg-type]
    answered = answer(call, NO_RESULT, failed=True)
    assert rounds([call]) == [said(answered), results(answered)]


def test_a_call_that_a_person_has_edited_says_so_where_its_result_is() -> None:
    edited = replace(FOUND, arguments='{"q":"z"}', edited=True)
    noted = replace(edited, result=(Text(EDITED), Text("found")))
    assert rounds([edited]) == [said(noted), results(noted)]


@pytest.mark.parametrize(
    "part",
    [
        Error("lost"), Attachment("citations", {}), AgentSwitch("a1", "Ann"), Citation("A page"),
        Subrun("r", "c1", "x"), Approval("p", "c1"), Question("q", "c1", "Which?"), UnknownPart({"type": "hologram"}),
    ],
    ids=lambda part: part.type,
)  # fmt: skip
def test_what_is_for_people_is_not_sent(part: Part) -> None:
    assert rounds([Text("a"), part, FOUND]) == [said("a", FOUND), results(FOUND)]
    assert not says_something([part, Reasoning("hm"), Text(" \n")])


def test_whether_there_is_anything_to_read() -> None:
    assert [says_something([part]) for part in (Text("a"), FOUND, PICTURE, Summary("s"))] == [True] * 4


def test_long_results_are_shortened_and_what_tools_made_is_left_out() -> None:
    long, small = answer(FIRST, "x" * 5_000), answer(SECOND, "y", PICTURE, FileRef("f1", "b.txt"), Data({"a": 1}))
    cut = shortened(said("a", long, small)).calls
    assert cut[0].result_text == "x" * 2_000 + "\n[the rest was left out]"
    assert cut[1].result == (Text('y\n\na.png\n\nb.txt\n\n{"a": 1}'),)
    [heard] = shortened(said(replace(BACKGROUND, text="z" * 5_000))).parts
    assert heard == replace(BACKGROUND, text="z" * 2_000 + "\n[the rest was left out]")
    for whole in (said("a", FOUND, BACKGROUND), asked("x" * 9_000)):
        assert shortened(whole) is whole
