from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """What every template may use: the product's title and the request's CSP nonce."""
    return {
        "app_title": settings.APP_TITLE,
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "can_reset": settings.ALLOW_PASSWORD_RESET and settings.MAIL_CONFIGURED,
    }
