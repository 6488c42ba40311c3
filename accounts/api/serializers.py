"""The bodies of signing up and in."""

from typing import Any

from django.utils.translation import gettext as _
from pydantic import ConfigDict, Field, model_validator

from accounts.api.wire import In, Out, UserOut
from accounts.services.signup import LONGEST_PASSWORD


class LoginIn(In):
    email: str = Field(min_length=1, max_length=254)
    password: str = Field(min_length=1, max_length=LONGEST_PASSWORD)


class RegisterIn(In):
    """What the service does not check: that the password was typed twice, and what a user name is made of."""

    model_config = ConfigDict(alias_generator=None)

    name: str = Field(min_length=3, max_length=80)
    username: str | None = Field(None, max_length=80, pattern=r"^[\w.@#$%&()-]*$")
    email: str = Field(max_length=254)
    password: str = Field(max_length=LONGEST_PASSWORD)
    confirm_password: str
    token: str | None = Field(None, max_length=256)  # of an invitation

    @model_validator(mode="after")
    def _same_twice(self) -> "RegisterIn":
        if self.password != self.confirm_password:
            raise ValueError(_("the passwords differ"))
        return self


class SignedIn(Out):
    token: str
    user: UserOut


class Said(Out):
    message: str


def said(text: str) -> dict[str, Any]:
    return Said(message=text).to_wire()
