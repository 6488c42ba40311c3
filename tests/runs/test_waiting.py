"""Runs that wait for their person: approvals, questions, what is said to them, and that a restart loses nothing."""

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.http import Http404

from accounts.models import User
from agents.tools.arguments import BadArguments
from agents.tools.base import Agent
from billing.models import Balance, Hold, LedgerEntry
from chat.models import ApprovalRequest, InboxItem, Message, Run, Step
from chat.services.model_settings import ModelSettings
from chat.services.turns import turns, waiting
from chat.services.turns.checkpoint import Checkpoint
from endpoints.services.history import EDITED
from endpoints.services.tokens import prompt_size
from messages.parts import AgentSwitch, Approval, Question, Steer, Text, ToolCall
from tests.runs.scripted import (
    MAIL,
    Process,
    ScriptedModel,
    TestTools,
    asked,
    called,
    happened,
    in_state,
    in_turn,
    over,
    play,
    requests_of,
    said,
    texts,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]

decide = sync_to_async(waiting.decide)
allow_edited = sync_to_async(waiting.allow_edited)
answer_instead = sync_to_async(waiting.answer_instead)
reply_to = sync_to_async(waiting.reply_to)
steer = sync_to_async(waiting.steer)


@pytest.fixture
def plays(monkeypatch: pytest.MonkeyPatch) -> Callable[..., ScriptedModel]:
    return lambda *calls: play(monkeypatch, in_turn(*calls))


async def test_a_tool_round_is_told_to_the_model_and_kept_in_the_message(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel]
) -> None:
    model = plays(called(("c1", "look", {"q": "cats"}), ("c2", "nothing", {})), said("They like it."))
    run = await over(await asked(owner))
    parts = run.message.content
    assert (run.state, run.message.finish_reason, run.message.text) == ("done", "stop", "Let me see.\n\nThey like it.")
    assert parts[1] == ToolCall("c1", "look", '{"q": "cats"}', "done", (Text("found cats"),))
    assert parts[2] == ToolCall("c2", "nothing", "{}", "failed", (Text("There is no tool named nothing."),))
    assert texts(model.requests[1])[1:] == [
        "assistant: Let me see.", "tool: found cats", "tool: There is no tool named nothing.",
    ]  # fmt: skip
    steps = [(step.n, step.kind, step.state) async for step in Step.objects.filter(run=run).order_by("id")]
    assert sorted(steps) == [(0, "model", "done"), (0, "tools", "done"), (1, "model", "done")]
    assert [entry.key async for entry in LedgerEntry.objects.order_by("key")] == [
        f"generation:{run.id}:0", f"generation:{run.id}:1",
    ]  # fmt: skip
    assert run.message.usage["input_tokens"] == 20


async def test_an_approval_is_answered_after_a_restart_of_everything(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel], balances_on: None
) -> None:
    model = plays(called(("c1", "mail", {"q": "you"})), said("Sent."))
    started = await asked(owner, model="gpt-4o")
    [request] = await requests_of(started)
    row = await in_state(started, "waiting")
    assert (row.worker, row.lease_expires_at, row.message.state) == ("", None, "streaming")
    assert (await Balance.objects.aget(user=owner)).held == 0
    hold = await Hold.objects.aget()
    assert (hold.state, hold.amount) == ("open", 0)
    assert await LedgerEntry.objects.filter(reason="message").acount() == 1
    asked_for = {"name": "mail", "arguments": '{"q": "you"}', "schema": MAIL.parameters}
    assert (request.kind, request.request) == ("approval", asked_for)
    assert row.message.content[2] == Approval(str(request.id), "c1")
    await process.restart()
    assert tools.done == []
    await decide(user=owner, request_id=request.id, allowed=True)
    run = await over(started)
    assert (run.state, tools.done, len(model.requests)) == ("done", ["c1 you"], 2)
    assert run.message.content[1:3] == (
        ToolCall("c1", "mail", '{"q": "you"}', "done", (Text("found you"),)),
        Approval(str(request.id), "c1", "approved"),
    )
    balance = await Balance.objects.aget(user=owner)
    assert balance.held == 0
    entries = [entry async for entry in LedgerEntry.objects.filter(reason="message").order_by("key")]
    assert [entry.key[-1] for entry in entries] == ["0", "1"]
    assert balance.credits == 1_000_000 + sum(entry.credits for entry in entries)


