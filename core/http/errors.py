"""The error page for a request that failed. It must work while everything else does not."""

import sys
import time

import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

_DISK_FULL = "53100"  # SQLSTATE
FULL_SECONDS = 60.0  # for so long after a refused write there is taken to be no space
UNREACHABLE = (
    OperationalError,
    InterfaceError,
    redis.ConnectionError,
    redis.TimeoutError,
    redis.OutOfMemoryError,
    redis.ReadOnlyError,
)
_full_at = float("-inf")


def is_disk_full(error: BaseException | None) -> bool:
    """Whether the database refused a write for lack of space. That it did is remembered for `disk_was_full`."""
    global _full_at  # noqa: PLW0603 (one memory for the process)
    full = getattr(getattr(error, "__cause__", None), "sqlstate", "") == _DISK_FULL
    if full:
        _full_at = time.monotonic()
    return full


def disk_was_full() -> bool:
    """Whether this process was refused a write for lack of space a short time ago."""
    return time.monotonic() - _full_at < FULL_SECONDS


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database or Redis is away or full, and 500 for every other fault."""
    error = sys.exc_info()[1]
    unreachable = isinstance(error, UNREACHABLE)
    name = "503_full" if is_disk_full(error) else "503" if unreachable else "500"
    html = render_to_string(f"{name}.html", {"app_title": settings.APP_TITLE})
    status = 503 if unreachable else 500
    return HttpResponse(html, status=status, headers={"Retry-After": "2"} if unreachable else {})
