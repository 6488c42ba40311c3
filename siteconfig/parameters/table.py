"""Every parameter of every set. The panel, the API, the requests and `docs/parameters.md` all read this table."""

from dataclasses import replace
from typing import Any, Literal

from siteconfig.parameters.fields import MAX_TEXT_LENGTH, MAX_TOKENS, Control, Kind, Parameter
from siteconfig.parameters.labels import LABELS

_Belongs = Literal["conversation", "model", ""]
_EFFORTS = ("", "none", "minimal", "low", "medium", "high", "xhigh", "max")
_SHORT_EFFORTS = ("", "low", "medium", "high")


def _parameter(key: str, control: Control, kind: Kind, belongs: _Belongs = "model", **more: Any) -> Parameter:
    label, description = LABELS[key]
    return Parameter(key, control, kind, label=label, description=description, belongs=belongs, **more)


def _text(key: str) -> Parameter:
    return _parameter(key, "textarea", "string", default="", max_length=MAX_TEXT_LENGTH, columns=4)


def _switch(key: str, default: bool = False, belongs: _Belongs = "model", *, waits: bool = False) -> Parameter:
    return _parameter(key, "switch", "boolean", belongs, default=default, waits=waits)


def _tokens(
    key: str,
    default: int | None = None,
    low: int = 1,
    high: int = MAX_TOKENS,
    step: int = 1,
    belongs: _Belongs = "model",
    *,
    waits: bool = False,
) -> Parameter:
    return _parameter(key, "input", "number", belongs, default=default, low=low, high=high, step=step, waits=waits)


def _slider(key: str, default: float | None, low: float, high: float, step: float = 0.01) -> Parameter:
    return _parameter(key, "slider", "number", default=default, low=low, high=high, step=step, columns=4)


def _choice(
    key: str,
    options: tuple[str, ...],
    default: str | None = "",
    belongs: _Belongs = "model",
    *,
    waits: bool = False,
    control: Control = "slider",
) -> Parameter:
    return _parameter(key, control, "enum", belongs, default=default, options=options, waits=waits)


_NAME = _parameter("modelLabel", "input", "string", "conversation", default="", columns=4)
_PROMPT = _text("promptPrefix")
_SYSTEM = _text("system")
_WINDOW = _tokens("maxContextTokens", belongs="conversation")
_STOP = _parameter("stop", "tags", "array", "conversation", default=(), max_items=4, columns=4)
_FILES = (
    _switch("resendFiles", default=True, belongs="conversation", waits=True),
    _tokens("fileTokenLimit", belongs="", waits=True),
)
_REGION = _parameter("region", "combobox", "string", "conversation")
_CACHE = _switch("promptCache", default=True, belongs="conversation")
_CACHE_LIFE = _choice("promptCacheTtl", ("5m", "1h"), None, "conversation", control="combobox")
_CACHING = (_CACHE, _CACHE_LIFE)
_THINKING = (
    _switch("thinking", default=True, belongs="conversation"),
    _tokens("thinkingBudget", 2000, 1024, 200_000, 100, "conversation"),
    _choice("effort", ("", "low", "medium", "high", "xhigh", "max")),
    _choice("thinkingDisplay", ("auto", "summarized", "omitted"), "auto"),
)

_OPENAI = (
    _NAME,
    _PROMPT,
    _WINDOW,
    _tokens("max_tokens"),
    _slider("temperature", 1, 0, 2),
    _slider("top_p", 1, 0, 1),
    _slider("frequency_penalty", 0, -2, 2),
    _slider("presence_penalty", 0, -2, 2),
    _STOP,
    _choice("imageDetail", ("low", "auto", "high"), "auto", "conversation", waits=True),
    _switch("web_search"),
    _choice("reasoning_effort", _EFFORTS),
    _switch("useResponsesApi"),
    _choice("reasoning_summary", ("", "auto", "concise", "detailed")),
    _choice("reasoning_mode", ("", "standard", "pro")),
    _choice("reasoning_context", ("", "auto", "current_turn", "all_turns")),
    _choice("verbosity", _SHORT_EFFORTS),
    _switch("disableStreaming"),
    *_FILES,
)
_ANTHROPIC = (
    _NAME,
    _PROMPT,
    _WINDOW,
    _tokens("maxOutputTokens", high=128_000),
    _slider("temperature", 1, 0, 1),
    _slider("topP", 0.7, 0, 1),
    _slider("topK", 5, 1, 40, 1),
    *_CACHING,
    *_THINKING,
    _switch("web_search", belongs="conversation"),
    *_FILES,
)
_GOOGLE = (
    _NAME,
    _PROMPT,
    _tokens("maxContextTokens", None, 10, 2_000_000, 1000, "conversation"),
    _tokens("maxOutputTokens", 8192, high=65_535),
    _slider("temperature", 1, 0, 2),
    _slider("topP", 0.95, 0, 1),
    _slider("topK", 40, 1, 40, 1),
    _switch("thinking", default=True, belongs="conversation"),
    _tokens("thinkingBudget", None, -1, 32_000, belongs="conversation"),
    _choice("thinkingLevel", ("", "minimal", "low", "medium", "high"), belongs="conversation"),
    _switch("web_search"),
    _switch("url_context"),
    *_FILES,
)


def _bedrock(
    *more: Parameter,
    temperature: float = 0.5,
    top_p: float | None = 0.9,
    low: float = 0,
    high: float = 1,
    prompt: Parameter = _PROMPT,
) -> tuple[Parameter, ...]:
    sampling = (_slider("temperature", temperature, 0, 1), _slider("topP", top_p, low, high))
    return (_NAME, prompt, _WINDOW, *sampling, *more, _REGION, *_FILES)


_CACHED = _bedrock(*_CACHING)
_REPLY = _tokens("maxTokens")
_EFFORT = _choice("reasoning_effort", _SHORT_EFFORTS)
_MOONSHOT = _bedrock(replace(_REPLY, default=16_384), _STOP, _EFFORT, temperature=1, top_p=0.999, prompt=_SYSTEM)

SETS: dict[str, tuple[Parameter, ...]] = {
    "openAI": _OPENAI,
    "azureOpenAI": _OPENAI,
    "custom": _OPENAI,
    "openrouter": (*_OPENAI, *_CACHING),
    "anthropic": _ANTHROPIC,
    "google": _GOOGLE,
    "bedrock-anthropic": _bedrock(
        _REPLY,
        _slider("topK", 5, 0, 500, 1),
        _STOP,
        *_CACHING,
        *_THINKING,
        temperature=1,
        top_p=0.999,
        prompt=_SYSTEM,
    ),
    "bedrock-mistral": _bedrock(_REPLY, temperature=0.7, top_p=None),
    "bedrock-cohere": _bedrock(_REPLY, temperature=0.3, top_p=0.75, low=0.01, high=0.99),
    "bedrock-meta": _CACHED,
    "bedrock-ai21": _CACHED,
    "bedrock-amazon": _CACHED,
    "bedrock-deepseek": _CACHED,
    "bedrock-moonshot": _MOONSHOT,
    "bedrock-moonshotai": _MOONSHOT,
    "bedrock-openai": _CACHED,
    "bedrock-zai": _bedrock(_EFFORT),
}

# The same thing under the names of different sets: a conversation keeps it when it moves to another endpoint.
SYNONYMS = (("promptPrefix", "system"), ("max_tokens", "maxOutputTokens", "maxTokens"), ("top_p", "topP"))
