"""The built-in providers: which variables switch them on, and where they are when nothing else is said."""

import os
from dataclasses import dataclass

from endpoints.adapters.base import Family
from endpoints.config import default_models


@dataclass(frozen=True, slots=True)
class Provider:
    name: Family
    label: str
    key_variable: str
    models_variable: str
    url_variable: str
    base_url: str
    models: tuple[str, ...]


OPENAI = Provider(
    "openAI", "OpenAI", "OPENAI_API_KEY", "OPENAI_MODELS", "OPENAI_REVERSE_PROXY", "https://api.openai.com/v1",
    default_models.OPENAI,
)  # fmt: skip
AZURE = Provider("azureOpenAI", "Azure OpenAI", "AZURE_API_KEY", "AZURE_OPENAI_MODELS", "AZURE_OPENAI_BASEURL", "", ())
GOOGLE = Provider(
    "google", "Google", "GOOGLE_KEY", "GOOGLE_MODELS", "GOOGLE_REVERSE_PROXY",
    "https://generativelanguage.googleapis.com/v1beta", default_models.GOOGLE,
)  # fmt: skip
ANTHROPIC = Provider(
    "anthropic", "Anthropic", "ANTHROPIC_API_KEY", "ANTHROPIC_MODELS", "ANTHROPIC_REVERSE_PROXY",
    "https://api.anthropic.com", default_models.ANTHROPIC,
)  # fmt: skip
BEDROCK = Provider(
    "bedrock", "AWS Bedrock", "BEDROCK_AWS_BEARER_TOKEN", "BEDROCK_AWS_MODELS", "BEDROCK_REVERSE_PROXY", "",
    default_models.BEDROCK,
)  # fmt: skip
PROVIDERS = (OPENAI, AZURE, GOOGLE, ANTHROPIC, BEDROCK)  # in the order in which people see them
# Each of these brings models along.
PROVIDER_KEYS = (
    *(provider.key_variable for provider in PROVIDERS),
    "BEDROCK_AWS_SECRET_ACCESS_KEY", "BEDROCK_AWS_PROFILE", "BEDROCK_AWS_DEFAULT_REGION", "GOOGLE_SERVICE_KEY_FILE",
)  # fmt: skip


def text_of(variable: str) -> str:
    return os.environ.get(variable, "").strip()


def is_on(variable: str) -> bool:
    return text_of(variable).lower() == "true"


def list_of(variable: str) -> tuple[str, ...]:
    """Return what a variable lists with commas, each once."""
    return tuple(dict.fromkeys(each.strip() for each in text_of(variable).split(",") if each.strip()))
