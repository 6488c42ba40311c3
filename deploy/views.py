"""Health checks for a load balancer."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from deploy.health import unready


@require_safe
@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """The process answers. Touches neither the database nor Redis."""
    return HttpResponse("OK", content_type="text/plain")


@require_safe
@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """The installation can serve; else 503, with one reason per line."""
    reasons = [f"{finding.part}: {finding.text}" for finding in unready()]
    if reasons:
        return HttpResponse("NOT_READY\n" + "\n".join(reasons) + "\n", status=503, content_type="text/plain")
    return HttpResponse("OK", content_type="text/plain")
