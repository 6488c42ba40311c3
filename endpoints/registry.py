"""Which models exist: endpoints of the environment, of `librechat.yaml`, and the embedded one."""

import hashlib
import logging
import re
import threading
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.core.cache import cache
from redis import RedisError

from endpoints.adapters.base import Endpoint
from endpoints.config import load_config
from endpoints.config.environment import from_environment, local_endpoint
from endpoints.config.schema import CustomEndpoint
from endpoints.http import address_of

log = logging.getLogger(__name__)

FETCHED_LIFE = 120  # seconds a fetched list is fresh
FETCHED_KEPT = 86_400  # and how long an old one serves while the server cannot be asked
MODEL_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.:/@+-]{0,255}")


@dataclass(frozen=True)
class Registry:
    """The endpoints of this installation, in the order people see them."""

    endpoints: tuple[Endpoint, ...]

    @cached_property
    def _by_name(self) -> dict[str, Endpoint]:
        return {endpoint.name: endpoint for endpoint in self.endpoints}

    def get(self, name: str) -> Endpoint | None:
        return self._by_name.get(name)

    def models(self, name: str) -> tuple[str, ...]:
        """Return the models of an endpoint: the fetched list if there is one, else the configured one. Never waits."""
        endpoint = self.get(name)
        if endpoint is None:
            return ()
        return (fetched_models(endpoint) or endpoint.models) if endpoint.fetch_models else endpoint.models

    def default(self) -> tuple[Endpoint, str] | None:
        """Return what a new chat starts with."""
        for endpoint in self.endpoints:
            if models := self.models(endpoint.name):
                return endpoint, models[0]
        return None

    def allows(self, name: str, model: str) -> bool:
        return bool(MODEL_NAME.fullmatch(model)) and model in self.models(name)

    @property
    def only_local(self) -> bool:
        """Whether there is nothing but the embedded model, so that an administrator should hear how to add more."""
        return bool(self.endpoints) and all(endpoint.local for endpoint in self.endpoints)


_lock = threading.Lock()
_current: Registry | None = None


def current() -> Registry:
    """Return the registry of this process, read once. Raises `ConfigFaults`."""
    global _current  # noqa: PLW0603 (one registry per process)
    if _current is None:
        with _lock:
            if _current is None:
                _current = load()
    return _current


def reset() -> None:
    """Forget the registry, so that the next use reads it again."""
    global _current  # noqa: PLW0603
    _current = None


def load() -> Registry:
    """Read the environment and the file. Raises `ConfigFaults`."""
    custom = (
        custom_endpoint(entry, order) for order, entry in enumerate(load_config(settings.LIBRECHAT_CONFIG).custom)
    )
    endpoints = [*from_environment(), *(each for each in custom if each)]
    if settings.LOCAL_MODEL_URL:
        endpoints.append(local_endpoint(base_url=settings.LOCAL_MODEL_URL, api_key=settings.LOCAL_MODEL_KEY))
    return Registry(tuple(sorted(endpoints, key=lambda endpoint: endpoint.order)))


def custom_endpoint(entry: CustomEndpoint, order: int) -> Endpoint | None:
    """Return an entry of the file as an endpoint; None, with a word in the log, while a variable of it is unset."""
    if "${" in entry.apiKey or "${" in entry.baseURL:
        log.warning("endpoint %s is left out: a variable of its apiKey or baseURL is not set", entry.name)
        return None
    if address_of(entry.baseURL) is None:
        log.warning("endpoint %s is left out: its baseURL is not a web address", entry.name)
        return None
    return Endpoint(
        name=entry.name,
        label=entry.name,
        adapter="openai_wire",
        base_url=entry.baseURL,
        api_key=entry.apiKey,
        models=entry.models.names,
        fetch_models=entry.models.fetch,
        headers=entry.headers,
        add_params=entry.addParams,
        drop_params=tuple(entry.dropParams),
        title_convo=entry.titleConvo,
        title_model=entry.titleModel,
        model_display_label=entry.modelDisplayLabel,
        order=100 + order,
        custom=True,
        written_by_operator=True,
    )


def cache_key(endpoint: Endpoint) -> str:
    digest = hashlib.sha256(f"{endpoint.base_url} {endpoint.api_key}".encode()).hexdigest()[:32]
    return f"endpoints:models:{digest}"


def fetched_models(endpoint: Endpoint) -> tuple[str, ...]:
    """Return the list last fetched; asks for a new one in the background when it is old."""
    from endpoints.tasks import fetch_models  # noqa: PLC0415 (the task reads this registry)

    try:
        found: tuple[str, ...] = cache.get(cache_key(endpoint)) or ()
        if cache.add(cache_key(endpoint) + ":asked", 1, FETCHED_LIFE):
            fetch_models.delay(endpoint.name)
    except (RedisError, OSError):
        log.warning("the cached model list of %s cannot be read", endpoint.name, exc_info=True)
        return ()
    return found
