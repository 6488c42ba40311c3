"""Estimated tokens, against what the real vocabularies counted, and against two that ship with a library."""

import base64
import importlib.util
import json
import random
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from endpoints.catalog.facts import vocabulary_of
from endpoints.services.tokens import (
    PER_MESSAGE,
    SCRIPTS,
    SHAPES,
    UNKNOWN,
    Tally,
    estimate,
    estimate_message,
    scripts_of,
    vocabularies,
)
from tests.token_counts import measure

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = ROOT / "endpoints" / "services" / "token_weights.json"
_random = random.Random(7)

TEXTS = {
    "English": "The committee met on Tuesday to consider whether the proposals should be accepted, and agreed. " * 20,
    "documentation": (ROOT / "docs" / "architecture.md").read_text()[:20_000],
    "code": (ROOT / "chat" / "models" / "conversations.py").read_text(),
    "German": "Die Würde des Menschen ist unantastbar. Sie zu achten ist Verpflichtung aller staatlichen Gewalt. " * 20,
    "Hungarian": "Minden emberi lény szabadon születik és egyenlő méltósága és joga van. " * 20,
    "Chinese": "今天天气很好，我们去公园散步吧。请你告诉我明天的会议几点开始。" * 20,
    "Japanese": "量子コンピュータの入門です。今日はとても良い天気ですね。" * 20,
    "Korean": "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. " * 20,
    "Russian": "Все люди рождаются свободными и равными в своем достоинстве и правах. " * 20,
    "Greek": "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια. " * 20,
    "Arabic": "يولد جميع الناس أحرارا متساوين في الكرامة والحقوق. " * 20,
    "Hebrew": "כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. " * 20,
    "Hindi": "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता प्राप्त है। " * 20,
    "Tamil": "மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர். " * 20,
    "Thai": "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ " * 20,
    "emoji": "🦊👩‍🚀🎉😀👍🏽🇩🇪❤️🔥" * 20,
    "table": "| name | value |\n|------|------:|\n"
    + "".join(f"| row {number} | {_random.randint(1, 99_999)} |\n" for number in range(99)),
    "CSV": "".join(
        f"{_random.random():.4f},{_random.randint(0, 99_999)},2026-11-{number % 30:02}\n" for number in range(99)
    ),
    "JSON": json.dumps([{"id": number, "price": number * 1.37, "tags": ["a"]} for number in range(99)], indent=1),
    "identifiers": "\n".join(str(UUID(int=_random.getrandbits(128))) for _ in range(60)),
    "base64": base64.b64encode(_random.randbytes(3000)).decode(),
    "signs": "{}[]();:=>!==&&||+-*/%<<>>" * 30,
    "digits": "12345678901234567890" * 30,
}


@pytest.fixture(params=["o200k_base", "cl100k_base"])
def vocabulary(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    tiktoken = pytest.importorskip("tiktoken")
    spec = importlib.util.find_spec("litellm")
    assert spec is not None
    assert spec.submodule_search_locations
    kept = Path(spec.submodule_search_locations[0]) / "litellm_core_utils" / "tokenizers"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(kept))
    return tiktoken.get_encoding(request.param)


@pytest.mark.parametrize("kind", measure.texts())
def test_an_estimate_is_at_most_5_percent_too_low_and_25_too_high(kind: str) -> None:
    text, measured = measure.texts()[kind], measure.counts()[kind]
    assert set(measured) == {*vocabularies()} - {UNKNOWN}
    for vocabulary, actual in measured.items():
        assert 0.95 * actual <= estimate(text, vocabulary) <= 1.25 * actual + 1, vocabulary


@pytest.mark.parametrize("kind", measure.texts())
def test_a_model_that_nobody_knows_has_as_many_as_any_newer_vocabulary(kind: str) -> None:
    newer = max(measure.counts()[kind][name] for name in ("o200k", "gemini", "llama", "mistral", "deepseek", "qwen"))
    assert 0.95 * newer <= estimate(measure.texts()[kind]) <= 1.25 * newer + 1


def test_more_than_thirty_languages_and_code_are_measured() -> None:
    assert len([kind for kind in measure.texts() if ":" not in kind]) > 40
    assert len([kind for kind in measure.texts() if ":" in kind]) > 5


