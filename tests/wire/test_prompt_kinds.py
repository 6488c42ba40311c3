"""What each of the nine wires sends of each kind of part, exactly."""

import json
from typing import Any

import pytest

from endpoints.services.history import rounds
from messages.parts import (
    Audio,
    Data,
    FileRef,
    Image,
    Reasoning,
    Resource,
    Signature,
    Steer,
    StoredResult,
    Text,
    ToolCall,
)
from tests.prompt_maker import answer, asked, said
from tests.wire.prompt_bodies import CHATS, CLAUDES, GEMINIS, NINE, body_of, request_of, sent_by

pytestmark = pytest.mark.wire

FIRST, SECOND = ToolCall("c1", "lookup", '{"q":"a"}'), ToolCall("c2", "lookup", '{"q":"b"}')
PNG = Image("image/png", "AAAA", name="a.png")
URL = "data:image/png;base64,AAAA"
CLAUDE_PNG = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
GEMINI_PNG = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
BEDROCK_PNG = {"image": {"format": "png", "source": {"bytes": "AAAA"}}}
WIRES = pytest.mark.parametrize("wire", NINE)


def family(wire: str) -> str:
    """Return the wire whose messages these are."""
    return {**dict.fromkeys(CHATS, "chat"), **dict.fromkeys(CLAUDES, "claude"), **dict.fromkeys(GEMINIS, "gemini")}.get(
        wire, wire
    )


def chat_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def call_in(call: ToolCall, wire: str) -> dict[str, Any]:
    """Return the call as a block of its wire."""
    arguments = json.loads(call.arguments)
    return {
        "chat": chat_call(call),
        "responses": {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments},
        "claude": {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments},
        "gemini": {"functionCall": {"name": call.name, "args": arguments}},
        "bedrock": {"toolUse": {"toolUseId": call.id, "name": call.name, "input": arguments}},
    }[family(wire)]


def result_in(call: ToolCall, wire: str, **content: Any) -> dict[str, Any]:
    """Return the result as a block of its wire; `content` by family where it is no text."""
    kind = family(wire)
    said_there = content.get(kind, call.result_text)
    return {
        "chat": {"role": "tool", "tool_call_id": call.id, "content": said_there},
        "responses": {"type": "function_call_output", "call_id": call.id, "output": said_there},
        "claude": {"type": "tool_result", "tool_use_id": call.id, "content": said_there},
        "gemini": {"functionResponse": {"name": call.name, "response": {"result": said_there}}},
        "bedrock": {"toolResult": {"toolUseId": call.id, "content": content.get(kind, [{"text": said_there}])}},
    }[kind]


def by_model(wire: str, *blocks: Any, text: str | None = None) -> list[dict[str, Any]]:
    """Return a message of the model: of chat completions with these calls and this text, else of these blocks."""
    return {
        "chat": [{"role": "assistant", "content": text} | ({"tool_calls": list(blocks)} if blocks else {})],
        "responses": list(blocks),
        "claude": [{"role": "assistant", "content": list(blocks)}],
        "gemini": [{"role": "model", "parts": list(blocks)}],
        "bedrock": [{"role": "assistant", "content": list(blocks)}],
    }[family(wire)]


def by_person(wire: str, *blocks: Any) -> list[dict[str, Any]]:
    return {
        "chat": list(blocks),
        "responses": list(blocks),
        "claude": [{"role": "user", "content": list(blocks)}],
        "gemini": [{"role": "user", "parts": list(blocks)}],
        "bedrock": [{"role": "user", "content": list(blocks)}],
    }[family(wire)]


def question(wire: str, text: str) -> Any:
    """Return a person's text as a block, or as a message where there are no blocks."""
    return {
        "chat": {"role": "user", "content": text},
        "responses": {"role": "user", "content": text},
        "claude": {"type": "text", "text": text},
        "gemini": {"text": text},
        "bedrock": {"text": text},
    }[family(wire)]


def words(wire: str, text: str) -> Any:
    """Return what the model says as a block."""
    return {"responses": {"role": "assistant", "content": text}, "claude": {"type": "text", "text": text}}.get(
        family(wire), {"text": text}
    )


