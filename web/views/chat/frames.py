"""Sandboxed frames that render what a model wrote. Their origin is opaque: no cookies, no API access."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from web.shell import signed_in


@require_GET
@signed_in
def diagram(request: HttpRequest) -> HttpResponse:
    """An empty page that draws the diagram whose text it is sent (`static/js/lazy/diagram.js`).

    A drawing brings its own styles along: it gets a page where they are allowed and nothing else is.
    """
    response = render(request, "frame/diagram.html")
    nonce = request.csp_nonce  # type: ignore[attr-defined]
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; "
        "frame-ancestors 'self'; base-uri 'none'; sandbox allow-scripts"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