@pytest.mark.parametrize("kind", TEXTS)
def test_an_estimate_of_another_text_is_seldom_too_low_and_never_far_off(vocabulary: Any, kind: str) -> None:
    actual = len(vocabulary.encode(TEXTS[kind]))
    assert 0.8 * actual <= estimate(TEXTS[kind], vocabulary.name.removesuffix("_base")) <= 1.8 * actual


def test_the_documentation_has_the_table() -> None:
    page = measure.PAGE.read_text()
    assert measure.page_with_table(page) == page


@pytest.mark.parametrize(
    ("vocabulary", "models"),
    [
        ("o200k", ["gpt-4o-mini", "gpt-4.1", "gpt-5.4", "gpt-6-sol", "o3", "openai/o4-mini", "chatgpt-4o-latest",
                   "gpt-oss-120b"]),
        ("cl100k", ["gpt-4", "gpt-4-turbo", "gpt-4-0613", "gpt-3.5-turbo"]),
        ("claude", ["claude-3-7-sonnet-latest", "claude-sonnet-4-20250514", "claude-opus-4-5", "claude-haiku-4-5",
                    "global.anthropic.claude-sonnet-4-6", "claude-opus-4-1-20250805"]),
        ("claude 4.7", ["claude-opus-4-7", "claude-opus-5", "claude-opus-5-5", "global.anthropic.claude-sonnet-5",
                        "claude-fable-5-1", "anthropic/claude-opus-4.8"]),
        ("gemini", ["gemini-2.5-pro", "gemma-3-27b-it"]),
        ("llama", ["llama-3.3-70b-versatile", "meta-llama/Llama-4-Scout", "deepseek-r1-distill-llama-70b"]),
        ("qwen", ["qwen3-coder", "Qwen/QwQ-32B", "deepseek-r1-distill-qwen-32b"]),
        ("mistral", ["mistral-large-latest", "codestral-2501", "open-mixtral-8x22b"]),
        ("deepseek", ["deepseek-chat", "deepseek-ai/DeepSeek-V3"]),
        (UNKNOWN, ["tiny", "", "grok-4", "kimi-k2", "command-a", "nova-pro", "yolo4", "house-o200"]),
    ],
)  # fmt: skip
def test_the_name_tells_a_models_vocabulary(vocabulary: str, models: list[str]) -> None:
    assert {model: vocabulary_of(model) for model in models} == dict.fromkeys(models, vocabulary)
    assert vocabulary in vocabularies()


def test_every_weight_is_of_something_that_is_counted() -> None:
    for vocabulary, weights in json.loads(WEIGHTS.read_text()).items():
        assert set(weights) == {"shapes", "scripts", "sequences"}
        assert set(weights["shapes"]) <= set(SHAPES)
        assert set(weights["scripts"]) == set(SCRIPTS), vocabulary


def test_every_character_beyond_ascii_belongs_to_a_script() -> None:
    unknown = [
        hex(code) for code in (*range(0x80, 0xD800), *range(0xE000, 0x30000, 64)) if not scripts_of(chr(code).encode())
    ]
    assert [code for code in unknown if sum(number for _, number in scripts_of(chr(int(code, 16)).encode())) != 1] == []


def test_chinese_is_not_taken_for_english() -> None:
    assert 1_080 <= estimate("人" * 1_920) <= 2_000


def test_an_empty_message_still_costs_and_half_a_character_is_no_fault() -> None:
    assert [estimate(""), estimate_message(""), estimate("\ud800")] == [0, PER_MESSAGE, 2]


@pytest.mark.parametrize("size", [1, 3, 700])
def test_what_comes_in_pieces_is_counted_as_a_whole(size: int) -> None:
    for text in TEXTS.values():
        tally = Tally()
        for at in range(0, len(text), size):
            tally.add(text[at : at + size])
        assert abs(tally.tokens - estimate(text)) <= max(3, 0.06 * estimate(text))
        tally.clear()
        assert (tally.tokens, bool(tally), tally.at_most) == (0, False, 0)


@pytest.mark.parametrize("text", [*TEXTS.values(), "\U000131f0" * 600, "ᄒᆞᆫ글" * 300, "\n\t" * 400])
def test_the_bound_holds_and_meets_the_count_where_it_is_counted(text: str) -> None:
    tally = Tally()
    for at in range(0, len(text), 7):
        tally.add(text[at : at + 7])
        bound = tally.at_most
        assert bound >= tally.tokens == tally.at_most