@WIRES
def test_text(wire: str) -> None:
    answered = [{"role": "assistant", "content": "Hi."}] if family(wire) in {"chat", "responses"} else by_model(
        wire, words(wire, "Hi.")
    )  # fmt: skip
    assert sent_by(wire, asked("Hello"), said("Hi."), asked("Bye")) == [
        *by_person(wire, question(wire, "Hello")), *answered, *by_person(wire, question(wire, "Bye")),
    ]  # fmt: skip


@WIRES
def test_two_parallel_calls_with_their_results(wire: str) -> None:
    answered, other = answer(FIRST, "found"), answer(SECOND, "other")
    calls = [call_in(FIRST, wire), call_in(SECOND, wire)]
    blocks = calls if family(wire) == "chat" else [words(wire, "Look."), *calls]
    assert sent_by(wire, asked("Go"), *rounds([Text("Look."), answered, other])) == [
        *by_person(wire, question(wire, "Go")),
        *by_model(wire, *blocks, text="Look."),
        *by_person(wire, result_in(answered, wire), result_in(other, wire)),
    ]


@WIRES
def test_a_failed_result_is_marked_or_says_so(wire: str) -> None:
    failed = answer(FIRST, "404", failed=True)
    spoken = result_in(answer(FIRST, "The call failed.\n\n404"), wire)
    marked = result_in(failed, wire)
    expected = {
        "claude": marked | {"is_error": True},
        "gemini": {"functionResponse": {"name": "lookup", "response": {"error": "404"}}},
        "bedrock": {"toolResult": marked.get("toolResult", {}) | {"status": "error"}},
    }.get(family(wire), spoken)
    assert sent_by(wire, asked("Go"), *rounds([failed]))[-1:] == by_person(wire, expected)


@pytest.mark.parametrize(
    ("signature", "blocks"),
    [
        (Signature("r c2ln"), {"claude": {"type": "thinking", "thinking": "Hm.", "signature": "r c2ln"},
                             "bedrock": {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "r c2ln"}}},
                             "responses": {"type": "reasoning", "id": "r", "encrypted_content": "c2ln",
                                           "summary": [{"type": "summary_text", "text": "Hm."}]}}),
        (Signature("rs_1 AbC", encrypted=True), {
            "claude": {"type": "redacted_thinking", "data": "rs_1 AbC"},
            "bedrock": {"reasoningContent": {"redactedContent": "rs_1 AbC"}},
            "responses": {"type": "reasoning", "id": "rs_1", "encrypted_content": "AbC",
                          "summary": [{"type": "summary_text", "text": "Hm."}]}}),
    ],
)  # fmt: skip
@WIRES
def test_thoughts_go_back_to_whoever_signed_them_and_to_nobody_else(
    wire: str, signature: Signature, blocks: dict[str, dict[str, Any]]
) -> None:
    answered = answer(FIRST, "found")
    proof = {"thoughtSignature": signature.data} if family(wire) == "gemini" else {}
    bare = by_model(wire, call_in(FIRST, wire))
    own = {"chat": bare, "gemini": by_model(wire, call_in(FIRST, wire) | proof)}.get(
        family(wire), by_model(wire, blocks.get(family(wire)), call_in(FIRST, wire))
    )
    if wire == "litellm":
        thought = {"type": "redacted_thinking", "data": "rs_1 AbC"} if signature.encrypted else blocks["claude"]
        own = [bare[0] | {"thinking_blocks": [thought]}]
    for signer, expected in ((wire, own), ("", bare), ("somebody else", bare)):
        thoughts = Reasoning("Hm.", Signature(signature.data, signature.encrypted, signer))
        sent = sent_by(wire, asked("Go"), *rounds([thoughts, answered]))
        assert sent[1 : 1 + len(expected)] == expected
        assert ("Hm." in json.dumps(sent)) == ("Hm." in json.dumps(expected))


@WIRES
def test_a_picture_of_a_person(wire: str) -> None:
    expected = {
        "chat": [{"role": "user", "content": [{"type": "text", "text": "Look"},
                                              {"type": "image_url", "image_url": {"url": URL}}]}],
        "responses": [{"role": "user", "content": [{"type": "input_text", "text": "Look"},
                                                   {"type": "input_image", "image_url": URL, "detail": "auto"}]}],
        "claude": by_person(wire, {"type": "text", "text": "Look"}, CLAUDE_PNG) if family(wire) == "claude" else [],
        "gemini": [{"role": "user", "parts": [{"text": "Look"}, GEMINI_PNG]}],
        "bedrock": [{"role": "user", "content": [{"text": "Look"}, BEDROCK_PNG]}],
    }[family(wire)]  # fmt: skip
    assert sent_by(wire, asked("Look", PNG)) == expected


