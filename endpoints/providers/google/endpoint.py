from dataclasses import replace
from pathlib import Path
from typing import Any

from endpoints.catalog.built_in_providers import GOOGLE, is_on, text_of
from endpoints.providers.base import Endpoint
from endpoints.providers.building import (
    SERVICE_KEY,
    Built,
    Site,
    from_provider,
    models_of,
    service_key,
    vertex,
)

_HARMS = {
    "GOOGLE_SAFETY_SEXUALLY_EXPLICIT": "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "GOOGLE_SAFETY_HATE_SPEECH": "HARM_CATEGORY_HATE_SPEECH",
    "GOOGLE_SAFETY_HARASSMENT": "HARM_CATEGORY_HARASSMENT",
    "GOOGLE_SAFETY_DANGEROUS_CONTENT": "HARM_CATEGORY_DANGEROUS_CONTENT",
    "GOOGLE_SAFETY_CIVIC_INTEGRITY": "HARM_CATEGORY_CIVIC_INTEGRITY",
}


def google(site: Site) -> Built:
    """Return Gemini's own API if there is a key, else Vertex AI if there is a service account."""
    own = site.file.google
    if text_of(GOOGLE.key_variable):
        found = from_provider(site, GOOGLE, own, adapter="litellm", litellm_prefix="gemini/", add_params=_safety())
        if is_on("GOOGLE_AUTH_HEADER"):  # some gateways want it in this header
            return [replace(each, headers=_authorized(each)) for each in found]
        return found
    if not text_of("GOOGLE_SERVICE_KEY_FILE") and not Path(SERVICE_KEY).is_file():
        return []
    key = service_key("")
    if key is None:
        return site.leave_out(GOOGLE.name, "GOOGLE_SERVICE_KEY_FILE is neither a file with a service account nor JSON")
    return [
        Endpoint(
            name=GOOGLE.name,
            label=GOOGLE.label,
            family="google",
            icon=GOOGLE.name,
            models=models_of(GOOGLE),
            headers=site.headers(own),
            titles=site.titles(own),
            add_params=_safety(),
            **vertex(key, "", text_of("GOOGLE_LOC") or "us-central1"),
        )
    ]


def _authorized(endpoint: Endpoint) -> dict[str, str]:
    key = {"Authorization": f"Bearer {endpoint.api_key}"} if endpoint.api_key and not endpoint.url_from_user else {}
    return key | dict(endpoint.headers)


def _safety() -> dict[str, Any]:
    """Return the thresholds that are set; without any, the provider's own hold."""
    if is_on("GOOGLE_EXCLUDE_SAFETY_SETTINGS"):
        return {}
    chosen = [{"category": harm, "threshold": text_of(name)} for name, harm in _HARMS.items() if text_of(name)]
    return {"safetySettings": chosen} if chosen else {}
