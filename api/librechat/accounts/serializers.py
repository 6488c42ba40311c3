"""The bodies of sign-up and sign-in."""

from typing import Any

from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field, RootModel, field_validator, model_validator
from pydantic.alias_generators import to_camel

from accounts.services.signup import MAX_PASSWORD_LENGTH, SHORTEST_USERNAME, USERNAME
from api.base.payloads import ApiRequest, ApiResponse, UserResponse


class LoginRequest(ApiRequest):
    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=MAX_PASSWORD_LENGTH)


class RegisterRequest(ApiRequest):
    """What the service does not check: that the password was typed twice, and what a username is made of."""

    model_config = ConfigDict(alias_generator=None)

    name: str = Field(min_length=3, max_length=80)
    username: str | None = Field(None, max_length=80, pattern=USERNAME)

    @field_validator("username")
    @classmethod
    def _long_enough(cls, username: str | None) -> str | None:
        """An empty one is none."""
        if username and len(username.strip()) < SHORTEST_USERNAME:
            raise ValueError(_("a username must have at least %(least)d characters") % {"least": SHORTEST_USERNAME})
        return username

    email: str = Field(max_length=254)
    password: str = Field(max_length=MAX_PASSWORD_LENGTH)
    confirm_password: str
    token: str | None = Field(None, max_length=256)  # of an invitation

    @model_validator(mode="after")
    def _same_twice(self) -> "RegisterRequest":
        if self.password != self.confirm_password:
            raise ValueError(_("the passwords don't match"))
        return self


class SignedIn(ApiResponse):
    token: str
    user: UserResponse


class PendingResponse(ApiResponse):
    """The password was right; the second factor is still to be shown."""

    model_config = ConfigDict(alias_generator=lambda name: to_camel(name).replace("Fa", "FA"))

    two_fa_pending: bool = True
    temp_token: str


class LoginResponse(RootModel[SignedIn | PendingResponse]):
    """Either of both."""


class Said(ApiResponse):
    message: str


class SignedOut(Said):
    """`redirect` is where the session at the provider ends too, and is not there where there is none."""

    redirect: str | None = None


def said(text: str) -> dict[str, Any]:
    return Said(message=text).to_wire()


class VerifyRequest(ApiRequest):
    email: str = Field(min_length=1, max_length=254)
    token: str = Field(min_length=1, max_length=256)


class AddressRequest(ApiRequest):
    email: str = Field(min_length=1, max_length=254)


class ResetRequest(ApiRequest):
    model_config = ConfigDict(alias_generator=None)

    user_id: str = Field(alias="userId", max_length=64)
    token: str = Field(min_length=1, max_length=256)
    password: str = Field(max_length=MAX_PASSWORD_LENGTH)
    confirm_password: str | None = None

    @model_validator(mode="after")
    def _same_twice(self) -> "ResetRequest":
        if self.confirm_password is not None and self.password != self.confirm_password:
            raise ValueError(_("the passwords don't match"))
        return self


class CodeRequest(ApiRequest):
    """A code of the app, or a recovery code; an empty one is none."""

    token: str | None = Field(None, max_length=16)
    backup_code: str | None = Field(None, max_length=16)


class FreshRequest(CodeRequest):
    """What shows that it is really them: a code, or where there is no second factor, the password."""

    password: str | None = Field(None, max_length=MAX_PASSWORD_LENGTH)


class TokenRequest(ApiRequest):
    token: str = Field(min_length=1, max_length=16)


class TempRequest(CodeRequest):
    temp_token: str | None = Field(None, max_length=1024)


class EnrolmentResponse(ApiResponse):
    otpauth_url: str
    backup_codes: list[str]


class HashedCode(ApiResponse):
    code_hash: str
    used: bool = False
    used_at: str | None = None


class BackupCodesResponse(ApiResponse):
    backup_codes: list[str]
    backup_codes_hash: list[HashedCode]


class TermsResponse(ApiResponse):
    terms_accepted: bool
    terms_accepted_at: str | None


class TermsAccepted(Said):
    terms_accepted_at: str


class Verified(Said):
    status: str = "success"
