"""Frames leave in order, wait a moment for what is drawn elsewhere in them, and hold up nobody else's."""

import asyncio
import json
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from messages.events import Finished, PartDelta, PartStarted
from messages.parts import Text
from runs.follow import Batch, Subscription
from tests.chat_rendering.slow import Slow
from web.rendering.jobs import TOKEN, Job, RenderedDraft
from web.streaming import outbox as outboxes
from web.streaming.frames import RunRenderer
from web.streaming.outbox import Outbox

CODE = "```python\nfine\n```\n\n"


@pytest.fixture(autouse=True)
def long_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outboxes, "HOLD", 10)


def job(source: str) -> Job:
    return Job("code", source, "python")


async def sent(heard: list[str], count: int) -> list[str]:
    for _ in range(1_000):
        if len(heard) >= count:
            return heard
        await asyncio.sleep(0.01)
    raise TimeoutError(heard)


def test_a_frame_without_anything_to_draw_leaves_at_once_and_needs_no_loop() -> None:
    heard: list[str] = []
    Outbox().put("frame", heard.append)
    assert heard == ["frame"]


async def test_frames_behind_one_that_waits_keep_their_order(slow: Slow) -> None:
    outbox, heard = Outbox(), list[str]()
    outbox.put(json.dumps(["p", outbox.mark(RenderedDraft.of(job("fine <1>")))]), heard.append)
    outbox.put("second", heard.append)
    assert heard == []
    first, second = await sent(heard, 2)
    assert json.loads(first)[1].startswith("<em>fine &lt;1&gt;</em> by ")
    assert second == "second"


async def test_a_frame_waits_a_moment_only_and_then_goes_with_plain_text(
    slow: Slow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "HOLD", 0.1)
    outbox, heard, began = Outbox(), list[str](), asyncio.get_running_loop().time()
    outbox.put(outbox.mark(RenderedDraft.of(job("sleep & more"))), heard.append)
    assert await sent(heard, 1) == ["sleep &amp; more"]
    assert asyncio.get_running_loop().time() - began < 1


async def test_another_run_does_not_wait(slow: Slow) -> None:
    waiting, other, heard = Outbox(), Outbox(), list[str]()
    waiting.put(waiting.mark(RenderedDraft.of(job("sleep"))), heard.append)
    other.put("mine", heard.append)
    assert heard == ["mine"]
    waiting.close()


async def test_what_was_closed_sends_nothing_any_more(slow: Slow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outboxes, "HOLD", 0.05)
    outbox, heard = Outbox(), list[str]()
    outbox.put(outbox.mark(RenderedDraft.of(job("sleep"))), heard.append)
    outbox.close()
    await asyncio.sleep(0.2)
    assert heard == []


class Tab:
    """Keeps the frames that it gets."""

    def __init__(self, frames: list[str]) -> None:
        self.frames = frames

    def emit(self, frame: str) -> None:
        self.frames.append(frame)

    def end(self, run_id: UUID, frame: str) -> None:
        self.frames.append(frame)


@pytest.fixture
async def renderer() -> AsyncIterator[tuple[RunRenderer, list[str]]]:
    """A renderer, and what it said: frames, and the end."""
    said: list[str] = []
    painted = RunRenderer(Subscription(uuid4()), lambda *_: said.append("end"))
    painted.join(Tab(said))
    yield painted, said
    painted.outbox.close()


def tell(renderer: RunRenderer, *events: PartStarted | PartDelta | Finished) -> None:
    batch = renderer.subscription.apply(renderer.subscription.reducer.offset, list(events))
    assert batch is not None
    renderer.hear(batch)


async def test_code_arrives_coloured_and_before_the_end_of_the_run(
    slow: Slow, renderer: tuple[RunRenderer, list[str]]
) -> None:
    painted, said = renderer
    tell(painted, PartStarted(0, Text(f"{CODE}After.")), Finished())
    assert "end" not in said
    await sent(said, 2)
    assert said[-1] == "end"
    whole = "".join(said)
    assert "<em>fine" in whole
    assert TOKEN not in whole


async def test_a_tab_that_joins_while_frames_wait_gets_everything_once(
    slow: Slow, renderer: tuple[RunRenderer, list[str]]
) -> None:
    painted, said = renderer
    tell(painted, PartStarted(0, Text(f"{CODE}After.")))
    late: list[str] = []
    painted.join(Tab(late))
    tell(painted, PartDelta(0, " More."))
    await sent(late, 2)
    assert json.loads(late[0].splitlines()[0])[0] == "reset"
    assert "".join(late).count("<em>fine") == 1
    assert "".join(said).count("<em>fine") == 1
    assert "".join(late).count("More.") == 1


async def test_a_tab_that_leaves_while_it_waits_hears_nothing(
    slow: Slow, renderer: tuple[RunRenderer, list[str]]
) -> None:
    painted, said = renderer
    tell(painted, PartStarted(0, Text(f"{CODE}After.")))
    late: list[str] = []
    tab = Tab(late)
    painted.join(tab)
    painted.leave(tab)
    assert tab not in painted.viewers
    await sent(said, 1)
    await asyncio.sleep(0.05)
    assert late == []


async def test_what_was_late_is_sent_again_when_the_run_ends(
    slow: Slow, renderer: tuple[RunRenderer, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "HOLD", 0.01)
    painted, said = renderer
    tell(painted, PartStarted(0, Text("```python\nnap\n```\n\nAfter.")))
    await sent(said, 1)
    assert "<em>nap" not in "".join(said)
    tell(painted, Finished())
    await sent(said, 3)
    assert said[-1] == "end"
    assert json.loads(said[-2].splitlines()[0])[0] == "reset"
    assert said[-2].count("<em>nap") == 1


def test_a_batch_that_says_it_is_over_ends_the_run_at_once() -> None:
    ended: list[Batch] = []
    renderer = RunRenderer(Subscription(uuid4()), lambda _, batch: ended.append(batch))
    renderer.hear(Batch([], over=True))
    assert len(ended) == 1
