#!/bin/sh
# redis-py 7.4.1 with socket_timeout set, on Python 3.11: a task is cancelled once while it sends a command.
# Expected: the task is over, as with socket_timeout=None. Seen: at one moment of the sending the cancellation is lost
# and the task goes on to whatever comes next, for ever if that is a loop: the client writes by asyncio.wait_for, which
# before Python 3.12 returns what is done instead of passing the cancellation on (python/cpython#86296).
# Needs Python 3.11; exits with 1 when this is no longer so.
set -e
python=$(command -v python3.11) || { echo "needs python3.11"; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check redis==7.4.1
"$folder/venv/bin/python" - <<'PY'
import asyncio
from contextlib import suppress

from redis.asyncio import Redis

MOMENTS = 12  # turns of the event loop after which the task is cancelled


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer each command with OK, as one line of RESP."""
    with suppress(ConnectionError):
        while head := await reader.readline():
            for _ in range(int(head[1:])):
                size = await reader.readline()
                await reader.readexactly(int(size[1:]) + 2)
            writer.write(b"+OK\r\n")
            await writer.drain()
    writer.close()


async def lost(port: int, timeout: float | None) -> list[int]:
    """Return after how many turns of the loop a cancellation is lost."""
    found = []
    for moment in range(MOMENTS):
        client = Redis(port=port, socket_timeout=timeout, protocol=2)
        await client.execute_command("PING")

        async def work(client: Redis = client) -> None:
            await client.execute_command("PING")
            await asyncio.sleep(60)

        task = asyncio.create_task(work())
        for _ in range(moment + 1):
            await asyncio.sleep(0)
        task.cancel()
        _, going_on = await asyncio.wait({task}, timeout=0.5)
        if going_on:
            found.append(moment)
            task.cancel()
            await asyncio.wait({task})
        await client.aclose()
    return found


async def main() -> int:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    without, with_timeout = await lost(port, None), await lost(port, 5)
    server.close()
    print(f"redis-py 7.4.1: cancellations lost without socket_timeout: {len(without)}, with: {len(with_timeout)}; expected 0, 0")
    return 0 if with_timeout and not without else 1


raise SystemExit(asyncio.run(main()))
PY
