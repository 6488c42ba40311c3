"""A conversation goes on with any other model: what one provider has said is a valid history for every other."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from endpoints.services.history import EDITED, FROM_BACKGROUND, rounds
from endpoints.services.model_calls import stream
from messages.parts import (
    AgentSwitch,
    Approval,
    Attachment,
    Audio,
    Citation,
    Data,
    Error,
    FileRef,
    Image,
    Part,
    Reasoning,
    Resource,
    Signature,
    Steer,
    Subrun,
    Summary,
    Text,
    ToolCall,
    UnknownPart,
)
from tests.model_server.fixtures import ModelServer
from tests.prompt_maker import answer, asked
from tests.wire import provider_rules
from tests.wire.conftest import ended, events_of, parts_of
from tests.wire.prompt_bodies import GEMINIS, NINE, TOOL, body_of, request_of

pytestmark = [pytest.mark.wire, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


async def reply_of(wire: str, root: str, prompt: str) -> list[Part]:
    """Return a reply as the wire parses it; the calls in it have results."""
    events = await events_of(request_of(wire, [asked(prompt)], root=root))
    assert ended(events) in {"stop", "tool_calls"}
    parts = parts_of(events).parts
    return [answer(part, f"result {part.arguments}") if isinstance(part, ToolCall) else part for part in parts]


@pytest.mark.parametrize("to", NINE)
@pytest.mark.parametrize("maker", NINE)
async def test_a_reply_of_any_wire_is_history_for_every_other(maker: str, to: str, model_server: ModelServer) -> None:
    prompt = "[[tools calls=2 thoughts=2 proof=AbC]]"
    parts = await reply_of(maker, model_server.root, prompt)
    thoughts = [part for part in parts if isinstance(part, Reasoning)]
    calls = [part for part in parts if isinstance(part, ToolCall)]
    assert len(calls) == 2
    assert {part.signature.provider for part in thoughts if part.signature} <= {maker}
    for history in (
        [asked(prompt), *rounds(parts)],
        [asked("Go"), *rounds([*parts, Text("Both are here.")]), asked("Thanks")],
        [asked("Go"), *rounds(calls[:1]), asked("Thanks")],
    ):
        assert ended(await events_of(request_of(to, history, root=model_server.root))) == "stop"
        body = model_server.requests()[-1]["body"]
        provider_rules.anthropic(body) if to == "litellm" else provider_rules.check(to, body)
        text = json.dumps(body)
        assert all(call.name in text and "result" in text for call in calls[:1])
        is_own = maker == to and history[1].reasoning
        sealed = [part.signature.data for part in thoughts if part.signature]
        assert all((json.dumps(data.rpartition(" ")[2]) in text) == bool(is_own) for data in sealed)


@pytest.mark.parametrize("maker", NINE)
async def test_signed_thoughts_name_who_has_signed_them(maker: str, model_server: ModelServer) -> None:
    parts = await reply_of(maker, model_server.root, "[[tools thoughts=1 proof=AbC]]")
    signers = [part.signature.provider for part in parts if isinstance(part, Reasoning) and part.signature]
    assert signers == ([] if maker in {"openai", "azure"} else [maker])


@pytest.mark.parametrize("to", NINE)
async def test_the_second_call_of_a_run_holds_the_first_one(to: str, model_server: ModelServer) -> None:
    """As it is streamed, not only as it is built."""
    parts = await reply_of(to, model_server.root, "[[tools]]")
    request = request_of(to, [asked("[[tools]]"), *rounds(parts)], root=model_server.root)
    text = "".join([part.text for part in parts_of([event async for event in stream(request)]).parts
                    if isinstance(part, Text)])  # fmt: skip
    assert text.startswith("The tool said: ")
    assert "query 0" in text


@pytest.mark.parametrize("to", NINE)
def test_a_result_from_the_background_is_told_in_every_later_turn(to: str) -> None:
    begun = answer(ToolCall("c1", "lookup", '{"q": "cats"}'), "It goes on in the background.")
    heard = Subrun("r1", "c1", "Research", "done", "Three cats.")
    reply = [Text("Let me see."), begun, Subrun("r1", "c1", "Research", "done"), Text("I have begun."), heard]
    line = FROM_BACKGROUND.format(part=heard) + "Three cats."
    for parts in ([*reply, Text("They are three.")], reply):
        messages = [asked("Go"), *rounds(parts), asked("Thanks"), *rounds([Text("Welcome.")]), asked("And now?")]
        body = body_of(to, request_of(to, messages))
        provider_rules.check(to, body)
        sent = json.dumps(body, ensure_ascii=False)
        assert sent.count(json.dumps(line, ensure_ascii=False)[1:-1]) == 1
        places = [sent.index(text) for text in ("I have begun.", "Three cats.", "Thanks", "And now?")]
        assert places == sorted(places)


@pytest.mark.parametrize("to", NINE)
def test_an_edited_call_has_the_arguments_that_ran_and_says_who_wrote_them(to: str) -> None:
    thought = Reasoning("Where?", Signature("c2ln", provider=to))
    call = answer(ToolCall("c1", "lookup", '{"q": "dogs"}', edited=True), "Two dogs.")
    body = body_of(to, request_of(to, [asked("Go"), *rounds([thought, call])]))
    provider_rules.check(to, body)
    sent = json.dumps(body, ensure_ascii=False)
    assert sent.index("dogs") < sent.index(EDITED) < sent.index("Two dogs.")
    if to in GEMINIS:  # the proof is of thoughts that led to another call
        assert '"thoughtSignature": "skip_thought_signature_validator"' in sent or "thoughtSignature" not in sent


words = st.integers(0, 10**9).map(lambda number: f"word{number}")
blanks = st.sampled_from(["", " ", "\n", "\u200b"])
texts = st.one_of(words, words.map(lambda word: f"  {word} \n"), blanks).map(Text)
signatures = st.builds(
    Signature,
    st.sampled_from(["rs_2 c2ln", "rs_1 AbC"]),
    st.booleans(),
    st.sampled_from([*NINE, "", "someone"]),
)
thoughts = st.builds(Reasoning, st.one_of(words, blanks), st.one_of(st.none(), signatures))
pictures = st.builds(Image, st.sampled_from(["image/png", "image/jpg", "image/tiff"]), st.sampled_from(["", "AAAA"]))
recordings = st.builds(Audio, st.sampled_from(["audio/wav", "audio/amr"]), st.sampled_from(["", "AAAA"]))
documents = st.one_of(
    st.builds(FileRef, words, words),
    st.builds(Resource, words, text=st.one_of(words, blanks)),
    st.builds(Data, st.one_of(st.none(), st.integers(), st.dictionaries(words, words, max_size=2))),
)
answered = st.lists(st.one_of(texts, pictures, recordings, documents), max_size=3).map(tuple)
ids = st.sampled_from(["c1", "c2", "call_1", "c.1", "c_1", "", "ü", "x" * 70])
called = st.builds(
    ToolCall,
    ids,
    st.sampled_from(["lookup", "look up", "", "ü" * 99]),
    st.sampled_from(["", "{}", '{"q":"a"}', '{"q":', "[]", "7"]),
    st.sampled_from(["running", "done", "failed"]),
    st.one_of(st.none(), answered),
    st.booleans(),
)
others = st.sampled_from(
    [Error("lost"), Attachment("k", {}), AgentSwitch("a", "A"), Citation("t"), Approval("p", "c1"), UnknownPart({})]
)
parts_of_replies = st.lists(
    st.one_of(
        texts, thoughts, called, pictures, documents, others,
        st.builds(Steer, words, st.one_of(words, blanks)), st.builds(Summary, words),
        st.builds(Subrun, words, ids, words, st.sampled_from(["running", "done", "failed"]), st.one_of(words, blanks)),
    ),
    max_size=8,
)  # fmt: skip
replies = st.lists(parts_of_replies, min_size=1, max_size=3)


# Requests whose providers demand more than others of their wire.
KINDS = {"gemini 3": "google", "mistral": "openai", "budget": "anthropic"}
OPTIONS: dict[str, dict[str, Any]] = {
    "gemini 3": {"model": "gemini-3.1-pro-preview"},
    "mistral": {"model": "mistral-large"},
    "budget": {"params": {"thinking": {"type": "enabled", "budget_tokens": 2_000}}},
}


@pytest.mark.parametrize("wire", [*NINE, *KINDS])
@settings(max_examples=40, deadline=None)
@given(history=replies, has_tools=st.booleans())
def test_any_history_is_valid_keeps_every_text_and_answers_every_call_once(
    wire: str, history: list[list[Part]], has_tools: bool
) -> None:
    kind = KINDS.get(wire, wire)
    messages = [asked("Go")]
    for number, parts in enumerate(history):
        messages += [*rounds(parts), asked(f"question{number}")]
    body = body_of(kind, request_of(kind, messages, tools=(TOOL,) if has_tools else (), **OPTIONS.get(wire, {})))
    provider_rules.chat(body, strict=True) if wire == "mistral" else provider_rules.check(kind, body)
    if wire == "gemini 3":
        provider_rules.proves_its_calls(body)
    sent = json.dumps(body, ensure_ascii=False)
    for part in (part for parts in history for part in parts):
        if isinstance(part, Text | Steer | Summary | Subrun):
            assert part.text.strip().strip("\u200b") in sent
    count = sum(isinstance(part, ToolCall) for parts in history for part in parts)
    if has_tools:
        call, result = _names(kind)
        assert [sent.count(call), sent.count(result)] == [count, count]
    assert all(f"question{number}" in sent for number in range(len(history)))


def _names(wire: str) -> tuple[str, str]:
    if wire in GEMINIS:
        return '"functionCall"', '"functionResponse"'
    return {
        "responses": ('"function_call"', '"function_call_output"'),
        "anthropic": ('"tool_use"', '"tool_result"'),
        "vertex claude": ('"tool_use"', '"tool_result"'),
        "bedrock": ('"toolUse"', '"toolResult"'),
    }.get(wire, ('"arguments"', '"tool_call_id"'))
