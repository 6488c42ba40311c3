"""The page that stands in when a request fails. It must work while everything else does not."""

import sys

import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

UNREACHABLE = (OperationalError, InterfaceError, redis.ConnectionError, redis.TimeoutError)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 while the database or Redis is away, which ends by itself, and 500 for every other fault."""
    unreachable = isinstance(sys.exc_info()[1], UNREACHABLE)
    status = 503 if unreachable else 500
    html = render_to_string(f"{status}.html", {"app_title": settings.APP_TITLE})
    return HttpResponse(html, status=status, headers={"Retry-After": "2"} if unreachable else {})
