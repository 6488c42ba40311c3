"""The loop's step function: whatever happens in whatever order, a run comes to its end and never forgets a call."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agents.services.loop import (
    Allowed,
    CallEnded,
    CallModel,
    CallTools,
    Detached,
    End,
    HandedOver,
    Heard,
    Limits,
    PendingCall,
    Replied,
    RunState,
    Started,
    Stopped,
    Wait,
    Waits,
    after,
    next_action,
    resumed,
)

CALLS = (PendingCall("a", "look", 1), PendingCall("b", "mail", 2, "approval"))


def put_away(state: RunState) -> RunState:
    """Return the state after a way through the database."""
    return RunState.from_json(json.loads(json.dumps(state.to_json())))


def test_a_reply_without_calls_is_one_model_call() -> None:
    assert next_action(RunState()) == CallModel(0)
    state = after(RunState(), Replied(0, reason="length"))
    assert next_action(state) == End("length")


def test_what_is_ready_is_done_before_anybody_is_waited_for() -> None:
    state = after(RunState(), Replied(0, CALLS))
    assert next_action(state) == CallTools((CALLS[0],))
    state = after(after(state, Started(("a",))), CallEnded("a"))
    assert next_action(state) == Wait((CALLS[1],))
    allowed = after(state, Allowed("b"))
    assert next_action(allowed) == CallTools((PendingCall("b", "mail", 2),))
    rejected = after(state, CallEnded("b"))
    assert next_action(rejected) == CallModel(1)


def test_an_answer_in_the_place_of_a_tool_is_its_end_and_the_tool_is_not_called() -> None:
    asks = after(RunState(), Replied(0, CALLS[1:]))
    answered = after(put_away(asks), CallEnded("b"))
    assert next_action(answered) == CallModel(1)
    assert after(answered, Allowed("b")) == answered, "who answers later changes nothing"


def test_a_call_in_the_background_is_waited_for_at_the_end_alone() -> None:
    state = after(after(RunState(), Replied(0, CALLS[:1])), Started(("a",)))
    state = after(state, Detached("a"))
    assert next_action(state) == CallModel(1)
    state = after(state, Replied(3))
    assert next_action(state) == Wait((), ("a",))
    state = after(state, Heard("a"))
    assert next_action(state) == CallModel(2)
    assert after(state, Heard("a")) == state


def test_a_word_makes_another_model_call() -> None:
    state = after(after(RunState(), Replied(0)), Heard())
    assert next_action(state) == CallModel(1)


def test_rounds_have_a_limit_and_a_subrun_has_what_is_left() -> None:
    state = RunState(limits=Limits(tool_rounds=1))
    for number in range(2):
        assert next_action(state) == CallModel(number)
        state = after(state, Replied(number, (PendingCall(f"c{number}", "look", number),)))
        state = after(after(state, Started((f"c{number}",))), CallEnded(f"c{number}"))
    assert next_action(state) == End("limit")
    assert RunState(first_parts=(0, 2)).left() == Limits(tool_rounds=23, depth=2)


def test_a_stop_ends_it_wherever_it_is() -> None:
    for state in (RunState(), after(RunState(), Replied(0, CALLS)), after(RunState(), Replied(0))):
        assert next_action(after(state, Stopped())) == End("stopped")


def test_agents_are_a_stack() -> None:
    state = after(after(RunState(agents=("a",)), HandedOver("b")), HandedOver("c"))
    assert (state.agent, after(state, HandedOver("")).agent) == ("c", "b")
    assert after(RunState(), HandedOver("")).agent == ""


def test_after_a_crash_only_what_is_repeatable_is_done_again() -> None:
    calls = (PendingCall("a", "look", 1, "running"), PendingCall("x", "mail", 2, "running"), CALLS[1])
    state, unknown = resumed(RunState(first_parts=(0,), calls=calls), {"look"})
    assert [call.id for call in unknown] == ["x"]
    assert [call.state for call in state.calls] == ["ready", "done", "approval"]


IDS = st.sampled_from(["a", "b", "c"])
OUTCOMES = st.one_of(
    st.builds(Started, st.tuples(IDS)),
    st.builds(CallEnded, IDS),
    st.builds(Waits, IDS, st.sampled_from(["question", "subrun"])),
    st.builds(Allowed, IDS),
    st.builds(Detached, IDS),
    st.builds(Heard, st.sampled_from(["", "a", "b", "c"])),
    st.builds(HandedOver, st.sampled_from(["", "poet"])),
)
STATES = st.lists(
    st.builds(PendingCall, IDS, st.just("look"), st.integers(0, 9), st.sampled_from(["ready", "approval", "done"])),
    max_size=3,
    unique_by=lambda call: call.id,
)


@given(STATES, st.lists(OUTCOMES, max_size=30))
def test_no_outcome_loses_a_call_or_wakes_one_that_is_done(calls: list[PendingCall], outcomes: list[Any]) -> None:
    state = after(RunState(), Replied(0, tuple(calls)))
    for outcome in outcomes:
        before, state = state, after(put_away(state), outcome)
        assert [call.id for call in state.calls] == [call.id for call in calls]
        assert {call.id for call in before.calls if call.state == "done"} <= {
            call.id for call in state.calls if call.state == "done"
        }
        assert put_away(state) == state


@given(STATES, st.lists(OUTCOMES, max_size=30), st.data())
def test_a_run_comes_to_its_end_from_wherever_it_is(
    calls: list[PendingCall], outcomes: list[Any], data: st.DataObject
) -> None:
    """Whoever does what the actions say, with a model that calls for ever, ends at the limit."""
    state = RunState(limits=Limits(tool_rounds=5))
    state = after(state, Replied(0, tuple(calls)))
    for outcome in outcomes:
        state = after(state, outcome)
    state, _ = resumed(state, {"look"})
    models: list[int] = []
    for _ in range(100):
        action = next_action(put_away(state))
        match action:
            case End(reason):
                assert reason in {"stop", "limit"}
                break
            case CallModel(number):
                models.append(number)
                again = (PendingCall(f"n{number}", "look", 0),) if data.draw(st.booleans()) else ()
                state = after(state, Replied(0, again))
            case CallTools(ready):
                state = after(state, Started(tuple(call.id for call in ready)))
                for call in ready:
                    state = after(state, CallEnded(call.id))
            case Wait(waiting, background):
                assert waiting or background
                for call in waiting:
                    state = after(state, CallEnded(call.id))
                for call_id in background:
                    state = after(state, Heard(call_id))
    else:
        raise AssertionError("it never ends")
    assert models == sorted(set(models)), "no model call has the number of another"
