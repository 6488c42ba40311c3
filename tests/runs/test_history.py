"""What a generator reads of the branch before a reply, and what the model is noted of it."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from pytest_django import Settings

from accounts.models import User
from agents.tools.base import Agent, Result, Tool, Toolbox, ToolEvent
from agents.tools.context import ToolContext
from chat.models import Conversation, Message, Run, ToolResult
from chat.services import results as results_of_tools
from chat.services.turns import turns
from endpoints.catalog import registry
from endpoints.providers.base import PromptMessage, ToolSpec
from endpoints.services.history import NO_RESULT
from messages.parts import (
    Error,
    Image,
    Part,
    Reasoning,
    Signature,
    Steer,
    StoredResult,
    Subrun,
    Summary,
    Text,
    ToolCall,
    parts_to_json,
    plain_text,
)
from runs.persistence import ClaimedRun, claim
from runs.prompt import CONTINUE, prompt_of
from runs.worker import Generator
from tests.conversations import draft
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.prompt_maker import answer, asked, results, said
from tests.runs.test_prompt import ENDPOINT, JOB
from tests.runs.test_worker import over

pytestmark = [pytest.mark.django_db(transaction=True)]

THOUGHT = Reasoning("Hm.", Signature("c2ln", provider="anthropic"))
FOUND = answer(ToolCall("c1", "lookup", '{"q": "a"}'), "found")


@pytest.fixture
def claimed(somewhere: None, owner: User, make_branch: Callable[..., Conversation]) -> Callable[..., ClaimedRun]:
    """Return a function that stores a question and a reply of these parts, asks again, and claims the run."""

    def claimed(*parts: Part, stored: bool = False, **fields: Any) -> ClaimedRun:
        chat = make_branch(owner)
        _question, reply = chat.messages.order_by("created_at")
        if stored:
            calls = [part for part in parts if isinstance(part, ToolCall)]
            parts = tuple(results_of_tools.store_long(reply.id, call) for call in calls)
        values: dict[str, Any] = {"parts": parts_to_json(parts), "text": plain_text(parts)} | fields
        Message.objects.filter(id=reply.id).update(**values)
        started = turns.start_turn(user=owner, conversation_id=chat.id, draft=draft(text="And?", parent_id=reply.id))
        [job] = claim(ids=[started.run.id], worker="one")
        assert job.history[0] == asked("M0")
        assert job.history[-1] == asked("And?")
        return job

    return claimed


@pytest.mark.parametrize(
    "parts",
    [
        [THOUGHT, Text("Look."), FOUND, Text("Here.")],
        [FOUND],
        [Text("a"), Steer("i1", "Faster."), Text("b")],
        [FOUND, Subrun("r1", "c1", "Research", "done", "Three cats."), Text("b")],
        [Summary("All.")],
        [Image("image/png", "AAAA")],
        [FOUND, Error("lost")],
        [Text("Hi."), Error("lost")],
    ],
)
def test_a_reply_that_holds_more_than_text_is_read_by_its_parts(
    claimed: Callable[..., ClaimedRun], parts: list[Part]
) -> None:
    assert claimed(*parts).history[1:-1] == [said(*parts)]


@pytest.mark.parametrize(
    ("parts", "fields"),
    [
        ([Text("Hi.")], {}),
        ([THOUGHT, Text("Hi.")], {}),
        ([], {"text": "Hi."}),
        ([], {"text": "Hi.", "parts": {"odd": 1}}),
        ([], {"text": "Hi.", "parts": [1, None, "x"]}),
    ],
)
def test_of_any_other_its_text_is_read(
    claimed: Callable[..., ClaimedRun], parts: list[Part], fields: dict[str, Any]
) -> None:
    assert claimed(*parts, **fields).history[1:-1] == [said("Hi.")]


def test_the_database_finds_out_whether_a_whole_reply_holds_more_than_text(
    owner: User, make_turn: Callable[..., Run], chat: Conversation
) -> None:
    calls, text = parts_to_json([Text("Look."), FOUND]), parts_to_json([THOUGHT, Text("Hi.")])
    message = make_turn(chat, state="running", parts=calls).message
    noted = []
    steps: list[dict[str, Any]] = [
        {}, {"state": "interrupted"}, {"parts": text}, {"parts": calls}, {"state": "streaming", "parts": text},
    ]  # fmt: skip
    for changes in steps:
        Message.objects.filter(id=message.id).update(**changes)
        noted.append(Message.objects.get(id=message.id).beyond_text)
    assert noted == [False, True, False, True, True]
    assert not Message.objects.create(conversation=chat, author="user", parts=calls).beyond_text


def test_a_reply_with_nothing_to_read_is_left_out(claimed: Callable[..., ClaimedRun]) -> None:
    assert claimed(Reasoning("Hm."), Text(" \n")).history[1:-1] == []
    assert claimed().history[1:-1] == []


def test_thoughts_are_read_for_an_endpoint_that_wants_those_of_all_replies(
    claimed: Callable[..., ClaimedRun], settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "librechat.yaml"
    file.write_text(file.read_text() + "      customParams: {includeReasoningHistory: true}\n")
    registry.reset()
    assert claimed(THOUGHT, Text("Hi.")).history[1:-1] == [said(THOUGHT, "Hi.")]


def sent(job: ClaimedRun, **changes: Any) -> list[PromptMessage]:
    return list(prompt_of(job, changed(ENDPOINT, **changes)).request.messages)


def test_a_reply_is_sent_by_its_rounds() -> None:
    reply = said(Text("Look."), FOUND, Text("Here."))
    job = replace(JOB, history=[asked("a"), reply, asked("b")])
    assert sent(job) == [asked("a"), said("Look.", FOUND), results(FOUND), said("Here."), asked("b")]


def test_what_is_continued_holds_its_calls() -> None:
    cut = ToolCall("c2", "lookup", '{"q": ')
    lost = answer(cut, NO_RESULT, failed=True)
    job = replace(JOB, history=[asked("a")], continues=True, so_far=[Text("Look."), FOUND, Text("More."), cut])
    assert sent(job) == [
        asked("a"), said("Look.", FOUND), results(FOUND), said("More.", lost), results(lost), asked(CONTINUE),
    ]  # fmt: skip
    nothing = replace(job, so_far=[Reasoning("Hm."), Text(" "), Error("lost")])
    assert sent(nothing) == [asked("a")]


def test_long_results_are_cut_before_a_turn_is_left_out() -> None:
    long = answer(ToolCall("c1", "lookup", "{}"), "word " * 4_000)
    history = [asked("a"), said(long, "One."), asked("b"), said(long, "Two."), asked("c")]
    job = replace(JOB, history=history)
    prompt = prompt_of(job, changed(ENDPOINT, windows={"m": 8_000}))
    lengths = [len(message.results[0].result_text) for message in prompt.request.messages if message.results]
    assert [prompt.left_out, len(lengths)] == [0, 2]
    assert lengths[0] < 2_100  # the oldest first
    assert lengths[1] == 20_000
    prompt = prompt_of(job, changed(ENDPOINT, windows={"m": 1_000}))
    assert prompt.left_out == 2
    assert [message.text for message in prompt.request.messages] == ["b", "", "", "Two.", "c"]


async def look_up(context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
    yield Result((Text(f"Nobody knows {arguments['q']}."),))


LOOKUP = ToolSpec("lookup", "Looks things up.", {"type": "object", "properties": {"q": {"type": "string"}}})


@pytest.mark.wire
@pytest.mark.usefixtures("provider")
async def test_the_second_turn_tells_the_model_what_it_called_in_the_first(
    owner: User, generator: Generator, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "_agents", lambda _: Agent(toolbox=Toolbox({"lookup": Tool(LOOKUP, look_up)})))
    start = sync_to_async(turns.start_turn)
    first = await start(user=owner, conversation_id=None, draft=draft(text="[[tools calls=2]] Who?"))
    reply = (await over(first)).message
    second = await start(
        user=owner, conversation_id=first.conversation.id, draft=draft(text="[[tokens:3]] And?", parent_id=reply.id)
    )
    assert (await over(second)).state == "done"
    sent = model_server.requests()[-1]["body"]["messages"]
    calls = [{"id": f"call_0_{at}", "type": "function",
              "function": {"name": "lookup", "arguments": f'{{"q": "query {at}"}}'}} for at in range(2)]  # fmt: skip
    heard = " / ".join(f"Nobody knows query {at}." for at in range(2))
    assert sent == [
        {"role": "user", "content": "[[tools calls=2]] Who?"},
        {"role": "assistant", "content": "Let me look.", "tool_calls": calls},
        *({"role": "tool", "tool_call_id": call["id"], "content": f"Nobody knows query {at}."}
          for at, call in enumerate(calls)),
        {"role": "assistant", "content": f"The tool said: {heard}"},
        {"role": "user", "content": "[[tokens:3]] And?"},
    ]  # fmt: skip


def test_long_results_are_whole_in_a_prompt_with_one_query(
    claimed: Callable[..., ClaimedRun], monkeypatch: pytest.MonkeyPatch
) -> None:
    long = [answer(ToolCall(f"c{at}", "lookup", "{}"), f"{at} " * 9_000) for at in range(2)]
    loads: list[Mapping[Any, Any]] = []

    def put_back(parts_of: Mapping[Any, Any]) -> Mapping[Any, Any]:
        loads.append(parts_of)
        return results_of_tools.put_back(parts_of)

    monkeypatch.setattr("runs.history.put_back", put_back)
    assert claimed(*long, stored=True).history[1:-1] == [said(*long)]
    assert len(loads) == 1
    monkeypatch.setattr("runs.history.LOADED_CHARACTERS", 30_000)
    (reply,) = claimed(*long, stored=True).history[1:-1]
    assert [len(call.result_text) for call in reply.calls] == [1_000, 1_000]


def test_the_long_results_of_another_message_are_not_read(claimed: Callable[..., ClaimedRun]) -> None:
    long = answer(ToolCall("c1", "lookup", "{}"), "a secret " * 2_000)
    claimed(long, stored=True)
    other = ToolCall("c1", "lookup", "{}", "done", (StoredResult(str(ToolResult.objects.get().key), 18_000, "a"),))
    assert claimed(other).history[1:-1] == [said(other)]


def test_a_reply_that_goes_on_has_its_long_results_whole(owner: User, somewhere: None) -> None:
    long = answer(ToolCall("c1", "lookup", "{}"), "x " * 9_000)
    started = turns.start_turn(user=owner, conversation_id=None, draft=draft())
    row = results_of_tools.store_long(started.run.message_id, long)
    Message.objects.filter(id=started.run.message_id).update(parts=parts_to_json([row]))
    Run.objects.filter(id=started.run.id).update(continues=True)
    [job] = claim(ids=[started.run.id], worker="one")
    assert job.parts == (row,)
    assert job.so_far == (long,)
