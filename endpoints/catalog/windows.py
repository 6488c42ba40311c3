"""How much of a conversation a model takes: its window, and what of it the prompt may fill."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.services.price_map import entry
from endpoints.catalog.profiles import LOCAL, built_in, price_keys, profile
from endpoints.providers.base import Endpoint, PromptMessage
from endpoints.services.tokens import estimate_message

DEFAULT = 32_000  # tokens, of a model that nobody knows
MIN_PROMPT_TOKENS = 1_024
MIN_REPLY_TOKENS = 1_024  # tokens that a reply has at least, where nobody caps it
REPLY_PART = 4  # or this part of a window that is small
USABLE = 0.95  # of what the reply leaves: lengths are estimated
SURE_REPLY = 4_096  # tokens that every model writes
_SHORT = 3  # characters of a name that stands in many others by chance


def _spread(window: int, *names: str) -> dict[str, int]:
    return dict.fromkeys(names, window)


_OPENAI = {
    **_spread(16_375, "gpt-3.5-turbo"),
    **_spread(8_187, "gpt-4"),
    **_spread(32_758, "gpt-4-32k"),
    **_spread(127_500, "gpt-4-turbo", "gpt-4o", "gpt-4.5", "o1-mini", "o1-preview"),
    **_spread(195_000, "o1", "o3-mini"),
    **_spread(200_000, "o3", "o4-mini"),
    **_spread(1_047_576, "gpt-4.1"),
    **_spread(400_000, "gpt-5", "gpt-5.4-mini", "gpt-5.4-nano", "chat-latest"),
    **_spread(1_050_000, "gpt-5.4", "gpt-5.5", "gpt-5.6"),
}
_ANTHROPIC = {
    **_spread(100_000, "claude-"),
    **_spread(200_000, "claude-2.1", "claude-3", "claude-4", "claude-opus-4", "claude-sonnet-4", "claude-haiku-4"),
    **_spread(
        1_000_000,
        *(f"claude-{kind}-4{dot}{minor}" for kind in ("opus", "sonnet") for dot in ".-" for minor in range(6, 10)),
        *(f"claude-{minor}-{kind}" for kind in ("opus", "sonnet") for minor in ("4.6", "4.7", "4.8", "4.9")),
        "claude-opus-5", "claude-sonnet-5", "claude-haiku-5", "claude-5", "claude-fable", "claude-mythos",
    ),
}  # fmt: skip
_GOOGLE = {
    **_spread(30_720, "gemini"),
    **_spread(1_000_000, "gemini-1.5", "gemini-2.5", "gemini-3", "gemini-3.1"),
    **_spread(2_000_000, "gemini-2.0"),
    **_spread(1_048_576, "gemini-3.5-flash", "gemini-3.6-flash", "gemini-3.7-flash"),
    **_spread(32_768, "gemma-2", "gemma-3"),
    **_spread(128_000, "gemma-4"),
    **_spread(256_000, "gemma-4-26b", "gemma-4-31b"),
}
_OTHERS = {
    **_spread(31_990, "mistral-small", "mistral-7b"),
    **_spread(131_000, "mistral-large", "mistral-medium-3", "gpt-oss"),
    **_spread(255_000, "mistral-large-3"),
    **_spread(256_000, "codestral", "grok-4"),
    **_spread(128_000, "deepseek"),
    **_spread(163_840, "deepseek-v3.1", "deepseek-v3.2"),
    **_spread(1_048_576, "deepseek-v4", "llama-4", "llama4", "kimi-k3"),
    **_spread(4_000, "llama-2", "llama2"),
    **_spread(8_000, "llama-3", "llama3"),
    **_spread(127_500, *(f"llama{dash}3{dot}{minor}" for dash in ("", "-") for dot in ".-" for minor in range(1, 4))),
    **_spread(127_500, "command-r"),
    **_spread(255_500, "command-a"),
    **_spread(32_000, "qwen"),
    **_spread(40_960, "qwen3"),
    **_spread(262_144, "qwen3-coder", "qwen3.5", "qwen3.6", "qwen3.7", "kimi-k2"),
    **_spread(1_000_000, *(f"qwen3.{minor}-{kind}" for minor in range(5, 8) for kind in ("plus", "flash"))),
    **_spread(131_072, "grok", "grok-3"),
    **_spread(2_000_000, "grok-4-fast"),
    **_spread(500_000, "grok-4.5", "grok-4.6"),
    **_spread(200_000, "glm-4.6"),
    **_spread(295_000, "nova-lite", "nova-pro"),
}
_ALL = _OTHERS | _GOOGLE | _ANTHROPIC | _OPENAI
_TABLES: dict[str, Mapping[str, int]] = {
    "azureOpenAI": _OPENAI,
    "anthropic": _ANTHROPIC,
    "google": _GOOGLE,
    "bedrock": _OTHERS | _ANTHROPIC,
}


Source = Literal["file", "list", "local", "table", "map", "assumed"]
SOURCES: Final[dict[Source, Promise]] = {
    "file": _("from the configuration"),
    "list": _("from the server's model list"),
    "local": _("from the local model"),
    "table": _("from the built-in table"),
    "map": _("from the built-in price list"),
    "assumed": _("assumed, because its size is unknown"),
}


@dataclass(frozen=True, slots=True)
class Window:
    """How many tokens prompt and reply may have together, and who says so."""

    tokens: int
    source: Source

    @property
    def words(self) -> str:
        return str(SOURCES[self.source])


def window_of(endpoint: Endpoint, model: str) -> int:
    """Return the tokens that prompt and reply may have together."""
    return window_in_force(endpoint, model).tokens


def window_in_force(endpoint: Endpoint, model: str) -> Window:
    """Return the window, and where it is from.

    What the operator wrote first, then the provider's list, the built-in table, the price map, and a number that is
    assumed.
    """
    if found := _longest(endpoint.windows, model):
        return Window(found, "file")
    if found := endpoint.listed_windows.get(model, 0):
        return Window(found, "list")
    if endpoint.local:
        return Window(LOCAL.context_window, "local")
    if found := _longest(_TABLES.get(endpoint.family, _ALL), model):
        return Window(found, "table")
    found = _longest_prompt(endpoint, model)
    return Window(found, "map") if found else Window(DEFAULT, "assumed")


def _longest_prompt(endpoint: Endpoint, model: str) -> int:
    """Return what the price map, or Parley's own list, says of the longest prompt; 0 where they say nothing."""
    known = (entry(key) for key in price_keys(endpoint, model))
    found = next((int(each["max_input_tokens"]) for each in known if each and each.get("max_input_tokens")), 0)
    own = built_in(endpoint, model)
    return found or (int(own["window"]) if own else 0)


