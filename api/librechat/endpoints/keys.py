"""A person's own keys to endpoints."""

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.base.errors import ApiError
from api.base.payloads import ApiRequest, iso, person, read_body
from api.base.scopes import READ_ONLY
from endpoints.catalog import keys

_STATE = {200: {"type": "object", "properties": {"expiresAt": {"type": "string", "nullable": True}}}}


class UserKeyRequest(ApiRequest):
    name: str = Field(max_length=128)
    value: str = Field(max_length=keys.MAX_KEY_LENGTH)
    expires_at: str | None = Field(None, max_length=64)


class UserKeysView(APIView):
    key_scopes = READ_ONLY
    error_key = "error"

    @extend_schema(operation_id="keys", parameters=[OpenApiParameter("name", str)], responses=_STATE)
    def get(self, request: Request) -> Response:
        """Tell until when the key holds: a time, "never" when it does not end, or null without one."""
        state = keys.state(person(request), request.query_params.get("name", ""))
        if state.standing == "none":
            return Response({"expiresAt": None})
        return Response({"expiresAt": iso(state.expires_at) if state.expires_at else "never"})

    @extend_schema(operation_id="key_store", request=UserKeyRequest, responses={201: None})
    def put(self, request: Request) -> Response:
        body = read_body(request, UserKeyRequest)
        try:
            expires_at = parse_datetime(body.expires_at) if body.expires_at else None
        except ValueError:
            expires_at = None
        if body.expires_at and (expires_at is None or expires_at.tzinfo is None):
            raise ApiError(400, _("expiresAt must be a time such as 2026-01-31T12:00:00Z."))
        keys.store(user=person(request), endpoint=body.name, value=body.value, expires_at=expires_at)
        return Response(status=201)

    @extend_schema(operation_id="keys_revoke", parameters=[OpenApiParameter("all", str)], responses={204: None})
    def delete(self, request: Request) -> Response:
        if request.query_params.get("all") != "true":
            raise ApiError(400, _("Use `all=true` to revoke every key, or name one in the URL."))
        keys.revoke_all(user=person(request))
        return Response(status=204)


class UserKeyView(APIView):
    key_scopes = READ_ONLY
    error_key = "error"

    @extend_schema(operation_id="key_revoke", responses={204: None})
    def delete(self, request: Request, name: str) -> Response:
        keys.revoke(user=person(request), endpoint=name)
        return Response(status=204)
