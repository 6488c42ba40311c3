"""Every scenario with every provider: the events, what was used and what it costs, and what the person reads.

A provider that has no such thing is named in the scenario, with what comes instead.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from billing.services.pricing import Rates, charge
from billing.services.quantities import Quantities
from endpoints.providers.base import Endpoint, ModelRequest, ToolSpec
from endpoints.providers.wires import wire_of
from endpoints.services.failure_words import explain
from endpoints.transport.http import Timeouts
from messages.events import Failed, Usage
from messages.parts import Error
from tests.endpoint_maker import changed
from tests.model_server.fixtures import ModelServer
from tests.model_server.script import UNICODE, words
from tests.wire.conftest import ask, calls_of, checked, ended, events_of, parts_of, text_of, thoughts_of

pytestmark = pytest.mark.wire

TOOL = ToolSpec("lookup", "Looks things up.", {"type": "object", "properties": {"q": {"type": "string"}}})
RATES = Rates(prompt=Decimal(2), completion=Decimal(10), cache_read=Decimal("0.5"), cache_write=Decimal(3))
THOUGHT = "".join(f"Step {number}: think. " for number in range(6))
TWELVE = "".join(words(12))
SIX = "".join(words(6))
PROVIDERS = ("openai", "responses", "azure", "azure responses", "anthropic", "vertex claude", "gemini", "vertex gemini",
             "bedrock")  # fmt: skip
APART = {"anthropic", "vertex claude", "bedrock"}  # cached tokens are not among the input
UNTOLD = APART  # how many tokens were thoughts is not said


@dataclass(frozen=True, slots=True)
class Scenario:
    prompt: str
    end: str  # the finish reason, or the failure's code
    text: str = ""
    thoughts: str = ""
    calls: int = 0
    usage: Usage | None = None
    cost: int = 0  # credits, at the rates above
    title: str = ""  # what the person reads
    advice: str = ""
    whole: bool = True  # also when it is not streamed
    instead: dict[str, str] = field(default_factory=dict)  # provider: its end


SCENARIOS = {
    "text": Scenario("[[tokens:12]] a b c", "stop", TWELVE, usage=Usage(4, 12), cost=128),
    "reasoning": Scenario("[[reasoning]]", "stop", "So the answer is 42.", THOUGHT, usage=Usage(1, 11, 6), cost=112),
    "parallel calls": Scenario(
        "[[tools calls=3]]", "tool_calls", "Let me look. ", calls=3, usage=Usage(2, 15), cost=154
    ),
    "cached": Scenario("[[tokens:3 cached=2]] a b", "stop", "".join(words(3)), usage=Usage(2, 3, 0, 2), cost=35),
    "refusal": Scenario(
        "[[refusal]]", "stop", "I cannot help with that.", usage=Usage(1, 5), cost=52,
        # Only Anthropic gives it a finish reason; the texts of Gemini and Bedrock do not tell it from any other.
        instead={"anthropic": "content_filter", "vertex claude": "content_filter"},
    ),
    "length": Scenario("[[length]]", "length", TWELVE, usage=Usage(1, 12), cost=122),
    "filtered reply": Scenario("[[filter]]", "content_filter", TWELVE, usage=Usage(1, 12), cost=122),
    "filtered prompt": Scenario(
        "[[error:filter]]", "content_filter", title="The provider's content filter stopped this"
    ),
    "401": Scenario("[[error:401]]", "bad_key", title="The provider rejected the key"),
    "403": Scenario("[[error:403]]", "forbidden", title="The key isn't allowed to do this"),
    "404": Scenario("[[error:404]]", "no_such_model", title="The provider doesn't know this model"),
    "429": Scenario(
        "[[error:429 after=30]]", "rate_limit", title="The provider is limiting requests",
        advice="Try again in 30 seconds, or choose another model.",
    ),
    "429 without a wait": Scenario(
        "[[error:429 after=no]]", "rate_limit", title="The provider is limiting requests",
        advice="Wait a minute and regenerate, or choose another model.",
    ),
    "too long": Scenario(
        "[[error:context]]", "context_too_long", title="This conversation is too long for the model"
    ),
    "500": Scenario("[[error:500]]", "overloaded", title="The provider is overloaded or has a problem"),
    "529": Scenario("[[error:529]]", "overloaded", title="The provider is overloaded or has a problem"),
    "web page": Scenario("[[html]]", "bad_response", title="Unexpected response from the provider"),
    "malformed": Scenario(
        "[[garbage]]", "bad_response", title="Unexpected response from the provider", whole=False,
        instead={"bedrock": "lost"},  # binary framing tells damage from silence
    ),
    "fault in mid-stream": Scenario(
        "[[broken]]", "overloaded", SIX, title="The provider is overloaded or has a problem", whole=False
    ),
    "no answer": Scenario("[[cut head=no]]", "lost", title="The connection was lost before the reply started"),
    "cut": Scenario("[[cut]]", "cut_off", SIX, title="The reply was cut short", whole=False),
    "short": Scenario("[[short]]", "cut_off", TWELVE, title="The reply was cut short", whole=False),
    "cut inside characters": Scenario("[[odd-cuts size=1]]", "stop", UNICODE * 3, whole=False),
}  # fmt: skip


@pytest.fixture
def asked(request: pytest.FixtureRequest, model_server: ModelServer) -> Callable[..., ModelRequest]:
    def made(provider: str, text: str, *, stream: bool = True) -> ModelRequest:
        vertex = provider.startswith("vertex")
        name = {"responses": "openai", "azure responses": "azure"}.get(provider, "gemini" if vertex else provider)
        endpoint: Endpoint = request.getfixturevalue(name)
        if vertex:
            model = "claude-sonnet-4-5" if "claude" in provider else "gemini-2.5-pro"
            credentials = {"vertex_project": "p-1", "vertex_location": "eu"}
            endpoint = changed(endpoint, model_prefix="vertex_ai/", base_url=model_server.root, models=(model,),
                               credentials=credentials)  # fmt: skip
        request_made = ask(endpoint, text, tools=(TOOL,), stream=stream)
        return replace(request_made, uses_responses=True) if "responses" in provider else request_made

    return made


@pytest.mark.parametrize(
    ("name", "stream_it"),
    [
        (name, stream_it)
        for name, scenario in SCENARIOS.items()
        for stream_it in ([True, False] if scenario.whole else [True])
    ],
)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_every_scenario_with_every_provider(
    asked: Callable[..., ModelRequest], model_server: ModelServer, provider: str, name: str, stream_it: bool
) -> None:
    scenario = SCENARIOS[name]
    events = await events_of(asked(provider, scenario.prompt, stream=stream_it))
    end = scenario.instead.get(provider, scenario.end)
    assert [ended(events), text_of(events), thoughts_of(events)] == [end, scenario.text, scenario.thoughts]
    arguments = [f'{{"q":"query{number}"}}' for number in range(scenario.calls)]
    assert [argument.replace(" ", "") for _, argument in calls_of(events)] == arguments
    if scenario.usage is not None:
        assert events[-2] == usage_of(provider, scenario.usage)
        more = scenario.usage.cache_read_tokens * RATES.prompt if provider in APART else 0
        assert cost_of(events[-2]) == scenario.cost + more
    if scenario.title and end == scenario.end:
        (error,) = [part for part in parts_of(events).parts if isinstance(part, Error)]
        words_read = explain(error.code, error.wait)
        assert str(words_read.title) == scenario.title
        assert scenario.advice in {"", str(words_read.advice)}
    assert model_server.count == 1


def usage_of(provider: str, usage: Usage) -> Usage:
    """Return the usage as `provider` tells it: the script's words are the same, the ways to count them are not."""
    cached = usage.cache_read_tokens if provider in APART else 0
    thoughts = 0 if provider in UNTOLD else usage.reasoning_tokens
    return replace(usage, input_tokens=usage.input_tokens + cached, reasoning_tokens=thoughts)


def cost_of(usage: object) -> int:
    assert isinstance(usage, Usage)
    return charge(Quantities.of(usage), RATES)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("scenario", "code", "title"),
    [("stall", "stalled", "The model stopped responding"),
     ("stall head=no", "timeout", "The model took too long to start replying"),
     ("stall at=0", "timeout", "The model took too long to start replying")],
)  # fmt: skip
async def test_silence_runs_out_of_time_in_its_own_words(
    asked: Callable[..., ModelRequest], provider: str, scenario: str, code: str, title: str
) -> None:
    request = asked(provider, f"[[{scenario}]]")
    timeouts = Timeouts(connect=1, first_byte=0.4, idle=0.4, total=5)
    events = await checked(wire_of(request).stream(request, timeouts=timeouts))
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert [failed.code, str(explain(failed.code).title)] == [code, title]
