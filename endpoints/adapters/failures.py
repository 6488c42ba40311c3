"""What a provider's refusal means: its status and its body, read once for every adapter."""

import json
import re
from typing import Any

from endpoints.addresses import RefusedAddress
from endpoints.events import Failed
from endpoints.http import AnswerTooLarge, BrokenAnswer, ConnectionFailed, OutboundError, TimedOut

DETAIL = 500
_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|prompt is too long|too many (?:input )?tokens|maximum number of tokens"
    r"|input length and .?max_tokens.? exceed|exceed_context_size|reduce the length of the (?:messages|prompt|input)"
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
_STATUSES = {
    401: "bad_key", 402: "quota", 403: "bad_key", 404: "no_such_model", 408: "timeout", 413: "context_too_long",
    429: "rate_limit", 504: "timeout",
}  # fmt: skip


def failure_of(status: int, body: Any, secret: str = "") -> Failed:
    """Return why the provider refused. `body` is its JSON or text; `secret` never reaches the detail."""
    codes, message = _words_of(body)
    detail = f"{status} {' '.join(codes)} {message}".strip()
    if secret:
        detail = detail.replace(secret, "***")
    return Failed(_code_of(status, codes, message.lower()), detail[:DETAIL])


def failure_of_error(error: Exception, *, began: bool = False) -> Failed:
    """Return why no answer came. `began`: a part of it had come already."""
    detail = f"{type(error).__name__}: {error}"[:DETAIL]
    if isinstance(error, RefusedAddress):
        return Failed("refused_address", detail)
    if isinstance(error, TimedOut):
        return Failed("timeout", detail)
    if isinstance(error, AnswerTooLarge):
        return Failed("bad_response", detail)
    if isinstance(error, BrokenAnswer) and began:
        return Failed("cut_off", detail)
    if isinstance(error, ConnectionFailed | BrokenAnswer):
        return Failed("connection", detail)
    return Failed("bad_response" if isinstance(error, OutboundError) else "internal", detail)


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
    if "api key not valid" in message or "api_key_invalid" in message:
        return "bad_key"
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
