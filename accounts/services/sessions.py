"""A person's sessions, and ending them.

The only place for it: browser sessions, API clients' sessions with their tokens, open connections (sockets, streams),
and, when the password changes, also API keys and password links.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Final
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout, update_session_auth_hash
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import MailedToken, RefreshSession, User
from accounts.services import access_changes, api_keys, tokens
from core.ids import uuid_of
from core.rate_limits import address_of
from core.secrets import digest

REFRESH_COOKIE: Final = "refreshToken"
SEEN_EVERY: Final = 300  # seconds, after which the use of a session is written down again
QUIET: Final = 60  # seconds for which a process does not ask whether it is time
MAX_REMEMBERED: Final = 10_000
_quiet_until: dict[str, float] = {}  # by session
_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def end_all(*, user: User, new_password: bool = False) -> None:
    """Sign `user` out everywhere. With a `new_password` keys end, too: whoever knew the old one could make them."""
    _end(user, keep_pages="", keep_tokens=set(), new_password=new_password)


def end_here(*, request: HttpRequest, user: User) -> None:
    """Sign `user` out where `request` comes from: its page, its access token, and the refresh token it brings along."""
    here = (_session_of_bearer(request), tokens.session_of(request.COOKIES.get(REFRESH_COOKIE, "")))
    RefreshSession.objects.filter(user=user, id__in=[session_id for session_id in here if session_id]).delete()
    logout(request)  # which tells (`accounts.services.receivers`)
    access_changes.announce(user.id)


def end_others(*, request: HttpRequest, user: User, new_password: bool = False) -> None:
    """Sign `user` out everywhere but where `request` comes from, as `end_all` does.

    A request of a page keeps its session under a new key; one of an API client the session of its tokens.
    """
    keep_tokens = {_session_of_bearer(request), tokens.session_of(request.COOKIES.get(REFRESH_COOKIE, ""))} - {None}
    of_page = request.session.get(SESSION_KEY) == str(user.pk)
    here = (request.session.session_key or "") if of_page else ""
    _end(user, keep_pages=here, keep_tokens=keep_tokens, new_password=new_password)
    if of_page:
        before = request.session.session_key
        update_session_auth_hash(request, user)
        UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One place where a person is signed in. `key` names it to `end_one`."""

    key: str
    is_here: bool
    of_api: bool
    ip: str
    user_agent: str
    since: datetime
    seen: datetime  # within five minutes; of an API client, within the life of an access token

    @property
    def device(self) -> str:
        """Return the browser and the system, as far as they are known."""
        names = [next((name for sign, name in signs if sign in self.user_agent), "") for signs in (_BROWSERS, _SYSTEMS)]
        return " · ".join(filter(None, names)) or self.user_agent.split(" ")[0][:40]


def listed(*, request: HttpRequest, user: User) -> list[SignIn]:
    """Return where `user` is signed in, this place first, then by when they were last used."""
    here, bearer = request.session.session_key, _session_of_bearer(request)
    pages = [
        SignIn(
            f"page-{session.pk}",
            session.session_key == here,
            False,
            session.ip or "",
            session.user_agent,
            session.created_at,
            timezone.now() if session.session_key == here else session.last_seen_at,
        )
        for session in UserSession.objects.purge_and_list(user)
    ]
    clients = [
        SignIn(
            f"api-{session.id}",
            session.id == bearer,
            True,
            session.ip or "",
            session.user_agent,
            session.created_at,
            session.rotated_at or session.created_at,
        )
        for session in RefreshSession.objects.filter(user=user, expires_at__gt=timezone.now())
    ]
    return sorted(pages + clients, key=lambda sign_in: (not sign_in.is_here, -sign_in.seen.timestamp()))


def touch_session(request: HttpRequest) -> None:
    """Write down that a session of pages is used, and from where; at most every `SEEN_EVERY` seconds."""
    key, now = request.session.session_key, time.monotonic()
    if not key or now < _quiet_until.get(key, 0):
        return
    if len(_quiet_until) > MAX_REMEMBERED:
        _quiet_until.clear()
    _quiet_until[key] = now + QUIET
    if cache.add(_seen_key(key), True, SEEN_EVERY):
        UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now(), ip=address_of(request))


def session_started(request: HttpRequest) -> None:
    """A session of pages begins, which is written down by who begins it."""
    cache.set(_seen_key(request.session.session_key or ""), True, SEEN_EVERY)


def _seen_key(session_key: str) -> str:
    return f"seen:{digest(session_key)}"


def end_one(*, user: User, key: str) -> bool:
    """End one of `user`'s own sessions; return whether there was one."""
    kind, _, wanted = key.partition("-")
    page = UserSession.objects.filter(user=user, pk=wanted).first() if kind == "page" and wanted.isdecimal() else None
    if page is not None:
        page.end()
    session_id = uuid_of(wanted) if kind == "api" else None
    clients = RefreshSession.objects.filter(user=user, id=session_id) if session_id else RefreshSession.objects.none()
    ended = page is not None or bool(clients.delete()[0])
    if ended:
        access_changes.announce(user.id)
    return ended


def _end(user: User, *, keep_pages: str, keep_tokens: set[UUID | None], new_password: bool) -> None:
    with transaction.atomic():
        User.objects.filter(id=user.id).update(sign_in_version=F("sign_in_version") + 1)
        user.refresh_from_db(fields=["sign_in_version"])
        tokens.revoke_all(user=user, but={session_id for session_id in keep_tokens if session_id})
        ended = list(UserSession.objects.filter(user=user).exclude(session_key=keep_pages))
        UserSession.objects.filter(id__in=[session.id for session in ended]).delete()
        if new_password:
            api_keys.end_all(user=user)
            MailedToken.objects.filter(user=user, purpose=MailedToken.Purpose.RESET).delete()
        transaction.on_commit(lambda: _forget([session.session_key for session in ended]))
        access_changes.announce(user.id)


def _forget(keys: list[str]) -> None:
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store(key).delete()


def _session_of_bearer(request: HttpRequest) -> UUID | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        return tokens.read_access(token.strip()).session_id if scheme.lower() == "bearer" else None
    except tokens.BadToken:
        return None
