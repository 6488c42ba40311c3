"""Ending what somebody is signed in with: the sessions of browsers, the API's, and open websockets."""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from accounts.services import tokens

# What hears that a person is signed out everywhere, such as the websockets' side; apps add theirs.
_hearers: Final[list[Callable[[User], None]]] = []


def on_end(hearer: Callable[[User], None]) -> None:
    """Call `hearer` with each person whose sessions are ended, after the commit."""
    if hearer not in _hearers:
        _hearers.append(hearer)


def end_all(*, user: User, keep: str = "") -> int:
    """End every session of `user` but the one with the key `keep`; return how many browsers' ended.

    Walks the sessions of everybody: it is rare, and there is no table of whose session is whose.
    """
    tokens.revoke_all(user=user)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    ended = 0
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator(chunk_size=2_000):
        if session.session_key != keep and session.get_decoded().get(SESSION_KEY) == str(user.pk):
            store(session.session_key).delete()
            ended += 1
    for hearer in _hearers:
        transaction.on_commit(lambda each=hearer: each(user))  # type: ignore[misc]
    return ended
