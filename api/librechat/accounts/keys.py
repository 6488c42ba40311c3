"""A person's API keys."""

from typing import Any, Literal
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from pydantic import ConfigDict, Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import ApiKey
from accounts.services import api_keys
from api.base.errors import ApiError
from api.base.payloads import ApiRequest, iso, person, read_body
from api.base.scopes import CLOSED
from api.base.stepup import require_fresh

_OBJECT = {200: {"type": "object"}}


class KeyRequest(ApiRequest):
    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True)

    name: str = Field(max_length=200)
    expires_at: str | None = Field(None, max_length=64)
    scopes: list[Literal["read", "write", "admin"]] = Field(["read", "write"], max_length=3)


def key_to_wire(key: ApiKey) -> dict[str, Any]:
    times = {"lastUsedAt": key.last_used_at, "expiresAt": key.expires_at}
    return {
        "id": str(key.id),
        "name": key.name,
        "keyPrefix": key.prefix,
        "scopes": key.scopes,
        "createdAt": iso(key.created_at),
        **{name: iso(value) for name, value in times.items() if value},
    }


class KeysView(APIView):
    key_scopes = CLOSED
    error_key = "error"

    @extend_schema(operation_id="api_keys", responses=_OBJECT)
    def get(self, request: Request) -> Response:
        if not api_keys.may_make(person(request)):
            raise ApiError(403, {"message": _("Your role doesn't allow API keys.")})
        rows = person(request).api_keys.order_by("-created_at", "id")
        return Response({"keys": [key_to_wire(key) for key in rows]})

    @extend_schema(operation_id="api_key_create", request=KeyRequest, responses={201: {"type": "object"}})
    def post(self, request: Request) -> Response:
        body, user = read_body(request, KeyRequest), person(request)
        if isinstance(request.auth, ApiKey):
            raise ApiError(403, _("An API key can't create keys. Sign in instead."))
        if not api_keys.may_make(user):
            raise ApiError(403, _("Your role doesn't allow API keys."))
        require_fresh(request, user)
        try:
            expires_at = parse_datetime(body.expires_at) if body.expires_at else None
        except ValueError:
            expires_at = None
        if body.expires_at and (expires_at is None or expires_at.tzinfo is None):
            raise ApiError(400, _("expiresAt must be a time such as 2026-01-31T12:00:00Z."))
        made = api_keys.make(user=user, name=body.name, scopes=body.scopes, expires_at=expires_at)
        return Response({**key_to_wire(made.row), "key": made.text}, status=201)


class KeyView(APIView):
    key_scopes = CLOSED
    error_key = "error"

    @extend_schema(operation_id="api_key", responses=_OBJECT)
    def get(self, request: Request, key_id: UUID) -> Response:
        key = person(request).api_keys.filter(id=key_id).first()
        if key is None:
            raise ApiError(404, _("Key not found."))
        return Response(key_to_wire(key))

    @extend_schema(operation_id="api_key_delete", responses={204: None})
    def delete(self, request: Request, key_id: UUID) -> Response:
        if not api_keys.delete(user=person(request), key_id=key_id):
            raise ApiError(404, _("Key not found."))
        return Response(status=204)
