from endpoints.providers.base import ServedModels
from endpoints.providers.provider import Provider
from endpoints.providers.site import Built, Site, as_provider, from_key, is_on, list_of, models_of, text_of
from endpoints.providers.vertex.endpoint import connection, service_key
from siteconfig.interpolate import why_unfilled
from siteconfig.schema.base import USER_PROVIDED
from siteconfig.schema.endpoint_built_in import Anthropic, Vertex


def build(site: Site, provider: Provider) -> Built:
    own = site.file.anthropic
    on_vertex = own.vertex if own else None
    if on_vertex is None and is_on("ANTHROPIC_USE_VERTEX"):
        on_vertex = Vertex(region=text_of("ANTHROPIC_VERTEX_REGION") or "us-east5")
    if on_vertex is not None and on_vertex.enabled:
        return _on_vertex(site, provider, own, on_vertex)
    named = tuple(own.models) if own else ()
    variables = provider.variables
    fetch = not (named or list_of(variables.models)) and text_of(variables.key) != USER_PROVIDED
    return from_key(site, provider, own, fetch=fetch, named=named)


def _on_vertex(site: Site, provider: Provider, own: Anthropic | None, chosen: Vertex) -> Built:
    if missing := why_unfilled(chosen.serviceKeyFile, chosen.projectId, chosen.region, *chosen.wire_names.values()):
        return site.leave_out(provider.name, missing)
    key = service_key(chosen.serviceKeyFile)
    if key is None:
        return site.leave_out(provider.name, "there is no key of a service account (GOOGLE_SERVICE_KEY_FILE)")
    names = chosen.wire_names
    models = ServedModels(
        tuple(names) or (tuple(own.models) if own else ()) or models_of(provider),
        wire_names={name: wire for name, wire in names.items() if wire != name},
    )
    reached = connection(key, chosen.projectId, chosen.region, headers=site.headers(own))
    return [as_provider(site, provider, own, reached, models)]
