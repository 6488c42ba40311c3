from dataclasses import replace

from endpoints.catalog.built_in_providers import ANTHROPIC, is_on, list_of, text_of
from endpoints.providers.base import Endpoint
from endpoints.providers.building import Built, Site, from_provider, models_of, service_key, vertex
from siteconfig.interpolate import why_unfilled
from siteconfig.schema.base import USER_PROVIDED
from siteconfig.schema.endpoint_built_in import Anthropic, Vertex


def anthropic(site: Site) -> Built:
    own = site.file.anthropic
    on_vertex = own.vertex if own else None
    if on_vertex is None and is_on("ANTHROPIC_USE_VERTEX"):
        on_vertex = Vertex(region=text_of("ANTHROPIC_VERTEX_REGION") or "us-east5")
    if on_vertex is not None and on_vertex.enabled:
        return _on_vertex(site, own, on_vertex)
    named = tuple(own.models) if own else ()
    fetches = not (named or list_of(ANTHROPIC.models_variable)) and text_of(ANTHROPIC.key_variable) != USER_PROVIDED
    found = from_provider(
        site, ANTHROPIC, own, adapter="litellm", litellm_prefix="anthropic/", key_header="x-api-key",
        fetch_models=fetches,
    )  # fmt: skip
    return [replace(each, models=named) for each in found] if named else found


def _on_vertex(site: Site, own: Anthropic | None, chosen: Vertex) -> Built:
    if missing := why_unfilled(chosen.serviceKeyFile, chosen.projectId, chosen.region, *chosen.wire_names.values()):
        return site.leave_out(ANTHROPIC.name, missing)
    key = service_key(chosen.serviceKeyFile)
    if key is None:
        return site.leave_out(ANTHROPIC.name, "there is no key of a service account (GOOGLE_SERVICE_KEY_FILE)")
    names = chosen.wire_names
    return [
        Endpoint(
            name=ANTHROPIC.name,
            label=ANTHROPIC.label,
            family="anthropic",
            icon=ANTHROPIC.name,
            models=tuple(names) or (tuple(own.models) if own else ()) or models_of(ANTHROPIC),
            wire_names={name: wire for name, wire in names.items() if wire != name},
            headers=site.headers(own),
            titles=site.titles(own),
            **vertex(key, chosen.projectId, chosen.region),
        )
    ]
