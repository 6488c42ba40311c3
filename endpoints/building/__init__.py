"""From the file and the environment to the endpoints that there are."""

from collections.abc import Callable

from endpoints.adapters.base import Endpoint
from endpoints.building.anthropic import anthropic
from endpoints.building.azure import azure
from endpoints.building.bedrock import bedrock
from endpoints.building.custom import custom
from endpoints.building.google import google
from endpoints.building.openai import openai
from endpoints.building.shared import Site
from endpoints.config.base import BUILT_IN
from endpoints.config.endpoints import Endpoints
from endpoints.config.environment import VARIABLES, half_filled, list_of

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
