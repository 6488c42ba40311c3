"""Base classes and types of API bodies: models, ids, times."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, ValidationInfo, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from accounts.models import User
from accounts.services import twofactor
from api.base import privileged
from api.base.errors import ApiError
from api.base.parsers import FormData
from chat.services.organise import favourites
from core.ids import uuid_of
from siteconfig import features

# pydantic describes the bodies because the stored settings are pydantic models already; the OpenAPI document
# is made from the same classes.

Body = TypeVar("Body", bound=BaseModel)


PRIVILEGED = "privileged"  # the type of the fault below
# What a row has beside what a body may set, where clients send a whole row back.
OF_A_ROW = frozenset({"_id", "id", "user", "createdAt", "updatedAt", "archivedAt", "expiredAt"})


class ApiRequest(BaseModel):
    """A request body: names in camel case, types as they are in JSON.

    What is only unknown is ignored; what nobody may set is refused (`api.base.privileged`). `repeated` are names of
    that kind which clients send back with a row they got: they may say what is so, and are not read.
    """

    model_config = ConfigDict(extra="ignore", strict=True, alias_generator=to_camel, validate_by_name=True)
    repeated: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _refuse_privileged(cls, data: Any, info: ValidationInfo) -> Any:
        if not isinstance(data, dict):
            return data
        by_name = cls.model_config.get("validate_by_name")
        known = frozenset(field.alias or own for own, field in cls.model_fields.items())
        known |= frozenset(cls.model_fields) if by_name else frozenset()
        user_id = (info.context or {}).get("user_id")
        if name := privileged.fault_in(data, known=known, repeated=cls.repeated, user_id=user_id):
            raise PydanticCustomError(PRIVILEGED, "{message}", {"message": privileged.words_for(name)})
        return data


class ApiResponse(BaseModel):
    """A response body. A field that is None is left out, unless the class says otherwise."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


def _id(value: object) -> object:
    if value is None or isinstance(value, UUID):
        return value
    uuid = uuid_of(value)
    if uuid is None:
        raise ValueError("this is not an id")
    return uuid


def person(request: Request) -> User:
    """Return who asks. Raises `NotAuthenticated`, where a view is open to everybody."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


Id = Annotated[UUID, BeforeValidator(_id)]


def iso(moment: datetime) -> str:
    """Return the time as JavaScript writes it, in UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def read_body(request: Request, model: type[Body], *, status: int = 400) -> Body:
    """Return the request's body as `model`. Raises `ApiError` with the first fault, and `ParseError`."""
    user = request.user if isinstance(request.user, User) else None
    return read(model, request.data, status=status, user=user)


def read(model: type[Body], data: object, *, status: int = 400, user: User | None = None) -> Body:
    """Return `data` as `model`. A field that nobody may set is always 400, other faults are `status`."""
    strict = False if isinstance(data, FormData) else None  # None: as the model says
    try:
        return model.model_validate(data, strict=strict, context={"user_id": user.id if user else None})
    except ValidationError as fault:
        forbidden = any(error["type"] == PRIVILEGED for error in fault.errors())
        raise ApiError(400 if forbidden else status, first_fault(fault)) from None


def first_fault(fault: ValidationError) -> str:
    """Return one sentence about the first fault, without the value that was sent."""
    first = fault.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] == PRIVILEGED:
        return str(first["msg"])  # which has the name
    known = _documented()
    where = ".".join(str(step) for step in first["loc"] if isinstance(step, int) or step in known) or _("the body")
    return f"{where}: {first['msg']}"


@cache
def _documented() -> frozenset[str]:
    """Return every name of a field that a body may have; other names in a place are keys that somebody sent."""
    names: set[str] = set()
    level: list[type[BaseModel]] = [BaseModel]
    while level:
        level = [subclass for table in level for subclass in table.__subclasses__()]
        names.update(name for table in level for name in table.model_fields)
        names.update(field.alias for table in level for field in table.model_fields.values() if field.alias)
    return frozenset(names)


class UserResponse(ApiResponse):
    """A person, as they may see themself."""

    id_: str
    id: str
    name: str
    username: str
    email: str
    email_verified: bool
    avatar: str | None = None
    provider: str
    role: str
    plugins: list[str] = []
    two_factor_enabled: bool = False
    terms_accepted: bool = False
    personalization: dict[str, bool] = {}
    favorites: list[dict[str, str]] = []
    created_at: str
    updated_at: str

    model_config = ConfigDict(alias_generator=lambda name: "_id" if name == "id_" else to_camel(name))

    def to_wire(self) -> dict[str, Any]:
        return self.model_dump(mode="json", by_alias=True)


def user_to_wire(user: User) -> dict[str, Any]:
    return UserResponse(
        id_=str(user.id),
        id=str(user.id),
        name=user.name,
        username=user.username,
        email=user.email,
        email_verified=user.email_verified,
        provider=user.provider,
        role=str(user.role_id),
        two_factor_enabled=twofactor.is_on(user),
        terms_accepted=user.terms_accepted_at is not None,
        personalization={"memories": features.has("memories")},
        favorites=[favourites.to_wire(favourite) for favourite in favourites.listed(user)],
        created_at=iso(user.created_at),
        updated_at=iso(user.updated_at),
    ).to_wire()
