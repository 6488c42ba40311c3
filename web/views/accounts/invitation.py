"""The page that an invitation links to."""

from allauth.account.internal.flows.signup import complete_signup
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.services import invitations
from accounts.services.signup import EmailTaken, sign_up
from core.rate_limits import address_of, count_named
from web.forms.sign_in import InvitationForm


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def accept(request: HttpRequest) -> HttpResponse:
    """Make the account that somebody was invited to have."""
    token = request.GET.get("token", "")
    form = InvitationForm(request.POST or None)
    try:
        count_named("invitation", address_of(request))
        invited = invitations.find(token=token)
        if form.is_valid():
            user = sign_up(email=invited.email, invitation=token, **form.cleaned_data)
            response: HttpResponse = complete_signup(request, user=user)
            return response
    except invitations.BadInvitation:
        return render(request, "account/link_gone.html", status=400)
    except EmailTaken:
        messages.info(request, _("An account with this email address already exists. Sign in instead."))
        return redirect("account_login")
    except ValidationError as fault:
        form.add_error(None, ValidationError(fault.messages))
    return render(request, "account/invitation.html", {"form": form, "email": invited.email})
