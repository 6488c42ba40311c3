"""Builds the endpoints from the file and the environment."""

from endpoints.providers import registry
from endpoints.providers.base import Endpoint
from endpoints.providers.site import Site, half_filled, list_of
from siteconfig.environment.reader import env
from siteconfig.schema.base import BUILT_IN
from siteconfig.schema.endpoints import Endpoints


def key_variables() -> tuple[str, ...]:
    """Return the variables of which each brings models along."""
    rows = [provider.variables for provider in registry.built_in()]
    return (*(row.key for row in rows), *(name for row in rows for name in row.more))


def variables() -> tuple[str, ...]:
    """Return the variables that hold keys, models and addresses."""
    rows = [provider.variables for provider in registry.built_in()]
    return tuple(dict.fromkeys((*key_variables(), *(row.models for row in rows), *(row.url for row in rows))))


def check_switches() -> None:
    """Raise `ImproperlyConfigured` for a switch that is neither on nor off."""
    own = [name for provider in registry.PROVIDERS.values() for name in provider.variables.switches]
    for name in ("CONFIG_BYPASS_VALIDATION", *own):
        env.switch(name, default=False)
    env.check()


def build(endpoints: Endpoints) -> tuple[list[Endpoint], list[str]]:
    """Return the endpoints, in the order of `ENDPOINTS` or the built-in one, and why others are left out."""
    providers = registry.PROVIDERS
    site = Site(endpoints, providers)
    filled = half_filled(*filter(None, variables()))
    site.notices += [f"{name} holds the name of another variable, which is not set" for name in filled]
    names = list_of("ENDPOINTS") or tuple(providers)
    unknown = [name for name in names if name not in {*BUILT_IN, *providers}]
    site.notices += [f"ENDPOINTS names “{name}”, which is unknown" for name in unknown]
    rows = [providers[name] for name in names if name in providers]
    return [endpoint for provider in rows for endpoint in provider.build(site, provider)], site.notices
