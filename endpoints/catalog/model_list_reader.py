"""Parses a provider's list of models, in any of the known shapes: names, windows, and which models cannot be used.

There is no standard: the rows are under `data`, under `models` or at the top level, name a model by `id`, by `name` or
are plain names, and give its window in a dozen ways.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

MAX_NAME_LENGTH: Final = 256  # characters
MAX_MODELS: Final = 2_000
_MIN_WINDOW, _MAX_WINDOW = 64, 100_000_000  # tokens: what is said beyond is no window
LEFT_OUT: Final[dict[str, Promise]] = {  # how many rows are left out, and why
    "unnamed": ngettext_lazy("%(count)d model without a name", "%(count)d models without a name", "count"),
    "name": ngettext_lazy(
        "%(count)d model with a name that can't be used", "%(count)d models with names that can't be used", "count"
    ),
    "kind": ngettext_lazy("%(count)d model that isn't for chat", "%(count)d models that aren't for chat", "count"),
    "many": ngettext_lazy("%(count)d model over the limit", "%(count)d models over the limit", "count"),
}
_ROWS: Final = ("data", "models", "result", "value", "items")
# How fields are called that tell a window, in small letters without underscores, wherever they stand in a row.
# What the server runs a model with goes before what it was trained with.
_SERVED: Final = frozenset({
    "context", "contextlength", "contextlen", "contextsize", "contexttokens", "contextwindow", "contextwindowtokens",
    "ctxlen", "ctxsize", "loadedcontextlength", "maxcontext", "maxcontextlength", "maxcontextsize", "maxcontexttokens",
    "maxcontextwindow", "maxcontextwindowtokens", "maxmodellen", "maxmodellength", "maxseqlen", "maxseqlength",
    "maxsequencelength", "maxtotaltokens", "nctx", "numctx", "availablecontexttokens", "inputtokenlimit",
    "maxinputlength", "maxinputtokens", "maxprompttokens", "maxpromptlength", "maxtokeninput", "sequencelength",
})  # fmt: skip
_TRAINED: Final = frozenset({"maxpositionembeddings", "nctxtrain"})
_MAX_DEPTH: Final = 4  # mappings within one another that are looked through
_PRICES: Final = re.compile(r"pric|cost", re.IGNORECASE)  # which may go by the length of a prompt
_AMOUNT: Final = re.compile(r"(\d{1,12})(?:\.0*)?\s*([km]?)", re.IGNORECASE)
_TIMES: Final = {"": 1, "k": 1_000, "m": 1_000_000}
# Where a row says what a model is for, as paths.
_KINDS: Final = (
    "task", "task.name", "type", "kind", "model_type", "pipeline_tag", "mode", "model_info.mode", "capabilities.type",
)  # fmt: skip
_NO_CHAT: Final = re.compile(
    r"embed|rerank|image|speech|audio|transcri|moderation|tts|stt|video|feature-extraction|similarity|classif"
)
_CHATS: Final = re.compile(r"chat|text[- _]generation|text2text|vlm|llm|multimodal|conversational|image-text-to-text")
_EMBEDS: Final = re.compile(
    r"(?:^|[-_./: ])(?:(?:text-?)?embed(?:der|dings?)?|rerank(?:er)?|bge|minilm|whisper|dall-e|tts|moderation)"
    r"(?=$|[-_./: \d])",
    re.IGNORECASE,
)
_ACTS: Final = ("supportedGenerationMethods", "endpoints", "supported_endpoints", "supported_generation_methods")
_ABLE: Final = ("capabilities.completion_chat", "capabilities.chat_completion", "supports_chat")
_OUTPUTS: Final = ("architecture.output_modalities", "output_modalities", "supported_output_modalities")
_NAMES: Final = ("id", "name", "model", "model_name", "key")
_NO_NAME: Final = re.compile(r"://|^/subscriptions/")  # the place of a model in a catalogue


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says. `left_out` counts the rows that cannot be used, by their reason (`LEFT_OUT`)."""

    names: tuple[str, ...] = ()
    windows: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


def is_model_name(name: str) -> bool:
    """Whether it can be stored, shown and asked for: one line that one can see."""
    return 0 < len(name) <= MAX_NAME_LENGTH and name.isprintable() and name == name.strip()


