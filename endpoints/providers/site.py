"""Shared by the builders of endpoints: the file, the variables, and reporting what is left out."""

from dataclasses import dataclass, field
from typing import Any

from endpoints.providers.base import (
    Connection,
    Display,
    Endpoint,
    EndpointOrigin,
    ParameterRules,
    ServedModels,
    Titles,
)
from endpoints.providers.provider import Provider
from siteconfig.environment.reader import PLACEHOLDER, env
from siteconfig.interpolate import why_unfilled
from siteconfig.schema.base import USER_PROVIDED, is_web_address, private_address
from siteconfig.schema.endpoint_shared import All, Shared, TitleKeys
from siteconfig.schema.endpoints import Endpoints

Built = list[Endpoint]  # one, or none
_NO_RULES = ParameterRules()


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


def titles_of(keys: TitleKeys) -> Titles:
    """Return what the file says about titles."""
    return Titles(
        wanted=keys.titleConvo,
        model=keys.titleModel,
        endpoint=keys.titleEndpoint,
        method="completion" if keys.titleMethod == "completion" else "structured",
        timing=keys.titleTiming,
        role=keys.titleMessageRole,
        prompt=keys.titlePrompt,
        template=keys.titlePromptTemplate,
    )


@dataclass
class Site:
    """The `endpoints` of the file, and what is said about those that cannot be offered."""

    file: Endpoints
    providers: dict[str, Provider] = field(default_factory=dict)  # by name
    notices: list[str] = field(default_factory=list)

    def leave_out(self, name: str, reason: str) -> Built:
        self.notices.append(f"endpoint {name} is left out: {reason}")
        return []

    def titles(self, own: TitleKeys | None) -> Titles:
        """Return those of `endpoints.all` as a whole if it is there, else the endpoint's own."""
        chosen = self.file.all or own
        return titles_of(chosen) if chosen else Titles()

    def headers(self, own: All | None) -> dict[str, str]:
        return {**(self.file.all.headers if self.file.all else {}), **(own.headers if own else {})}

    def connection(self, wire: str, url: str, own: All | None, **more: Any) -> Connection:
        """Return how an address is reached, by who wrote it.

        Headers, which may hold secrets of the operator, never go to an address that a person wrote.
        """
        if url != USER_PROVIDED:
            return Connection(wire, url.rstrip("/"), headers=self.headers(own), **more)
        allowed = tuple(private_address(entry) for entry in self.file.allowedAddresses)
        return Connection(wire, url_from_user=True, allowed_addresses=allowed, **more)


def from_key(
    site: Site,
    provider: Provider,
    own: Shared | None,
    *,
    fetch: bool = False,
    named: tuple[str, ...] = (),
    parameters: ParameterRules = _NO_RULES,
) -> Built:
    """Return the endpoint of a provider whose key is set. `named` are the models that the file names."""
    key = text_of(provider.variables.key)
    url = address_of_provider(site, provider, own)
    if not key:
        return []
    if missing := why_unfilled(url):
        return site.leave_out(provider.name, missing)
    connection = site.connection(
        provider.wire,
        url,
        own,
        key_header=provider.key_header,
        model_prefix=provider.model_prefix,
        **credentials_of(key),
    )
    models = ServedModels(named or models_of(provider), fetch=fetch)
    return [as_provider(site, provider, own, connection, models, parameters)]


def as_provider(
    site: Site,
    provider: Provider,
    own: TitleKeys | None,
    connection: Connection,
    models: ServedModels,
    parameters: ParameterRules = _NO_RULES,
) -> Endpoint:
    """Return the endpoint by which people know the provider."""
    return Endpoint(
        provider.name,
        connection,
        Display(provider.label, icon=provider.name),
        models,
        parameters,
        site.titles(own),
        EndpointOrigin(provider.name, written_by_operator=not connection.url_from_user),
    )


def address_of_provider(site: Site, provider: Provider, own: Shared | None) -> str:
    """Return the address that the file names, else the environment, else the provider's own."""
    variable = provider.variables.url
    url = (own.baseURL if own else "") or text_of(variable)
    if url and url != USER_PROVIDED and "${" not in url and not is_web_address(url):
        site.notices.append(f"{variable} is not a web address; the provider's own is used")
        url = ""
    return url or provider.base_url


def credentials_of(key: str) -> dict[str, Any]:
    return {"key_from_user": True} if key == USER_PROVIDED else {"api_key": key}


def models_of(provider: Provider) -> tuple[str, ...]:
    return list_of(provider.variables.models) or provider.models
