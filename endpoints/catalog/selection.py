"""The models offered to one person: the registry, without what their role may not use."""

from typing import Any, NamedTuple

from accounts.models import User
from accounts.services.model_access import access_of
from endpoints.catalog import registry
from endpoints.catalog.prices import is_refused
from endpoints.catalog.specs import parameters_of_preset
from endpoints.providers.base import Endpoint
from endpoints.services.callers import caller_of
from siteconfig.schema.model_specs import ModelSpec


class ModelRef(NamedTuple):
    """What somebody chose: a model spec by its name, or a model at an endpoint."""

    endpoint: str = ""
    model: str = ""
    spec: str = ""


class ModelCatalog:
    """The same questions as `endpoints.catalog.registry.Registry`, answered for a role. Cheap to make and to ask."""

    def __init__(self, role: str, user_id: str = "") -> None:
        self._registry = registry.current()
        self._user_id = user_id
        self._access = access_of(role)

    @property
    def endpoints(self) -> list[Endpoint]:
        """The endpoints with at least one model for this role, in the order people see them."""
        if not self._access.rows:
            return list(self._registry.endpoints)
        return [endpoint for endpoint in self._registry.endpoints if self.models(endpoint.name)]

    @property
    def only_local(self) -> bool:
        return self._registry.only_local

    def get(self, name: str) -> Endpoint | None:
        return self._registry.get(name)

    def models(self, name: str) -> tuple[str, ...]:
        models = self._registry.models(name, self._user_id)
        return tuple(model for model in models if self._access.allows(name, model)) if self._access.rows else models

    @property
    def specs(self) -> list[ModelSpec]:
        """The model specs that this role may use, in the order people see them."""
        offered = [spec for spec in self._registry.specs if self._serves(spec)]
        return sorted(offered, key=lambda spec: float("inf") if spec.order is None else spec.order)

    @property
    def enforces_specs(self) -> bool:
        """Whether nothing but specs may be used; also where this role may use none of them."""
        return self._registry.enforces_specs

    @property
    def prioritizes_specs(self) -> bool:
        return self._registry.config.document.modelSpecs.prioritize and bool(self.specs)

    @property
    def selects_models(self) -> bool:
        """Whether people choose models by themselves, beside the specs or where there are none."""
        document = self._registry.config.document
        if self.enforces_specs:
            return False
        if document.modelSpecs.specs and "interface" not in document.model_fields_set:
            return bool(document.modelSpecs.addedEndpoints)
        return document.interface.modelSelect is not False

    @property
    def sets_parameters(self) -> bool:
        """Whether people set parameters of models by themselves."""
        document = self._registry.config.document
        if self.enforces_specs or (document.modelSpecs.specs and "interface" not in document.model_fields_set):
            return False
        return document.interface.parameters is not False

    @property
    def selectable(self) -> list[Endpoint]:
        """The endpoints whose models people choose by themselves."""
        return [endpoint for endpoint in self.endpoints if self._selects(endpoint)]

    def spec(self, name: str) -> ModelSpec | None:
        return next((spec for spec in self.specs if spec.name == name), None)

    def may_use(self, model_ref: ModelRef) -> bool:
        """Whether a message may be sent to what was chosen."""
        if model_ref.spec:
            return self.spec(model_ref.spec) is not None
        return not self.enforces_specs and self.allows(model_ref.endpoint, model_ref.model)

    def shows(self, model_ref: ModelRef) -> bool:
        """Whether people may choose it by themselves, on the pages."""
        at = self.get(model_ref.endpoint)
        return self.may_use(model_ref) and (bool(model_ref.spec) or (at is not None and self._selects(at)))

    def first_model_ref(self) -> ModelRef | None:
        """Return what is used before anybody chose: a spec where those have priority, else a model."""
        shown = next((spec for spec in self.specs if spec.showInMenu), None)
        is_fallback = not (self.selects_models or self.specs or self.enforces_specs)
        endpoints = self.endpoints if is_fallback else self.selectable
        first = self._first_of(endpoints)
        if shown and (self.prioritizes_specs or first is None):
            return ModelRef(spec=shown.name)
        return first

    def _first_of(self, endpoints: list[Endpoint]) -> ModelRef | None:
        """Return the first model that can be paid for; one without a price only where there is no other."""
        every = [ModelRef(endpoint.name, model) for endpoint in endpoints for model in self.models(endpoint.name)]
        return next((model_ref for model_ref in every if not self.is_refused(model_ref)), every[0] if every else None)

    def is_refused(self, model_ref: ModelRef) -> bool:
        """Whether the model may not be used because nobody knows its price."""
        spec = self.spec(model_ref.spec) if model_ref.spec else None
        name, model = self.endpoint_and_model_of(spec) if spec else (model_ref.endpoint, model_ref.model)
        endpoint = self.get(name)
        return endpoint is not None and is_refused(endpoint, model)

    def preset(self, name: str) -> dict[str, Any]:
        """Return the parameters of a spec, nothing without one."""
        spec = self.spec(name) if name else None
        return parameters_of_preset(spec) if spec else {}

    def endpoint_and_model_of(self, spec: ModelSpec) -> tuple[str, str]:
        """Return the spec's endpoint and model: the endpoint's first one where it names none."""
        endpoint = spec.preset.endpoint_name
        return endpoint, spec.preset.model or next(iter(self.models(endpoint)), "")

    def _selects(self, endpoint: Endpoint) -> bool:
        if not self.selects_models:
            return False
        specs = self._registry.config.document.modelSpecs
        added = specs.addedEndpoints if specs.specs else None
        return not added or endpoint.name in added or (endpoint.origin.custom and "custom" in added)

    def _serves(self, spec: ModelSpec) -> bool:
        # What the file names there need not be in the endpoint's list.
        endpoint, model = self.endpoint_and_model_of(spec)
        return bool(model) and self.get(endpoint) is not None and self._access.allows(endpoint, model)

    def default(self) -> tuple[Endpoint, str] | None:
        for endpoint in self._registry.endpoints:
            models = self.models(endpoint.name)
            if models:
                return endpoint, models[0]
        return None

    def await_models(self, user: User, name: str) -> bool:
        """Wait for a list that was never fetched; return whether there is a new one. Raises `NotThereYet`."""
        return self._registry.await_models(name, self._user_id, lambda: caller_of(user))

    def allows(self, name: str, model: str) -> bool:
        return self._access.allows(name, model) and self._registry.allows(name, model, self._user_id)


def catalog_for(user: User) -> ModelCatalog:
    """Return what this person may choose from."""
    return ModelCatalog(user.role_name, str(user.id))
