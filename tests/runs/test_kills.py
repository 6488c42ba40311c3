"""`kill -9` at every point of a run: it goes on from its last border, or is interrupted where a model was being called.

`POINTS` is the table of states and kills: every place where a process can be lost, and what becomes of the run. The
first test proves that it is complete.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from agents.services.tool_calls import carry_out_calls
from billing.models import Balance, Hold, LedgerEntry
from chat.models import ApprovalRequest, Run, Step
from chat.services.turns import turns, waiting
from messages.parts import Text, ToolCall
from runs import borders, persistence, rounds
from tests.runs.scripted import (
    Killed,
    Process,
    TestTools,
    asked,
    called,
    in_state,
    in_turn,
    over,
    play,
    requests_of,
    said,
    script_model,
    swept,
    texts,
    until_there,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

# What becomes of a run that is killed at each point, in their order. A border is a point before its transaction
# commits and one after; `unknown` is a run that goes on and tells the model that it does not know of a call.
POINTS = {
    "model 0 called": "interrupted",
    "model 0 speaks": "interrupted",
    "model 0 ended": "interrupted",
    "border 0 before": "interrupted",
    "border 0 after": "unknown",  # the tools were written down as begun
    "tools 0 result": "unknown",
    "tools 0 ended": "unknown",
    "border 1 before": "unknown",
    "border 1 after": "done",  # it waits for the approval, and nobody holds it
    "border 2 before": "done",
    "border 2 after": "done",
    "border 3 before": "done",
    "border 3 after": "unknown mail",
    "tools 1 result": "unknown mail",
    "tools 1 ended": "unknown mail",
    "border 4 before": "unknown mail",
    "border 4 after": "done",
    "mark 0 before": "done",
    "mark 0 after": "interrupted",
    "model 1 called": "interrupted",
    "model 1 speaks": "interrupted",
    "model 1 ended": "interrupted",
    "end 0 before": "interrupted",
    "end 0 after": "done",
}
SCRIPT = (
    called(("c1", "look", {"q": "a"}), ("c2", "once", {"q": "b"}), ("c3", "mail", {"q": "c"})),
    said("All done."),
)


class Points:
    """Counts the points that a run passes, and kills it at one of them, once."""

    def __init__(self, kill_at: str = "") -> None:
        self.passed: list[str] = []
        self.is_killed = False
        self._kill_at = kill_at
        self._counts: Counter[str] = Counter()

    def number(self, kind: str) -> int:
        self._counts[kind] += 1
        return self._counts[kind] - 1

    def pass_(self, point: str) -> None:
        self.passed.append(point)
        if point == self._kill_at and not self.is_killed:
            self.is_killed = True
            raise Killed(point)

    def around(self, kind: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def passing(*values: Any) -> Any:
            number = self.number(kind)
            self.pass_(f"{kind} {number} before")
            result = work(*values)
            self.pass_(f"{kind} {number} after")
            return result

        return passing


def watched(monkeypatch: pytest.MonkeyPatch, points: Points) -> Callable[[], list[list[str]]]:
    """Have a run pass the points; returns what reads the prompts that the model got."""
    model = play(monkeypatch, in_turn(*SCRIPT))

    async def stream(request: Any) -> AsyncIterator[Any]:
        number = points.number("model")
        points.pass_(f"model {number} called")
        async for event in model(request):
            yield event
            if len(points.passed) and points.passed[-1] == f"model {number} called":
                points.pass_(f"model {number} speaks")
            if isinstance(event, type(SCRIPT[0][-2])):
                points.pass_(f"model {number} ended")

    async def tools(*values: Any) -> AsyncIterator[Any]:
        number, first = points.number("tools"), True
        async for heard in carry_out_calls(*values):
            if first:
                points.pass_(f"tools {number} result")
            first = False
            yield heard
        points.pass_(f"tools {number} ended")

    script_model(monkeypatch, stream)
    monkeypatch.setattr(rounds, "carry_out_calls", tools)
    monkeypatch.setattr(borders, "cross", points.around("border", borders.cross))
    monkeypatch.setattr(borders, "begin_model_call", points.around("mark", borders.begin_model_call))
    monkeypatch.setattr(persistence, "finish", points.around("end", persistence.finish))
    return lambda: [texts(request) for request in model.requests]


async def brought_to_its_end(owner: User, points: Points, process: Process, run_id: Any) -> Run:
    """Answer what is asked, and replace the process once it is killed, until the run is over."""
    was_killed = False
    while True:
        await until_there(lambda seen=was_killed: points.is_killed != seen or _needs_somebody(run_id))  # type: ignore[misc]
        if points.is_killed and not was_killed:
            was_killed = True
            await process.kill()
            process.start()
            await swept()
            continue
        run = await Run.objects.select_related("message").aget(id=run_id)
        if not run.is_open:
            return run
        request = await ApprovalRequest.objects.aget(run=run_id, state="pending")
        await sync_to_async(waiting.decide)(user=owner, request_id=request.id, allowed=True)


def _needs_somebody(run_id: Any) -> bool:
    asks = ApprovalRequest.objects.filter(run=run_id, state="pending", run__state="waiting").exists()
    return asks or not Run.objects.get(id=run_id).is_open


async def test_a_reply_of_one_model_call_crosses_no_border(
    owner: User, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run that waits needs costs one that does not nothing: no transaction, no row."""
    points = Points()
    watched(monkeypatch, points)
    play(monkeypatch, in_turn(said("Because.")))
    started = await asked(owner)
    run = await over(started)
    assert points.passed == ["end 0 before", "end 0 after"]
    assert (run.checkpoint, await Step.objects.acount()) == (None, 0)


