"""What a tab is sent of a subrun whose card is open."""

from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import User
from chat.models import Run
from chat.services.turns.draft import StartedTurn
from messages.events import Finished, PartDelta, PartStarted
from messages.parts import Approval, Question, Text, parts_to_json
from runs import follow
from runs.stream_log import LogWriter
from tests.pages.tabs import Tabs

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("somewhere", "one_process")]


def begin_subrun(started: StartedTurn, **fields: Any) -> Run:
    run = started.run
    ours: dict[str, Any] = {"owner": run.owner, "conversation": run.conversation, "message": run.message}
    return Run.objects.create(**ours, parent=run, **({"state": "running", "checkpoint": {}, "content": []} | fields))


async def test_a_subrun_is_shown_while_it_is_followed_and_its_end_is_its_own(
    connect_tab: Tabs, started: StartedTurn, writer: LogWriter
) -> None:
    subrun = await sync_to_async(begin_subrun)(started)
    socket, gid, log = await connect_tab(), str(subrun.id), writer.open(subrun.id)
    await socket.say(follow=gid)
    writer.append(log, PartStarted(0, Text("Three ")))
    writer.append(log, PartDelta(0, "*cats*.\n\nThey sleep."))
    assert "<em>cats</em>" in await socket.text_until("sleep")
    writer.append(log, PartStarted(1, Question("q", "c1", "Which ones?")))  # the reply below the card asks it
    writer.append(log, PartStarted(2, Text("All of them.")))
    assert "Which ones?" not in await socket.text_until("All of them.")
    await Run.objects.filter(id=subrun.id).aupdate(state="done")
    writer.append(log, Finished("stop"))
    await writer.close(log)
    assert await socket.until("d") == ["d", gid, "done", ""]
    late = await connect_tab()
    await late.say(follow=gid)
    assert await late.until("reset") == ["reset", gid, ""]  # it was not saved yet: whatever the card shows goes
    assert "<em>cats</em>" in await late.text_until("All of them.")


async def test_a_subrun_without_a_log_is_shown_as_it_is_stored(
    connect_tab: Tabs, owner: User, stranger: User, started: StartedTurn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "SILENCE", 0.2)
    content = parts_to_json([Text("Three *cats*."), Approval("a", "c1")])
    subrun = await sync_to_async(begin_subrun)(started, state="waiting", content=content)
    socket, other = await connect_tab(), await connect_tab(stranger)
    for tab in (socket, other):
        await tab.say(follow=str(subrun.id))
    html = (await socket.until("reset"))[2]
    assert "<em>cats</em>" in html
    assert "Allow" not in html
    assert await other.until("gone") == ["gone", str(subrun.id)]
    await Run.objects.filter(id=subrun.id).aupdate(state="stopped")
    assert "<em>cats</em>" in (await socket.until("reset"))[2]
    assert await socket.until("d") == ["d", str(subrun.id), "stopped", ""]
