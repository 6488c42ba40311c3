"""The models and specs that a person may choose, and the default for a new chat."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from accounts.models import User
from endpoints.catalog import keys, registry
from endpoints.catalog.icons import Icon, icon_of
from endpoints.catalog.prices import is_refused
from endpoints.catalog.selection import ModelCatalog, ModelRef, catalog_for
from endpoints.providers.base import Endpoint
from siteconfig.schema.model_specs import ModelSpec
from web.rendering.sanitise import clean_words


@dataclass(frozen=True, slots=True)
class ModelOption:
    """What the next message goes to. `available` is False when it is no longer offered.

    `spec` is the name of a model spec, and then `endpoint` and `model` are its own.
    """

    endpoint: str
    endpoint_label: str
    model: str
    label: str
    spec: str = ""
    description: str = ""  # sanitised HTML, as `SafeString`
    icon: Icon | None = None
    header_icon: Icon | None = None
    starters: tuple[str, ...] = ()  # of a spec, for its landing page
    on_landing: bool = False  # label and description take the greeting's place
    available: bool = True
    takes_key: bool = False  # each person brings a key of their own
    is_unpriced: bool = False  # nobody knows what it costs, and so nobody may use it here
    is_local: bool = False  # the tiny model that comes with Parley

    @property
    def model_ref(self) -> ModelRef:
        """What a favourite or an address stores of it."""
        return ModelRef(spec=self.spec) if self.spec else ModelRef(self.endpoint, self.model)

    @property
    def address(self) -> dict[str, str]:
        """The fields of a page's address that ask for it."""
        return {"spec": self.spec} if self.spec else {"endpoint": self.endpoint, "model": self.model}


@dataclass(frozen=True, slots=True)
class ModelGroup:
    """A heading of the model menu with what stands under it; specs without a group have an empty one."""

    label: str
    choices: list[ModelOption] = field(default_factory=list)
    icon: Icon | None = None


MAX_STARTERS = 4


def model_option_of(wanted: ModelRef | None, user: User) -> ModelOption | None:
    """Return what is wanted, kept although it is gone, else the default one; None when there is no model at all."""
    catalog = catalog_for(user)
    if wanted is not None and wanted.spec:
        spec = catalog.spec(wanted.spec)
        gone = ModelOption(
            endpoint="", endpoint_label="", model="", label=wanted.spec, spec=wanted.spec, available=False
        )
        return spec_option(catalog, spec) if spec else gone
    if wanted is not None and wanted.endpoint:
        name, model = wanted.endpoint, wanted.model
        endpoint = catalog.get(name)
        if endpoint is not None:
            return model_option(endpoint, model, icon=endpoint_icon(endpoint), available=catalog.may_use(wanted))
        return ModelOption(endpoint=name, endpoint_label=name, model=model, label=model, available=False)
    if first := catalog.first_model_ref():
        return model_option_of(first, user)
    return None


def initial_model_ref(user: User, last: ModelRef | None) -> ModelRef | None:
    """Return what a new chat begins with. `last` is what the person chose last, if it is known.

    A spec that is the default one always wins; a soft default gives way to what was chosen; where specs have
    priority, a model that was chosen by itself gives way to them.
    """
    catalog = catalog_for(user)
    if firm := next((spec for spec in catalog.specs if spec.default), None):
        return ModelRef(spec=firm.name)
    if (
        last is not None
        and catalog.shows(last)
        and not catalog.is_refused(last)
        and (last.spec or not catalog.prioritizes_specs)
    ):
        return last
    if soft := next((spec for spec in catalog.specs if spec.softDefault), None):
        return ModelRef(spec=soft.name)
    return catalog.first_model_ref()


def remembered_model_ref(cookie: str) -> ModelRef | None:
    """Return what was chosen in this browser and not used yet."""
    fields = {name: values[0] for name, values in parse_qs(unquote(cookie)[:1000]).items()}
    model_ref = ModelRef(fields.get("endpoint", ""), fields.get("model", ""), fields.get("spec", ""))
    return model_ref if any(model_ref) else None


def model_groups(user: User) -> list[ModelGroup]:
    """Return the model menu: specs by themselves, specs in groups of their own, endpoints with specs and models."""
    catalog = catalog_for(user)
    shown = [spec for spec in catalog.specs if spec.showInMenu]
    places = {
        endpoint.name: ModelGroup(endpoint.display.label, [], endpoint_icon(endpoint)) for endpoint in catalog.endpoints
    }
    own = {"": ModelGroup("")} | {spec.group: _own_group(spec.group, shown) for spec in shown if spec.group}
    for spec in shown:
        group = places.get(spec.group) or own[spec.group]
        group.choices.append(spec_option(catalog, spec))
    for endpoint in catalog.selectable:
        places[endpoint.name].choices.extend(model_option(endpoint, model) for model in catalog.models(endpoint.name))
    return [group for group in (*own.values(), *places.values()) if group.choices]


def spec_option(catalog: ModelCatalog, spec: ModelSpec) -> ModelOption:
    name, model = catalog.endpoint_and_model_of(spec)
    endpoint = registry.current().get(name)
    drawn = spec_icon(spec, endpoint)
    return ModelOption(
        endpoint=name,
        endpoint_label="",
        model=model,
        label=spec.label,
        spec=spec.name,
        description=_description(spec),
        icon=drawn if spec.showIconInMenu is not False else None,
        header_icon=drawn if spec.showIconInHeader is not False else None,
        starters=tuple(spec.conversation_starters[:MAX_STARTERS]),
        on_landing=spec.showOnLanding,
        takes_key=endpoint is not None and keys.needs_key(endpoint),
        is_unpriced=endpoint is not None and is_refused(endpoint, model),
        is_local=endpoint is not None and endpoint.origin.local,
    )


def model_option(endpoint: Endpoint, model: str, *, icon: Icon | None = None, available: bool = True) -> ModelOption:
    """In the menu the icon is the group's, once for all models of an endpoint."""
    return ModelOption(
        endpoint=endpoint.name,
        endpoint_label=endpoint.display.label,
        model=model,
        label=model,
        header_icon=icon,
        available=available,
        takes_key=keys.needs_key(endpoint),
        is_unpriced=is_refused(endpoint, model),
        is_local=endpoint.origin.local,
    )


def endpoint_icon(endpoint: Endpoint) -> Icon:
    return icon_of(endpoint.display.icon, "local" if endpoint.origin.local else "", name=endpoint.display.label)


def spec_icon(spec: ModelSpec, endpoint: Endpoint | None) -> Icon:
    return icon_of(spec.iconURL, endpoint.display.icon if endpoint else "", name=spec.label)


def writer_icon(endpoint_name: str, spec_name: str) -> Icon | None:
    """Return what the writer of a reply is shown with, as in the header; None where it is known no more."""
    known = registry.current()
    endpoint = known.get(endpoint_name)
    spec = known.spec(spec_name) if spec_name else None
    if spec is not None:
        return spec_icon(spec, endpoint)
    return endpoint_icon(endpoint) if endpoint is not None else None


def _own_group(label: str, specs: Iterable[ModelSpec]) -> ModelGroup:
    """Return a group of specs with the first icon that one of them names for it."""
    named = next((spec.groupIcon for spec in specs if spec.group == label and spec.groupIcon), "")
    return ModelGroup(label, [], icon_of(named, name=label) if named else None)


def _description(spec: ModelSpec) -> SafeString:
    text = spec.description.strip()
    return mark_safe(clean_words(text)) if text.startswith("<") else escape(text)  # noqa: S308 (just sanitised)