async def test_the_table_has_every_point(
    owner: User, process: Process, monkeypatch: pytest.MonkeyPatch, balances_on: None
) -> None:
    points = Points()
    watched(monkeypatch, points)
    started = await asked(owner, model="gpt-4o")
    run = await brought_to_its_end(owner, points, process, started.run.id)
    assert run.state == "done"
    assert points.passed == list(POINTS)


@pytest.mark.parametrize(("point", "expected"), POINTS.items(), ids=list(POINTS))
async def test_a_run_that_is_killed_is_gone_on_with_or_interrupted(
    owner: User,
    process: Process,
    tools: TestTools,
    monkeypatch: pytest.MonkeyPatch,
    balances_on: None,
    point: str,
    expected: str,
) -> None:
    points = Points(point)
    prompts = watched(monkeypatch, points)
    started = await asked(owner, model="gpt-4o")
    run = await brought_to_its_end(owner, points, process, started.run.id)
    assert points.is_killed
    assert run.state == ("interrupted" if expected == "interrupted" else "done")
    assert run.message.state == ("interrupted" if expected == "interrupted" else "complete")
    _check_calls(run, tools.done, prompts(), expected)
    # Nobody can tell that a call was written down and not made: it is charged by estimate.
    await _check_money(owner, len(prompts()) + (point in {"model 0 called", "mark 0 after", "model 1 called"}))
    assert not await ApprovalRequest.objects.filter(state="pending").aexists()


def _check_calls(run: Run, done: Sequence[str], prompts: Sequence[list[str]], expected: str) -> None:
    assert len(prompts) == len({tuple(prompt) for prompt in prompts}), "no model call is made twice"
    assert done.count("c2 b") <= 1, "what is not repeatable is not repeated"
    assert done.count("c3 c") <= 1
    calls = {part.id: part for part in run.message.content if isinstance(part, ToolCall)}
    assert all(call.result is not None for call in calls.values())
    if expected == "interrupted":
        return
    assert run.message.text == "Let me see.\n\nAll done."
    assert calls["c1"].result == (Text("found a"),)
    unknown = {"unknown": "c2", "unknown mail": "c3"}.get(expected, "")
    for call_id, result in (("c2", "found b"), ("c3", "found c")):
        assert calls[call_id].result_text.startswith("The process" if call_id == unknown else result)
    assert prompts[1][2:] == [f"tool: {call.result_text}" for call in calls.values()]


async def _check_money(owner: User, model_calls: int) -> None:
    entries = [entry async for entry in LedgerEntry.objects.filter(reason="message")]
    balance = await Balance.objects.aget(user=owner)
    assert (balance.held, balance.credits) == (0, 1_000_000 + sum(entry.credits for entry in entries))
    assert len(entries) == model_calls
    assert not await Hold.objects.filter(state="open").aexists()


@pytest.mark.parametrize("moment", ["queued again", "waiting", "tools at work", "model speaks"])
async def test_a_stop_is_heard_wherever_the_run_is(
    owner: User, process: Process, tools: TestTools, monkeypatch: pytest.MonkeyPatch, moment: str, balances_on: None
) -> None:
    script = {
        "tools at work": (called(("c1", "slow", {})), said("Never.")),
        "model speaks": (called(("c1", "look", {"q": "a"})), said("Never.")),
    }.get(moment, SCRIPT)
    model = play(monkeypatch, in_turn(*script))
    reached = model.hold(1)
    started = await asked(owner, model="gpt-4o")
    if moment == "queued again":
        [request] = await requests_of(started)
        await process.stop()
        await sync_to_async(waiting.decide)(user=owner, request_id=request.id, allowed=True)
        await in_state(started, "queued")
    elif moment == "waiting":
        await requests_of(started)
    elif moment == "tools at work":
        await until_there(lambda: tools.done == ["slow began"])
    else:
        await reached.wait()
    await sync_to_async(turns.stop)(user=owner, run_id=started.run.id)
    if moment == "queued again":
        process.start()
    run = await over(started)
    assert (run.state, run.message.state, run.message.finish_reason) == ("stopped", "stopped", "stopped")
    calls = [part for part in run.message.content if isinstance(part, ToolCall)]
    assert all(call.result is not None for call in calls)
    balance = await Balance.objects.aget(user=owner)
    entries = [entry async for entry in LedgerEntry.objects.filter(reason="message")]
    assert (balance.held, balance.credits) == (0, 1_000_000 + sum(entry.credits for entry in entries))
