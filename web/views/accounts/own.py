"""A person's own account: signed-in devices, accepting the terms, and deleting the account."""

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User
from accounts.services import erasure, site
from accounts.services import sessions as places
from accounts.services import terms as conditions
from core.refusal import AsFormError
from web.shell import SignedInRequest

_READ_AND_WRITE = ("GET", "HEAD", "POST")


class DeleteForm(forms.Form):
    """The own address, typed: nobody deletes an account by a slip."""

    email = forms.CharField(
        label=gettext_lazy("Your email address"), max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def __init__(self, *args: object, user: User) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.user = user

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).strip().lower()
        if email != self.user.email:
            raise ValidationError(_("This isn't the email address of this account."))
        return email


@require_http_methods(_READ_AND_WRITE)
@login_required
@never_cache
def sessions(request: SignedInRequest) -> HttpResponse:
    """Where this person is signed in. A POST ends the one that `end` names, or all others."""
    if request.method != "POST":
        listed = places.listed(request=request, user=request.user)
        return render(request, "account/sessions.html", {"sessions": listed})
    key = request.POST.get("end", "")
    if key == "others":
        places.end_others(request=request, user=request.user)
    elif not places.end_one(user=request.user, key=key):
        return HttpResponseBadRequest(_("Session not found."), content_type="text/plain")
    messages.success(request, _("Device signed out."))
    return redirect("account_sessions")


@require_http_methods(_READ_AND_WRITE)
@login_required
@never_cache
@reauthentication_required(app="allauth.mfa")  # type: ignore[untyped-decorator]
def delete(request: SignedInRequest) -> HttpResponse:
    """End one's own account."""
    if not (site.current().allow_account_deletion or request.user.is_admin):
        raise PermissionDenied
    form = DeleteForm(request.POST or None, user=request.user)
    if form.is_valid():
        with AsFormError(form, erasure.LastAdministrator):
            erasure.erase_person(user=request.user)
            logout(request)
            return redirect("account_deleted")
    return render(request, "account/delete.html", {"form": form})


@require_safe
def deleted(request: HttpRequest) -> HttpResponse:
    return render(request, "account/deleted.html")


@require_http_methods(_READ_AND_WRITE)
@login_required
@never_cache
def terms(request: SignedInRequest) -> HttpResponse:
    """Accept the terms. Who does not can sign out."""
    if not conditions.must_accept(request.user):
        return redirect(resolve_url(settings.LOGIN_REDIRECT_URL))
    if request.method == "POST":
        conditions.accept(user=request.user)
        return redirect(resolve_url(settings.LOGIN_REDIRECT_URL))
    return render(request, "account/terms.html", {"text": settings.TERMS_TEXT})


@require_safe
@login_required
@never_cache
def waiting(request: SignedInRequest) -> HttpResponse:
    """Say that an administrator has to let this person in."""
    if not request.user.waits_for_approval:
        return redirect(resolve_url(settings.LOGIN_REDIRECT_URL))
    return render(request, "account/waiting.html", status=403)
