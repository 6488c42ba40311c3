"""Choosing the endpoint and model of a reply, directly or through a model spec."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import audit
from accounts.services.bans import record_violation
from chat.services.refusal import TurnRefused
from endpoints.catalog import keys
from endpoints.catalog.model_lists import NotThereYet
from endpoints.catalog.selection import ModelCatalog, catalog_for
from endpoints.providers.base import Endpoint
from siteconfig.schema.model_specs import ModelSpec


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """`is_fixed`: the spec says everything, and what the person has set does not count."""

    endpoint: Endpoint
    model: str
    spec: ModelSpec | None = None
    is_fixed: bool = False

    @property
    def spec_name(self) -> str:
        return self.spec.name if self.spec else ""

    def name_among(self, settings: Mapping[str, Any]) -> str:
        """Return how replies are signed, in a conversation with these settings."""
        chosen = "" if self.is_fixed else settings.get("modelLabel")
        if self.spec is not None:
            return chosen or self.spec.preset.modelLabel or self.spec.label
        return chosen or self.endpoint.display.model_label or self.model


def resolve_model(user: User, *, endpoint: str, model: str, spec: str = "") -> ResolvedModel:
    """Return who answers this person. Raises `TurnRefused`.

    A spec stands in for the endpoint and the model that are not named, and where specs are enforced for any.
    """
    catalog = catalog_for(user)
    model_spec = catalog.spec(spec) if spec else None
    if model_spec is None and (spec or catalog.enforces_specs):
        raise _illegal(user, _not_here(spec))
    if model_spec is not None:
        endpoint, model = _filled(catalog, model_spec, endpoint, model)
    is_its_own = model_spec is not None and (endpoint, model) == catalog.endpoint_and_model_of(model_spec)
    if not is_its_own and not catalog.allows(endpoint, model):
        _wait_for_list(user, catalog, endpoint)
    at = catalog.get(endpoint)
    if at is None or not (is_its_own or catalog.allows(endpoint, model)):
        message = _("The model “%(model)s” is not available at “%(endpoint)s”. Choose another one.")
        raise _illegal(user, message % {"model": model, "endpoint": endpoint})
    if problem := keys.problem_of(at, user.id):
        raise TurnRefused(problem.message, status=422, code=problem.code, details=problem.details)
    return ResolvedModel(at, model, model_spec, is_fixed=catalog.enforces_specs)


def _wait_for_list(user: User, catalog: ModelCatalog, endpoint: str) -> None:
    """Right after a start the list that the model stands in may not have come yet. Raises `TurnRefused` (503)."""
    try:
        catalog.await_models(user, endpoint)
    except NotThereYet:
        message = _("The models of “%(endpoint)s” haven't loaded yet. Send the message again in a moment.")
        raise TurnRefused(message % {"endpoint": endpoint}, status=503, code="models_not_loaded") from None


def _filled(catalog: ModelCatalog, spec: ModelSpec, endpoint: str, model: str) -> tuple[str, str]:
    own_endpoint, own_model = catalog.endpoint_and_model_of(spec)
    if catalog.enforces_specs or endpoint in ("", own_endpoint):
        return own_endpoint, own_model if catalog.enforces_specs else model or own_model
    return endpoint, model or next(iter(catalog.models(endpoint)), "")


def _not_here(spec: str) -> str:
    if not spec:
        return _("Choose one of the available models first.")
    return _("The choice “%(spec)s” is not available. Choose another one.") % {"spec": spec}


def _illegal(user: User, message: str) -> TurnRefused:
    record_violation("illegal_model_request", user=user, address=audit.origin.get())
    return TurnRefused(message, status=400, code="illegal_model_request")
