"""The lists of models that providers publish: fetched in the background, cached, never waited for."""

import asyncio
import hashlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from billing.services.pricing import Rates, rate_of
from core.addresses import address_of
from core.refusal import Refusal
from endpoints.catalog.model_list_reader import LEFT_OUT, Listed, read_list
from endpoints.providers.base import Caller, Endpoint
from endpoints.providers.compatible.hosts import PRICES_OF_CHOICE, has_tags, tells_prices
from endpoints.providers.registry import chats_at, provider_of
from endpoints.services.placeholders import uses_caller_placeholders, with_rendered_headers
from endpoints.transport.exchange import allowlist_of, headers_of
from endpoints.transport.failures import try_json
from endpoints.transport.http import OutboundError, RefusedAddress, Timeouts, outbound

log = logging.getLogger(__name__)

REFRESH = "endpoints.tasks.refresh_models"  # by name: the task needs the registry, which needs this module
FRESH_SECONDS = 120
KEPT_SECONDS = 86_400  # an old list is better than none while the provider is away
TIMEOUTS = Timeouts(connect=5, first_byte=5, idle=5, total=5)
WAIT_SECONDS = 8  # in which a first message waits for a list that is not there yet
SILENT_SECONDS = 10  # in which nobody waits for a provider that did not answer
_LOOK_SECONDS = 0.1
MAX_BYTES = 8 * 1024 * 1024
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a provider's list says. Rates in USD per million tokens, windows in tokens."""

    names: tuple[str, ...] = ()
    rates: Mapping[str, Rates] = field(default_factory=dict)
    windows: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(
        default_factory=dict
    )  # rows that cannot be used, by `endpoints.catalog.model_list_reader.LEFT_OUT`


def is_personal(endpoint: Endpoint) -> bool:
    """Return whether the list is one person's: told by the address, or by a header."""
    return endpoint.models.user_id_query or uses_caller_placeholders(endpoint)


def stored(endpoint: Endpoint, user_id: str = "") -> Fetched:
    """Return what was fetched last, or nothing."""
    try:
        fetched: Fetched = (cache.get(_key(endpoint, user_id)) or (Fetched(), 0.0))[0]
    except (RedisError, OSError):
        return Fetched()
    return fetched


def describe_left_out(endpoint: Endpoint) -> list[str]:
    """Return, for administrators, how many rows of the list are not offered, and why."""
    left_out = stored(endpoint).left_out if endpoint.models.fetch else {}
    return [str(LEFT_OUT[why] % {"count": count}) for why, count in left_out.items() if why in LEFT_OUT]


def stored_models(endpoint: Endpoint, user_id: str = "") -> tuple[str, ...]:
    """Return the list as last fetched, or nothing; ask for a new one when it is old. Never waits for the provider.

    `user_id` is the id of the person whose list it is, where lists are personal.
    """
    key = _key(endpoint, user_id)
    try:
        fetched, fetched_at = cache.get(key) or (Fetched(), 0.0)
        if time.time() - fetched_at > FRESH_SECONDS and cache.add(key + ":asked", 1, 30):
            current_app.send_task(REFRESH, [endpoint.name, user_id] if user_id else [endpoint.name])
    except (RedisError, OperationalError, OSError):
        log.warning("no cache: %s shows its default models", endpoint.name)
        return ()
    return tuple(fetched.names)


def as_listed(endpoint: Endpoint) -> Endpoint:
    """Return the endpoint with the prices and windows its list told, below those that the operator wrote."""
    fetched = stored(endpoint)
    if not (fetched.rates or fetched.windows):
        return endpoint
    rates = {**fetched.rates, **endpoint.models.token_rates}
    return replace(endpoint, models=replace(endpoint.models, token_rates=rates, listed_windows=dict(fetched.windows)))


class NotThereYet(Refusal):
    """The list was never fetched, and cannot be had just now."""

    code = "models_not_loaded"
    status = 503


def wait_for_list(endpoint: Endpoint, user_id: str = "", caller: Caller | None = None) -> bool:
    """Have the list fetched where that never happened, as right after a start; return whether it is a new one.

    Of many that wait at once one asks the provider. Raises `NotThereYet` after `WAIT_SECONDS` at most, and at once
    where the provider did not answer a moment ago.
    """
    key = _key(endpoint, user_id)
    end = time.monotonic() + WAIT_SECONDS
    try:
        if cache.get(key):
            return False
        while not cache.get(key + ":silent"):
            if cache.add(key + ":fetching", 1, WAIT_SECONDS):
                return _fetched_now(endpoint, user_id, caller)
            time.sleep(_LOOK_SECONDS)
            if cache.get(key):
                return True
            if time.monotonic() > end:
                break
    except (RedisError, OSError) as error:
        raise NotThereYet from error
    raise NotThereYet