@pytest.mark.parametrize(
    ("wire", "model"),
    [
        ("openai", "gpt-3.5-turbo"),
        ("responses", "o3-mini"),
        ("google", "gem"),
        ("anthropic", "unknown"),
        ("bedrock", "meta.llama3-8b-instruct-v1:0"),
    ],
)
@pytest.mark.parametrize("in_result", [True, False])
def test_a_model_without_eyes_is_told_that_there_is_a_picture(wire: str, model: str, in_result: bool) -> None:
    history = rounds([answer(FIRST, "found", PNG)]) if in_result else []
    sent = json.dumps(sent_by(wire, asked("Look", *([] if in_result else [PNG])), *history, model=model))
    assert "[Picture a.png, which you cannot see]" in sent
    assert "AAAA" not in sent


@WIRES
def test_a_picture_in_a_result_stays_there_or_comes_after_it(wire: str) -> None:
    shown = answer(FIRST, "found", PNG)
    moved = answer(FIRST, "found", "[Picture a.png: it comes after the results]")
    label = "[Of the result of lookup:]"
    after = {"chat": [{"role": "user", "content": [{"type": "text", "text": label},
                                                   {"type": "image_url", "image_url": {"url": URL}}]}],
             "gemini": [{"role": "user", "parts": [{"text": label}, GEMINI_PNG]}]}.get(family(wire), [])  # fmt: skip
    result = result_in(
        moved if family(wire) in {"chat", "gemini"} else answer(FIRST, "found"), wire,
        claude=[{"type": "text", "text": "found"}, CLAUDE_PNG],
        bedrock=[{"text": "found"}, BEDROCK_PNG],
        responses=[{"type": "input_text", "text": "found"},
                   {"type": "input_image", "image_url": URL, "detail": "auto"}],
    )  # fmt: skip
    sent = sent_by(wire, asked("Go"), *rounds([shown]))
    assert sent[-1 - len(after) :] == [*by_person(wire, result), *after]


@pytest.mark.parametrize("wire", ["google", "vertex gemini"])
def test_newer_models_of_google_take_pictures_in_results(wire: str) -> None:
    sent = sent_by(wire, asked("Go"), *rounds([answer(FIRST, "found", PNG)]), model="gemini-3.1-pro-preview")
    response = {"name": "lookup", "response": {"result": "found"}, "parts": [GEMINI_PNG]}
    assert sent[-1] == {"role": "user", "parts": [{"functionResponse": response}]}


@pytest.mark.parametrize("wire", ["anthropic", "bedrock"])
def test_a_failed_result_has_no_picture_in_it(wire: str) -> None:
    results_sent, label, picture = sent_by(wire, asked("Go"), *rounds([answer(FIRST, PNG, failed=True)]))[-1]["content"]
    assert "AAAA" not in json.dumps(results_sent)
    assert picture == {"anthropic": CLAUDE_PNG, "bedrock": BEDROCK_PNG}[wire]
    assert label == words(wire, "[Of the result of lookup:]")


@WIRES
def test_structured_data(wire: str) -> None:
    answered = answer(FIRST, Data({"n": [1]}))
    result = result_in(answered, wire, gemini={"n": [1]}, bedrock=[{"json": {"n": [1]}}])
    assert sent_by(wire, asked("Go"), *rounds([answered]))[-1:] == by_person(wire, result)


@WIRES
def test_what_a_person_says_in_between(wire: str) -> None:
    answered = answer(FIRST, "found")
    sent = sent_by(wire, asked("Go"), *rounds([answered, Steer("i1", "Faster.")]))
    together = by_person(wire, result_in(answered, wire), question(wire, "Faster."))
    apart = [*by_person(wire, result_in(answered, wire)), *by_person(wire, question(wire, "Faster."))]
    expected = apart if family(wire) == "gemini" else together
    assert sent[-len(expected) :] == expected


