"""Who asks."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.wire import UserOut, person, user_to_wire


class UserView(APIView):
    @extend_schema(operation_id="user", responses=UserOut)
    def get(self, request: Request) -> Response:
        return Response(user_to_wire(person(request)))
