"""From a provider's refusal to a code of `endpoints.errors`."""

import json
import re
from typing import Any

from endpoints.events import Failed

DETAIL = 500  # characters of the provider's words that reach the log
_CONTEXT = re.compile(
    r"context.{0,20}(length|window|size)|maximum context|too many tokens|prompt is too long|input.{0,20}too long",
    re.IGNORECASE,
)
_FILTER = re.compile(r"content.?(filter|policy|management)|responsible.?ai|safety", re.IGNORECASE)
_QUOTA = re.compile(r"insufficient_quota|billing|credit balance|exceeded your current quota", re.IGNORECASE)
_BY_STATUS = {
    401: "bad_key", 402: "quota", 403: "bad_key", 404: "no_such_model", 408: "timeout", 413: "context_too_long",
    429: "rate_limit", 504: "timeout",
}  # fmt: skip


def by_status(status: int, body: str) -> Failed:
    """Return why a request with this answer failed; the body may be JSON of any provider, HTML, or nothing."""
    words = _words(body)
    detail = f"{status}: {words}"[:DETAIL]
    if status == 429 and _QUOTA.search(words):
        return Failed("quota", detail)
    if status in _BY_STATUS:
        return Failed(_BY_STATUS[status], detail)
    if status >= 500:
        return Failed("overloaded", detail)
    by_words = ((_CONTEXT, "context_too_long"), (_FILTER, "content_filter"), (_QUOTA, "quota"))
    named = next((code for pattern, code in by_words if pattern.search(words)), None)
    return Failed(named or ("bad_request" if status >= 400 else "bad_response"), detail)


def by_error_object(error: Any) -> Failed:
    """Return why a stream broke off with an error object in its middle."""
    words = json.dumps(error)[:4000] if not isinstance(error, str) else error[:4000]
    code = error.get("code") if isinstance(error, dict) else None
    kind = str(error.get("type", "")) if isinstance(error, dict) else ""
    try:
        status = int(code)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        status = 429 if "rate_limit" in f"{code}{kind}" else 503 if "overload" in f"{code}{kind}" else 400
    failed = by_status(status, words)
    return failed if failed.code != "bad_request" else Failed("overloaded", failed.detail)


def _words(body: str) -> str:
    """Return the body's error as one line of text."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return " ".join(body[:2000].split())
    return " ".join(json.dumps(document, ensure_ascii=False)[:2000].split())