def _fetched_now(endpoint: Endpoint, user_id: str, caller: Caller | None) -> bool:
    key = _key(endpoint, user_id)
    try:
        if asyncio.run(asyncio.wait_for(refresh(endpoint, user_id, caller), WAIT_SECONDS)):
            return True
        cache.set(key + ":silent", 1, SILENT_SECONDS)
    except TimeoutError:
        cache.set(key + ":silent", 1, SILENT_SECONDS)
    finally:
        cache.delete(key + ":fetching")
    raise NotThereYet


async def fetch(endpoint: Endpoint, caller: Caller | None = None) -> Fetched:
    """Return what the provider lists now, or nothing when it does not answer properly."""
    caller = caller or Caller()
    if has_tags(endpoint):
        body = await _answer(endpoint, _root(endpoint).removesuffix("/v1") + "/api/tags", caller)
        if (listed := read_list(body)).names:
            return Fetched(listed.names, windows=listed.windows, left_out=listed.left_out)
    body = await _answer(endpoint, _url(endpoint, caller), caller)
    listed = read_list(body)
    names = listed.names
    if not names:
        log.warning("the list of %s has no models", endpoint.name)
    if listed.left_out:
        log.info("the list of %s has models that are left out: %s", endpoint.name, dict(listed.left_out))
    names = tuple(filter(chats_at(address_of(endpoint.connection.base_url)), names))
    rates = _rates_of(listed) if tells_prices(endpoint) else {}
    return Fetched(names, rates, listed.windows, listed.left_out)


async def refresh(endpoint: Endpoint, user_id: str = "", caller: Caller | None = None) -> tuple[str, ...]:
    """Fetch and store the list; what was stored stays when nothing can be fetched."""
    fetched = await fetch(endpoint, caller)
    if fetched.names:
        await cache.aset(_key(endpoint, user_id), (fetched, time.time()), KEPT_SECONDS)
    return fetched.names


def merged(default: tuple[str, ...], fetched: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fetched models, those that the operator named first; the default list when there are none."""
    if not fetched:
        return default
    offered = set(fetched)
    return tuple(dict.fromkeys([*(name for name in default if name in offered), *fetched]))


def _root(endpoint: Endpoint) -> str:
    root = endpoint.connection.base_url.rstrip("/")
    return root.removesuffix("/chat/completions") if endpoint.connection.direct else root


def _url(endpoint: Endpoint, caller: Caller) -> str:
    query = f"?user={caller.user.get('ID', '')}" if endpoint.models.user_id_query else ""
    return provider_of(endpoint).list_address(_root(endpoint)) + query


async def _answer(endpoint: Endpoint, url: str, caller: Caller) -> Any:
    """Return the body of the answer, or None."""
    headers = headers_of(with_rendered_headers(endpoint, caller).connection)
    provider = provider_of(endpoint)
    if provider.list_headers:
        headers = {**provider.list_headers, provider.key_header: endpoint.connection.api_key, **headers}
        headers.pop("Authorization", None)
    try:
        client = await outbound()
        async with client.request(
            "GET", url, headers=headers, allowlist=allowlist_of(endpoint), redirects=3, timeouts=TIMEOUTS
        ) as answer:
            body = try_json(await answer.read(MAX_BYTES), parse_float=Decimal)  # of prices
            if answer.status == 200:
                return body
            log.warning("the models of %s cannot be fetched: status %d", endpoint.name, answer.status)
    except (OutboundError, RefusedAddress) as error:
        log.warning("the models of %s cannot be fetched: %s", endpoint.name, error)
    return None


def _rates_of(listed: Listed) -> dict[str, Rates]:
    rates = {}
    for name, row in listed.rows.items():
        prompt, completion = PRICES_OF_CHOICE.get(name) or (_rate(row, "prompt"), _rate(row, "completion"))
        if prompt is not None and completion is not None:
            rates[name] = Rates(prompt, completion, cache_read=prompt, cache_write=prompt)
    return rates


def _rate(row: Mapping[str, Any], kind: str) -> Decimal | None:
    """Return USD per million tokens of a price per token, or None for what is no price."""
    pricing = row.get("pricing")
    try:
        rate = rate_of(pricing[kind])  # type: ignore[index]
    except (InvalidOperation, KeyError, TypeError):
        return None
    return rate if rate.is_finite() and 0 <= rate <= MILLION else None


def _key(endpoint: Endpoint, user_id: str = "") -> str:
    reached = endpoint.connection
    secret = f"{reached.base_url}\n{reached.api_key}\n{sorted(reached.headers.items())}\n{user_id}"
    return "model-list-3:" + hashlib.sha256(secret.encode()).hexdigest()
