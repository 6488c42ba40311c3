"""From the file and the environment to the endpoints that there are."""

from collections.abc import Callable

from endpoints.catalog.built_in_providers import VARIABLES, half_filled, list_of
from endpoints.providers.anthropic.endpoint import anthropic
from endpoints.providers.azure.endpoint import azure
from endpoints.providers.base import Endpoint
from endpoints.providers.bedrock.endpoint import bedrock
from endpoints.providers.building import Site
from endpoints.providers.compatible.endpoint import custom
from endpoints.providers.google.endpoint import google
from endpoints.providers.openai.endpoint import openai
from siteconfig.schema.base import BUILT_IN
from siteconfig.schema.endpoints import Endpoints

_BUILDERS: dict[str, Callable[[Site], list[Endpoint]]] = {
    "openAI": openai,
    "azureOpenAI": azure,
    "google": google,
    "anthropic": anthropic,
    "custom": custom,
    "bedrock": bedrock,
}


def build(endpoints: Endpoints) -> tuple[list[Endpoint], list[str]]:
    """Return the endpoints, in the order of `ENDPOINTS` or the built-in one, and why others are left out."""
    site = Site(endpoints)
    site.notices += [f"{name} holds the name of another variable, which is not set" for name in half_filled(*VARIABLES)]
    names = list_of("ENDPOINTS") or tuple(_BUILDERS)
    site.notices += [f"ENDPOINTS names “{name}”, which is unknown" for name in names if name not in BUILT_IN]
    found = [endpoint for name in names if name in _BUILDERS for endpoint in _BUILDERS[name](site)]
    return found, site.notices
