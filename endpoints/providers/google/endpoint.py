from dataclasses import replace
from pathlib import Path
from typing import Any

from endpoints.providers.base import Endpoint, ParameterRules, ServedModels
from endpoints.providers.provider import Provider
from endpoints.providers.site import Built, Site, as_provider, from_key, is_on, models_of, text_of
from endpoints.providers.vertex.endpoint import SERVICE_KEY, connection, service_key

_HARMS = {
    "GOOGLE_SAFETY_SEXUALLY_EXPLICIT": "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "GOOGLE_SAFETY_HATE_SPEECH": "HARM_CATEGORY_HATE_SPEECH",
    "GOOGLE_SAFETY_HARASSMENT": "HARM_CATEGORY_HARASSMENT",
    "GOOGLE_SAFETY_DANGEROUS_CONTENT": "HARM_CATEGORY_DANGEROUS_CONTENT",
    "GOOGLE_SAFETY_CIVIC_INTEGRITY": "HARM_CATEGORY_CIVIC_INTEGRITY",
}


def build(site: Site, provider: Provider) -> Built:
    """Return the provider's own API if there is a key, else Vertex AI if there is a service account."""
    own, parameters = site.file.google, ParameterRules(add=_safety())
    if text_of(provider.variables.key):
        built = from_key(site, provider, own, parameters=parameters)
        # Some gateways want the key in this header.
        return [_authorized(endpoint) for endpoint in built] if is_on("GOOGLE_AUTH_HEADER") else built
    if not text_of("GOOGLE_SERVICE_KEY_FILE") and not Path(SERVICE_KEY).is_file():
        return []
    key = service_key("")
    if key is None:
        return site.leave_out(
            provider.name, "GOOGLE_SERVICE_KEY_FILE is neither a file with a service account nor JSON"
        )
    region = text_of("GOOGLE_LOC") or "us-central1"
    reached = connection(key, "", region, headers=site.headers(own))
    return [as_provider(site, provider, own, reached, ServedModels(models_of(provider)), parameters)]


def _authorized(endpoint: Endpoint) -> Endpoint:
    reached = endpoint.connection
    key = {"Authorization": f"Bearer {reached.api_key}"} if reached.api_key and not reached.url_from_user else {}
    return replace(endpoint, connection=replace(reached, headers=key | dict(reached.headers)))


def _safety() -> dict[str, Any]:
    """Return the thresholds that are set; without any, the provider's own hold."""
    if is_on("GOOGLE_EXCLUDE_SAFETY_SETTINGS"):
        return {}
    chosen = [{"category": harm, "threshold": text_of(name)} for name, harm in _HARMS.items() if text_of(name)]
    return {"safetySettings": chosen} if chosen else {}
