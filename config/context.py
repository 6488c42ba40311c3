from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.models import Banner
from accounts.services import banners
from config.errors import UNREACHABLE


def site(request: HttpRequest) -> dict[str, object]:
    """What every template may use: the product's title, the request's CSP nonce, and what everybody is told."""
    return {
        "app_title": settings.APP_TITLE,
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "can_reset": settings.ALLOW_PASSWORD_RESET and settings.MAIL_CONFIGURED,
        "banner": SimpleLazyObject(lambda: _banner(request)),
    }


def _banner(request: HttpRequest) -> Banner | None:
    """Return the banner for this person, unless they have put it away."""
    user = getattr(request, "user", None)
    try:
        banner = banners.current(signed_in=bool(user and user.is_authenticated))
    except UNREACHABLE:  # the page that says so must not fail for it
        return None
    is_away = banner is not None and not banner.is_persistent and request.COOKIES.get("banner") == str(banner.id)
    return None if is_away else banner