async def test_two_approvals_at_once_are_answered_one_by_one(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel]
) -> None:
    model = plays(called(("c1", "mail", {"q": "a"}), ("c2", "mail", {"q": "b"})), said("Done."))
    started = await asked(owner)
    first, second = await requests_of(started, 2)
    await decide(user=owner, request_id=second.id, allowed=False, reason="Not b.")
    assert await requests_of(started) == [first]
    assert tools.done == []
    await decide(user=owner, request_id=first.id, allowed=True)
    run = await over(started)
    assert (run.state, tools.done) == ("done", ["c1 a"])
    assert texts(model.requests[1])[2:] == [
        "tool: found a", "tool: The person did not allow this call. They said: Not b.",
    ]  # fmt: skip


@pytest.mark.parametrize("is_old", [False, True], ids=["asked now", "asked by the release before"])
async def test_edited_arguments_are_what_runs_after_a_restart_and_what_everybody_sees(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel], is_old: bool
) -> None:
    model = plays(called(("c1", "mail", {"q": "you"})), said("Sent."))
    started = await asked(owner)
    [request] = await requests_of(started)
    if is_old:
        request.request = {"name": "mail", "arguments": '{"q": "you"}'}
        await request.asave()
    await process.restart()
    await allow_edited(user=owner, request_id=request.id, arguments='{\n "q": "her"}')
    run = await over(started)
    assert (run.state, tools.done) == ("done", ["c1 her"])
    assert run.message.content[1:3] == (
        ToolCall("c1", "mail", '{"q": "her"}', "done", (Text("found her"),), edited=True),
        Approval(str(request.id), "c1", "approved"),
    )
    assert texts(model.requests[1])[-1] == f"tool: {EDITED}\n\nfound her"
    assert [call.arguments for message in model.requests[1].messages for call in message.calls] == ['{"q": "her"}']
    await request.arefresh_from_db()
    assert (request.request["arguments"], request.request["edited"]) == ('{"q": "you"}', '{"q": "her"}')


async def test_the_page_has_the_edited_arguments_before_the_run_goes_on(
    owner: User, process: Process, plays: Callable[..., ScriptedModel]
) -> None:
    plays(called(("c1", "mail", {"q": "you"})), said("Sent."))
    started = await asked(owner)
    [request] = await requests_of(started)
    await process.stop()
    await allow_edited(user=owner, request_id=request.id, arguments='{"q": "her"}')
    call, approval = (await Message.objects.aget(id=started.reply.id)).content[1:3]
    assert (call, approval) == (
        ToolCall("c1", "mail", '{"q": "her"}', edited=True),
        Approval(str(request.id), "c1", "approved"),
    )
    process.start()
    await over(started)


async def test_bad_arguments_change_nothing_and_the_same_ones_are_no_edit(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel]
) -> None:
    plays(called(("c1", "mail", {"q": "you"})), said("Sent."))
    started = await asked(owner)
    [request] = await requests_of(started)
    for arguments in ('{"q": 7}', "{", "[]"):
        with pytest.raises(BadArguments):
            await allow_edited(user=owner, request_id=request.id, arguments=arguments)
    assert await requests_of(started) == [request]
    await allow_edited(user=owner, request_id=request.id, arguments='{"q":"you"}')
    run = await over(started)
    assert tools.done == ["c1 you"]
    assert run.message.content[1] == ToolCall("c1", "mail", '{"q": "you"}', "done", (Text("found you"),))


async def test_an_answer_in_the_place_of_a_tool_is_its_result_after_a_restart(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel]
) -> None:
    model = plays(called(("c1", "mail", {"q": "a"}), ("c2", "mail", {"q": "b"})), said("I see."))
    started = await asked(owner)
    first, second = await requests_of(started, 2)
    with pytest.raises(waiting.NotSteerable):
        await answer_instead(user=owner, request_id=first.id, text=" ")
    await process.restart()
    await answer_instead(user=owner, request_id=first.id, text="I have told them.")
    with pytest.raises(waiting.AnsweredAlready):
        await decide(user=owner, request_id=first.id, allowed=True)
    await allow_edited(user=owner, request_id=second.id, arguments='{"q": "c"}')
    run = await over(started)
    assert (run.state, tools.done) == ("done", ["c2 c"])
    assert run.message.content[1] == ToolCall("c1", "mail", '{"q": "a"}', "done", (Text("I have told them."),))
    assert run.message.content[3] == Approval(str(first.id), "c1", "answered")
    assert texts(model.requests[1])[2:] == ["tool: I have told them.", f"tool: {EDITED}\n\nfound c"]


