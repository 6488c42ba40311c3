"""All providers, one row each, in the order in which people see them. Any without a row of its own is "custom".

A new one is a folder beside this file and a row here; `CONTRIBUTING.md` describes the folder.
"""

from collections.abc import Callable, Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from core.addresses import Address, address_of
from endpoints.catalog import default_models
from endpoints.providers.anthropic import endpoint as anthropic_endpoint
from endpoints.providers.anthropic import facts as anthropic_facts
from endpoints.providers.anthropic import parameters as anthropic_parameters
from endpoints.providers.anthropic import wire as anthropic_wire
from endpoints.providers.azure import endpoint as azure_endpoint
from endpoints.providers.base import Endpoint
from endpoints.providers.bedrock import endpoint as bedrock_endpoint
from endpoints.providers.bedrock import facts as bedrock_facts
from endpoints.providers.bedrock import parameters as bedrock_parameters
from endpoints.providers.compatible import endpoint as compatible_endpoint
from endpoints.providers.compatible import facts as compatible_facts
from endpoints.providers.compatible.hosts import HOSTS, OTHER
from endpoints.providers.google import endpoint as google_endpoint
from endpoints.providers.google import facts as google_facts
from endpoints.providers.google import parameters as google_parameters
from endpoints.providers.openai import endpoint as openai_endpoint
from endpoints.providers.openai import facts as openai_facts
from endpoints.providers.openai import parameters as openai_parameters
from endpoints.providers.provider import ParameterMapper, Preset, Provider, Variables

_OPENAI: Final = ParameterMapper(openai_parameters.fields, openai_parameters.least_thinking)
_ROWS: Final = (
    Provider(
        name="openAI",
        label="OpenAI",
        wire="openai",
        build=openai_endpoint.build,
        parameters=_OPENAI,
        facts=openai_facts.FACTS,
        base_url="https://api.openai.com/v1",
        models=default_models.names("openAI"),
        variables=Variables("OPENAI_API_KEY", "OPENAI_MODELS", "OPENAI_REVERSE_PROXY"),
        preset=Preset(
            "openai",
            "OpenAI",
            _("GPT and reasoning models"),
            "openAI",
            key_page="https://platform.openai.com/api-keys",
        ),
        lists_models=True,
        is_chat_model=openai_facts.is_chat_model,
        limits_replies=True,
    ),
    Provider(
        name="azureOpenAI",
        label="Azure OpenAI",
        wire="openai",
        build=azure_endpoint.build,
        parameters=_OPENAI,
        variables=Variables(
            "AZURE_API_KEY",
            "AZURE_OPENAI_MODELS",
            "AZURE_OPENAI_BASEURL",
            switches=("AZURE_USE_MODEL_AS_DEPLOYMENT_NAME",),
        ),
        fact_tables=("openAI",),
        default_models="openAI",
        limits_replies=True,
    ),
    Provider(
        name="google",
        label="Google",
        wire="google",
        model_prefix="gemini/",
        build=google_endpoint.build,
        parameters=ParameterMapper(google_parameters.fields, google_parameters.least_thinking),
        facts=google_facts.FACTS,
        fact_tables=("google",),
        models=default_models.names("google"),
        base_url="https://generativelanguage.googleapis.com/v1beta",
        variables=Variables(
            "GOOGLE_KEY",
            "GOOGLE_MODELS",
            "GOOGLE_REVERSE_PROXY",
            more=("GOOGLE_SERVICE_KEY_FILE",),
            switches=("GOOGLE_AUTH_HEADER", "GOOGLE_EXCLUDE_SAFETY_SETTINGS"),
        ),
        preset=Preset("google", "Google", _("Gemini"), "google", key_page="https://aistudio.google.com/apikey"),
        limits_replies=True,
    ),
    Provider(
        name="anthropic",
        label="Anthropic",
        wire="anthropic",
        model_prefix="anthropic/",
        key_header="x-api-key",
        build=anthropic_endpoint.build,
        parameters=ParameterMapper(anthropic_parameters.fields),
        facts=anthropic_facts.FACTS,
        fact_tables=("anthropic",),
        models=default_models.names("anthropic"),
        base_url="https://api.anthropic.com",
        variables=Variables(
            "ANTHROPIC_API_KEY", "ANTHROPIC_MODELS", "ANTHROPIC_REVERSE_PROXY", switches=("ANTHROPIC_USE_VERTEX",)
        ),
        preset=Preset(
            "anthropic", "Anthropic", _("Claude"), "anthropic", key_page="https://console.anthropic.com/settings/keys"
        ),
        lists_models=True,
        list_address=anthropic_wire.list_address,
        list_headers={"anthropic-version": anthropic_wire.VERSION},
    ),
    Provider(
        name="custom",
        label="",
        wire="openai",
        build=compatible_endpoint.build,
        parameters=_OPENAI,
        facts=compatible_facts.FACTS,
        preset=OTHER,
        lists_models=True,
    ),
    Provider(
        name="bedrock",
        label="AWS Bedrock",
        wire="bedrock",
        model_prefix="bedrock/",
        build=bedrock_endpoint.build,
        parameters=ParameterMapper(bedrock_parameters.fields),
        parameter_set=bedrock_facts.parameter_set,
        facts=bedrock_facts.FACTS,
        fact_tables=("anthropic", "custom"),
        models=default_models.names("bedrock"),
        key_fields=("accessKeyId", "secretAccessKey", "sessionToken"),
        variables=Variables(
            "BEDROCK_AWS_BEARER_TOKEN",
            "BEDROCK_AWS_MODELS",
            "BEDROCK_REVERSE_PROXY",
            more=("BEDROCK_AWS_SECRET_ACCESS_KEY", "BEDROCK_AWS_PROFILE", "BEDROCK_AWS_DEFAULT_REGION"),
        ),
        limits_replies=True,
    ),
)
PROVIDERS: Final = {row.name: row for row in _ROWS}
# Whose word on windows counts, the last one most, where a provider serves everybody's models.
_EVERYBODY: Final = ("openAI", "anthropic", "google", "custom")
_PRESETS: Final = ("openAI", "anthropic", "google")  # in the order of the set-up; then the hosts, then any other server
_OPENROUTER: Final = ParameterMapper(openai_parameters.fields)


