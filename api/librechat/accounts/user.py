"""A person's own account (`/api/user/…`): accepting the terms, and deleting the account."""

from django.contrib.auth import logout
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.services import erasure, site, terms, twofactor
from api.base.errors import ApiError
from api.base.payloads import iso, person, read_body
from api.base.scopes import CLOSED
from api.base.stepup import require_code, require_fresh
from api.librechat.accounts.serializers import FreshRequest, Said, TermsAccepted, TermsResponse, said
from api.librechat.accounts.views import without_cookies


class TermsView(APIView):
    key_scopes = CLOSED
    before_terms = True

    @extend_schema(operation_id="user_terms", responses=TermsResponse)
    def get(self, request: Request) -> Response:
        at = person(request).terms_accepted_at
        return Response({"termsAccepted": at is not None, "termsAcceptedAt": iso(at) if at else None})


class AcceptTermsView(APIView):
    key_scopes = CLOSED
    before_terms = True

    @extend_schema(operation_id="user_terms_accept", request=None, responses=TermsAccepted)
    def post(self, request: Request) -> Response:
        at = terms.accept(user=person(request))
        return Response(TermsAccepted(message=_("You have accepted the terms."), terms_accepted_at=iso(at)).to_wire())


class DeleteView(APIView):
    key_scopes = CLOSED
    before_terms = True

    @extend_schema(operation_id="user_delete", request=FreshRequest, responses={200: Said})
    def delete(self, request: Request) -> HttpResponseBase:
        user, body = person(request), read_body(request, FreshRequest)
        if not (site.current().allow_account_deletion or user.is_admin):
            raise ApiError(403, _("Ask your administrator to delete your account."))
        if twofactor.is_on(user):
            require_code(user, body.token, body.backup_code)
        else:
            require_fresh(request, user, body.password)
        erasure.erase_person(user=user)
        logout(request._request)
        return without_cookies(Response(said(_("Your account was deleted."))))
