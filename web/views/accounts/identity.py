"""Redirects to an identity provider, and back."""

import logging
import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any, Final
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.apple.apple_session import get_apple_session
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.identity import openid, saml
from accounts.identity.adapter import refuse
from accounts.identity.session import NoAnswer
from core import rate_limits

log = logging.getLogger(__name__)
MAX_POSTED_BYTES: Final = 2000
# What an answer that is none makes of who reads it.
NONSENSE: Final = (ValueError, KeyError, TypeError, AttributeError, OverflowError, ImproperlyConfigured)

View = Callable[[HttpRequest, str], HttpResponseBase]


def offered(view: View) -> View:
    """Let through who asks for a provider that is there, and count it: each makes this site ask another."""

    @wraps(view)
    def counted(request: HttpRequest, provider: str) -> HttpResponseBase:
        if not settings.ALLOW_SOCIAL_LOGIN or provider not in settings.IDENTITY_PROVIDERS:
            raise Http404
        try:
            rate_limits.count(rate_limits.named("oauth"), rate_limits.address_of(request))
        except rate_limits.TooOften as fault:
            answer = _said(request, fault.message, status=429)
            answer["Retry-After"] = str(fault.retry_after)
            return answer
        return view(request, provider)

    return counted


@require_GET
@never_cache
@offered
def start(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Lead to the provider. Nothing of the request is passed on but where to go to afterwards."""
    kind = settings.IDENTITY_PROVIDERS[provider].kind
    if kind == "saml":
        return saml.start(request)
    extra: dict[str, str] = {}
    params: dict[str, str] = {}
    if kind in {"apple", "google"} or (kind == "openid_connect" and openid.current_rules().nonce):
        extra["nonce"] = params["nonce"] = secrets.token_urlsafe(24)
    if kind == "openid_connect" and openid.current_rules().audience:
        params["audience"] = openid.current_rules().audience[0]
    try:
        answer: HttpResponseBase = (
            get_adapter()
            .get_provider(request, provider)
            .redirect(request, process="login", next_url=get_next_redirect_url(request), auth_params=params, **extra)
        )
    except ImmediateHttpResponse as early:
        answer = early.response
    except (OAuth2Error, NoAnswer, ValueError, KeyError):
        answer = _away(request)
    return answer


@csrf_exempt
@require_http_methods(["GET", "POST"])
@never_cache
@offered
def apple_callback(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Take what Apple lets the browser post: without the session, so it is kept, and asked for again as a page."""
    if request.method == "GET":
        return callback(request, provider)
    parameters = {name: request.POST[name] for name in ("code", "state", "error") if name in request.POST}
    kept = get_apple_session(request)
    kept.store["user"] = request.POST.get("user", "")[:MAX_POSTED_BYTES]
    answer = redirect(f"{reverse('apple_finish')}?{urlencode(parameters)}")
    kept.save(answer)
    return answer


@require_GET
@never_cache
@offered
def callback(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Come back from the provider, and be signed in. What protects it is the state, which this browser was given."""
    adapter = get_adapter().get_provider(request, provider).get_oauth2_adapter(request)
    try:
        answer: HttpResponseBase = Return.adapter_view(adapter)(request)
    except NONSENSE as fault:
        log.warning("the answer of %s makes no sense: %s", provider, type(fault).__name__)
        answer = _away(request)
    token = getattr(adapter, "id_token", "")
    if token and openid.current_rules().end_session and request.user.is_authenticated:
        request.session[openid.ID_TOKEN] = token
    return answer


@csrf_exempt
@require_http_methods(["GET", "POST"])
@never_cache
@offered
def saml_callback(request: HttpRequest, provider: str) -> HttpResponseBase:
    """Take a signed response, which another site lets the browser post; then, as a page, let in who began here."""
    try:
        return saml.take(request) if request.method == "POST" else saml.finish(request)
    except saml.BadResponse as fault:
        log.warning("a SAML response is refused: %s", fault)
        return _said(request, _("We couldn't confirm your sign-in."))
    except ImmediateHttpResponse as early:
        answer: HttpResponseBase = early.response
        return answer


@require_GET
def saml_metadata(request: HttpRequest) -> HttpResponse:
    """Describe this site to an identity provider, for whoever sets it up there."""
    if not settings.ALLOW_SOCIAL_LOGIN or "saml" not in settings.IDENTITY_PROVIDERS:
        raise Http404
    return HttpResponse(saml.metadata(), content_type="application/samlmetadata+xml")


BACK: Final = {"apple": apple_callback, "saml": saml_callback}  # who does not come back as a page


class Return(OAuth2CallbackView):  # type: ignore[misc]
    """allauth's way back, which hands the adapter what was kept at the beginning."""

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[Any, Any]:
        state, answer = super()._get_state(request, provider)
        self.adapter.state = state or {}
        return state, answer


@require_GET
def error(request: HttpRequest) -> HttpResponse:
    return redirect("/login?redirect=false&error=auth_failed")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse | None:
    """Sign out here, and lead on to the provider's own way out; None: there is none, so the usual way."""
    address = openid.way_out(request)
    if address is None:
        return None
    get_account_adapter(request).logout(request)
    # Not a redirect: a form of this site may lead nowhere else (Content-Security-Policy: form-action).
    return render(request, "account/signed_out.html", {"address": address})


def _away(request: HttpRequest) -> HttpResponseBase:
    return _said(request, _("The sign-in service isn't responding correctly. Try again later."))


def _said(request: HttpRequest, message: str, *, status: int = 401) -> HttpResponseBase:
    try:
        refuse(request, message, status=status)
    except ImmediateHttpResponse as early:
        answer: HttpResponseBase = early.response
        return answer
