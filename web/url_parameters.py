"""Query parameters of a chat's URL: model, prompt, project, parameters (features, section 45).

Unknown names and invalid values are ignored: an old bookmark must not break a page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from pydantic import ValidationError

from accounts.models import User
from chat.models import Project
from chat.services.model_settings import ModelSettings
from endpoints.catalog.selection import ModelRef, catalog_for
from siteconfig.parameters.settings import keys

MAX_PROMPT_CHARACTERS = 20_000  # characters of a prompt


@dataclass(frozen=True, slots=True)
class Wanted:
    """`model_ref` is a spec or a model; `submits` says that the page may send the text by itself."""

    model_ref: ModelRef | None = None
    text: str = ""
    submits: bool = False
    project: Project | None = None
    settings: dict[str, Any] = field(default_factory=dict)


def read(request: HttpRequest, user: User, *, current: ModelRef | None = None) -> Wanted:
    """Return what the query string asks for. `current` is what is in use, where there is something.

    Sending by itself costs the person credit, so only an address that was typed, or kept as a bookmark, may do it.
    A link fills in the text, whoever wrote it: another site, or a model in a reply.
    """
    query = request.GET
    text = (query.get("prompt") or query.get("q") or "").replace("\x00", "")[:MAX_PROMPT_CHARACTERS]
    typed = request.headers.get("Sec-Fetch-Site") == "none" and "Referer" not in request.headers
    return Wanted(
        model_ref=_model_ref(query, current, user),
        text=text,
        submits=bool(text.strip()) and query.get("submit") == "true" and typed and settings.URL_AUTO_SUBMIT,
        project=_project(query.get("projectId"), user),
        settings=_settings(query),
    )


def _model_ref(query: Mapping[str, str], current: ModelRef | None, user: User) -> ModelRef | None:
    """Return what is meant: a spec, endpoint and model, an endpoint's first model, or a model of the current one."""
    catalog = catalog_for(user)
    endpoint, model, spec = query.get("endpoint", "")[:128], query.get("model", "")[:256], query.get("spec", "")[:256]
    if catalog.spec(spec):
        return ModelRef(spec=spec)
    if not catalog.selects_models:
        return None
    if endpoint and model:
        known = catalog.get(endpoint) is not None
        is_offered = catalog.allows(endpoint, model) or not catalog.models(endpoint)  # whose list may be on its way
        return ModelRef(endpoint, model) if known and is_offered else None
    if endpoint and catalog.get(endpoint) is not None:
        first = next(iter(catalog.models(endpoint)), None)
        return ModelRef(endpoint, first) if first else None
    if model and not endpoint:
        default = catalog.default()
        name = current.endpoint if current else default[0].name if default else ""
        return ModelRef(name, model) if catalog.allows(name, model) else None
    return None


def _project(value: str | None, user: User) -> Project | None:
    try:
        wanted = UUID(value) if value else None
    except ValueError:
        return None
    return Project.objects.visible_to(user).filter(id=wanted).first() if wanted else None


def _settings(query: Mapping[str, str]) -> dict[str, Any]:
    """Return the parameters of the model that are named and valid, as JSON."""
    kept: dict[str, Any] = {}
    for name in keys():
        value: Any = query.get(name)
        if not value:
            continue
        if name == "stop":
            value = [part for part in value.split(",") if part]
        try:
            kept |= ModelSettings.read({name: value}).to_json()
        except ValidationError:
            continue
    return kept
