from dataclasses import replace

from endpoints.providers.provider import Provider
from endpoints.providers.site import Built, Site, from_key, list_of, text_of
from siteconfig.schema.base import USER_PROVIDED


def build(site: Site, provider: Provider) -> Built:
    fetch = text_of(provider.variables.key) != USER_PROVIDED and not list_of(provider.variables.models)
    built = from_key(site, provider, site.file.openAI, fetch=fetch)
    organization = text_of("OPENAI_ORGANIZATION")
    for endpoint in built:
        connection = endpoint.connection
        if organization and not connection.url_from_user:
            headers = {"OpenAI-Organization": organization, **connection.headers}
            return [replace(endpoint, connection=replace(connection, headers=headers))]
    return built
