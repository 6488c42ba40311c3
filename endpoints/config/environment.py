"""Built-in endpoints, each switched on by a key in the environment. The one place that names providers."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from endpoints.adapters.base import Endpoint


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """`key` names the variable with the API key; `url` and `list_of_models` those that override the defaults."""

    name: str
    label: str
    key: str
    url: str
    list_of_models: str
    adapter: Literal["openai_wire", "litellm"]
    models: tuple[str, ...]
    base_url: str = ""
    prefix: str = ""
    fetch: bool = False
    title_model: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


BUILT_IN = (
    BuiltIn(
        "openAI", "OpenAI", "OPENAI_API_KEY", "OPENAI_REVERSE_PROXY", "OPENAI_MODELS", "openai_wire",
        ("gpt-5.6", "gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.2", "gpt-5.1", "gpt-5", "gpt-5-mini",
         "gpt-4.1", "gpt-4o", "gpt-4o-mini"),
        base_url="https://api.openai.com/v1", fetch=True,
    ),
    BuiltIn(
        "anthropic", "Anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_REVERSE_PROXY", "ANTHROPIC_MODELS", "litellm",
        ("claude-opus-5-5", "claude-opus-5", "claude-sonnet-5", "claude-opus-4-8", "claude-sonnet-4-6",
         "claude-opus-4-6", "claude-sonnet-4-5", "claude-haiku-4-5"),
        prefix="anthropic/",
    ),
    BuiltIn(
        "google", "Google", "GOOGLE_KEY", "GOOGLE_REVERSE_PROXY", "GOOGLE_MODELS", "litellm",
        ("gemini-3.8-flash", "gemini-3.7-flash", "gemini-3.6-flash", "gemini-3.5-flash", "gemini-3.1-pro-preview",
         "gemini-3-pro-preview", "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"),
        prefix="gemini/",
    ),
)  # fmt: skip

LOCAL_NAME = "Local"
LOCAL_MODEL = "smollm2-135m-instruct"
PROVIDER_KEYS = tuple(each.key for each in BUILT_IN)


def from_environment(environment: Mapping[str, str] | None = None) -> Iterator[Endpoint]:
    """Yield the built-in endpoints whose key is set."""
    environment = os.environ if environment is None else environment
    for order, each in enumerate(BUILT_IN):
        key = environment.get(each.key, "").strip()
        if not key or key == "user_provided":
            continue
        named = tuple(name.strip() for name in environment.get(each.list_of_models, "").split(",") if name.strip())
        base_url = environment.get(each.url, "").strip()
        yield Endpoint(
            name=each.name,
            label=each.label,
            adapter=each.adapter,
            base_url=base_url or each.base_url,
            api_key=key,
            models=named or each.models,
            fetch_models=each.fetch and not named,
            litellm_prefix=each.prefix,
            title_model=each.title_model,
            written_by_operator=True,
            order=order,
        )


def local_endpoint(*, base_url: str, api_key: str) -> Endpoint:
    """Return the embedded model as an ordinary endpoint."""
    return Endpoint(
        name=LOCAL_NAME,
        label="Local model",
        adapter="openai_wire",
        base_url=base_url,
        api_key=api_key,
        models=(LOCAL_MODEL,),
        order=1_000,
        local=True,
        written_by_operator=True,
    )
