"""A person's own account: credentials."""

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.internal import auth as passkeys
from allauth.mfa.webauthn.views import AddWebAuthnView
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.services import mails, sessions, twofactor
from core import quotas
from web.shell import SignedInRequest


@require_safe
@login_required
@never_cache
def security(request: SignedInRequest) -> HttpResponse:
    """Lead to the tab of the settings: the library comes back here from each of its forms."""
    return redirect("chat:settings_security")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator]
def recovery_codes(request: SignedInRequest) -> HttpResponse:
    """Ask, then make new recovery codes and show them, this once."""
    try:
        if request.method == "POST":
            codes = twofactor.new_backup_codes(user=request.user)
            sessions.end_others(request=request, user=request.user)
            mails.queue("send_notice", str(request.user.id), "twofactor")
            return render(request, "mfa/recovery_codes/index.html", {"codes": codes})
    except twofactor.NotSetUp:
        pass
    return render(request, "mfa/recovery_codes/generate.html", {"may": twofactor.is_on(request.user)})


def _first_codes(request: HttpRequest) -> HttpResponse | None:
    """Show the codes that came with the first factor, if nobody has seen them."""
    row = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES).first()
    codes = RecoveryCodes(row) if row else None
    if codes is None or codes.did_view:
        return None
    codes.mark_as_viewed()
    return render(request, "mfa/recovery_codes/index.html", {"codes": codes.get_unused_codes()})


class _Verified:
    """Leads people away who have not shown that their address is theirs: they could lock its owner out."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if isinstance(request.user, User) and not twofactor.may_set_up(request.user):
            messages.error(request, _("Verify your email address first."))
            return redirect("account_security")
        response: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        return response


@method_decorator(never_cache, name="dispatch")
class AppView(_Verified, ActivateTOTPView):  # type: ignore[misc]
    """Set up an app; its recovery codes are shown at the end."""

    def form_valid(self, form: BaseForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        twofactor.mark_used(user=self.request.user, step=getattr(form, "step", 0))
        return _first_codes(self.request) or response


@method_decorator(never_cache, name="dispatch")
class PasskeyView(_Verified, AddWebAuthnView):  # type: ignore[misc]
    """Add a passkey that signs in without a password."""

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        context["js_data"] = {"creation_options": passkeys.begin_registration(self.request.user, True)}
        return context

    def form_valid(self, form: BaseForm) -> HttpResponse:
        kept = Authenticator.objects.filter(user=self.request.user, type=Authenticator.Type.WEBAUTHN)
        quotas.check("passkeys", kept.count())
        response: HttpResponse = super().form_valid(form)
        return _first_codes(self.request) or response
