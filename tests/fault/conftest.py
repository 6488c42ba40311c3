"""A real system per module, and a look into its database."""

import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.fault.tab import Tab
from tests.load.people import Person, make_people
from tests.load.stack import ROOT, Stack, _name, running_stack


@pytest.fixture(scope="module")
def short_lease_stack() -> Iterator[Stack]:
    with running_stack(GENERATION_LEASE_SECONDS="4") as running:
        yield running


@pytest.fixture
async def person_tab(short_lease_stack: Stack) -> AsyncIterator[Tab]:
    [person] = make_people(short_lease_stack, 1)
    tab = Tab.of(short_lease_stack.base, person)
    yield tab
    await tab.session.close()


@pytest.fixture
def pid_of(short_lease_stack: Stack) -> Callable[[str], int]:
    """Return a function that gives the process of a part: of several the supervisor's own, 0 while there is none."""

    def find(part: str) -> int:
        return next((pid for pid in short_lease_stack.processes() if _name(pid) == part), 0)

    return find


@pytest.fixture
def row_of(short_lease_stack: Stack) -> Callable[[str], dict[str, Any]]:
    """Return a function that reads a run with its message, hold and ledger entries."""

    def read(run: str) -> dict[str, Any]:
        url = short_lease_stack.runtime()["DATABASE_URL"]
        with psycopg.connect(url, row_factory=dict_row) as connection:
            row = connection.execute(
                "SELECT g.state, g.error, g.conversation_id, m.id AS message_id, m.state AS message_state, m.text,"
                " m.finish_reason, h.state AS hold FROM chat_generation g JOIN chat_message m ON m.id = g.message_id"
                " JOIN billing_hold h ON h.id = g.hold_id WHERE g.id = %s",
                [run],
            ).fetchone()
            assert row is not None
            entries = connection.execute(
                "SELECT e.estimated, e.output_tokens FROM billing_ledgerentry e JOIN chat_generation g"
                " ON g.hold_id = e.hold_id WHERE g.id = %s",
                [run],
            ).fetchall()
            return row | {"entries": entries}

    return read


async def provider_text(stack: Stack, prompt: str) -> str:
    """Return what the provider says to `prompt`, asked directly and without pauses."""
    fast = prompt.replace("delay=20", "delay=0")
    body = {"model": "bench-model", "messages": [{"role": "user", "content": fast}]}
    headers = {"Authorization": "Bearer sk-bench"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{stack.model_url}/v1/chat/completions", json=body, headers=headers) as reply,
    ):
        return " ".join((await reply.json())["choices"][0]["message"]["content"].split())


async def calls_of(stack: Stack, prompt: str) -> int:
    """Return how often the provider was asked exactly this by a run."""
    async with aiohttp.ClientSession() as session, session.get(f"{stack.model_url}/__requests") as reply:
        seen = (await reply.json())["requests"]
    return sum(request["body"]["messages"][-1]["content"] == prompt for request in seen if request.get("body"))


_QUEUE = """
import sys
import django
django.setup()
from accounts.models import User
from chat.services.turns.draft import Draft
from chat.services.turns.turns import start_turn
email, text = sys.argv[1:]
draft = Draft(text=text, endpoint="Bench", model="bench-model")
print("RUN", start_turn(user=User.objects.get(email=email), conversation_id=None, draft=draft).run.id)
"""


def queue_unheard(stack: Stack, person: Person, text: str) -> str:
    """Start a turn in a process that cannot reach Redis, so that nothing announces it; return its run."""
    environment = stack.environment | stack.runtime()
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings", "REDIS_URL": "redis://127.0.0.1:1/0"}
    command = [sys.executable, "-c", _QUEUE, person.email, text]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return next(line for line in done.stdout.splitlines() if line.startswith("RUN ")).removeprefix("RUN ")
