from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html

from accounts.models import Banner, User
from accounts.services import banners, freshness, recovery
from accounts.services import site as sites
from core.http.errors import UNREACHABLE


def site(request: HttpRequest) -> dict[str, object]:
    """What every template may use: the site's title and footer, the request's CSP nonce, and what everybody is told."""
    return {
        "app_title": SimpleLazyObject(_title),
        "footer": SimpleLazyObject(_footer),
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "opened": SimpleLazyObject(lambda: _opened(request)),
        "can_reset": SimpleLazyObject(recovery.can_reset),
        "banner": SimpleLazyObject(lambda: _banner(request)),
    }


def _opened(request: HttpRequest) -> str:
    """Return the hidden field that a form for what matters needs beside the CSRF token."""
    user = getattr(request, "user", None)
    proof = freshness.mark(request, user) if isinstance(user, User) else ""
    return format_html('<input type="hidden" name="{}" value="{}">', freshness.FIELD, proof) if proof else ""


def _title() -> str:
    try:
        return sites.current().app_title
    except UNREACHABLE:  # the page that says so must not fail for it
        return str(settings.APP_TITLE)


def _footer() -> str:
    try:
        return sites.current().footer
    except UNREACHABLE:
        return ""


def _banner(request: HttpRequest) -> Banner | None:
    """Return the banner for this person, unless they have put it away."""
    user = getattr(request, "user", None)
    try:
        banner = banners.current(signed_in=bool(user and user.is_authenticated))
    except UNREACHABLE:
        return None
    is_away = banner is not None and not banner.is_persistent and request.COOKIES.get("banner") == str(banner.id)
    return None if is_away else banner
