"""What a run gives its tools: calls that its person pays for, and the files of the conversation."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from agents.tools.base import Agent, Result, Tool, Toolbox, ToolEvent
from agents.tools.context import ToolContext
from billing.models import Balance, Hold, LedgerEntry
from billing.services.holds import NoCredit
from endpoints.catalog import registry
from endpoints.providers.base import ModelRequest, PromptMessage, ToolSpec
from messages.events import PartDelta, PartStarted
from messages.parts import FileRef, Text, ToolCall, grown_text
from messages.reducer import MessageParts
from runs.run import ActiveRun
from runs.stream_log import RunLog
from runs.tool_means import files_of
from runs.worker import Generator
from tests.model_server.fixtures import ModelServer
from tests.prompt_maker import answer, asked, said
from tests.runs.scripted import asked as begun
from tests.runs.scripted import over
from tests.runs.test_prompt import JOB

SPEC = ToolSpec("lookup", "Looks things up.", {"type": "object", "properties": {"q": {"type": "string"}}})


def asking(*questions: str) -> Tool:
    """Return a tool that asks another model these, and answers with what it says."""

    async def run(context: ToolContext, arguments: Mapping[str, Any], /) -> AsyncIterator[ToolEvent]:
        endpoint = registry.current().get("Somewhere")
        assert endpoint is not None
        heard = []
        for question in questions:
            request = ModelRequest(endpoint=endpoint, model="gpt-4o", messages=[PromptMessage.of("user", question)])
            async with context.metered.model(request) as call:
                async for event in call:
                    if isinstance(event, PartStarted):
                        heard.append(grown_text(event.part))
                    elif isinstance(event, PartDelta):
                        heard.append(event.text)
        yield Result((Text("".join(heard)),))

    return Tool(SPEC, run)


@pytest.fixture
def has_tool(generator: Generator, monkeypatch: pytest.MonkeyPatch) -> Callable[[Tool], None]:
    def has(tool: Tool) -> None:
        monkeypatch.setattr(generator, "_agents", lambda _: Agent(toolbox=Toolbox({"lookup": tool})))

    return has


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("provider", "balances_on")
async def test_what_a_tool_calls_is_charged_to_the_run_each_under_its_own_key(
    owner: User, has_tool: Callable[[Tool], None]
) -> None:
    has_tool(asking("[[tokens:3]] a", "[[tokens:3]] b"))
    run = await over(await begun(owner, text="[[tools calls=2]] Who?", model="gpt-4o"))
    assert run.state == "done"
    entries = [entry async for entry in LedgerEntry.objects.exclude(reason="start").order_by("id")]
    assert sorted(entry.reason for entry in entries) == ["message", "message", "tool", "tool", "tool", "tool"]
    assert len({entry.key for entry in entries}) == 6
    calls = [part for part in run.message.content if isinstance(part, ToolCall)]
    assert [call.state for call in calls] == ["done", "done"]
    assert all(call.result_text for call in calls)
    balance = await Balance.objects.aget(user=owner)
    assert (balance.held, balance.credits) == (0, 1_000_000 + sum(entry.credits for entry in entries))
    assert not await Hold.objects.filter(state="open").aexists()


@pytest.mark.wire
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("provider", "balances_on")
async def test_a_tool_that_cannot_be_paid_for_fails_and_the_model_is_told(
    owner: User, has_tool: Callable[[Tool], None], settings: Settings, model_server: ModelServer
) -> None:
    has_tool(asking("word " * 100_000))
    settings.BALANCE_START_CREDITS = 100_000
    run = await over(await begun(owner, text="[[tools calls=1]] Who?", model="gpt-4o"))
    assert run.state == "done"
    [call] = [part for part in run.message.content if isinstance(part, ToolCall)]
    assert (call.state, call.result_text) == ("failed", NoCredit().message)
    assert len(model_server.requests()) == 2, "the tool called nobody"
    balance = await Balance.objects.aget(user=owner)
    charged = [entry.credits async for entry in LedgerEntry.objects.filter(reason="message")]
    assert (balance.held, balance.credits) == (0, 100_000 + sum(charged))


def test_the_files_of_the_conversation_are_known_each_once() -> None:
    def file(name: str) -> FileRef:
        return FileRef(name, f"{name}.txt", "text/plain")

    look = ToolCall("c1", "look", "{}")
    job = replace(JOB, history=[asked("a"), said("b", answer(look, file("one"), "seen")), asked("c")])
    active = ActiveRun(job, RunLog(job.id, MessageParts()))
    active.log.reducer.parts.extend([file("two"), answer(look, file("one"), file("three"))])
    assert files_of(active) == (file("one"), file("two"), file("three"))
