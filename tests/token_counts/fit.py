"""Fits `endpoints/services/token_weights.json` to the real vocabularies. Run by hand; needs numpy and scipy.

`python -m tests.token_counts.fit FOLDER`, with the folder of `tests.token_counts.measure`. The weights are those of a
linear programme: each text should be estimated within a band above what it has. The sentences beside this module have
the narrowest band and weigh most; against overfitting there are several hundred other texts, with wider bands: the
translations of all installed packages in about a hundred languages, this project's documents and code, encoded data,
and made-up words in scripts that have no translation. Letters and their sequences count only where they tell most.
"""

import base64
import gettext
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from endpoints.services.tokens import SCRIPTS, SHAPES, UNKNOWN, scripts_of, shapes_of
from tests.token_counts.measure import counters, counts, texts

ROOT: Final = Path(__file__).resolve().parents[2]
WEIGHTS: Final = ROOT / "endpoints" / "services" / "token_weights.json"
SEQUENCES: Final = 64  # how many sequences of letters count
_FORCED: Final = "یکگہےٹळच"  # letters that tell Persian and Urdu from Arabic, and Marathi from Hindi
_OLDER: Final = {"cl100k", "claude", "claude 4.7"}  # no measure for a model that nobody knows
_PENALTY: Final = 60
_RANDOM: Final = random.Random(3)
_RARE: Final = {
    "gujarati": (0xA95, 0xAB9), "oriya": (0xB15, 0xB39), "sinhala": (0xD9A, 0xDC6), "lao": (0xE81, 0xEB0),
    "tibetan": (0xF40, 0xF6C), "ethiopic": (0x1208, 0x1350), "khmer": (0x1780, 0x17B3), "burmese": (0x1000, 0x102A),
    "syriac": (0x710, 0x72C), "thaana": (0x780, 0x7A5), "cherokee": (0x13A0, 0x13F0), "mongolian": (0x1820, 0x1878),
    "jamo": (0x1100, 0x1112), "old greek": (0x1F00, 0x1FB0), "gurmukhi": (0xA15, 0xA39), "phonetic": (0x250, 0x2AF),
    "wide": (0xFF21, 0xFF5A),
}  # fmt: skip
_SOURCES: Final = {  # files of this project, and of how many there is a piece
    "docs/*.md": 20, "chat/**/*.py": 40, "static/js/**/*.js": 20, "static/css/**/*.css": 8, "templates/**/*.html": 20,
}  # fmt: skip
_RARE_PART: Final = 0.7  # of what made-up words have, which no vocabulary knows
_FREQUENT: Final = frozenset({
    "en", "de", "fr", "es", "pt", "pt_BR", "it", "nl", "sv", "da", "nb", "nn", "fi", "hu", "pl", "cs", "sk", "ro",
    "hr", "sr_Latn", "lt", "lv", "et", "tr", "id", "vi", "sw", "ru", "uk", "bg", "sr", "kk", "el", "he", "ar", "fa",
    "ur", "hi", "mr", "bn", "ta", "te", "th", "ka", "hy", "ko", "ja", "zh_Hans", "zh_Hant", "ca", "sl", "ms",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, the band that its estimate should be in as parts of what it has, and how much it weighs."""

    text: str
    least: float
    most: float
    weight: float
    target: float = 1.1
    part: float = 1


def samples() -> Iterator[Sample]:
    for text in texts().values():
        yield Sample(text, 0.975, 1.2, 45, 1.06)
    for language, text in _translations():
        frequent = language in _FREQUENT
        yield Sample(text, 0.94 if frequent else 0.9, 1.32 if frequent else 1.45, 3 if frequent else 0.7)
    for text in _of_files():
        yield Sample(text, 0.96, 1.24, 1.5)
    for text in _encoded():
        yield Sample(text, 0.9, 1.5, 5)
    for first, last in _RARE.values():
        words = ("".join(chr(_RANDOM.randint(first, last)) for _ in range(_RANDOM.randint(2, 8))) for _ in range(60))
        yield Sample(" ".join(words), 0.9, 1.45, 0.7, part=_RARE_PART)


def _translations() -> Iterator[tuple[str, str]]:
    """Yield up to six texts of about 900 characters in each language that a package is translated to."""
    sentences: dict[str, set[str]] = {}
    for folder in map(Path, sys.path):
        for path in folder.glob("**/locale/*/LC_MESSAGES/*.mo"):
            with path.open("rb") as file:
                translated: Mapping[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
            good = {re.sub(r"\s+", " ", text) for text in translated.values() if _is_sentence(text)}
            sentences.setdefault(path.parts[-3], set()).update(good)
    for language, known in sorted(sentences.items()):
        lines = sorted(known)
        _RANDOM.shuffle(lines)
        joined = " ".join(lines)
        for at in range(0, min(len(joined) - 900, 5_400), 900):
            yield language, joined[at : at + 900]


def _is_sentence(text: str) -> bool:
    return len(text) >= 25 and text.count("%") < 2 and "<" not in text


def _of_files() -> Iterator[str]:
    for pattern, number in _SOURCES.items():
        long = [text for path in sorted(ROOT.glob(pattern)) if len(text := path.read_text("utf-8")) > 1_600]
        for text in _RANDOM.sample(long, min(number, len(long))):
            at = _RANDOM.randrange(len(text) - 1_500)
            yield text[at : at + 1_500]


def _encoded() -> Iterator[str]:
    for indent in (None, 1, 2, 4):
        rows = [{"id": _RANDOM.randrange(10**6), "price": round(_RANDOM.random() * 100, 2), "tags": ["a", "office"]}
                for _ in range(15)]  # fmt: skip
        yield json.dumps(rows, indent=indent)
        yield "".join(f"{_RANDOM.random():.4f},{_RANDOM.randrange(10**5)},2026-11-{day:02}\n" for day in range(1, 30))
        yield "\n".join(_RANDOM.randbytes(16).hex() for _ in range(20))
        yield base64.b64encode(_RANDOM.randbytes(700)).decode()
        yield "| name | value |\n|---|---:|\n" + "".join(
            f"| row {n} | {_RANDOM.randrange(99_999)} |\n" for n in range(40)
        )
        yield "".join(_RANDOM.choice("{}[]();:=>!==&&||+-*/%<>") for _ in range(500))
        yield "{}[]();:=>!==&&||+-*/%<<>>" * 20
        yield "".join(_RANDOM.choice("0123456789") for _ in range(600))
        yield " ".join(str(_RANDOM.randrange(10**10)) for _ in range(60))
        yield "".join(_RANDOM.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(400))
        yield "".join(_RANDOM.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(400))
        yield "".join(_RANDOM.choice("🦊🚀🎉😀👍🔥❤🌍🍕😂🙏✨") for _ in range(80))


def candidates(known: Sequence[Sample]) -> list[str]:
    """Return letters beyond ASCII, and pairs and triples of small letters and blanks, the most frequent first."""
    parts_seen: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for sample in known:
        letters.update(character for character in sample.text if "\x80" < character < "\u0700")
        for size in (2, 3):
            parts = (sample.text[at : at + size] for at in range(len(sample.text) - size))
            parts_seen.update(part for part in parts if re.fullmatch(r" ?[a-z]{1,3} ?", part) and len(part) == size)
    return [*dict.fromkeys([*_FORCED, *(letter for letter, _ in letters.most_common(600))]),
            *(part for part, _ in parts_seen.most_common(420))]  # fmt: skip


def row_of(text: str, sequences: Sequence[str]) -> list[float]:
    data = text.encode()
    scripts: Counter[str] = Counter()
    for script, number in scripts_of(data):
        scripts[script] += number
    return [
        *shapes_of(data),
        *(scripts[script] for script in SCRIPTS),
        *(data.count(part.encode()) for part in sequences),
    ]


def fitted(actual: Any, *, rows: Any, known: Sequence[Sample], names: Sequence[str], penalty: float) -> Any:
    """Return the weights that keep most estimates in their bands."""
    np, sparse, optimize = (import_module(name) for name in ("numpy", "scipy.sparse", "scipy.optimize"))
    parts = rows / actual[:, None]
    size, width = parts.shape
    scale, parts = parts.mean(0) + 1e-6, sparse.csr_matrix(parts)
    one, none = sparse.identity(size, format="csr"), sparse.csr_matrix((size, size))
    limits = sparse.vstack([
        sparse.hstack([-parts, parts, -one, none, none]), sparse.hstack([parts, -parts, none, -one, none]),
        sparse.hstack([parts, -parts, none, none, -one]), sparse.hstack([-parts, parts, none, none, -one]),
    ]).tocsr()  # fmt: skip
    least, most, target, weight = (
        np.array([getattr(sample, name) for sample in known]) for name in ("least", "most", "target", "weight")
    )
    bounds = np.concatenate([-least, most, target, -target])
    costs = np.concatenate([penalty * scale, penalty * scale, weight * 4, weight * 2, weight * 0.1])
    # A word is a token nearly always, and a script always costs something; only a letter beyond ASCII, which is counted
    # with its script, may cost less than that. So no sequence makes a text cheaper than its words.
    above = [(0.88 if name == "words" else 0.05 if name in SCRIPTS else 0, 3.5) for name in names]
    below = [(0, 0.3 if len(name) == 1 and not name.isascii() else 0) for name in names]
    solution = optimize.linprog(
        costs, A_ub=limits, b_ub=bounds, bounds=[*above, *below, *[(0, None)] * (3 * size)], method="highs"
    )
    return np.round(solution.x[:width] - solution.x[width : 2 * width], 3)


def main(folder: Path) -> None:
    np = import_module("numpy")
    known = list(samples())
    count_with = counters(folder)
    actual = {name: np.array([max(count(s.text) * s.part, 1) for s in known]) for name, count in count_with.items()}
    measured = counts()
    assert [measured[kind]["o200k"] for kind in texts()] == list(actual["o200k"][: len(measured)])
    actual[UNKNOWN] = np.max([row for name, row in actual.items() if name not in _OLDER], axis=0)
    names = [*SHAPES, *SCRIPTS, *candidates(known)]
    first = len(SHAPES) + len(SCRIPTS)
    rows = np.array([row_of(sample.text, names[first:]) for sample in known], float)
    with ProcessPoolExecutor() as pool:
        work = partial(fitted, rows=rows, known=known, names=names, penalty=_PENALTY)
        use = sum(
            np.abs(weights) * (rows / row[:, None]).mean(0)
            for row, weights in zip(actual.values(), pool.map(work, actual.values()), strict=True)
        )
        best = [column for column in np.argsort(-use) if column >= first + len(_FORCED)][: SEQUENCES - len(_FORCED)]
        columns = [*range(first + len(_FORCED)), *sorted(best)]
        names = [names[column] for column in columns]
        work = partial(fitted, rows=rows[:, columns], known=known, names=names, penalty=_PENALTY / 4)
        results = dict(zip(actual, pool.map(work, actual.values()), strict=True))
    WEIGHTS.write_text(to_text(results, names), "utf-8")


def to_text(results: Mapping[str, Any], names: Sequence[str]) -> str:
    """Return the file: for each vocabulary a line of each kind of weight."""
    blocks = []
    for vocabulary, weights in results.items():
        pairs = {name: float(weight) for name, weight in zip(names, weights, strict=True) if weight}
        kinds = {
            "shapes": {name: weight for name, weight in pairs.items() if name in SHAPES},
            "scripts": {name: weight for name, weight in pairs.items() if name in SCRIPTS},
            "sequences": {name: weight for name, weight in sorted(pairs.items()) if name not in {*SHAPES, *SCRIPTS}},
        }
        rows = ",\n".join(f"  {json.dumps(kind)}: {json.dumps(row, ensure_ascii=False)}" for kind, row in kinds.items())
        blocks.append(f" {json.dumps(vocabulary)}: {{\n{rows}\n }}")
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
