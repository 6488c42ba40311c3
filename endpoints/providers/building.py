"""What the builders of endpoints share."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from endpoints.catalog.built_in_providers import Provider, list_of, text_of
from endpoints.providers.base import Endpoint, Titles
from siteconfig.interpolate import why_unfilled
from siteconfig.schema.base import USER_PROVIDED, is_web_address, private_address
from siteconfig.schema.endpoint_shared import All, Shared, TitleKeys
from siteconfig.schema.endpoints import Endpoints

SERVICE_KEY = "api/data/auth.json"  # where it is when nothing else is said
Built = list[Endpoint]  # one, or none


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

    def where(self, url: str, own_headers: All | None) -> dict[str, Any]:
        """Return the fields of an endpoint that depend on who wrote its address.

        Headers, which may hold secrets of the operator, never go to an address that a person wrote.
        """
        if url != USER_PROVIDED:
            return {"base_url": url.rstrip("/"), "headers": self.headers(own_headers), "written_by_operator": True}
        allowed = tuple(private_address(each) for each in self.file.allowedAddresses)
        return {"url_from_user": True, "allowed_addresses": allowed}


def from_provider(site: Site, provider: Provider, own: Shared | None, **more: Any) -> Built:
    """Return the endpoint of a provider whose key is set."""
    key = text_of(provider.key_variable)
    url = address_of_provider(site, provider, own)
    if not key:
        return []
    if missing := why_unfilled(url):
        return site.leave_out(provider.name, missing)
    fields = site.where(url, own) | credentials_of(key) | {"models": models_of(provider)} | more
    return [
        Endpoint(
            name=provider.name, label=provider.label, family=provider.name, icon=provider.name,
            titles=site.titles(own), **fields,
        )
    ]  # fmt: skip


def address_of_provider(site: Site, provider: Provider, own: Shared | None) -> str:
    """Return the address that the file names, else the environment, else the provider's own."""
    url = (own.baseURL if own else "") or text_of(provider.url_variable)
    if url and url != USER_PROVIDED and "${" not in url and not is_web_address(url):
        site.notices.append(f"{provider.url_variable} is not a web address; the provider's own is used")
        url = ""
    return url or provider.base_url


def credentials_of(key: str) -> dict[str, Any]:
    return {"key_from_user": True} if key == USER_PROVIDED else {"api_key": key}


def models_of(provider: Provider) -> tuple[str, ...]:
    return list_of(provider.models_variable) or provider.models


def service_key(named: str) -> Mapping[str, Any] | None:
    """Return the key of a Google service account: a path, JSON, or JSON in base64. None when there is none."""
    text = named or text_of("GOOGLE_SERVICE_KEY_FILE")
    path = Path(text or SERVICE_KEY)
    try:
        if text.startswith("{"):
            found = json.loads(text)
        elif path.is_file():
            found = json.loads(path.read_text("utf-8"))
        else:
            found = json.loads(base64.b64decode(text, validate=True))
    except (OSError, ValueError, binascii.Error):
        return None
    return found if isinstance(found, dict) and found.get("client_email") else None


def vertex(key: Mapping[str, Any], project: str, location: str) -> dict[str, Any]:
    """Return the fields of an endpoint on Vertex AI."""
    host = f"{location}-aiplatform.googleapis.com"
    if location == "global":
        host = "aiplatform.googleapis.com"
    elif location in {"us", "eu"}:
        host = f"aiplatform.{location}.rep.googleapis.com"
    return {
        "base_url": f"https://{host}",
        "written_by_operator": True,
        "adapter": "litellm",
        "litellm_prefix": "vertex_ai/",
        "credentials": {
            "vertex_project": project or key.get("project_id", ""),
            "vertex_location": location,
            "vertex_credentials": json.dumps(key),
        },
    }
