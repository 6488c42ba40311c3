"""`core.rate_limits.count_all`: several limits in one round trip."""

from typing import Any, cast
from unittest.mock import Mock

import pytest
import redis
from django.core.cache import cache

from core import rate_limits, redis_client
from core.rate_limits import Limit, NotCounted, Use, count, count_all

FIRST, SECOND = Limit("first", 2, 60), Limit("second", 5, 3600)


@pytest.fixture(autouse=True)
def emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr("core.rate_limits.time.time", lambda: 6_000_000.0)  # the same window throughout


def _kept(limit: Limit) -> int:
    return int(cache.get(f"limit:{limit.name}:ann:{6_000_000 // limit.window}", 0))


def test_the_first_limit_that_is_passed_is_told_and_ends_the_count() -> None:
    uses = (Use(FIRST, "ann"), Use(SECOND, "ann", 2))
    assert [count_all(*uses) for _ in range(2)] == [None, None]
    assert count_all(*uses) == uses[0]
    assert (_kept(FIRST), _kept(SECOND)) == (3, 4)
    assert count_all(Use(SECOND, "ann", 2)) == uses[1]
    assert count_all(*(Use(limit, "bob") for limit in (FIRST, SECOND))) is None


def test_what_has_no_limit_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.rate_limits.run_script", Mock(side_effect=AssertionError))
    assert count_all(Use(Limit("none", 0, 60), "ann"), Use(FIRST, "ann", 0)) is None


def test_a_window_ends_by_itself() -> None:
    count_all(Use(FIRST, "ann"))
    key = cache.make_key("limit:first:ann:100000")
    assert 0 < cast(int, redis_client.client().ttl(key)) <= 61


def test_a_count_that_is_taken_back_is_one_less() -> None:
    counted = count(FIRST, "ann")
    count(FIRST, "ann")
    counted.take_back()
    assert count_all(Use(FIRST, "ann")) is None


def test_one_round_trip_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[object] = []
    count_all(Use(FIRST, "bob"))  # the script is known from here on
    send: Any = redis.connection.AbstractConnection.send_packed_command

    def counting(self: Any, command: object, **options: Any) -> None:
        sent.append(command)
        send(self, command, **options)

    monkeypatch.setattr(redis.connection.AbstractConnection, "send_packed_command", counting)
    count_all(Use(FIRST, "ann"), Use(SECOND, "ann"), Use(Limit("third", 9, 60), "ann"))
    assert len(sent) == 1


@pytest.mark.parametrize("closed", [True, False])
def test_without_redis_only_what_is_closed_is_refused(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    monkeypatch.setattr(rate_limits, "run_script", Mock(side_effect=redis.ConnectionError))
    if not closed:
        assert count_all(Use(FIRST, "ann")) is None
        return
    with pytest.raises(NotCounted):
        count_all(Use(FIRST, "ann"), closed=True)


def test_the_cache_makes_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.get("a")
    monkeypatch.setattr(redis.Redis, "__init__", Mock(side_effect=AssertionError))
    cache.set("a", [1], 5)
    assert cache.get("a") == [1]