async def test_a_tool_that_is_gone_when_its_call_is_allowed_ends_the_call_alone(
    owner: User,
    process: Process,
    tools: TestTools,
    plays: Callable[..., ScriptedModel],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = plays(called(("c1", "mail", {"q": "you"})), said("I could not."))
    started = await asked(owner)
    [request] = await requests_of(started)
    monkeypatch.setattr(tools, "agents", lambda _agent_id: Agent())
    await process.restart()
    await decide(user=owner, request_id=request.id, allowed=True)
    run = await over(started)
    assert (run.state, run.message.text) == ("done", "Let me see.\n\nI could not.")
    assert texts(model.requests[1])[-1] == "tool: There is no tool named mail."


async def test_answering_twice_is_refused(owner: User, process: Process, plays: Callable[..., ScriptedModel]) -> None:
    plays(called(("c1", "mail", {"q": "a"})), said("Done."))
    started = await asked(owner)
    [request] = await requests_of(started)
    with pytest.raises(waiting.AnsweredAlready):
        await reply_to(user=owner, request_id=request.id, text="an answer to no question")
    await decide(user=owner, request_id=request.id, allowed=False)
    with pytest.raises(waiting.AnsweredAlready) as refusal:
        await decide(user=owner, request_id=request.id, allowed=True)
    assert (refusal.value.status, refusal.value.code) == (409, "answered")
    await over(started)
    assert (await ApprovalRequest.objects.aget()).state == "rejected"


async def test_a_question_s_answer_is_the_tool_s_result(
    owner: User, process: Process, plays: Callable[..., ScriptedModel]
) -> None:
    model = plays(called(("c1", "ask", {"text": "Which?", "options": ["red", "blue"]})), said("Blue it is."))
    started = await asked(owner)
    [request] = await requests_of(started)
    assert request.request["options"] == ["red", "blue"]
    with pytest.raises(waiting.NotSteerable):
        await reply_to(user=owner, request_id=request.id, text=" ")
    await reply_to(user=owner, request_id=request.id, text="blue")
    run = await over(started)
    assert run.message.content[1] == ToolCall(
        "c1", "ask", '{"text": "Which?", "options": ["red", "blue"]}', "done", (Text("blue"),)
    )
    assert run.message.content[2] == Question(str(request.id), "c1", "Which?", ("red", "blue"), "blue")
    assert texts(model.requests[1])[-1] == "tool: blue"


async def test_a_word_to_a_reply_without_tools_is_heard_before_it_ends(
    owner: User, process: Process, plays: Callable[..., ScriptedModel]
) -> None:
    model = plays(said("Because."), said("In short: yes."))
    reached = model.hold(0)
    started = await asked(owner)
    await reached.wait()
    item = await steer(user=owner, run_id=started.run.id, text="In short, please.")
    model.gates[0].set()
    run = await over(started)
    assert (run.state, run.message.text) == ("done", "Because.\n\nIn short: yes.")
    assert run.message.content[1] == Steer(str(item.id), "In short, please.")
    assert texts(model.requests[1])[1:] == ["assistant: Because.", "user: In short, please."]
    assert (await InboxItem.objects.aget()).taken_at is not None
    with pytest.raises(waiting.NotSteerable) as refusal:
        await steer(user=owner, run_id=started.run.id, text="And?")
    assert refusal.value.code == "over"


async def test_a_word_is_taken_back_while_nobody_has_heard_it(
    owner: User, stranger: User, process: Process, plays: Callable[..., ScriptedModel]
) -> None:
    model = plays(said("Because."), said("Never."))
    reached = model.hold(0)
    started = await asked(owner)
    await reached.wait()
    item = await steer(user=owner, run_id=started.run.id, text="In short, please.")
    with pytest.raises(Http404):
        await sync_to_async(waiting.take_back)(user=stranger, item_id=item.id)
    assert await sync_to_async(waiting.take_back)(user=owner, item_id=item.id)
    model.gates[0].set()
    assert (await over(started)).message.text == "Because."
    assert len(model.requests) == 1


async def test_a_waiting_run_is_stopped_with_what_it_has(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel]
) -> None:
    plays(called(("c1", "mail", {"q": "a"})), said("Never."))
    started = await asked(owner)
    [request] = await requests_of(started)
    await sync_to_async(turns.stop)(user=owner, run_id=started.run.id)
    run = await over(started)
    assert (run.state, run.message.state, tools.done) == ("stopped", "stopped", [])
    await request.arefresh_from_db()
    assert request.state == "cancelled"
    assert run.message.content[2] == Approval(str(request.id), "c1", "rejected")
    assert isinstance(run.message.content[1], ToolCall)
    assert run.message.content[1].state == "failed"
    with pytest.raises(waiting.AnsweredAlready):
        await decide(user=owner, request_id=request.id, allowed=True)


