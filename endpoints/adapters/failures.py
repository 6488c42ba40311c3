"""What a provider's refusal means: its status and its body, read once for every adapter."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from endpoints.addresses import RefusedAddress
from endpoints.events import Failed
from endpoints.http import BrokenAnswer, ConnectionFailed, ConnectTimedOut, OutboundError, TimedOut

DETAIL = 500
# By the first class that fits.
_ERRORS: dict[type[Exception], str] = {
    RefusedAddress: "refused_address",
    ConnectTimedOut: "connect_timeout",
    TimedOut: "timeout",
    BrokenAnswer: "lost",
    ConnectionFailed: "connection",
    OutboundError: "bad_response",
}
_BEGUN = _ERRORS | {TimedOut: "stalled", BrokenAnswer: "cut_off"}
MAX_WAIT = 24 * 3600
_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|(?:prompt|input) is too long|too many (?:input )?tokens"
    r"|maximum number of tokens|input length and .?max_tokens.? exceed|exceed_context_size"
    r"|reduce the length of the (?:messages|prompt|input)"
)
_CODES = {
    "insufficient_quota": "quota",
    "insufficient_credits": "quota",
    "billing_error": "quota",
    "billing_hard_limit_reached": "quota",
    "invalid_api_key": "bad_key",
    "authentication_error": "bad_key",
    "permission_error": "bad_key",
    "model_not_found": "no_such_model",
    "not_found_error": "no_such_model",
    "context_length_exceeded": "context_too_long",
    "exceed_context_size_error": "context_too_long",
    "request_too_large": "context_too_long",
    "content_filter": "content_filter",
    "content_policy_violation": "content_filter",
    "rate_limit_exceeded": "rate_limit",
    "rate_limit_error": "rate_limit",
    "overloaded_error": "overloaded",
}
_MESSAGES = {
    "api key not valid": "bad_key",
    "api_key_invalid": "bad_key",
    "model identifier is invalid": "no_such_model",
}
_STATUSES = {
    401: "bad_key", 402: "quota", 403: "bad_key", 404: "no_such_model", 408: "timeout", 413: "context_too_long",
    429: "rate_limit", 504: "timeout",
}  # fmt: skip


def failure_of(status: int, body: Any, secrets: Iterable[str] = (), *, wait: int = 0) -> Failed:
    """Return why the provider refused. `body` is its JSON or text; `secrets` never reach the detail.

    `wait`: seconds that it asks to wait.
    """
    codes, message = _words_of(body)
    detail = f"{status} {' '.join(codes)} {message}".strip()
    for secret in filter(None, secrets):
        detail = detail.replace(secret, "***")
    return Failed(_code_of(status, codes, message.lower()), detail[:DETAIL], wait)


def wait_of(headers: Mapping[str, str]) -> int:
    """Return the seconds that ``Retry-After`` asks to wait, from its number or its date; 0 when it says nothing."""
    text = headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return 0
    return math.ceil(min(max(seconds, 0), MAX_WAIT)) if math.isfinite(seconds) else 0


def failure_of_error(error: Exception, *, began: bool = False) -> Failed:
    """Return why no answer came. `began`: a part of it had come already."""
    kinds = _BEGUN if began else _ERRORS
    code = next((code for kind, code in kinds.items() if isinstance(error, kind)), "internal")
    return Failed(code, f"{type(error).__name__}: {error}"[:DETAIL])


def parsed(text: bytes) -> Any:
    """Return the JSON value in `text`, or the text when it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.decode("utf-8", "replace")


def _code_of(status: int, codes: list[str], message: str) -> str:
    for code in codes:
        if code in _CODES:
            return _CODES[code]
    if status != 429 and _TOO_LONG.search(message):
        return "context_too_long"
    for words, code in _MESSAGES.items():
        if words in message:
            return code
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= 500:
        return "overloaded"
    return "bad_request" if status >= 400 else "bad_response"


def _words_of(body: Any) -> tuple[list[str], str]:
    """Return the codes, the most precise first, and the message of an error body of any provider."""
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, dict) and "error" in body:
        body = body["error"]
    if not isinstance(body, dict):
        return [], str(body)
    codes = [str(body[name]).lower() for name in ("code", "type", "status") if body.get(name)]
    return codes, str(body.get("message") or body.get("detail") or "")
