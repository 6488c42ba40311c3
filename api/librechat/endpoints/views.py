"""The site's configuration, and the models it offers."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from accounts.services.model_access import access_of
from api.base.admin import AdminView, user_or_404
from api.base.authentication import OptionalBearer
from api.base.payloads import person
from api.base.scopes import READ_ONLY
from api.librechat.endpoints.serializers import (
    EndpointResponse,
    StartupConfig,
    TokenRates,
    endpoint_out,
    startup_config,
    token_rates,
)
from endpoints.catalog.facts import facts
from endpoints.catalog.prices import rates_of
from endpoints.catalog.selection import catalog_for

_ENDPOINTS = {200: {"type": "object", "additionalProperties": EndpointResponse.model_json_schema()}}
_MODELS = {200: {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}}}
_RATES = {
    200: {
        "type": "object",
        "additionalProperties": {"type": "object", "additionalProperties": TokenRates.model_json_schema()},
    }
}


class ConfigView(APIView):
    key_scopes = READ_ONLY
    authentication_classes = (OptionalBearer, SessionAuthentication)
    permission_classes = [AllowAny]
    error_key = "error"

    @extend_schema(operation_id="config", responses=StartupConfig)
    def get(self, request: Request) -> Response:
        user = request.user if isinstance(request.user, User) else None
        return Response(startup_config(user).to_wire())


class EndpointsView(APIView):
    key_scopes = READ_ONLY
    error_key = "error"

    @extend_schema(operation_id="endpoints", responses=_ENDPOINTS)
    def get(self, request: Request) -> Response:
        endpoints = catalog_for(person(request)).endpoints
        return Response({endpoint.name: endpoint_out(endpoint).to_wire() for endpoint in endpoints})


class TokenConfigView(APIView):
    key_scopes = READ_ONLY
    error_key = "error"

    @extend_schema(operation_id="endpoints_token_config", responses=_RATES)
    def get(self, request: Request) -> Response:
        current = catalog_for(person(request))
        return Response(
            {
                endpoint.name: {
                    model: token_rates(
                        rates_of(endpoint, model), facts(endpoint.for_model(model), model).window
                    ).to_wire()
                    for model in current.models(endpoint.name)
                }
                for endpoint in current.endpoints
            }
        )


class ModelsView(APIView):
    key_scopes = READ_ONLY
    error_key = "error"

    @extend_schema(operation_id="models", responses=_MODELS)
    def get(self, request: Request) -> Response:
        current = catalog_for(person(request))
        return Response({endpoint.name: list(current.models(endpoint.name)) for endpoint in current.endpoints})


class UserModelsView(AdminView):
    """The models that a person may use, and what their tokens count."""

    needs = {"GET": ("read:users",)}

    @extend_schema(operation_id="admin_user_models", responses={200: {"type": "object"}})
    def get(self, request: Request, user_id: UUID) -> Response:
        user = user_or_404(user_id)
        offer, access = catalog_for(user), access_of(user.role_name)
        models = [
            {
                "endpoint": endpoint.name,
                "model": model,
                "enabled": True,
                "coefficient": float(access.coefficient(endpoint.name, model)),
            }
            for endpoint in offer.endpoints
            for model in offer.models(endpoint.name)
        ]
        return Response({"userId": str(user.id), "role": user.role_name, "models": models})
