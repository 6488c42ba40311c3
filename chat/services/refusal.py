"""Why a turn cannot start."""

from collections.abc import Mapping
from typing import Any


class TurnRefused(Exception):
    """The turn cannot start. `status` is the HTTP status, `message` says what to do, `code` names the reason.

    `details` are what the wire format says beside it.
    """

    def __init__(
        self, message: str, *, status: int, code: str = "refused", details: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = dict(details or {})
