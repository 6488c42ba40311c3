"""The pages that links in mails lead to, and the forms that request such a mail."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.services import bans, recovery
from core.ids import uuid_of
from core.rate_limits import address_of

_READ_AND_WRITE = ("GET", "HEAD", "POST")


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Email"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class NewPasswordForm(forms.Form):
    password = forms.CharField(
        label=gettext_lazy("New password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )


@require_http_methods(_READ_AND_WRITE)
@never_cache
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link to choose a new password."""
    if not recovery.can_reset():
        return render(request, "account/password_reset_off.html", status=403)
    form = AddressForm(request.POST or None)
    if form.is_valid():
        bans.count_mailed("reset_password", address_of(request))
        recovery.request_reset(email=form.cleaned_data["email"])
        return redirect("account_reset_password_done")
    return _page(request, "account/password_reset.html", form)


@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    return render(request, "account/password_reset_done.html")


@require_http_methods(_READ_AND_WRITE)
@never_cache
def reset(request: HttpRequest) -> HttpResponse:
    """Choose a new password, with the link of a mail."""
    user_id, token = uuid_of(request.GET.get("userId")), request.GET.get("token", "")
    form = NewPasswordForm(request.POST or None)
    try:
        recovery.check_reset(user_id=user_id, token=token)
        if form.is_valid():
            bans.count_mailed("reset_password_submission", address_of(request))
            recovery.reset(user_id=user_id, token=token, password=form.cleaned_data["password"])
            messages.success(request, _("Your password was changed. Sign in with the new one."))
            return redirect("account_login")
    except (recovery.BadLink, recovery.ResetOff):
        return render(request, "account/link_gone.html", status=400)
    except ValidationError as fault:
        form.add_error("password", fault)
    return _page(request, "account/password_reset_from_key.html", form)


@require_http_methods(_READ_AND_WRITE)
@never_cache
def verify(request: HttpRequest) -> HttpResponse:
    """Verify an address. A press of the button does it: what only looks at links must not use them up."""
    email, token = request.GET.get("email", ""), request.GET.get("token", "")
    form = forms.Form(request.POST if request.method == "POST" else None)
    if form.is_valid():
        bans.count_mailed("verify_email_submission", address_of(request))
        try:
            recovery.verify(email=email, token=token)
        except recovery.BadLink:
            return render(request, "account/link_gone.html", status=400)
        messages.success(request, _("Your email address is verified. Sign in."))
        return redirect("account_login")
    return _page(request, "account/verify.html", form, email=email)


@require_http_methods(_READ_AND_WRITE)
@never_cache
def verification_sent(request: HttpRequest) -> HttpResponse:
    """Say that a link is on its way, and send another one."""
    form = AddressForm(request.POST or None)
    if form.is_valid():
        bans.count_mailed("verify_email", address_of(request))
        recovery.request_verification(email=form.cleaned_data["email"])
        messages.info(request, _("If the address still needs verifying, another link is on its way."))
        return redirect("account_email_verification_sent")
    return _page(request, "account/verification_sent.html", form)


def _page(request: HttpRequest, template: str, form: forms.Form, **values: Any) -> HttpResponse:
    return render(request, template, {"form": form, **values})
