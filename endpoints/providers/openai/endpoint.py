from dataclasses import replace

from endpoints.catalog.built_in_providers import OPENAI, list_of, text_of
from endpoints.providers.building import Built, Site, from_provider
from siteconfig.schema.base import USER_PROVIDED


def openai(site: Site) -> Built:
    fetches = text_of(OPENAI.key_variable) != USER_PROVIDED and not list_of(OPENAI.models_variable)
    found = from_provider(site, OPENAI, site.file.openAI, adapter="openai_wire", fetch_models=fetches)
    organization = text_of("OPENAI_ORGANIZATION")
    for endpoint in found:
        if organization and not endpoint.url_from_user:
            headers = {"OpenAI-Organization": organization, **endpoint.headers}
            return [replace(endpoint, headers=headers)]
    return found