@WIRES
def test_files_resources_and_recordings_are_sent_in_words(wire: str) -> None:
    parts = (
        FileRef("f1", "b.txt"),
        Resource("x:y", text="Inside."),
        Resource("x:z"),
        StoredResult("s1", 9_000, "Begin"),
        Audio("audio/amr", "AAAA", transcript="Spoken."),
        Audio("audio/amr", "AAAA"),
        Image("image/tiff", "AAAA"),
    )
    for sent in (sent_by(wire, asked("Go", *parts)), sent_by(wire, asked("Go"), *rounds([answer(FIRST, *parts)]))):
        text = json.dumps(sent)
        for expected in (
            "[File b.txt]",
            "Inside.",
            "x:z",
            "the beginning of 9000 characters",
            "Spoken.",
            "[Recording]",
            "[Picture]",
        ):
            assert expected in text
        assert "AAAA" not in text


@WIRES
def test_recordings_go_to_those_that_hear(wire: str) -> None:
    models = {"openai": "gpt-4o-audio-preview", "azure": "gpt-4o-audio-preview"}
    heard = Audio("audio/wav", "AAAA", transcript="Spoken.")
    sent = sent_by(wire, asked("Hear", heard), **({"model": models[wire]} if wire in models else {}))
    native = {
        "openai": {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        "azure": {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
        "google": {"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}},
        "vertex gemini": {"inlineData": {"mimeType": "audio/wav", "data": "AAAA"}},
    }.get(wire)
    if native:
        assert (sent[0].get("parts") or sent[0]["content"])[-1] == native
    else:
        assert "Spoken." in json.dumps(sent)
        assert "AAAA" not in json.dumps(sent)


WITHOUT_TOOLS = {"openai", "azure", "responses"}  # take calls in a request that has none


@WIRES
def test_calls_in_a_request_without_tools(wire: str) -> None:
    history = rounds([Text("Look."), answer(FIRST, "found"), answer(SECOND, "404", failed=True), Text("Here.")])
    request = request_of(wire, [asked("Go"), *history, asked("Thanks")], tools=())
    body = json.dumps(body_of(wire, request), ensure_ascii=False)
    if wire in WITHOUT_TOOLS:
        assert "call_id" in body
        return
    for text in (
        "Look.",
        r"[Called the tool lookup with {\"q\":\"a\"}]",
        "[The tool lookup answered:]",
        "found",
        "The call failed.",
        "404",
        "Here.",
        "Thanks",
    ):
        assert text in body
    for name in ("tool_use", "toolUse", "functionCall", "tool_calls", "toolResult", "functionResponse"):
        assert name not in body


@pytest.mark.parametrize("wire", ["openai", "responses"])
def test_a_model_that_has_no_tools_reads_of_calls_in_words(wire: str) -> None:
    history = [asked("Go"), *rounds([answer(FIRST, "found")]), asked("Thanks")]
    request = request_of(wire, history, tools=(), model="gpt-5-chat")
    assert "[Called the tool lookup" in json.dumps(body_of(wire, request))


def test_the_thoughts_of_whoever_refuses_calls_without_them() -> None:
    history = [
        asked("a"), said(Reasoning("One."), "1"), asked("b"),
        *rounds([Reasoning("Two.", Signature("x", provider="B")), answer(FIRST, "found"), Text("2")]),
        asked("c"),
    ]  # fmt: skip
    thoughts = {}
    for tools in ((), request_of("openai", []).tools):
        for model in ("deepseek-chat", "kimi-k2.5", "gpt-4o"):
            sent = sent_by("openai", *history, model=model, tools=tools)
            thoughts[model, bool(tools)] = [
                message.get("reasoning_content") for message in sent if message["role"] == "assistant"
            ]
    for model in ("deepseek-chat", "kimi-k2.5"):
        assert thoughts[model, False] == [None, "Two.", ""]
        assert thoughts[model, True] == ["One.", "Two.", ""]
    assert thoughts["gpt-4o", True] == thoughts["gpt-4o", False] == [None, None, None]


def test_ids_and_names_that_another_provider_refuses() -> None:
    calls = [ToolCall(call_id, "look up!", "{}") for call_id in ("c.1", "c_1", "x" * 70, "ü")]
    history = [*rounds([answer(call, "a") for call in calls]), *rounds([Text("b"), answer(calls[0], "again")])]
    sent = sent_by("openai", asked("Go"), *history)
    ids = [call["id"] for message in sent for call in message.get("tool_calls", ())]
    assert ids[:2] == ["c_1", ids[1]]
    assert len(set(ids)) == 5
    assert [message["tool_call_id"] for message in sent if message["role"] == "tool"] == ids
    assert all(len(call_id) <= 40 and call_id.isascii() for call_id in ids)
    assert {call["function"]["name"] for message in sent for call in message.get("tool_calls", ())} == {"look_up_"}
    assert sent_by("openai", asked("Go"), *history) == sent  # the same ones in the next request


@WIRES
@pytest.mark.parametrize(("arguments", "as_object"), [("", {}), ('{"q": "cut', {"arguments": '{"q": "cut'}),
                                                      ("[1]", {"arguments": [1]})])  # fmt: skip
def test_arguments_that_are_no_object_are_sent_as_one(wire: str, arguments: str, as_object: dict[str, Any]) -> None:
    broken = answer(ToolCall("c1", "lookup", arguments), "x")
    mended = ToolCall("c1", "lookup", json.dumps(as_object))
    assert sent_by(wire, asked("Go"), *rounds([broken]))[1:2] == by_model(wire, call_in(mended, wire))


@pytest.mark.parametrize("model", ["mistral-large-latest", "codestral-2508", "pixtral-12b"])
def test_what_mistral_demands(model: str) -> None:
    history = [*rounds([answer(FIRST, "found", PNG)]), asked("Thanks")]
    sent = sent_by("openai", asked("Go"), *history, model=model)
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    (call,) = sent[1]["tool_calls"]
    assert len(call["id"]) == 9
    assert call["id"].isalnum()
    assert sent[2]["tool_call_id"] == call["id"]


GEMINI_3 = "gemini-3.1-pro-preview"


@pytest.mark.parametrize("wire", ["google", "vertex gemini"])
def test_calls_of_another_model_in_the_last_turn_say_that_there_is_no_proof(wire: str) -> None:
    before = rounds([answer(FIRST, "a"), Text("b")])
    now = rounds([answer(FIRST, "a"), answer(SECOND, "b"), Text("More."), Reasoning("", Signature("AbC", True, wire)),
                  answer(SECOND, "c")])  # fmt: skip
    for model in (GEMINI_3, "gemini-2.5-pro"):
        sent = sent_by(wire, asked("Go"), *before, asked("On"), *now, model=model)
        proofs = [
            part.get("thoughtSignature") for content in sent for part in content["parts"] if "functionCall" in part
        ]
        nothing = "skip_thought_signature_validator" if model == GEMINI_3 else None
        assert proofs == [None, nothing, None, "AbC"]


BUDGET = {"thinking": {"type": "enabled", "budget_tokens": 2_000}}


@pytest.mark.parametrize("wire", ["anthropic", "vertex claude", "bedrock"])
@pytest.mark.parametrize("thinking", [BUDGET, {"thinking": {"type": "adaptive"}}])
def test_a_budget_for_thoughts_is_left_out_while_calls_of_another_model_wait(wire: str, thinking: Any) -> None:
    answered = answer(FIRST, "found")
    own = Reasoning("Hm.", Signature("c2ln", provider=wire))
    foreign = Reasoning("Hm.", Signature("c2ln", provider="B"))
    thinks = []
    more = [Text("More."), answer(SECOND, "other")]
    for history in (
        [own, answered], [foreign, answered], [answered], [answered, Text("Here.")],
        [own, answered, *more], [answered, own, *more],
    ):  # fmt: skip
        messages = [asked("Go"), *rounds(history)]
        for question in ([asked("Thanks")], []) if history[-1] != Text("Here.") else ([asked("Thanks")],):
            body = body_of(wire, request_of(wire, [*messages, *question], params=thinking))
            thinks.append("thinking" in body.get("additionalModelRequestFields", body))
    left_out = [True, True, False, False, False, False, True, True, True, False, False]
    assert thinks == (left_out if thinking is BUDGET else [True] * 11)
