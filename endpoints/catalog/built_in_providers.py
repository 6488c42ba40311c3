"""The built-in providers: which variables switch them on, and where they are when nothing else is said."""

from dataclasses import dataclass

from endpoints.catalog import default_models
from endpoints.providers.base import Family
from siteconfig.environment.reader import PLACEHOLDER, env


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

VARIABLES = tuple(dict.fromkeys((
    *PROVIDER_KEYS, *(each.models_variable for each in PROVIDERS), *(each.url_variable for each in PROVIDERS),
)))  # fmt: skip
# Read when endpoints are built; what is wrong with them is said at the start.
SWITCHES = (
    "CONFIG_BYPASS_VALIDATION", "ANTHROPIC_USE_VERTEX", "AZURE_USE_MODEL_AS_DEPLOYMENT_NAME", "GOOGLE_AUTH_HEADER",
    "GOOGLE_EXCLUDE_SAFETY_SETTINGS",
)  # fmt: skip


def check_switches() -> None:
    """Raise `ImproperlyConfigured` for a switch that is neither on nor off."""
    for name in SWITCHES:
        env.switch(name, default=False)
    env.check()


def text_of(variable: str) -> str:
    """Return a variable; nothing where it is not set, or stands for another one that is not."""
    text = env.text(variable)
    return "" if PLACEHOLDER.search(text) else text


def is_on(variable: str) -> bool:
    return env.switch(variable, default=False)


def list_of(variable: str) -> tuple[str, ...]:
    """Return what a variable lists with commas, each once."""
    return env.words(variable) if text_of(variable) else ()


def half_filled(*variables: str) -> list[str]:
    """Return those of the variables in which ``${NAME}`` was left standing."""
    return [name for name in variables if PLACEHOLDER.search(env.text(name))]
