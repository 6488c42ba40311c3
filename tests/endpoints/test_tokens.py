"""Estimated tokens, against the real vocabularies, which ship with a library that is too heavy to import here."""

import base64
import importlib.util
import json
import random
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from endpoints.services.tokens import PER_MESSAGE, Tally, estimate, estimate_message

ROOT = Path(__file__).resolve().parents[2]
_random = random.Random(7)

TEXTS = {
    "English": "The committee met on Tuesday to consider whether the proposals should be accepted, and agreed. " * 20,
    "documentation": (ROOT / "docs" / "architecture.md").read_text()[:20_000],
    "code": (ROOT / "chat" / "models.py").read_text(),
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


@pytest.mark.parametrize("kind", TEXTS)
def test_an_estimate_is_seldom_too_low_and_never_far_off(vocabulary: Any, kind: str) -> None:
    actual = len(vocabulary.encode(TEXTS[kind]))
    # The newer vocabulary has whole words of many scripts, the older one pieces of letters: one number is between.
    least, most = (0.98, 4.5) if vocabulary.name == "o200k_base" else (0.7, 1.8)
    assert least * actual <= estimate(TEXTS[kind]) <= most * actual


def test_chinese_is_not_taken_for_english() -> None:
    assert 1_080 <= estimate("人" * 1_920) <= 1_680


def test_an_empty_message_still_costs_and_half_a_character_is_no_fault() -> None:
    assert [estimate(""), estimate_message(""), estimate("\ud800")] == [0, PER_MESSAGE, 2]


@pytest.mark.parametrize("size", [1, 3, 700])
def test_what_comes_in_pieces_is_counted_as_a_whole(size: int) -> None:
    for text in TEXTS.values():
        tally = Tally()
        for at in range(0, len(text), size):
            tally.add(text[at : at + size])
        assert abs(tally.tokens - estimate(text)) <= max(3, 0.02 * estimate(text))
        tally.clear()
        assert (tally.tokens, bool(tally)) == (0, False)
