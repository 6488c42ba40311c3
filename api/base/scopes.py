"""The scope that an API key needs for a view: each view declares `key_scopes`, one scope per method.

A method that is not listed is closed to keys and needs a signed-in person. So is a view that declares nothing.
"""

from collections.abc import Mapping
from typing import Final

from accounts.models import ApiKey

Scopes = Mapping[str, str]

_READ: Final = dict.fromkeys(("GET", "HEAD", "OPTIONS"), str(ApiKey.Scope.READ))
_WRITING: Final = ("POST", "PUT", "PATCH", "DELETE")
CLOSED: Final[Scopes] = {}
READ_ONLY: Final[Scopes] = _READ
READ_AND_WRITE: Final[Scopes] = {**_READ, **dict.fromkeys(_WRITING, str(ApiKey.Scope.WRITE))}
ADMINISTER: Final[Scopes] = dict.fromkeys((*_READ, *_WRITING), str(ApiKey.Scope.ADMIN))
