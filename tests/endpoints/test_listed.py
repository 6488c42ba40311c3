"""Lists of models as servers really write them: names, windows, and what is left out."""

from typing import Any

import pytest

from endpoints.catalog.facts import DEFAULT_WINDOW, facts
from endpoints.catalog.model_list_reader import read_list
from tests.endpoint_maker import make_endpoint


def rows(*entries: dict[str, Any] | str | int | None) -> dict[str, Any]:
    return {"object": "list", "data": list(entries)}


CATALOGUE = [
    {"id": "azureml://registries/a/models/acme-chat/versions/3", "name": "acme-chat", "task": "chat-completion"},
    {"id": "azureml://registries/b/models/Bert-writer/versions/1", "name": "Bert-writer", "task": "chat-completion"},
    {"id": "azureml://registries/a/models/acme-embed/versions/1", "name": "acme-embed", "task": "embeddings"},
]
ODD = rows(
    {"id": "Our Model 13B (Q4)"}, {"id": "[reserve]big-model"}, {"id": "千问-max"}, {"id": "~acme/latest"},
    {"id": "acme/model:free"}, {"id": "acme/model:free"}, {"id": "ft:acme:team::x1"}, {"id": ""}, {"id": "y" * 300},
    {"id": "a<b>c"}, {"name": "named-only"}, {"id": 9}, None, "just-a-name", {"id": "models/with-prefix"},
    {"id": "two\nlines"}, {"id": "back\u202eward"}, {"id": " padded"}, {"id": "  "},
)  # fmt: skip


def test_an_address_is_no_name_and_embeddings_do_not_chat() -> None:
    models = read_list(CATALOGUE)
    assert (models.names, models.left_out) == (("acme-chat", "Bert-writer"), {"kind": 1})


def test_each_real_name_is_there_once_and_the_others_are_counted() -> None:
    models = read_list(ODD)
    assert models.names == (
        "Our Model 13B (Q4)", "[reserve]big-model", "千问-max", "~acme/latest", "acme/model:free", "ft:acme:team::x1",
        "a<b>c", "named-only", "just-a-name", "models/with-prefix",
    )  # fmt: skip
    assert models.left_out == {"unnamed": 4, "name": 4}


@pytest.mark.parametrize(
    ("row", "chats"),
    [
        ({"id": "a", "type": "chat"}, True),
        ({"id": "a", "type": "model"}, True),
        ({"id": "a", "type": "vlm"}, True),
        ({"id": "a", "type": "embeddings"}, False),
        ({"id": "a", "type": "image"}, False),
        ({"id": "a", "pipeline_tag": "image-text-to-text"}, True),
        ({"id": "a", "pipeline_tag": "feature-extraction"}, False),
        ({"id": "a", "mode": "audio_transcription"}, False),
        ({"id": "a", "capabilities": {"completion_chat": True}}, True),
        ({"id": "a", "capabilities": {"completion_chat": False}}, False),
        ({"id": "a", "capabilities": ["chat"]}, True),
        ({"id": "a", "architecture": {"output_modalities": ["image"]}}, False),
        ({"id": "a", "architecture": {"output_modalities": ["text"]}}, True),
        ({"name": "models/a", "supportedGenerationMethods": ["generateContent"]}, True),
        ({"name": "models/a", "supportedGenerationMethods": ["embedContent"]}, False),
        ({"name": "command", "endpoints": ["chat", "generate"]}, True),
        ({"name": "rerank", "endpoints": ["rerank"]}, False),
        ({"id": "text-embedding-3-small"}, False),
        ({"id": "nomic-embed-text:latest"}, False),
        ({"id": "embedded-systems-tutor"}, True),
        ({"id": "Bert-writer"}, True),
        ({"id": "a", "capabilities": {"chat_completion": False, "embeddings": True}}, False),
        ({"id": "a", "capabilities": {"chat_completion": True, "embeddings": False}}, True),
        ({"id": "a", "capabilities": {"type": "embeddings"}}, False),
        ({"id": "a", "capabilities": ["embedding"]}, False),
        ({"id": "a", "capabilities": ["completion", "tools"]}, True),
        ({"id": "a", "capabilities": ["vision"]}, True),
        ({"id": "a", "supports_chat": False, "kind": "FLUMINA_BASE_MODEL"}, False),
        ({"id": "a", "kind": "EMBEDDING_MODEL"}, False),
        ({"model_name": "a", "model_info": {"mode": "embedding"}}, False),
        ({"name": "a", "task": {"id": "1", "name": "Text Embeddings"}}, False),
        ({"name": "a", "task": {"id": "1", "name": "Text Generation"}}, True),
        ({"id": "a", "output_modalities": ["image"]}, False),
        ({"id": "a", "supported_output_modalities": ["embeddings"]}, False),
        ({"name": "all-minilm:l6-v2"}, False),
        ({"name": "house:latest", "details": {"family": "nomic-bert"}}, False),
        ({"name": "bge-m3:latest"}, False),
        ({"id": "whisper-large-v3"}, False),
        ({"id": "omni-moderation-latest"}, False),
        ({"id": "maker-tts"}, False),
        ({"id": "whispering-poet"}, True),
    ],
)
def test_what_does_not_chat_is_left_out(row: dict[str, Any], chats: bool) -> None:
    models = read_list({"models": [row]})
    assert bool(models.names) == chats
    assert models.left_out == ({} if chats else {"kind": 1})


