"""The credential that opened a long-lived connection, and whether it is still valid."""

from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.utils.crypto import constant_time_compare

from accounts.models import ApiKey, User
from accounts.services import api_keys, bans, terms, tokens


@dataclass(frozen=True, slots=True)
class Proof:
    """The one of these that a request showed: the key of a session of pages, an access token, or an API key.

    With none of them it holds as long as none of the person's sessions was ended (`version`).
    """

    user_id: UUID
    version: int
    page: str = ""
    token: str = ""
    key_id: UUID | None = None

    @classmethod
    def of(cls, user: User, *, auth: object = None, page: str = "") -> "Proof":
        """Return what `auth` (of a request to the API) or the session `page` shows."""
        if isinstance(auth, ApiKey):
            return cls(user.id, user.sign_in_version, key_id=auth.id)
        if isinstance(auth, str):
            return cls(user.id, user.sign_in_version, token=auth)
        return cls(user.id, user.sign_in_version, page=page)

    def holds(self) -> bool:
        """Whether it would open the door now. Asks the database."""
        user = User.objects.filter(id=self.user_id).first()
        if user is None or not user.may_enter or terms.must_accept(user) or bans.banned_until(user_id=user.id):
            return False
        if self.key_id is not None:
            return api_keys.still_opens(self.key_id)
        if self.token:
            return tokens.person_of(self.token) == user
        return _page_holds(self.page, user) if self.page else user.sign_in_version == self.version


def _page_holds(key: str, user: User) -> bool:
    stored = import_module(settings.SESSION_ENGINE).SessionStore(key)
    is_theirs = stored.get(SESSION_KEY) == str(user.pk)
    return is_theirs and constant_time_compare(stored.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
