"""Errors meant for a user: one base class, which each interface handles in one place.

The REST API does in `api.base.errors`, pages in `web.refusals`, commands in `accounts.management.admin_command`.
Technical failures that no user sees in these words (a connection, a damaged secret) are not refusals.
"""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from django.utils.functional import Promise


class Refusal(Exception):
    """What was asked for is not done; `message` says to the person why, or what to do.

    A kind of refusal has a `code`, an HTTP `status` and a `default_message`; who raises it may say what is so in this
    case. `field` names what of the input is at fault, `details` are what clients are told beside the code.
    """

    code: str = "refused"
    status: int = 400
    field: str = ""
    default_message: str | Promise = ""

    def __init__(
        self,
        message: str = "",
        *,
        status: int | None = None,
        code: str = "",
        field: str = "",
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = message or str(self.default_message)
        super().__init__(self.message)
        self.status = self.status if status is None else status
        self.code = code or self.code
        self.field = field or self.field
        self.details = dict(details or {})

    @property
    def headers(self) -> dict[str, str]:
        """What an answer over HTTP says beside its body."""
        return {}


class AsFormError:
    """Makes a refusal of these kinds an error of `form`, at `field` or the field that it names.

    What its block returns is the answer to who was not refused; after it the form is shown again.
    """

    def __init__(self, form: BaseForm, *kinds: type[Refusal], field: str = "") -> None:
        self._form, self._kinds, self._field = form, kinds, field

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, refusal: BaseException | None, trace: object) -> bool:
        if not isinstance(refusal, Refusal) or not isinstance(refusal, self._kinds):
            return False
        field = self._field or refusal.field
        self._form.add_error(field if field in self._form.fields else None, refusal.message)
        return True
