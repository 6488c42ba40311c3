"""Who changes something in the administration has shown lately that it is them."""

import time
from typing import Final, cast

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from accounts.models import User

_FILLING_IN: Final = 3_600  # seconds for which a form that was opened in time may be filled in


def refusal(request: HttpRequest, *, filled_in: bool = False) -> HttpResponse | None:
    """Return what leads to showing again that it is them, or None for who has lately.

    Lately: signed in, or wrote the password or a code, within `ACCOUNT_REAUTHENTICATION_TIMEOUT`; longer ago for a
    form that is `filled_in`. People without anything to show, who sign in elsewhere, are let through.
    """
    actor = cast("User", request.user)
    within = _FILLING_IN if filled_in else settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, actor)
    if any(time.time() - each["at"] < within for each in records) or not get_reauthentication_flows(actor):
        return None
    if request.method == "POST":
        messages.warning(request, _("Nothing was changed: it had been too long since you signed in. Do it again now."))
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")
