"""Reading a provider's list of models: names, windows, and what of it cannot be used, whatever its shape.

Nobody keeps to one shape: the rows stand under `data`, `models` or alone, name a model by `id`, `name` or nothing but
themselves, and tell its window in a dozen ways.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LONGEST_NAME: Final = 256  # characters
MOST_MODELS: Final = 2_000
_LEAST_WINDOW, _LARGEST_WINDOW = 64, 100_000_000  # tokens: what is said beyond is no window
WHY: Final[dict[str, Promise]] = {  # why a row is left out
    "unnamed": _("without a name"),
    "name": _("with a name that cannot be used"),
    "kind": _("for something else than chatting"),
    "many": _("beyond the number that can be shown"),
}
_ROWS: Final = ("data", "models", "result", "value", "items")
# Where a row tells its window, as paths. What the server runs a model with goes before what it could take.
_SERVED: Final = (
    "meta.n_ctx", "loaded_context_length", "max_model_len", "top_provider.context_length", "context_length",
    "context_window", "max_context_length", "contextLength", "contextWindow", "maxContextLength", "context_size",
    "context", "max_context_window_tokens", "max_context_tokens", "max_seq_len", "max_sequence_length", "n_ctx",
    "max_input_tokens", "inputTokenLimit", "input_token_limit", "limits.max_input_tokens", "limits.context",
    "limit.context", "capabilities.limits.max_context_window_tokens", "model_info.max_input_tokens",
    "model_info.context_length", "details.context_length",
)  # fmt: skip
_TRAINED: Final = ("meta.n_ctx_train", "n_ctx_train")
_KINDS: Final = ("task", "type", "model_type", "pipeline_tag", "mode")  # fields that say what a model is for
_NO_CHAT: Final = re.compile(
    r"embed|rerank|image|speech|audio|transcri|moderation|tts|stt|video|feature-extraction|similarity|classif"
)
_CHATS: Final = re.compile(r"chat|text-generation|text2text|vlm|llm|multimodal|conversational|image-text-to-text")
_EMBEDS: Final = re.compile(r"(?:^|[-_./: ])(?:text-?)?embed(?:der|dings?)?(?=$|[-_./: \d])", re.IGNORECASE)
_ACTS: Final = ("supportedGenerationMethods", "endpoints", "supported_endpoints", "supported_generation_methods")


@dataclass(frozen=True, slots=True)
class Listed:
    """What a list says. `left_out` counts the rows that cannot be used, by their reason (`WHY`)."""

    names: tuple[str, ...] = ()
    windows: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)


def is_model_name(name: str) -> bool:
    """Whether it can be stored, shown and asked for: one line that one can see."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()


def read_list(body: Any) -> Listed:
    """Return the models of a list, each once, in its order."""
    rows: dict[str, Mapping[str, Any]] = {}
    left_out: Counter[str] = Counter()
    for row in _rows_of(body):
        told = row if isinstance(row, Mapping) else {}
        name = _name_of(row)
        if why := _fault_of(name, told):
            left_out[why] += 1
        elif name in rows:
            continue
        elif len(rows) == MOST_MODELS:
            left_out["many"] += 1
        else:
            rows[name] = told
    windows = {name: window for name, row in rows.items() if (window := _window_of(row))}
    return Listed(tuple(rows), windows, rows, dict(left_out))


def _rows_of(body: Any) -> Iterator[Any]:
    if isinstance(body, Mapping):
        body = next((body[key] for key in _ROWS if isinstance(body.get(key), list)), None)
    yield from body if isinstance(body, list) else ()


def _name_of(row: Any) -> str:
    """Return what the model is asked for by: an `id`, but where that is an address, the name beside it."""
    if isinstance(row, str):
        return row
    if not isinstance(row, Mapping):
        return ""
    named = [row[key] for key in ("id", "name", "model", "model_name") if isinstance(row.get(key), str) and row[key]]
    if isinstance(row.get("id"), str | None):
        return next((each for each in named if "://" not in each), named[0] if named else "")
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
    kinds = [row[key].lower() for key in _KINDS if isinstance(row.get(key), str)]
    if any(_NO_CHAT.search(kind) and not _CHATS.search(kind) for kind in kinds):
        return False
    able = row.get("capabilities")
    if isinstance(able, Mapping) and able.get("completion_chat") is False:
        return False
    acts = next((row[key] for key in _ACTS if isinstance(row.get(key), list) and row[key]), None)
    if acts is not None and not any(re.search(r"chat|generat|complet|message|response", str(act)) for act in acts):
        return False
    shape = row.get("architecture")
    outputs = shape.get("output_modalities") if isinstance(shape, Mapping) else None
    if isinstance(outputs, list) and outputs and "text" not in outputs:
        return False
    return not _EMBEDS.search(name) or any(_CHATS.search(kind) for kind in kinds)


def _window_of(row: Mapping[str, Any]) -> int:
    """Return the smallest window that the row tells, since a prompt must fit them all; 0 where it tells none."""
    for paths in (_SERVED, _TRAINED):
        if found := [window for path in paths if (window := _tokens(_at(row, path)))]:
            return min(found)
    return 0


def _at(row: Mapping[str, Any], path: str) -> Any:
    found: Any = row
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _tokens(value: Any) -> int:
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 12:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return 0
    return int(value) if _LEAST_WINDOW <= value <= _LARGEST_WINDOW else 0