def provider_named(name: str) -> Provider:
    """Return a provider by its name; what has no row of its own is the usual protocol's."""
    return PROVIDERS.get(name) or PROVIDERS["custom"]


def provider_of(endpoint: Endpoint) -> Provider:
    return provider_named(endpoint.origin.provider)


def built_in() -> tuple[Provider, ...]:
    """Return the providers that the environment switches on."""
    return tuple(provider for provider in PROVIDERS.values() if provider.variables.key)


def mapper_of(set_name: str) -> ParameterMapper:
    """Return what turns the parameters of a set into fields of a request."""
    return _OPENROUTER if set_name == "openrouter" else provider_named(set_name.partition("-")[0]).parameters


def chats_at(address: Address | None) -> Callable[[str], bool]:
    """Return what tells the models to chat with in the list that a provider keeps at its own address."""
    own = (row for row in PROVIDERS.values() if row.is_chat_model and address_of(row.base_url) == address)
    return next((row.is_chat_model for row in own if row.is_chat_model), lambda _name: True)


def windows_of(name: str) -> Mapping[str, int]:
    """Return the windows of the models that a provider may serve."""
    provider = PROVIDERS.get(name)
    own = (name,) if provider and name not in _EVERYBODY else ()
    tables = (provider.fact_tables if provider else ()) or (*own, *_EVERYBODY)
    windows: dict[str, int] = {}
    for table in reversed(tables):
        windows |= PROVIDERS[table].facts.windows
    return windows


def presets() -> tuple[Preset, ...]:
    """Return what the set-up offers: the large providers, the hosts that are known by name, and any other server."""
    large = [PROVIDERS[name].preset for name in _PRESETS]
    own = [row.preset for row in PROVIDERS.values() if row.name not in {*_PRESETS, "custom"}]
    known = [host.preset for host in HOSTS]
    return tuple(preset for preset in (*large, *own, *known, OTHER) if preset is not None)


def preset_of(slug: str) -> Preset | None:
    return next((preset for preset in presets() if preset.slug == slug), None)
