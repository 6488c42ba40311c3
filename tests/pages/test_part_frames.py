"""How the parts of a reply reach the page while they grow: one way for all kinds, and no work twice."""

import json
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from pytest_django import Settings

from endpoints.providers.reply_parts import ReplyParts
from messages.events import Event, Failed, Finished, PartDelta, PartEnded, PartStarted, PartUpdated, from_wire, to_wire
from messages.part_base import Whole
from messages.parts import KINDS, Image, StoredResult, Text, ToolCall, register
from messages.reducer import MessageParts
from runs.follow import Subscription
from runs.stream_log import RunLog
from tests.messages.test_part_json import STORED
from web.presenters import bare_part
from web.streaming.frames import PLAIN_SHOWN, RunRenderer, render_part


class Tab:
    """A tab: the parts as its page has them after each frame."""

    def __init__(self) -> None:
        self.frames: list[str] = []
        self.parts: dict[int, str] = {}

    def emit(self, frame: str) -> None:
        self.frames.append(frame)

    def end(self, run_id: object, frame: str) -> None: ...

    @property
    def commands(self) -> list[list[Any]]:
        return [json.loads(line) for frame in self.frames for line in frame.split("\n")]


def followed() -> tuple[RunRenderer, Tab]:
    renderer, tab = RunRenderer(Subscription(uuid4()), lambda *_: None), Tab()
    renderer.join(tab)
    return renderer, tab


def tell(renderer: RunRenderer, *events: Event) -> None:
    batch = renderer.subscription.apply(renderer.subscription.reducer.offset, list(events))
    assert batch is not None
    renderer.hear(batch)


def test_200_kb_of_arguments_are_read_rendered_and_sent_once() -> None:
    """Streamed in deltas of four bytes, forty to a flush, as a model that writes a file does."""
    log, (renderer, tab) = RunLog(uuid4(), MessageParts()), followed()
    arguments = '{"text": "' + "x" * 200_000
    sent = 0
    log.append(PartStarted(0, ToolCall("a", "write")))
    for start in range(0, len(arguments), 4):
        log.append(PartDelta(0, arguments[start : start + 4]))
        if start % 160 == 0:
            at, events = log.take()
            sent += sum(len(json.dumps(to_wire(event))) for event in events)
            batch = renderer.subscription.apply(at, events)
            assert batch is not None
            renderer.hear(batch)
    _, events = log.take()
    tell(renderer, *events, PartEnded(0))
    call = renderer.subscription.reducer.parts[0]
    assert isinstance(call, ToolCall)
    assert call.arguments == arguments
    assert sent < 1.5 * len(arguments)
    shown = sum(len(frame) for frame in tab.frames)
    assert shown < 3 * PLAIN_SHOWN, "a tab is sent what it shows, and no more"
    grown = [frame[5] for frame in tab.commands if frame[0] == "p" and frame[5]]
    assert "".join(grown) == arguments[:PLAIN_SHOWN]


def test_parallel_calls_grow_side_by_side_and_each_card_gets_its_own_result() -> None:
    renderer, tab = followed()
    reply = ReplyParts()
    tell(renderer, *reply.start_call("a", "one", ""), *reply.start_call("b", "two", '{"q"'))
    tell(renderer, *reply.grow_call("b", ": 2}"), *reply.grow_call("a", "{}"))
    assert [(frame[2], frame[5]) for frame in tab.commands if frame[0] == "p"] == [(1, '{"q"'), (1, ": 2}"), (0, "{}")]
    tell(renderer, *reply.end())
    tell(renderer, PartUpdated(1, ToolCall("b", "two", state="done", result=(Text("second <b>"),))))
    tell(renderer, PartUpdated(0, ToolCall("a", "one", state="failed", result=(Text("first"),))))
    cards = {frame[2]: frame[3] for frame in tab.commands if frame[0] == "h"}
    assert "second &lt;b&gt;" in cards[1]
    assert "{&quot;q&quot;: 2}" in cards[1]
    assert "first" in cards[0]
    assert "Failed" in cards[0]


