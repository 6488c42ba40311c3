"""Runs that tools begin: what they know, who pays, how their results come back, and how they end with their parent."""

from collections.abc import Callable, Sequence

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from api.librechat.chat.stream import frames, load_reply
from billing.models import Balance, Hold, LedgerEntry
from chat.models import InboxItem, Run
from chat.services.turns import turns, waiting
from endpoints.providers.base import ModelRequest
from messages.events import Event, Failed
from messages.parts import Subrun, Text, ToolCall
from tests.api.conftest import frames_of
from tests.conversations import draft
from tests.runs.scripted import (
    Process,
    ScriptedModel,
    TestTools,
    asked,
    called,
    happened,
    in_state,
    over,
    play,
    rounds_in,
    row_of,
    said,
    swept,
    texts,
    until_there,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]


@pytest.fixture
def plays_by_task(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedModel]:
    """Return a function that scripts the model: what the parent hears in turn, and each subrun by its task."""

    def make(*parent: Sequence[Event], **subruns: Sequence[Sequence[Event]]) -> ScriptedModel:
        def script(request: ModelRequest) -> Sequence[Event]:
            first = next(message.text for message in request.messages if message.role == "user")
            calls = subruns.get(first, parent)
            return calls[min(rounds_in(request), len(calls) - 1)]

        return play(monkeypatch, script)

    return make


async def child_of(run: Run) -> Run:
    return await Run.objects.aget(parent=run)


async def test_a_subrun_knows_its_task_alone_and_answers_the_call(
    owner: User, process: Process, tools: TestTools, plays_by_task: Callable[..., ScriptedModel], balances_on: None
) -> None:
    model = plays_by_task(
        called(("c1", "delegate", {"prompt": "count", "agent": "poet"})),
        said("It says three."),
        count=[called(("d1", "look", {"q": "cats"})), said("Three cats.")],
    )
    started = await asked(owner, model="gpt-4o")
    run = await over(started)
    child = await child_of(run)
    assert run.state == "done", run.error
    assert run.message.content[1:3] == (
        ToolCall(
            "c1", "delegate", '{"prompt": "count", "agent": "poet"}', "done", (Text("Let me see.\n\nThree cats."),)
        ),
        Subrun(str(child.id), "c1", "Research", "done"),
    )
    assert run.message.text == "Let me see.\n\nIt says three."
    assert (child.state, child.agent, child.owner_id) == ("done", "poet", owner.id)
    assert texts(model.requests[1]) == ["system: Speak in verse.", "user: count"]
    assert tools.done == ["d1 cats"]
    balance = await Balance.objects.aget(user=owner)
    entries = [entry async for entry in LedgerEntry.objects.filter(reason="message")]
    assert len(entries) == 4
    assert (balance.held, balance.credits) == (0, 1_000_000 + sum(entry.credits for entry in entries))
    assert not await Hold.objects.filter(state="open").aexists()


async def test_a_child_that_fails_is_a_failed_call(
    owner: User, process: Process, plays_by_task: Callable[..., ScriptedModel]
) -> None:
    model = plays_by_task(
        called(("c1", "delegate", {"prompt": "count"})), said("It did not work."), count=[[Failed("rate_limited")]]
    )
    run = await over(await asked(owner))
    call = run.message.content[1]
    assert isinstance(call, ToolCall)
    assert (run.state, call.state, call.result_text) == ("done", "failed", "It failed: rate_limited.")
    assert isinstance(run.message.content[2], Subrun)
    assert run.message.content[2].state == "failed"
    assert texts(model.requests[2])[-1] == "tool: It failed: rate_limited."


async def test_a_result_from_the_background_comes_while_the_model_speaks(
    owner: User, process: Process, plays_by_task: Callable[..., ScriptedModel]
) -> None:
    model = plays_by_task(
        called(("c1", "delegate", {"prompt": "count", "background": True})),
        said("I have begun."),
        said("They are three."),
        count=[said("Three cats.")],
    )
    reached = model.hold(1), model.hold(2)  # the parent's second call and the subrun's first, whichever comes first
    started = await asked(owner)
    for event in reached:
        await event.wait()
    subrun = next(number for number in (1, 2) if texts(model.requests[number]) == ["user: count"])
    model.gates[subrun].set()
    await until_there(lambda: InboxItem.objects.filter(kind="result").exists())
    model.gates[3 - subrun].set()
    run = await over(started)
    child = await child_of(run)
    assert run.message.text == "Let me see.\n\nI have begun.\n\nThey are three."
    assert run.message.content[2] == Subrun(str(child.id), "c1", "Research", "done")
    assert run.message.content[4] == Subrun(str(child.id), "c1", "Research", "done", "Three cats.")
    result = "user: [The result of “Research”, which went on in the background (done)]\n\nThree cats."
    assert texts(model.requests[3])[-2:] == ["assistant: I have begun.", result]
    later = await sync_to_async(turns.start_turn)(
        user=owner, conversation_id=run.conversation_id, draft=draft(text="And dogs?", parent_id=run.message_id)
    )
    await over(later)
    assert texts(model.requests[4])[-4:] == [
        "assistant: I have begun.", result, "assistant: They are three.", "user: And dogs?",
    ]  # fmt: skip


