"""What a long run writes to Postgres and sends to a tab: linear in what is new, however long it has become."""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from asgiref.sync import sync_to_async
from django.db import connection

from accounts.models import User
from chat.models import ToolResult
from chat.services.model_settings import ModelSettings
from chat.services.turns.turns import ticket_for
from tests.pages.tabs import Socket
from tests.runs.scripted import Process, ScriptedModel, asked, called, happened, in_turn, over, play, said, texts

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("provider", "one_process"),
]
ROUNDS, SIZE = 25, 100_000


def size_of(value: Any) -> int:
    """Return how many bytes a parameter of a statement has, about."""
    if isinstance(value, str | bytes):
        return len(value.encode() if isinstance(value, str) else value)
    if isinstance(value, Mapping):
        return sum(map(size_of, value.values()))
    if isinstance(value, list | tuple):
        return sum(map(size_of, value))
    if hasattr(value, "obj"):  # JSON, as Django passes it on
        return len(json.dumps(value.obj))
    return 8


@contextmanager
def written_by_round(monkeypatch: pytest.MonkeyPatch, model: ScriptedModel) -> Iterator[Counter[int]]:
    """Count the bytes of all parameters that go to Postgres, by the number of the model call that was begun last."""
    written: Counter[int] = Counter()
    execute = psycopg.Cursor.execute

    def counted(self: Any, query: Any, params: Any = None, **options: Any) -> Any:
        written[len(model.requests)] += size_of(params or ())
        return execute(self, query, params, **options)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", counted)
        yield written


def wal() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")
        return int(cursor.fetchone()[0])


async def listen(socket: Socket) -> None:
    while True:
        await socket.settled()
        await asyncio.sleep(0.02)


async def test_late_rounds_cost_as_early_ones(owner: User, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
    """25 rounds with 100 KB of results each."""
    rounds = [called((f"c{number}", "look", {"q": f"{number:02}", "size": SIZE})) for number in range(ROUNDS)]
    model = play(monkeypatch, in_turn(*rounds, said("Done.")))
    socket, before = await Socket(owner).open(), await sync_to_async(wal)()
    with written_by_round(monkeypatch, model) as written:
        started = await asked(owner, settings=ModelSettings({"maxContextTokens": 10_000_000}))
        await socket.say(follow=str(started.run.id), ticket=ticket_for(started.run.id, owner.id))
        listening = asyncio.create_task(listen(socket))
        run = await over(started)
        await happened(lambda: any(message[0] == "d" for message in socket.messages))
        listening.cancel()
        await asyncio.wait([listening])
    logged = await sync_to_async(wal)() - before
    await socket.close()

    assert (len(run.message.content), len(model.requests)) == (2 * ROUNDS + 1, ROUNDS + 1)
    assert len(str(run.checkpoint)) < 1_500
    assert await ToolResult.objects.acount() == ROUNDS
    assert texts(model.requests[-1])[-1] == f"tool: {'x' * SIZE}"

    sent: Counter[int] = Counter()  # by round: a round has two parts
    for message in socket.messages:
        if message[0] in {"n", "p", "h"}:
            sent[int(message[2]) // 2 + 1] += len(json.dumps(message))
    sys.stdout.write(
        f"\nto Postgres: {written.total():,} bytes of parameters, {logged:,} of WAL; to the tab: {socket.received:,}\n"
        f"written by round: {[written[number] for number in range(ROUNDS + 2)]}\n"
        f"sent by round: {[sent[number] for number in range(1, ROUNDS + 2)]}\n"
    )
    for counts in (written, sent):
        early, late = (sum(counts[number] for number in span) for span in (range(5, 10), range(21, 26)))
        assert late <= 1.2 * early, counts
        assert early <= 1.2 * late, "nothing of an early round is written or sent again later"
    assert written.total() < 1.3 * ROUNDS * SIZE, "each result is written once"
    assert socket.received < 0.1 * ROUNDS * SIZE, "a tab is sent the beginning of a result"
