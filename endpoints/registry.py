"""Which endpoints and models there are: from the environment, the configuration file, and the embedded model.

Read once per process. Changes of the file or the environment need a restart; what administrators enter does not.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.conf import settings

from endpoints.adapters.base import Endpoint, Titles
from endpoints.config import Config, load_config
from endpoints.config.environment import PROVIDERS, endpoints_from_environment
from endpoints.config.interpolate import unset_variables
from endpoints.config.schema import LOCAL_NAME, USER_PROVIDED, CustomEndpoint, Registration
from endpoints.http import Address
from endpoints.model_lists import merged, stored_models

log = logging.getLogger(__name__)

LOCAL_MODEL = "smollm2-135m-instruct"
REMEMBERED_SECONDS = 10.0  # how long a process relies on a fetched list before it looks into the cache again


class Registry:
    """The endpoints, in the order people see them. Cheap to ask: lists that must be fetched are never waited for."""

    def __init__(
        self,
        endpoints: tuple[Endpoint, ...],
        money: Mapping[str, Any] | None = None,
        registration: Registration | None = None,
        *,
        entered: tuple[Endpoint, ...] = (),
        allowed_addresses: frozenset[Address] = frozenset(),
    ) -> None:
        self.endpoints = endpoints
        self.entered = entered  # what came from `also_from`; names of files go before
        self.allowed_addresses = allowed_addresses  # private ones that people's own addresses may lead to
        self.money = money or {}  # fields of `billing.policy.Policy` that the file sets
        self.registration = registration or Registration()
        self._by_name = {endpoint.name: endpoint for endpoint in endpoints}
        self._remembered: dict[str, tuple[float, tuple[str, ...]]] = {}

    def get(self, name: str) -> Endpoint | None:
        return self._by_name.get(name)

    def models(self, name: str) -> tuple[str, ...]:
        """Return the models of an endpoint, the first being its default; nothing for an unknown one."""
        endpoint = self._by_name.get(name)
        if endpoint is None:
            return ()
        if not endpoint.fetch_models:
            return endpoint.models
        seen_at, models = self._remembered.get(name, (0.0, ()))
        if not models or time.monotonic() - seen_at > REMEMBERED_SECONDS:
            models = merged(endpoint.models, stored_models(endpoint))
            self._remembered[name] = time.monotonic(), models
        return models

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
        return bool(self.endpoints) and all(endpoint.local for endpoint in self.endpoints)

    def allows(self, name: str, model: str) -> bool:
        endpoint = self._by_name.get(name)
        return endpoint is not None and (model in endpoint.models or model in self.models(name))


_lock = threading.Lock()
_current: list[Registry] = []
_source: list[Callable[[], tuple[Endpoint, ...]]] = []


def also_from(source: Callable[[], tuple[Endpoint, ...]]) -> None:
    """Let `source` name more endpoints. It is asked at every use, and gives the same tuple until something changes."""
    _source[:] = [source]


def current() -> Registry:
    """Return the registry of this process. Raises `endpoints.config.ConfigFaults` when the file is faulty."""
    entered = _source[0]() if _source else ()
    if _current and _current[0].entered is entered:
        return _current[0]
    with _lock:
        if not _current or _current[0].entered is not entered:
            _current[:] = [_load(entered)]
        return _current[0]


def reset() -> None:
    """Forget the registry, so that the next use reads everything anew."""
    with _lock:
        _current.clear()


def _load(entered: tuple[Endpoint, ...]) -> Registry:
    config = load_config(settings.LIBRECHAT_CONFIG)
    if os.environ.get("CONFIG_PATH") and not settings.LIBRECHAT_CONFIG.exists():
        log.warning("there is no file %s (CONFIG_PATH)", settings.LIBRECHAT_CONFIG)
    built_in = {endpoint.name: endpoint for endpoint in endpoints_from_environment()}
    custom = _custom(config)
    found: list[Endpoint] = []
    for name in _order():
        found += custom if name == "custom" else [built_in[name]] if name in built_in else []
    taken = {endpoint.name for endpoint in found} | {LOCAL_NAME}
    found += [endpoint for endpoint in entered if endpoint.name not in taken]
    if settings.LOCAL_MODEL_URL:
        found.append(_local())
    ordered = tuple(replace(endpoint, order=order) for order, endpoint in enumerate(found))
    return Registry(
        ordered, config.money, config.registration, entered=entered, allowed_addresses=config.allowed_addresses
    )


def _order() -> list[str]:
    """Return the names of what is offered, in order: as `ENDPOINTS` says, else all."""
    named = [each.strip() for each in os.environ.get("ENDPOINTS", "").split(",") if each.strip()]
    return list(dict.fromkeys(named)) or [*(provider.name for provider in PROVIDERS), "custom"]


def _custom(config: Config) -> list[Endpoint]:
    found = []
    for each in config.custom:
        missing = unset_variables(each.apiKey, each.baseURL)
        if missing:
            log.warning("endpoint %s is left out: %s is not set", each.name, ", ".join(missing))
        elif USER_PROVIDED in {each.apiKey, each.baseURL}:
            log.warning("endpoint %s is left out: keys of each person are not supported yet", each.name)
        else:
            found.append(_custom_endpoint(each))
    return found


def _custom_endpoint(each: CustomEndpoint) -> Endpoint:
    own_wire = each.provider is None
    return Endpoint(
        name=each.name,
        label=each.name,
        adapter="openai_wire" if own_wire else "litellm",
        base_url=each.baseURL.rstrip("/"),
        api_key=each.apiKey,
        models=each.models.names,
        fetch_models=each.models.fetch and own_wire,
        litellm_prefix="" if own_wire else f"{each.provider}/",
        headers=each.headers,
        add_params=each.addParams,
        drop_params=tuple(each.dropParams),
        titles=Titles(wanted=each.titleConvo, model=each.titleModel),
        model_display_label=each.modelDisplayLabel,
        custom=True,
        token_rates={model: rates.to_rates() for model, rates in each.tokenConfig.items()},
        written_by_operator=True,
    )


def _local() -> Endpoint:
    return Endpoint(
        name=LOCAL_NAME,
        label="Local model",
        adapter="openai_wire",
        base_url=settings.LOCAL_MODEL_URL.rstrip("/"),
        api_key=settings.LOCAL_MODEL_KEY,
        models=(LOCAL_MODEL,),
        family="local",
        local=True,
        written_by_operator=True,
    )
