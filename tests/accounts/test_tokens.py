"""Tokens of API clients: short access, rotating refresh, nothing that outlives its session."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from accounts.models import RefreshSession, User
from accounts.services import tokens

CLAIMS = {"id": "018f0000-0000-7000-8000-000000000000", "iat": 1, "exp": 9_999_999_999}


def test_an_access_token_says_who_and_until_when(owner: User) -> None:
    token = tokens.access_token(owner)
    claims = jwt.decode(token, django_settings.JWT_SECRET, algorithms=["HS256"])
    assert claims.pop("exp") - claims.pop("iat") == 900
    assert claims == {"id": str(owner.id), "username": "", "provider": "local", "email": owner.email}
    assert tokens.read_access(token).user_id == owner.id


def forged() -> list[str]:
    secret = django_settings.JWT_SECRET
    return [
        "",
        "x",
        "a.b.c",
        "\u2603.\u2603.\u2603",
        jwt.encode(CLAIMS, "another secret that is long enough, too", algorithm="HS256"),
        jwt.encode(CLAIMS, "", algorithm="none"),
        jwt.encode(CLAIMS, secret, algorithm="HS512"),
        jwt.encode(CLAIMS | {"exp": 5}, secret, algorithm="HS256"),
        jwt.encode({"id": CLAIMS["id"], "iat": 1}, secret, algorithm="HS256"),
        jwt.encode({"iat": 1, "exp": CLAIMS["exp"]}, secret, algorithm="HS256"),
        jwt.encode(CLAIMS | {"id": {"$gt": ""}}, secret, algorithm="HS256"),
        jwt.encode(CLAIMS | {"id": "1 OR 1=1"}, secret, algorithm="HS256"),
        jwt.encode(CLAIMS | {"iat": 9_999_999_998}, secret, algorithm="HS256"),
    ]


@pytest.mark.security
def test_no_forged_token_is_believed() -> None:
    for token in forged():
        with pytest.raises(tokens.BadToken):
            tokens.read_access(token)
        with pytest.raises(tokens.BadToken):
            tokens.rotate(token=token)


@pytest.mark.security
def test_a_token_of_one_kind_does_not_pass_for_the_other(owner: User) -> None:
    """Security case 58."""
    with pytest.raises(tokens.BadToken):
        tokens.read_access(tokens.open_session(user=owner).token)
    with pytest.raises(tokens.BadToken):
        tokens.rotate(token=tokens.access_token(owner))


def test_refreshing_hands_out_the_next_token_and_keeps_the_end(owner: User) -> None:
    first = tokens.open_session(user=owner)
    second = tokens.rotate(token=first.token)
    assert second.user == owner
    assert second.token != first.token
    assert second.expires_at == first.expires_at
    session = RefreshSession.objects.get(user=owner)
    assert session.expires_at == first.expires_at
    claims = jwt.decode(second.token, django_settings.JWT_REFRESH_SECRET, algorithms=["HS256"])
    assert claims["sessionId"] == str(session.id)
    assert datetime.fromtimestamp(claims["exp"], UTC) == first.expires_at.replace(microsecond=0)


@pytest.mark.security
def test_only_the_hash_of_a_refresh_token_is_stored(owner: User) -> None:
    token = tokens.open_session(user=owner).token
    row = RefreshSession.objects.values().get(user=owner)
    assert token not in str(row)
    assert len(row["token_hash"]) == 64


def test_a_token_used_a_moment_ago_is_refused_and_the_session_lives(owner: User) -> None:
    first = tokens.open_session(user=owner)
    second = tokens.rotate(token=first.token)
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=first.token)
    assert tokens.rotate(token=second.token).user == owner


@pytest.mark.security
def test_a_copy_of_an_old_token_ends_the_session(owner: User) -> None:
    first = tokens.open_session(user=owner)
    second = tokens.rotate(token=first.token)
    RefreshSession.objects.update(rotated_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=first.token)
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=second.token)


def test_an_ended_session_cannot_be_refreshed_and_others_go_on(owner: User) -> None:
    here, there = tokens.open_session(user=owner), tokens.open_session(user=owner)
    tokens.revoke(token=here.token)
    tokens.revoke(token=here.token)
    tokens.revoke(token="nonsense")
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=here.token)
    assert tokens.rotate(token=there.token).user == owner
    tokens.revoke_all(user=owner)
    assert not RefreshSession.objects.exists()


def test_a_session_past_its_end_cannot_be_refreshed(owner: User) -> None:
    token = tokens.open_session(user=owner).token
    RefreshSession.objects.update(expires_at=timezone.now())
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=token)


@pytest.mark.security
def test_a_person_switched_off_cannot_refresh(owner: User) -> None:
    token = tokens.open_session(user=owner).token
    User.objects.filter(id=owner.id).update(is_active=False)
    with pytest.raises(tokens.SessionGone):
        tokens.rotate(token=token)


@pytest.mark.django_db(transaction=True)
def test_of_many_refreshes_at_once_one_succeeds(make_user: Callable[..., User]) -> None:
    """Security case 83."""
    token = tokens.open_session(user=make_user("Many Tabs")).token

    def attempt(_: int) -> Any:
        try:
            return tokens.rotate(token=token)
        except tokens.SessionGone:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        winners = [token for token in threads.map(attempt, range(16)) if token]
    assert len(winners) == 1
    assert tokens.rotate(token=winners[0].token)
