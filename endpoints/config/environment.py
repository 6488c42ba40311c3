"""The built-in providers: which variables switch them on, and what they offer when nothing else is said."""

import logging
import os
from dataclasses import dataclass
from typing import Literal

from endpoints.adapters.base import Endpoint, Family
from endpoints.config.base import USER_PROVIDED, is_web_address

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Provider:
    name: Family
    label: str
    key_variable: str
    models_variable: str
    url_variable: str
    base_url: str
    adapter: Literal["openai_wire", "litellm"]
    models: tuple[str, ...]
    litellm_prefix: str = ""
    fetches: bool = False


PROVIDERS = (
    Provider(
        "openAI", "OpenAI", "OPENAI_API_KEY", "OPENAI_MODELS", "OPENAI_REVERSE_PROXY", "https://api.openai.com/v1",
        "openai_wire",
        (
            "gpt-6-astra", "gpt-6-sol", "gpt-6-luna", "gpt-5.6", "gpt-5.6-terra", "gpt-5.6-luna", "gpt-5.5", "gpt-5.4",
            "gpt-5.4-mini", "gpt-5-mini", "gpt-4.1", "gpt-4o-mini",
        ),
        fetches=True,
    ),
    Provider(
        "google", "Google", "GOOGLE_KEY", "GOOGLE_MODELS", "GOOGLE_REVERSE_PROXY",
        "https://generativelanguage.googleapis.com/v1beta", "litellm",
        (
            "gemini-3.8-flash", "gemini-3.7-flash", "gemini-3.6-flash", "gemini-3.5-flash", "gemini-3.5-flash-lite",
            "gemini-3.1-pro-preview", "gemini-3.1-flash-lite-preview", "gemini-2.5-pro", "gemini-2.5-flash",
            "gemini-2.5-flash-lite",
        ),
        litellm_prefix="gemini/",
    ),
    Provider(
        "anthropic", "Anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_MODELS", "ANTHROPIC_REVERSE_PROXY",
        "https://api.anthropic.com", "litellm",
        (
            "claude-fable-5-1", "claude-fable-5", "claude-opus-5-5", "claude-opus-5", "claude-sonnet-5",
            "claude-opus-4-8", "claude-opus-4-7", "claude-sonnet-4-6", "claude-opus-4-6", "claude-sonnet-4-5",
            "claude-haiku-4-5",
        ),
        litellm_prefix="anthropic/",
    ),
)  # fmt: skip


PROVIDER_KEYS = tuple(provider.key_variable for provider in PROVIDERS)


def endpoints_from_environment() -> list[Endpoint]:
    """Return an endpoint for every provider whose key is set."""
    found = []
    for provider in PROVIDERS:
        key = os.environ.get(provider.key_variable, "").strip()
        if key == USER_PROVIDED:
            log.warning("%s: keys of each person are not supported yet, so it is left out", provider.key_variable)
        elif key:
            found.append(_endpoint(provider, key))
    return found


def _endpoint(provider: Provider, key: str) -> Endpoint:
    base_url = os.environ.get(provider.url_variable, "").strip() or provider.base_url
    if not is_web_address(base_url):
        log.error("%s is not a web address; the provider's own is used", provider.url_variable)
        base_url = provider.base_url
    named = tuple(each.strip() for each in os.environ.get(provider.models_variable, "").split(",") if each.strip())
    organization = os.environ.get("OPENAI_ORGANIZATION", "").strip() if provider.name == "openAI" else ""
    return Endpoint(
        name=provider.name,
        family=provider.name,
        label=provider.label,
        adapter=provider.adapter,
        base_url=base_url.rstrip("/"),
        api_key=key,
        models=tuple(dict.fromkeys(named)) or provider.models,
        fetch_models=provider.fetches and not named,
        litellm_prefix=provider.litellm_prefix,
        headers={"OpenAI-Organization": organization} if organization else {},
        written_by_operator=True,
    )
