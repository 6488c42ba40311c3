"""What of a prompt fits into the context window."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from endpoints.providers.base import PromptMessage
from endpoints.services.history import LEFT_OUT, in_rounds
from messages.parts import Part, Subrun, Text, ToolCall
from runs.fitting import fit, fitted
from tests.prompt_maker import answer, results, said


@st.composite
def conversations(draw: st.DrawFn) -> list[PromptMessage]:
    """Turns of any length, some with calls of tools, after none, one or two system prompts."""
    messages = [PromptMessage.of("system", "s") for _ in range(draw(st.integers(0, 2)))]
    for number in range(draw(st.integers(1, 12))):
        messages.append(PromptMessage.of("user", f"u{number}"))
        for call in range(draw(st.integers(0, 3))):
            name = f"c{number}-{call}"
            called = ToolCall(name, "look", "{}")
            messages += [said(called), results(answer(called, "seen"))]
        if draw(st.booleans()):
            messages.append(PromptMessage.of("assistant", f"a{number}"))
    return messages


@settings(max_examples=400, deadline=None)
@given(conversations(), st.data())
def test_what_is_kept_fits_in_order_with_the_last_question_and_whole_calls(
    messages: list[PromptMessage], data: st.DataObject
) -> None:
    sizes = [data.draw(st.integers(1, 50)) for _ in messages]
    room = data.draw(st.integers(0, 600))
    kept = fit(messages, sizes=sizes, room=room)
    size_of = {id(message): size for message, size in zip(messages, sizes, strict=True)}
    beginning = [message for message in messages if message.role == "system"]
    last = max(at for at, message in enumerate(messages) if message.role == "user")
    least = sum(size_of[id(message)] for message in [*beginning, *messages[last:]])
    assert (kept == []) == (least > room)
    if not kept:
        return
    assert sum(size_of[id(message)] for message in kept) <= room
    rest = kept[len(beginning) :]
    assert kept[: len(beginning)] == beginning
    assert rest == messages[len(messages) - len(rest) :]
    assert rest[0].role == "user"
    assert messages[last] in rest
    called = {call.id for message in rest for call in message.calls}
    assert called == {call.id for message in rest for call in message.results}
    dropped = len(messages) - len(kept)
    before = next((at for at in range(len(beginning) + dropped - 1, -1, -1) if messages[at].role == "user"), None)
    if dropped and before is not None:  # one turn more would not have fitted
        assert sum(size_of[id(message)] for message in [*beginning, *messages[before:]]) > room


@st.composite
def replies(draw: st.DrawFn) -> list[PromptMessage]:
    """A question and the rounds of its reply so far, with results of any length."""
    messages = [PromptMessage.of("system", "s") for _ in range(draw(st.integers(0, 1)))]
    messages.append(PromptMessage.of("user", "u"))
    for number in range(draw(st.integers(1, 8))):
        lengths = draw(st.lists(st.integers(0, 20_000), min_size=1, max_size=3))
        calls = [answer(ToolCall(f"c{number}-{at}", "look", "{}"), "x" * length) for at, length in enumerate(lengths)]
        messages.append(said(*calls))
        if draw(st.booleans()):
            length = draw(st.integers(1, 20_000))
            messages.append(said("a", Subrun(f"r{number}", f"c{number}-0", "Research", "done", "y" * length)))
    return messages


def characters(message: PromptMessage) -> int:
    return sum(10 + len(part.text) + sum(len(call.result_text) for call in part.results) for part in in_rounds(message))


@settings(max_examples=300, deadline=None)
@given(replies(), st.integers(300, 60_000))
def test_a_reply_never_outgrows_the_window_by_what_its_tools_say(messages: list[PromptMessage], room: int) -> None:
    question = next(at for at, message in enumerate(messages) if message.role == "user")
    kept = fitted(messages, size=characters, room=room, last_turn=question)
    bare = sum(characters(PromptMessage(message.role, tuple(map(_emptied, message.parts)))) for message in messages)
    if bare <= room:
        assert len(kept) == len(messages)
    assert sum(map(characters, kept)) <= room
    if not kept:
        return
    lengths = [len(call.result_text) for message in kept for call in message.calls]
    whole = [len(call.result_text) for message in messages for call in message.calls]
    assert all(now <= before for now, before in zip(lengths, whole, strict=True))


def _emptied(part: Part) -> Part:
    if isinstance(part, Subrun):
        return replace(part, text=LEFT_OUT[: len(part.text)])
    return answer(part, LEFT_OUT[: len(part.result_text)]) if isinstance(part, ToolCall) else part


def test_the_oldest_results_of_a_reply_are_cut_first_and_the_latest_keeps_what_it_can() -> None:
    calls = [answer(ToolCall(f"c{at}", "look", "{}"), str(at) * 10_000) for at in range(3)]
    messages = [PromptMessage.of("user", "u"), *map(said, calls)]

    def lengths(room: int) -> list[int]:
        kept = fitted(messages, size=characters, room=room, last_turn=0)
        return [len(call.result_text) // 1_000 for message in kept for call in message.calls]

    assert lengths(31_000) == [10, 10, 10]
    assert lengths(23_000) == [2, 10, 10]
    assert lengths(15_000) == [2, 2, 10]
    assert lengths(9_500) == [2, 2, 5]
    assert lengths(5_000) == [0, 2, 2]
    assert lengths(100) == []


def test_turns_are_not_parted_by_what_came_while_they_were_answered() -> None:
    call = answer(ToolCall("c", "look", "{}"), "found")
    turn = [PromptMessage.of("user", "u"), said(call), PromptMessage.of("user", "heard"), said(Text("a"))]
    older = [PromptMessage.of("user", "o" * 500), said(Text("b"))]
    assert fitted([*older, *turn], size=characters, room=400, last_turn=2) == turn
    assert fitted(turn, size=characters, room=30, last_turn=0) == []
