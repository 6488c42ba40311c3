"""Counts the texts with the real vocabularies, and writes `counts.json` and the table of docs/tokens.md.

Run by hand, where the vocabularies are at hand; the tests read what it wrote. `docs/tokens.md` says which packages hold
them. In a folder with these packages unpacked: `python -m tests.token_counts.measure FOLDER [--counts]`.
"""

import base64
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
PAGE: Final = HERE.parents[1] / "docs" / "tokens.md"
_LITELLM: Final = "litellm/litellm_core_utils/tokenizers"
# Where the other vocabularies stand in the packages that hold them.
_FILES: Final = {
    "gemini": "tokenizer-gemma3/package/models/tokenizer.json",
    "llama": "tokenizer-llama3/package/models/tokenizer.json",
    "qwen": "tokenizer-qwen3/package/models/tokenizer.json",
    "deepseek": f"{_LITELLM}/deepseek_tokenizer.json",
}
_FRAMES: Final = {"claude": ("3.0", 7), "claude 4.7": ("4.8", 6)}  # version; tokens around a message, not of the text
_TABLE: Final = "| text | characters |"

Counter = Callable[[str], int]


def texts() -> Mapping[str, str]:
    """Return sentences in many languages, and code, by what they are."""
    document: dict[str, str] = json.loads((HERE / "texts.json").read_text("utf-8"))
    return document


def counts() -> Mapping[str, Mapping[str, int]]:
    """Return how many tokens each text has in each vocabulary, as measured."""
    document: dict[str, dict[str, int]] = json.loads((HERE / "counts.json").read_text("utf-8"))
    return document


def counters(folder: Path) -> Mapping[str, Counter]:
    """Return functions that count with the real vocabularies, which stand in `folder`."""
    os.environ["TIKTOKEN_CACHE_DIR"] = str(folder / _LITELLM)
    sys.path.insert(0, str(folder))
    tiktoken, tokenizers, ctok = (import_module(name) for name in ("tiktoken", "tokenizers", "ctok"))
    by_vocabulary: dict[str, Counter] = {
        "o200k": _of_tiktoken(tiktoken.get_encoding("o200k_base")),
        "cl100k": _of_tiktoken(tiktoken.get_encoding("cl100k_base")),
        "mistral": _of_tiktoken(_tekken(tiktoken, folder / "mistral_common/data/tekken_240911.json")),
    }
    for name, (version, frame) in _FRAMES.items():
        by_vocabulary[name] = _of_ctok(ctok, version, frame)
    for name, file in _FILES.items():
        by_vocabulary[name] = _of_tokenizers(tokenizers.Tokenizer.from_file(str(folder / file)))
    return by_vocabulary


def _of_tiktoken(encoding: Any) -> Counter:
    return lambda text: len(encoding.encode(text, disallowed_special=()))


def _of_tokenizers(tokenizer: Any) -> Counter:
    return lambda text: len(tokenizer.encode(text, add_special_tokens=False).ids)


def _of_ctok(ctok: Any, version: str, frame: int) -> Counter:
    return lambda text: int(ctok.token_count(text, version)) - frame


def _tekken(tiktoken: Any, file: Path) -> Any:
    document = json.loads(file.read_text("utf-8"))
    config = document["config"]
    own = document["vocab"][: config["default_vocab_size"] - config["default_num_special_tokens"]]
    ranks = {base64.b64decode(row["token_bytes"]): row["rank"] for row in own}
    return tiktoken.Encoding(name="tekken", pat_str=config["pattern"], mergeable_ranks=ranks, special_tokens={})


def table() -> Iterator[str]:
    """Yield the lines of the documentation's table: by how many percent each estimate is off."""
    from endpoints.services.tokens import weigh  # noqa: PLC0415 (the rest of this module needs nothing of Parley)

    measured = counts()
    names = list(next(iter(measured.values())))
    yield f"{_TABLE} {' | '.join(names)} |"
    yield "|---|" + "---:|" * (len(names) + 1)
    for kind, text in texts().items():
        off = (weigh(text, name) / measured[kind][name] - 1 for name in names)
        yield f"| {kind} | {len(text)} | {' | '.join(f'{part:+.0%}' for part in off)} |"


def page_with_table(page: str) -> str:
    """Return the page with the table as it is now."""
    before, _, rest = page.partition(_TABLE)
    after = rest.partition("\n\n")[2]
    return before + "\n".join(table()) + "\n" + (f"\n{after}" if after else "")


def main(folder: Path) -> None:
    count_with = counters(folder)
    rows = [
        f" {json.dumps(kind)}: {json.dumps({name: count(text) for name, count in count_with.items()})}"
        for kind, text in texts().items()
    ]
    (HERE / "counts.json").write_text("{\n" + ",\n".join(rows) + "\n}\n", "utf-8")
    if "--counts" in sys.argv:  # of a vocabulary that has no weights yet
        return
    PAGE.write_text(page_with_table(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