async def test_a_tool_at_work_is_stopped(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel]
) -> None:
    plays(called(("c1", "slow", {})), said("Never."))
    started = await asked(owner)
    await happened(lambda: tools.done == ["slow began"])
    await sync_to_async(turns.stop)(user=owner, run_id=started.run.id)
    run = await over(started)
    assert (run.state, run.message.state) == ("stopped", "stopped")
    assert isinstance(run.message.content[1], ToolCall)
    assert run.message.content[1].state == "failed"


async def test_another_agent_goes_on_in_mid_run(
    owner: User, process: Process, tools: TestTools, plays: Callable[..., ScriptedModel]
) -> None:
    model = plays(
        called(("c1", "hand", {"to": "poet"}), ("c2", "hand", {"to": "nobody"})),
        called(("c3", "mail", {"q": "verse"})),
        called(("c4", "hand", {"to": ""})),
        said("Back again."),
    )
    started = await asked(owner)
    [request] = await requests_of(started)
    stored = (await Run.objects.aget()).checkpoint
    assert stored is not None
    checkpoint = Checkpoint.from_json(stored)
    assert checkpoint.state.agents == ("poet",)
    await process.restart()
    await decide(user=owner, request_id=request.id, allowed=True)
    run = await over(started)
    assert run.message.text.endswith("Back again.")
    assert AgentSwitch("poet", "The poet") in run.message.content
    systems = [[text for text in texts(request) if text.startswith("system")] for request in model.requests]
    assert systems == [[], ["system: Speak in verse."], ["system: Speak in verse."], []]
    assert "tool: There is no agent nobody." in texts(model.requests[1])


async def test_results_that_outgrow_the_window_are_cut_and_the_reply_goes_on(
    owner: User, process: Process, plays: Callable[..., ScriptedModel]
) -> None:
    rounds = [called((f"c{number}", "look", {"q": f"{number:02}", "size": 100_000})) for number in range(8)]
    model = plays(*rounds, said("Done."))
    run = await over(await asked(owner, settings=ModelSettings({"maxContextTokens": 30_000})))
    assert (run.state, run.message.text.endswith("Done."), len(model.requests)) == ("done", True, 9)
    for number, request in enumerate(model.requests):
        lengths = [len(call.result_text) for message in request.messages for call in message.results]
        assert len(lengths) == number
        assert prompt_size(request.messages) < 30_000
        assert texts(request)[0] == "user: Why do cats purr?"
        assert not lengths or lengths[-1] > 20_000, "the model reads what it has just asked for"


async def test_strangers_have_none_of_it(
    owner: User, stranger: User, process: Process, plays: Callable[..., ScriptedModel]
) -> None:
    plays(called(("c1", "mail", {"q": "a"})), said("Done."))
    started = await asked(owner)
    [request] = await requests_of(started)
    with pytest.raises(Http404):
        await decide(user=stranger, request_id=request.id, allowed=True)
    with pytest.raises(Http404):
        await allow_edited(user=stranger, request_id=request.id, arguments="{}")
    with pytest.raises(Http404):
        await answer_instead(user=stranger, request_id=request.id, text="Hello")
    with pytest.raises(Http404):
        await steer(user=stranger, run_id=started.run.id, text="Hello")
    with pytest.raises(Http404):
        await sync_to_async(turns.stop)(user=stranger, run_id=started.run.id)
    assert await sync_to_async(waiting.pending_requests)(stranger) == []
    assert [asked_for.id for asked_for in await sync_to_async(waiting.pending_requests)(owner)] == [request.id]
    await decide(user=owner, request_id=request.id, allowed=False)
    assert (await over(started)).state == "done"
    assert await Message.objects.acount() == 2
