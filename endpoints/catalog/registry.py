"""The registry of all endpoints and their models, from the environment, the file, the browser and the local model.

It is rebuilt when `siteconfig.live` has loaded a changed file, and when administrators changed endpoints in the
browser. The environment is read at the start only, except where the file names its variables.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.conf import settings

from core.addresses import address_of
from endpoints.catalog import discovery, stored_endpoints
from endpoints.catalog.icons import is_shown
from endpoints.catalog.model_list_reader import is_model_name
from endpoints.catalog.model_lists import as_listed, is_personal, merged, stored_models, wait_for_list
from endpoints.catalog.specs import faults_of_preset
from endpoints.providers.base import Caller, Connection, Display, Endpoint, EndpointOrigin, ServedModels
from endpoints.providers.factories import build, check_switches
from siteconfig import live
from siteconfig.configuration import Config
from siteconfig.schema.base import private_address
from siteconfig.schema.endpoint_custom import LOCAL_NAME
from siteconfig.schema.model_specs import ModelSpec

log = logging.getLogger(__name__)
T = TypeVar("T")

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}
LOCAL_MODEL = "smollm2-135m-instruct"
REMEMBERED_SECONDS = 10.0  # how long a process relies on a fetched list before it looks into the cache again
REMEMBERED = 1_000  # lists, where each person has their own
LOOK_AGAIN_SECONDS = 2.0  # how long it relies on the model servers of this machine being as they were


class Registry:
    """The endpoints, in the order people see them. Cheap to ask: lists that must be fetched are never waited for."""

    def __init__(
        self, endpoints: tuple[Endpoint, ...], config: Config | None = None, notices: tuple[str, ...] = ()
    ) -> None:
        self._endpoints = endpoints
        self._fetches = any(endpoint.models.fetch for endpoint in endpoints)
        self.config = config or Config()
        self.notices = notices  # what the file says and is passed over, for administrators
        self._by_name = {endpoint.name: endpoint for endpoint in endpoints}
        # The endpoints that want the thoughts of all earlier replies back, by name.
        self.wanting_thoughts = [
            endpoint.name for endpoint in endpoints if endpoint.parameters.resend_reasoning_history
        ]
        self._listed: dict[tuple[str, ...], tuple[float, tuple[str, ...]]] = {}
        self._priced: dict[tuple[str, ...], tuple[float, Endpoint]] = {}

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        if not self._fetches:
            return self._endpoints
        return tuple(self.get(endpoint.name) or endpoint for endpoint in self._endpoints)

    @property
    def specs(self) -> tuple[ModelSpec, ...]:
        """The model specs whose endpoint is there, as the file orders them."""
        written = self.config.document.modelSpecs.specs
        return tuple(spec for spec in written if spec.preset.endpoint_name in {*self._by_name, "agents"})

    @property
    def enforces_specs(self) -> bool:
        """Whether nothing but specs may be used; also where none of those that are written can be."""
        written = self.config.document.modelSpecs
        return written.enforce and bool(written.specs)

    def spec(self, name: str) -> ModelSpec | None:
        return next((spec for spec in self.specs if spec.name == name), None)

    def get(self, name: str) -> Endpoint | None:
        endpoint = self._by_name.get(name)
        if endpoint is not None and endpoint.models.fetch:
            return self._remember(self._priced, (name,), lambda: as_listed(endpoint))
        return endpoint

    def models(self, name: str, user_id: str = "") -> tuple[str, ...]:
        """Return the models of an endpoint, the first being its default; nothing for an unknown one.

        `user_id` is the id of the person who asks: some places list other models for each.
        """
        endpoint = self._by_name.get(name)
        if endpoint is None:
            return ()
        if not endpoint.models.fetch:
            return endpoint.models.names
        user_id = user_id if is_personal(endpoint) else ""
        return self._remember(
            self._listed, (name, user_id), lambda: merged(endpoint.models.names, stored_models(endpoint, user_id))
        )

    def await_models(self, name: str, user_id: str, caller_of: Callable[[], Caller]) -> bool:
        """Wait for a list that was never fetched; return whether there is a new one.

        Raises `endpoints.catalog.model_lists.NotThereYet`.
        """
        endpoint = self._by_name.get(name)
        if endpoint is None or not endpoint.models.fetch:
            return False
        personal = is_personal(endpoint)
        user_id = user_id if personal else ""
        if not wait_for_list(endpoint, user_id, caller_of() if personal else None):
            return False
        self._listed.pop((name, user_id), None)
        self._priced.pop((name,), None)
        return True

    def _remember(self, kept: dict[Any, tuple[float, T]], key: tuple[str, ...], ask: Callable[[], T]) -> T:
        seen_at, answer = kept.get(key, (0.0, None))
        if not answer or time.monotonic() - seen_at > REMEMBERED_SECONDS:
            if len(kept) > REMEMBERED:
                kept.clear()
            answer = ask()
            kept[key] = time.monotonic(), answer
        return answer

    def default(self) -> tuple[Endpoint, str] | None:
        """Return what a new conversation begins with, or None when there is no model at all."""
        for endpoint in self.endpoints:
            models = self.models(endpoint.name)
            if models:
                return endpoint, models[0]
        return None

    @property
    def only_local(self) -> bool:
        """Whether there is nothing but the embedded model, so that an administrator should hear how to add more."""
        return bool(self.endpoints) and all(endpoint.origin.local for endpoint in self.endpoints)

    def allows(self, name: str, model: str, user_id: str = "") -> bool:
        """Return whether `model` may be asked for. With a key of their own, people may ask for what nobody lists."""
        endpoint = self._by_name.get(name)
        if endpoint is None:
            return False
        if endpoint.connection.key_from_user and is_model_name(model):
            return True
        return model in endpoint.models.names or model in self.models(name, user_id)


@dataclass(slots=True)
class _State:
    """What this process goes by, and what its registry was made of."""

    registry: Registry
    config: Config
    stored: tuple[Endpoint, ...]  # in the browser
    look_again_at: float  # for model servers on this machine
    local: tuple[str, ...] = ()  # those that were found


_lock = threading.Lock()
_state: list[_State] = []


def current() -> Registry:
    """Return the registry of this process, made again where the file or the stored endpoints changed.

    Raises `siteconfig.configuration.ConfigFaults` when the file was faulty from the start.
    """
    stored = stored_endpoints.endpoints()
    if not _state:
        with _lock:
            if not _state:
                check_switches()
                config = live.current()
                _state.append(_State(_made(config, stored), config, stored, time.monotonic() + LOOK_AGAIN_SECONDS))
    state, config = _state[0], live.current()
    changed = state.config is not config or state.stored is not stored
    if (changed or time.monotonic() >= state.look_again_at) and _lock.acquire(blocking=False):
        try:  # the others go on with what there is
            _look_again(state, config, stored)
        finally:
            _lock.release()
    return state.registry


def reset() -> None:
    """Forget the registry and the file, so that the next use reads everything anew."""
    live.reset()
    with _lock:
        _state.clear()


def _look_again(state: _State, config: Config, stored: tuple[Endpoint, ...]) -> None:
    """Make the registry anew where the file, what administrators stored, or the servers of this machine changed."""
    state.look_again_at = time.monotonic() + LOOK_AGAIN_SECONDS
    changed = state.config is not config or state.stored is not stored
    state.config, state.stored = config, stored
    if config.document.parley.discoverLocal:
        local = discovery.server_names()
        changed = changed or local != state.local
        state.local = local
    if changed:
        state.registry = _made(config, stored, state.local)


def _made(config: Config, stored: tuple[Endpoint, ...], local: tuple[str, ...] = ()) -> Registry:
    endpoints, left_out = build(config.document.endpoints)
    taken = {endpoint.name for endpoint in endpoints} | {LOCAL_NAME}
    allowed = tuple(private_address(entry) for entry in config.document.endpoints.allowedAddresses)
    endpoints += [_allowing(endpoint, allowed) for endpoint in stored if endpoint.name not in taken]
    if config.document.parley.discoverLocal:
        endpoints += _discovered(local, endpoints)
    if settings.LOCAL_MODEL_URL:
        endpoints.append(_local())
    ordered = tuple(
        replace(endpoint, display=replace(endpoint.display, order=order)) for order, endpoint in enumerate(endpoints)
    )
    registry = Registry(ordered, config)
    notices = [*(str(notice) for notice in config.notices), *left_out, *_about_specs(registry), *_about_icons(registry)]
    for notice in notices:
        log.warning("%s", notice)
    registry.notices = tuple(notices)
    return registry


def _allowing(endpoint: Endpoint, addresses: tuple[tuple[str, int], ...]) -> Endpoint:
    return replace(endpoint, connection=replace(endpoint.connection, allowed_addresses=addresses))


def _about_specs(registry: Registry) -> list[str]:
    there = {spec.name for spec in registry.specs}
    notices = []
    for spec in registry.config.document.modelSpecs.specs:
        if spec.name not in there:
            notices.append(f"model spec {spec.name} is left out: there is no endpoint “{spec.preset.endpoint_name}”")
        notices += [f"model spec {spec.name}: no model takes this {name}" for name in faults_of_preset(spec)]
    return notices


def _about_icons(registry: Registry) -> list[str]:
    document = registry.config.document
    written = [(f"endpoint {endpoint.name}", endpoint.iconURL) for endpoint in document.endpoints.custom]
    for spec in document.modelSpecs.specs:
        written += [(f"model spec {spec.name}", spec.iconURL), (f"group {spec.group}", spec.groupIcon)]
    message = "the icon {} is not shown: it must be a path of this site or the name of a known endpoint"
    return [f"{name}: {message.format(icon)}" for name, icon in written if not is_shown(icon)]


def _discovered(names: tuple[str, ...], known: list[Endpoint]) -> list[Endpoint]:
    """Return the servers that nobody wrote into the file."""
    taken = {endpoint.name.lower() for endpoint in known}
    ports = {
        address[1]
        for url in [settings.LOCAL_MODEL_URL, *(endpoint.connection.base_url for endpoint in known)]
        if (address := address_of(url)) and address[0] in _THIS_MACHINE
    }
    return [
        server
        for server in discovery.servers()
        if server.name in names and server.name.lower() not in taken and discovery.PORTS[server.name] not in ports
    ]


def _local() -> Endpoint:
    return Endpoint(
        LOCAL_NAME,
        Connection("openai", settings.LOCAL_MODEL_URL.rstrip("/"), settings.LOCAL_MODEL_KEY),
        Display("Local model"),
        ServedModels((LOCAL_MODEL,)),
        origin=EndpointOrigin("local", local=True, written_by_operator=True),
    )