def usable_of(endpoint: Endpoint, model: str, *, max_tokens: int, chosen: int | None) -> int:
    """Return the tokens that a prompt may have. What a person chose as the window is used as it is.

    `max_tokens` is the cap on the reply; 0 is none, and then a part of the window is kept for it.
    """
    if chosen:
        return chosen
    found = window_in_force(endpoint, model)
    window = found.tokens
    left = window - (max_tokens or min(MIN_REPLY_TOKENS, window // REPLY_PART))
    if found.source == "table":  # of which a provider may take less as a prompt
        left = min(left, _longest_prompt(endpoint, model) or left)
    return max(min(MIN_PROMPT_TOKENS, window // 2), round(left * USABLE))


def longest_reply(endpoint: Endpoint, model: str, *, prompt_tokens: int) -> int:
    """Return the most tokens that the model is sure to be allowed to write after such a prompt; 0 for none.

    Providers refuse a cap above what a model writes, or above what its window has left.
    """
    room = window_of(endpoint, model) - prompt_tokens
    return max(min(profile(endpoint, model).max_output_tokens or SURE_REPLY, room), 0)


def _longest(table: Mapping[str, int], model: str) -> int:
    """Return what stands under the name, else under the longest name that is part of it; 0 where there is none."""
    if model in table:
        return table[model]
    name = model.lower()
    found = 0, 0
    for key, window in table.items():
        if len(key) >= found[0] and _is_part(key.lower(), name):
            found = len(key), window
    return found[1]


def _is_part(key: str, name: str) -> bool:
    at = name.find(key)
    return at >= 0 and (len(key) > _SHORT or at == 0 or not name[at - 1].isalnum())


def size_of(message: PromptMessage) -> int:
    """Return about how many tokens a message of a prompt is: its text, its calls, the thoughts that go with it."""
    calls = "".join(f"{call.name}{call.arguments}" for call in message.tool_calls)
    thoughts = "".join(str(part.get("think", "")) for part in message.reasoning)
    return estimate_message(message.content + calls + thoughts)


def prompt_size(messages: Iterable[PromptMessage]) -> int:
    return sum(map(size_of, messages))
