"""A person's own balance; administrators see everybody's."""

from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import BeforeValidator, Field, WithJsonSchema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from api.base.admin import AdminView, number, page_of, user_or_404
from api.base.errors import ApiError
from api.base.payloads import ApiRequest, iso, person, read_body
from api.base.scopes import READ_ONLY
from api.librechat.accounts.admin_roles import give
from billing.models import Balance
from billing.services import adjust, policy
from core.written_numbers import as_written

_OBJECT = {200: {"type": "object"}}
MAX_RESULTS = 50


# A number of JSON that may have a fraction of 0; compared exactly, before anything is calculated with it.
_Written = Annotated[Decimal, Field(ge=-adjust.MAX_CREDITS, le=adjust.MAX_CREDITS)]
Credits = Annotated[
    int | _Written, BeforeValidator(as_written), WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "number"}]})
]


class BalanceRequest(ApiRequest):
    balance: Credits
    reason: str = Field(max_length=500)


class BalanceRoleRequest(ApiRequest):
    role: str = Field(max_length=64)


class BalanceView(APIView):
    key_scopes = READ_ONLY
    error_key = "error"

    @extend_schema(operation_id="balance", responses={**_OBJECT, 204: None})
    def get(self, request: Request) -> HttpResponseBase:
        rules, user = policy.current(), person(request)
        if not rules.enforced:
            return HttpResponse(status=204)
        balance = Balance.objects.filter(user=user).first()
        body: dict[str, Any] = {
            "user": str(user.id),
            "tokenCredits": balance.credits_with(rules.start_credits) if balance else rules.start_credits,
            "autoRefillEnabled": rules.refill is not None,
        }
        if rules.refill is not None:
            refilled_at = balance.last_refill_at if balance else user.created_at
            body |= {
                "refillIntervalValue": rules.refill.value,
                "refillIntervalUnit": rules.refill.unit,
                "refillAmount": rules.refill.amount,
                "lastRefill": iso(refilled_at),
            }
        return Response(body)


def user_to_admin(user: User) -> dict[str, Any]:
    """Return a person as both upstream and MetoGPT list them."""
    balance = getattr(user, "balance", None)
    return {
        "_id": str(user.id),
        "id": str(user.id),
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "avatar": None,
        "role": user.role_name,
        "provider": user.provider,
        "balance": balance.credits if balance else policy.current().start_credits,
        "createdAt": iso(user.created_at),
        "updatedAt": iso(user.updated_at),
    }


class UsersView(AdminView):
    needs = {"GET": ("read:users",)}

    @extend_schema(operation_id="admin_users", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        rows, paging = page_of(request, User.objects.select_related("balance").order_by("created_at", "id"))
        return Response({"users": [user_to_admin(row) for row in rows], **paging})


class UserSearchView(AdminView):
    needs = {"GET": ("read:users",)}

    @extend_schema(operation_id="admin_users_search", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        query = request.query_params.get("q", "").strip()
        if not 2 <= len(query) <= 200:
            raise ApiError(400, _("q must have 2 to 200 characters."))
        limit = number(request, "limit", 20, least=1, most=MAX_RESULTS)
        rows = User.objects.filter(
            Q(name__icontains=query) | Q(email__icontains=query) | Q(username__icontains=query)
        ).order_by("name", "id")
        total = rows.count()
        users = [
            {"id": str(row.id), "name": row.name, "email": row.email, "username": row.username} for row in rows[:limit]
        ]
        return Response({"users": users, "total": total, "capped": total > limit})


class UserBalanceView(AdminView):
    needs = dict.fromkeys(("PUT", "PATCH"), (("BALANCE_MANAGEMENT", "UPDATE"),))

    @extend_schema(operation_id="admin_user_balance", request=BalanceRequest, responses=_OBJECT)
    def put(self, request: Request, user_id: UUID) -> Response:
        return self._set(request, user_id)

    @extend_schema(operation_id="admin_user_balance_patch", request=BalanceRequest, responses=_OBJECT)
    def patch(self, request: Request, user_id: UUID) -> Response:
        return self._set(request, user_id)

    def _set(self, request: Request, user_id: UUID) -> Response:
        body, user = read_body(request, BalanceRequest), user_or_404(user_id)
        if body.balance % 1:
            raise ApiError(400, _("balance must be a whole number of credits."))
        adjust.set_balance(actor=person(request), user=user, credits=int(body.balance), reason=body.reason)
        wire = user_to_admin(User.objects.select_related("balance").get(id=user.id))
        return Response({"message": _("Balance updated."), "user": wire, **wire})


class UserRoleView(AdminView):
    needs = dict.fromkeys(("PUT", "PATCH"), ("manage:users", ("ROLE_MANAGEMENT", "UPDATE")))

    @extend_schema(operation_id="admin_user_role", request=BalanceRoleRequest, responses=_OBJECT)
    def put(self, request: Request, user_id: UUID) -> Response:
        return self._give(request, user_id)

    @extend_schema(operation_id="admin_user_role_patch", request=BalanceRoleRequest, responses=_OBJECT)
    def patch(self, request: Request, user_id: UUID) -> Response:
        return self._give(request, user_id)

    def _give(self, request: Request, user_id: UUID) -> Response:
        body, user = read_body(request, BalanceRoleRequest), user_or_404(user_id)
        wire = user_to_admin(give(request, user, body.role))
        return Response({"message": _("Role updated."), "user": wire, **wire})