@pytest.mark.parametrize(
    ("fields", "window"),
    [
        ({"max_model_len": 4_096}, 4_096),
        ({"meta": {"n_ctx_train": 131_072, "n_ctx": 16_384}}, 16_384),
        ({"meta": {"n_ctx_train": 131_072}}, 131_072),
        ({"context_length": 6_000}, 6_000),
        ({"context_length": "6000"}, 6_000),
        ({"context_length": 6_000.0}, 6_000),
        ({"context_window": 6_000}, 6_000),
        ({"max_context_length": 6_000}, 6_000),
        ({"max_context_length": 131_072, "loaded_context_length": 4_096}, 4_096),
        ({"context_length": 200_000, "top_provider": {"context_length": 6_000}}, 6_000),
        ({"top_provider": {"context_length": 6_000}}, 6_000),
        ({"top_provider": None, "context_length": 6_000}, 6_000),
        ({"inputTokenLimit": 6_000}, 6_000),
        ({"limits": {"max_input_tokens": 6_000, "max_output_tokens": 400}}, 6_000),
        ({"capabilities": {"limits": {"max_context_window_tokens": 6_000}}}, 6_000),
        ({"model_info": {"max_input_tokens": 6_000}}, 6_000),
        ({"contextLength": 6_000}, 6_000),
        ({"metadata": {"context_length": 6_000, "max_tokens": 400}}, 6_000),
        ({"providers": [{"provider": "a", "context_length": 32_768}, {"context_length": 6_000}]}, 6_000),
        ({"max_context_length": 9_000, "loaded_instances": [{"config": {"context_length": 6_000}}]}, 6_000),
        ({"model_spec": {"availableContextTokens": 6_000}}, 6_000),
        ({"token_limits": {"context_window": 6_000}}, 6_000),
        ({"parameters": {"max_seq_len": 6_000}}, 6_000),
        ({"max_prompt_length": 6_000}, 6_000),
        ({"context_length": "6,000"}, 6_000),
        ({"context_length": "6k"}, 6_000),
        ({"context_length": "1M"}, 1_000_000),
        ({"context_length": "6000.0"}, 6_000),
        ({"max_position_embeddings": 9_000, "max_model_len": 6_000}, 6_000),
        ({"max_position_embeddings": 6_000}, 6_000),
        ({"pricing": {"tiers": [{"context": 200}]}, "context_length": 6_000}, 6_000),
        ({"context_length": [6_000]}, 0),
        ({"context_length": float("inf")}, 0),
        ({"context_length": "-6000"}, 0),
        ({"max_output_length": 6_000}, 0),
        ({"context_length": "many"}, 0),
        ({"context_length": True}, 0),
        ({"context_length": -1}, 0),
        ({"context_length": 0, "context_window": 6_000}, 6_000),
        ({"context_length": float("nan")}, 0),
        ({"context_length": 10**15}, 0),
        ({"max_tokens": 6_000}, 0),  # of the reply
        ({}, 0),
    ],
)
def test_the_window_under_each_name_that_servers_give_it(fields: dict[str, Any], window: int) -> None:
    assert read_list(rows({"id": "m", **fields})).windows.get("m", 0) == window


def test_an_adapter_has_the_window_of_its_model() -> None:
    models = read_list(rows({"id": "m", "max_model_len": 6_000}, {"id": "lora", "parent": "m", "max_model_len": None}))
    assert models.windows == {"m": 6_000, "lora": 6_000}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"models": {"a": {"context_length": 6_000}, "b": {}}}, ("a", "b")),
        ({"data": {"more": False}, "models": ["a"]}, ("a",)),
        ({"models": [{"key": "maker/a", "display_name": "A", "type": "llm"}]}, ("maker/a",)),
        ({"value": [{"id": "/subscriptions/1/deployments/a", "name": "a"}]}, ("a",)),
        ({"models": [{"name": "a"}], "data": [{"id": "a"}]}, ("a",)),
    ],
)
def test_where_the_rows_and_their_names_stand(body: dict[str, Any], names: tuple[str, ...]) -> None:
    assert read_list(body).names == names


@pytest.mark.parametrize("body", [None, "x", 7, {}, {"data": None}, {"data": {}}, [[]], [7], {"data": [[], {}]}])
def test_what_is_no_list_has_no_models(body: Any) -> None:
    assert read_list(body).names == ()


def test_who_is_believed_about_a_window() -> None:
    plain = make_endpoint("x", "x", "openai", provider="custom")
    listed = make_endpoint("x", "x", "openai", listed_windows={"gpt-4o": 6_000, "house": 4_096})
    written = make_endpoint("x", "x", "openai", listed_windows={"gpt-4o": 6_000}, windows={"gpt-4o": 5_000})
    asked = [(written, "gpt-4o"), (listed, "gpt-4o"), (listed, "house"), (plain, "gpt-4o"), (listed, "house-2")]
    all_facts = [facts(endpoint, model) for endpoint, model in asked]
    assert [model_facts.window_source for model_facts in all_facts] == ["file", "list", "list", "table", "assumed"]
    assert [model_facts.window for model_facts in all_facts] == [5_000, 6_000, 4_096, 127_500, DEFAULT_WINDOW]
    assert "list" in all_facts[1].window_text
    assert "assumed" in all_facts[4].window_text