async def test_a_run_waits_for_its_background_without_a_slot(
    owner: User, process: Process, plays_by_task: Callable[..., ScriptedModel]
) -> None:
    model = plays_by_task(
        called(("c1", "delegate", {"prompt": "count", "background": True})),
        said("I have begun."),
        said("They are three."),
        count=[said("Three cats.")],
    )
    reached = model.hold(1), model.hold(2)
    started = await asked(owner)
    for event in reached:
        await event.wait()
    subrun = next(number for number in (1, 2) if texts(model.requests[number]) == ["user: count"])
    model.gates[3 - subrun].set()
    row = await in_state(started, "waiting")
    assert (row.worker, row.lease_expires_at) == ("", None)
    model.gates[subrun].set()
    assert (await over(started)).message.text.endswith("They are three.")


async def test_a_stop_goes_down_the_tree(
    owner: User, process: Process, tools: TestTools, plays_by_task: Callable[..., ScriptedModel]
) -> None:
    plays_by_task(
        called(("c1", "delegate", {"prompt": "count"})),
        said("Never."),
        count=[called(("d1", "delegate", {"prompt": "deeper"})), said("Never.")],
        deeper=[called(("e1", "slow", {})), said("Never.")],
    )
    started = await asked(owner)
    await happened(lambda: tools.done == ["slow began"])
    await sync_to_async(turns.stop)(user=owner, run_id=started.run.id)
    run = await over(started)
    assert run.state == "stopped"
    await until_there(lambda: not Run.objects.filter(state__in=Run.OPEN).exists())
    assert {state async for state in Run.objects.values_list("state", flat=True)} == {"stopped"}
    assert not await Hold.objects.filter(state="open").aexists()


async def test_a_child_asks_the_person_and_the_parent_waits_with_it(
    owner: User, process: Process, tools: TestTools, plays_by_task: Callable[..., ScriptedModel]
) -> None:
    plays_by_task(
        called(("c1", "delegate", {"prompt": "count"})),
        said("Sent."),
        count=[called(("d1", "mail", {"q": "you"})), said("Mailed.")],
    )
    started = await asked(owner)
    await until_there(lambda: Run.objects.filter(parent=started.run.id, state="waiting").exists())
    await process.restart()
    [request] = await sync_to_async(waiting.pending_requests)(owner, started.conversation.id)
    await sync_to_async(waiting.decide)(user=owner, request_id=request.id, allowed=True)
    run = await over(started)
    assert (run.message.text, tools.done) == ("Let me see.\n\nSent.", ["d1 you"])


async def test_a_child_whose_generator_dies_is_a_failed_call(
    owner: User, process: Process, plays_by_task: Callable[..., ScriptedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = plays_by_task(
        called(("c1", "delegate", {"prompt": "count"})), said("It did not work."), count=[said("Three cats.")]
    )
    reached = model.hold(1)
    started = await asked(owner)
    await reached.wait()
    child = await child_of(await row_of(started.run.id))
    await Run.objects.filter(id=child.id).aupdate(worker="killed")
    assert (await swept())["interrupted"] == 1
    run = await over(started)
    assert run.message.text.endswith("It did not work.")
    assert texts(model.requests[2])[-1] == "tool: It was interrupted."
    model.gates[1].set()


async def test_what_a_run_may_begin_is_limited(
    owner: User, process: Process, plays_by_task: Callable[..., ScriptedModel]
) -> None:
    orders = [(f"c{number}", "delegate", {"prompt": "count"}) for number in range(9)]
    model = plays_by_task(called(*orders), said("Done."), count=[said("One.")])
    run = await over(await asked(owner))
    assert await Run.objects.filter(parent=run.id).acount() == 8
    assert "tool: Not begun: there are too many subruns already." in texts(model.requests[-1])


@pytest.mark.usefixtures("stream_threads")
async def test_the_api_tells_what_subruns_say_between_their_start_and_their_end(
    owner: User, process: Process, plays_by_task: Callable[..., ScriptedModel]
) -> None:
    model = plays_by_task(
        called(("c1", "delegate", {"prompt": "count"})),
        said("It says three."),
        count=[called(("d1", "delegate", {"prompt": "deeper"}), text="I ask."), said("Three cats.")],
        deeper=[said("Two and one.")],
    )
    model.hold(0)
    started = await asked(owner)
    streamed = await sync_to_async(load_reply)(started.run.id)
    assert streamed is not None
    text = ""
    async for piece in frames(streamed):
        text += piece
        model.gates[0].set()
    payloads = [payload for _, payload in frames_of(text)]
    updates = [payload["data"] for payload in payloads if payload.get("event") == "on_subagent_update"]
    child = await child_of(started.run)
    below = await child_of(child)
    for run, words in ((child, "I ask.Three cats."), (below, "Two and one.")):
        its_own = [update for update in updates if update["subagentRunId"] == str(run.id)]
        assert [update["phase"] for update in its_own if update["phase"] in {"start", "stop"}] == ["start", "stop"]
        assert (its_own[0]["phase"], its_own[-1]["phase"]) == ("start", "stop")
        deltas = [update["data"]["delta"]["content"] for update in its_own if update["phase"] == "message_delta"]
        assert "".join(content["text"] for contents in deltas for content in contents) == words
    assert "final" in payloads[-1]
