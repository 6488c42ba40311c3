"""Who may use the API."""

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import User
from accounts.services import terms


class TermsNotAccepted(PermissionDenied):
    wire_code = "TERMS_NOT_ACCEPTED"


class Admitted(BasePermission):
    """Refuses nobody who is signed in but people who wait for approval, or have not accepted the terms.

    A view with `before_terms` answers those who have not accepted them yet.
    """

    def has_permission(self, request: Request, view: object) -> bool:
        user = request.user
        if not isinstance(user, User):
            return False
        if not user.may_enter:
            raise PermissionDenied(_("An administrator has not let you in yet."))
        if terms.must_accept(user) and not getattr(view, "before_terms", False):
            raise TermsNotAccepted(_("Accept the terms first."))
        return True
