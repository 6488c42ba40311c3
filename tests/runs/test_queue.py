"""A generator sends what is queued: one message per reply that ended well, also when a process is lost in between."""

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from chat.models import Message, QueuedTurn, Run
from chat.services.turns import queued_turns, turns, waiting
from chat.services.turns.draft import Draft, StartedTurn
from runs import worker
from tests.runs.scripted import (
    Process,
    ScriptedModel,
    asked,
    called,
    happened,
    in_turn,
    over,
    play,
    said,
    swept,
    texts,
    until_there,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("provider")]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """Answers each question with one line; the first answer is held back after its first event."""
    model = play(monkeypatch, lambda request: said(f"Answer to {request.messages[-1].text}"))
    model.hold(0)
    return model


async def queue(started: StartedTurn, user: User, *words: str) -> None:
    for text in words:
        sent = Draft(text=text, parent_id=started.reply.id)
        await sync_to_async(queued_turns.add)(user=user, conversation_id=started.conversation.id, draft=sent)


async def all_done(count: int) -> None:
    await until_there(lambda: Run.objects.filter(state="done").count() == count)


async def test_each_queued_message_is_sent_when_the_reply_before_it_is_whole(
    owner: User, process: Process, model: ScriptedModel
) -> None:
    started = await asked(owner, text="One")
    await model.reached[0].wait()
    await queue(started, owner, "Two", "Three")
    model.gates[0].set()
    await all_done(3)
    assert [texts(request)[-1] for request in model.requests] == ["user: One", "user: Two", "user: Three"]
    assert texts(model.requests[-1]) == [
        "user: One", "assistant: Answer to One", "user: Two", "assistant: Answer to Two", "user: Three",
    ]  # fmt: skip
    assert not await Run.objects.filter(has_queue=True, state="done").aexists()


async def test_after_a_stop_the_queue_waits_and_what_was_not_heard_joins_it(
    owner: User, process: Process, model: ScriptedModel
) -> None:
    started = await asked(owner, text="One")
    await model.reached[0].wait()
    await queue(started, owner, "Two")
    await sync_to_async(waiting.steer)(user=owner, run_id=started.run.id, text="Shorter")
    await sync_to_async(turns.stop)(user=owner, run_id=started.run.id)
    run = await over(started)
    assert run.state == "stopped"
    await until_there(lambda: len(queued_turns.waiting_in(started.conversation.id)) == 2)
    assert [item.text async for item in QueuedTurn.objects.order_by("created_at")] == ["Two", "Shorter"]
    assert (await swept())["announced"] == 0
    assert await Message.objects.acount() == 2


async def test_what_a_lost_process_should_have_sent_the_sweeper_sends(
    owner: User, process: Process, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lost(*_: object) -> None:
        reached.append("the end is stored")

    reached: list[str] = []
    started = await asked(owner, text="One")
    await model.reached[0].wait()
    await queue(started, owner, "Two")
    monkeypatch.setattr(worker.Generator, "_send_next", lost)
    model.gates[0].set()
    await happened(lambda: bool(reached))
    assert (await over(started)).state == "done"
    monkeypatch.undo()
    await process.kill()
    assert await Message.objects.acount() == 2
    await Run.objects.filter(id=started.run.id).aupdate(finished_at="2026-01-31T12:00:00Z")
    await swept()
    assert [run.state async for run in Run.objects.order_by("created_at")] == ["done", "queued"]
    await swept()
    assert await Run.objects.acount() == 2


async def test_a_queue_is_sent_after_rounds_of_tools_and_not_after_a_subrun(
    owner: User, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = in_turn(called(("c1", "delegate", {"prompt": "Look"})), said("Done."))

    def answers(request: object) -> object:
        is_subrun = texts(request)[-1] == "user: Look"  # type: ignore[arg-type]
        return said("Looked.") if is_subrun else script(request)  # type: ignore[arg-type]

    model = play(monkeypatch, answers)  # type: ignore[arg-type]
    reached = model.hold(0)
    started = await asked(owner, text="One")
    await reached.wait()
    await queue(started, owner, "Two")
    model.gates[0].set()
    await until_there(lambda: Run.objects.filter(parent=None, state="done").count() == 2)
    first, second = [run async for run in Run.objects.filter(parent=None).order_by("created_at")]
    assert first.finished_at
    assert first.finished_at < second.created_at
    assert await Run.objects.filter(parent=first, state="done").acount() == 1


async def test_a_turn_without_a_queue_costs_no_statement_more(
    owner: User, process: Process, model: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    monkeypatch.setattr(queued_turns, "send_next", sent.append)
    started = await asked(owner, text="One")
    await model.reached[0].wait()
    model.gates[0].set()
    assert (await over(started)).state == "done"
    await process.stop()
    assert sent == []
