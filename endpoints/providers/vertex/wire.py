"""Vertex AI: Google's and Anthropic's bodies at URLs with a project and a region, with a short-lived token.

The token is obtained with a service account's key through the guarded client, like any other call.
"""

import hashlib
import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

import jwt

from endpoints.providers.anthropic import wire as anthropic_wire
from endpoints.providers.base import Endpoint, ModelRequest
from endpoints.providers.google import wire as gemini_wire
from endpoints.providers.prompt_rules import PromptRules
from endpoints.providers.vertex.endpoint import address_of_region
from endpoints.transport.exchange import (
    MAX_ERROR,
    TIMEOUTS,
    Call,
    Reply,
    allowlist_of,
    encode_json,
    exchange,
    url_of,
    wire_model_name,
    with_key,
)
from endpoints.transport.failures import failure_of, failure_of_error, try_json
from endpoints.transport.http import OutboundError, RefusedAddress, Timeouts, outbound
from messages.events import Event, Failed

ANTHROPIC_VERSION = "vertex-2023-10-16"
TOKEN_ADDRESS = "https://oauth2.googleapis.com/token"  # noqa: S105 (an address)
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SPARE = 120  # seconds before its end in which a token is not used any more
_tokens: dict[str, tuple[float, str]] = {}


async def stream(request: ModelRequest, *, timeouts: Timeouts = TIMEOUTS) -> AsyncGenerator[Event]:
    """Carry out one model call, as `base.Adapter` promises."""
    endpoint = request.endpoint
    if not endpoint.connection.base_url:
        url = address_of_region(endpoint.connection.credentials.get("vertex_location", "global"))
        endpoint = replace(endpoint, connection=replace(endpoint.connection, base_url=url))
    token = endpoint.connection.api_key or await _token(endpoint)
    if isinstance(token, Failed):
        yield token
        return
    request = replace(request, endpoint=endpoint)
    call, reply = _call(request, token)
    async with aclosing(exchange(endpoint, call, reply, timeouts)) as events:
        async for event in events:
            yield event


def ask_for_object(request: ModelRequest, name: str, schema: Mapping[str, Any]) -> ModelRequest:
    """Return the request that asks for an object by this JSON Schema."""
    if is_claude(request):
        return anthropic_wire.ask_for_object(request, name, schema)
    return gemini_wire.ask_for_object(request, name, schema)


def rules(request: ModelRequest) -> PromptRules:
    return anthropic_wire.rules(request) if is_claude(request) else gemini_wire.rules(request)


def is_claude(request: ModelRequest) -> bool:
    return wire_model_name(request).startswith("claude")


def _call(request: ModelRequest, token: str) -> tuple[Call, Reply]:
    endpoint, model = request.endpoint, quote(wire_model_name(request), safe="@")
    account = _account_of(endpoint)
    project = quote(
        str(endpoint.connection.credentials.get("vertex_project") or account.get("project_id", "")), safe=""
    )
    region = quote(str(endpoint.connection.credentials.get("vertex_location") or "global"), safe="")
    path = f"/v1/projects/{project}/locations/{region}/publishers"
    headers = with_key(endpoint.connection, "Authorization", f"Bearer {token}")
    if is_claude(request):
        verb = ":streamRawPredict" if request.stream else ":rawPredict"
        betas = request.params.get("betas")
        body = {"anthropic_version": ANTHROPIC_VERSION} | ({"anthropic_beta": list(betas)} if betas else {})
        url = url_of(endpoint.connection, f"{path}/anthropic/models/{model}{verb}")
        body = anthropic_wire.body_of(request) | body
        return Call(url, headers, encode_json(body)), anthropic_wire.MessageReply(request)
    url = url_of(endpoint.connection, f"{path}/google/models/{model}{gemini_wire.verb_of(request)}")
    body = gemini_wire.body_of(request)
    return Call(gemini_wire.with_sse(url, request), headers, encode_json(body)), gemini_wire.ContentReply(request)


def _account_of(endpoint: Endpoint) -> Mapping[str, Any]:
    """Return the service account, which is given as an object or as its JSON text."""
    given = endpoint.connection.credentials.get("vertex_credentials")
    if isinstance(given, str):
        given = try_json(given.encode())
    return given if isinstance(given, Mapping) else {}


async def _token(endpoint: Endpoint) -> str | Failed:
    """Return a token that is good for a while yet, or why there is none."""
    account = _account_of(endpoint)
    known = hashlib.sha256(json.dumps(dict(account), sort_keys=True).encode()).hexdigest()
    until, token = _tokens.get(known, (0.0, ""))
    if until > time.time():
        return token
    address = str(account.get("token_uri") or TOKEN_ADDRESS)
    try:
        body = urlencode({"grant_type": _GRANT, "assertion": _assertion(account, address)}).encode()
    except (KeyError, ValueError, TypeError, jwt.PyJWTError):
        return Failed("bad_key", "the service account cannot be used: its email address or private key is missing")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        client = await outbound()
        async with client.request(
            "POST", address, headers=headers, body=body, allowlist=allowlist_of(endpoint), timeouts=TIMEOUTS
        ) as answer:
            grant = try_json(await answer.read(MAX_ERROR, cut=True))
            if answer.status != 200 or not isinstance(grant, dict) or not isinstance(grant.get("access_token"), str):
                refused = answer.status in {400, 401, 403}
                return failure_of(401 if refused else answer.status, "the token was refused")
    except (OutboundError, RefusedAddress) as error:
        return failure_of_error(error)
    lifetime = grant.get("expires_in")
    _tokens[known] = time.time() + (lifetime if isinstance(lifetime, int) else 0) - _SPARE, grant["access_token"]
    return str(grant["access_token"])


def _assertion(account: Mapping[str, Any], address: str) -> str:
    """Return what the service account says of itself, signed. Raises what a faulty key makes the library raise."""
    now = int(time.time())
    claims = {"iss": account["client_email"], "scope": _SCOPE, "aud": address, "iat": now, "exp": now + 3600}
    key_id = str(account.get("private_key_id", ""))
    return jwt.encode(claims, account["private_key"], algorithm="RS256", headers={"kid": key_id})
