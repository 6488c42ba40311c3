"""`core.redis_client.async_client`: connections are given out without a look, and one that was closed is made anew."""

import asyncio
from typing import Any

import pytest
import redis
from redis.asyncio.connection import AbstractConnection

from core.redis_client import async_client, client


async def test_a_command_is_one_write_and_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = async_client(socket_timeout=5)
    await ours.set("parley:test", 1, ex=60)
    looked: list[int] = []

    async def look(self: Any) -> bool:
        looked.append(1)
        return False

    monkeypatch.setattr(AbstractConnection, "can_read_destructive", look)
    async with ours.pipeline(transaction=False) as pipe:
        pipe.incr("parley:test")
        assert await pipe.execute() == [2]
    assert await ours.get("parley:test") == b"2"
    assert looked == []
    await ours.aclose()


async def test_a_connection_that_the_server_has_closed_is_made_anew() -> None:
    ours = async_client(socket_timeout=5)
    await ours.set("parley:test", 5, ex=60)
    for _ in range(2):
        number = await ours.client_id()
        await asyncio.to_thread(client().client_kill_filter, _id=str(number))
        async with ours.pipeline(transaction=False) as pipe:
            pipe.get("parley:test")
            assert await pipe.execute() == [b"5"]
        number = await ours.client_id()
        await asyncio.to_thread(client().client_kill_filter, _id=str(number))
        assert await ours.get("parley:test") == b"5"
    await ours.aclose()


async def test_a_server_that_is_away_is_an_error_at_once(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    ours = async_client(socket_timeout=5)
    with pytest.raises(redis.ConnectionError):
        await ours.get("parley:test")
    await ours.aclose()