def read_list(body: Any) -> Listed:
    """Return the models of a list, each once, in its order."""
    rows: dict[str, Mapping[str, Any]] = {}
    left_out: Counter[str] = Counter()
    for row in _rows_of(body):
        fields = row if isinstance(row, Mapping) else {}
        name = _name_of(row)
        if why := _fault_of(name, fields):
            left_out[why] += 1
        elif name in rows:
            continue
        elif len(rows) == MAX_MODELS:
            left_out["many"] += 1
        else:
            rows[name] = fields
    own = {name: _window_of(row) for name, row in rows.items()}
    windows = {name: window for name, row in rows.items() if (window := own[name] or _of_parent(row, own))}
    return Listed(tuple(rows), windows, rows, dict(left_out))


def _rows_of(body: Any) -> Iterator[Any]:
    if isinstance(body, Mapping):
        candidates = [body[key] for key in _ROWS if isinstance(body.get(key), list | Mapping)]
        body = next(
            (candidate for candidate in candidates if isinstance(candidate, list)),
            candidates[0] if candidates else None,
        )
    if isinstance(body, Mapping):  # by their names
        body = [{"id": name, **row} for name, row in body.items() if isinstance(row, Mapping)]
    yield from body if isinstance(body, list) else ()


def _name_of(row: Any) -> str:
    """Return what the model is asked for by: an `id`, but where that is an address, the name beside it."""
    if isinstance(row, str):
        return row
    if not isinstance(row, Mapping):
        return ""
    named = [row[key] for key in _NAMES if isinstance(row.get(key), str) and row[key]]
    if isinstance(row.get("id"), str | None):
        return next((name for name in named if not _NO_NAME.search(name)), named[0] if named else "")
    return ""  # an `id` that is no text


def _fault_of(name: str, row: Mapping[str, Any]) -> str:
    """Return the reason why the row is left out, or an empty string."""
    if not name.strip():
        return "unnamed"
    if not is_model_name(name):
        return "name"
    return "" if _may_chat(name, row) else "kind"


def _may_chat(name: str, row: Mapping[str, Any]) -> bool:
    """Whether nothing says that the model does something else."""
    kinds = [kind.lower() for path in _KINDS if isinstance(kind := _at(row, path), str)]
    if any(_NO_CHAT.search(kind) and not _CHATS.search(kind) for kind in kinds):
        return False
    if _does_else(row) or "bert" in str(_at(row, "details.family")).lower():
        return False
    return not _EMBEDS.search(name) or any(_CHATS.search(kind) for kind in kinds)


def _does_else(row: Mapping[str, Any]) -> bool:
    """Whether the row says what the model can do, and chatting is not among it."""
    able, acts = row.get("capabilities"), next((row[key] for key in _ACTS if isinstance(row.get(key), list)), None)
    outputs = [output for path in _OUTPUTS if isinstance(output := _at(row, path), list) and output]
    return (
        any(_at(row, path) is False for path in _ABLE)
        or (isinstance(able, list) and "embed" in str(able) and not re.search(r"chat|complet", str(able)))
        or bool(acts and not any(re.search(r"chat|generat|complet|message|response", str(act)) for act in acts))
        or any("text" not in output for output in outputs)
    )


def _window_of(row: Mapping[str, Any]) -> int:
    """Return the smallest window that the row tells, since a prompt must fit them all; 0 where it tells none."""
    fields = [(key.lower().replace("_", ""), value) for key, value in _fields(row, _MAX_DEPTH)]
    for names in (_SERVED, _TRAINED):
        if windows := [window for name, value in fields if name in names and (window := _tokens(value))]:
            return min(windows)
    return 0


def _of_parent(row: Mapping[str, Any], windows: Mapping[str, int]) -> int:
    """Return the window of the model that this one was made from, as an adapter of a server that runs both."""
    parent = row.get("parent")
    return windows.get(parent, 0) if isinstance(parent, str) else 0


def _fields(data: Any, deep: int) -> Iterator[tuple[str, Any]]:
    """Yield each field of the row and of what stands within it."""
    for row in data if isinstance(data, list) else [data]:
        for key, value in row.items() if isinstance(row, Mapping) else ():
            yield str(key), value
            if deep > 1 and not _PRICES.search(str(key)):
                yield from _fields(value, deep - 1)


def _at(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _tokens(value: Any) -> int:
    """Return a number of tokens, also of texts such as ``32,768`` and ``32k``; 0 for what is none."""
    if isinstance(value, str) and (written := _AMOUNT.fullmatch(value.strip().replace(",", "").replace("_", ""))):
        value = int(written[1]) * _TIMES[written[2].lower()]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return 0
    return int(value) if _MIN_WINDOW <= value <= _MAX_WINDOW and value == int(value) else 0