def test_who_joins_late_sees_what_grows_and_what_is_over() -> None:
    renderer, first = followed()
    reply = ReplyParts()
    tell(renderer, *reply.think("Hm."), *reply.start_call("a", "one", '{"q"'), *reply.grow_call("a", ": 1"))
    late = Tab()
    renderer.join(late)
    (reset,) = late.commands
    assert "Hm." in reset[2]
    assert "{&quot;q&quot;: 1" in reset[2]
    tell(renderer, *reply.grow_call("a", "}"), *reply.text("Yes."))
    assert late.commands[1:] == first.commands[-len(late.commands[1:]) :]
    assert [frame[:3] for frame in late.commands[1:]] == [["p", reset[1], 1], ["n", reset[1], 2], ["p", reset[1], 2]]


def test_a_call_whose_result_comes_with_its_last_words_is_shown_once_whole() -> None:
    renderer, tab = followed()
    done = ToolCall("a", "one", state="done", result=(Text("found"), Image("image/png", "AAAA")))
    tell(renderer, PartStarted(0, ToolCall("a", "one", "{")), PartDelta(0, "}"), PartUpdated(0, done), Finished())
    (card,) = [frame[3] for frame in tab.commands if frame[0] == "h"]
    assert "{}" in card
    assert "found" in card
    assert 'src="data:image/png;base64,AAAA"' in card


def test_a_failure_ends_what_grows_and_is_a_part_of_its_own() -> None:
    renderer, tab = followed()
    tell(renderer, PartStarted(0, Text("Half")), Failed("cut_off"))
    assert [(frame[0], frame[2]) for frame in tab.commands] == [("n", 0), ("p", 0), ("p", 0), ("n", 1)]
    assert 'role="alert"' in tab.commands[-1][3]


def test_a_long_result_shows_its_beginning_and_where_all_of_it_is() -> None:
    key = str(uuid4())
    stored = StoredResult(key, 90_000, "First line")
    html = render_part(bare_part(0, ToolCall("a", "read", "{}", "done", (stored,))))
    assert "First line…" in html
    assert "Show all 90,000 characters" in html
    assert f'href="/results/{key}"' in html


SAMPLES = {part.type: part for _, part in STORED}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_has_a_template(kind: str) -> None:
    assert render_part(bare_part(0, SAMPLES[kind]))


@dataclass(frozen=True, slots=True)
class Weather(Whole):
    """A kind that the product does not have."""

    type: ClassVar[str] = "weather"
    growing: ClassVar[str] = "report"
    city: str
    report: str = ""


@pytest.fixture
def weather(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """All that a new kind needs: its dataclass, registered, and its template."""
    monkeypatch.setattr("messages.parts.KINDS", dict(KINDS))
    register(Weather)
    folder = tmp_path / "chat" / "parts"
    folder.mkdir(parents=True)
    (folder / "weather.html").write_text(
        '<p data-part="{{ part.index }}">{{ part.source.city }}: <code data-open>{{ part.source.report }}</code></p>'
    )
    settings.TEMPLATES = [settings.TEMPLATES[0] | {"DIRS": [tmp_path, *settings.TEMPLATES[0]["DIRS"]]}]


@pytest.mark.usefixtures("weather")
def test_a_new_kind_is_a_dataclass_and_a_template() -> None:
    renderer, tab = followed()
    events: list[Event] = [PartStarted(0, Weather("Oslo")), PartDelta(0, "-3 <cold>"), PartEnded(0), Finished()]
    assert [from_wire(json.loads(json.dumps(to_wire(event)))) for event in events] == events
    tell(renderer, *events)
    assert renderer.subscription.reducer.parts == [Weather("Oslo", "-3 <cold>")]
    assert [(frame[0], frame[-1]) for frame in tab.commands] == [
        ("n", '<p data-part="0">Oslo: <code data-open></code></p>'),
        ("p", "-3 &lt;cold&gt;"),
        ("h", '<p data-part="0">Oslo: <code data-open>-3 &lt;cold&gt;</code></p>'),
    ]
    log = RunLog(uuid4(), MessageParts())
    log.append(PartStarted(0, Weather("Oslo")))
    for piece in "-3":
        log.append(PartDelta(0, piece))
    assert log.take() == (0, [PartStarted(0, Weather("Oslo")), PartDelta(0, "-3")])
