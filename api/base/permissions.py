"""DRF permissions: who may use the API."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import User
from accounts.services import signin, terms


class TermsNotAccepted(PermissionDenied):
    wire_code = "TERMS_NOT_ACCEPTED"


class Admitted(BasePermission):
    """Refuses nobody who is signed in but people who may not come in, or have not accepted the terms.

    A view with `before_terms` answers those who have not accepted them yet.
    """

    def has_permission(self, request: Request, view: object) -> bool:
        user = request.user
        if not isinstance(user, User):
            return False
        if why := signin.why_kept_out(user):
            raise PermissionDenied(why)
        if terms.must_accept(user) and not getattr(view, "before_terms", False):
            raise TermsNotAccepted(_("Accept the terms of use first."))
        return True
