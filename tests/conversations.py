"""An endpoint, and conversations whose messages and runs are stored as the services store them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings
from redis.asyncio import Redis

from accounts.models import User
from billing.models import Balance
from chat.models import Conversation, Message, Run
from chat.services.turns import turns
from chat.services.turns.draft import Draft, StartedTurn
from chat.services.turns.queue import WORK, client
from endpoints.catalog import registry
from runs.stream_log import LogWriter

ENDPOINTS = """
version: 1.3.5
endpoints:
  custom:
    - name: Somewhere
      apiKey: sk-planted
      baseURL: http://127.0.0.1:9/v1
      models:
        default: [tiny, small, gpt-4o]
"""


@pytest.fixture
def somewhere(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """One endpoint `Somewhere` with the models `tiny`, `small` and the priced `gpt-4o`; an empty work list."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(ENDPOINTS)
    registry.reset()
    client().delete(WORK)
    yield
    registry.reset()


def draft(text: str = "Why do cats purr?", **changes: Any) -> Draft:
    return Draft(**{"text": text, "endpoint": "Somewhere", "model": "tiny", **changes})


def end(run: Run, text: str = "Because.", *, state: str = "done", message_state: str = "complete") -> Message:
    """Store a run's end as a generator would; returns the reply."""
    Run.objects.filter(id=run.id).update(state=state)
    Message.objects.filter(id=run.message_id).update(
        state=message_state, text=text, parts=[{"type": "text", "text": text}],
        finish_reason="stop" if message_state == "complete" else "",
    )  # fmt: skip
    return Message.objects.get(id=run.message_id)


@pytest.fixture
def make_branch(db: None) -> Callable[..., Conversation]:
    """Return a function that stores a conversation with one branch of `count` messages, `M0` … `M<count - 1>`."""

    def make(owner: User, count: int = 2, **fields: Any) -> Conversation:
        chat = Conversation.objects.create(owner=owner, endpoint="Somewhere", model="tiny", **fields)
        rows: list[Message] = []
        for number in range(count):
            rows.append(
                Message(
                    conversation=chat, parent=rows[-1] if rows else None, text=f"M{number}",
                    author="assistant" if number % 2 else "user", parts=[{"type": "text", "text": f"M{number}"}],
                    finish_reason="stop" if number % 2 else "", created_at=chat.created_at + timedelta(seconds=number),
                )
            )  # fmt: skip
        Message.objects.bulk_create(rows)
        return chat

    return make


@pytest.fixture
def balances_on(settings: Settings) -> None:
    settings.BALANCE_ENABLED = True
    settings.BALANCE_START_CREDITS = 1_000_000


def counts() -> dict[str, int]:
    """How much is stored: refusals leave it as it was."""
    return {model.__name__: model.objects.count() for model in (Conversation, Message, Run)} | {
        "held": sum(Balance.objects.values_list("held", flat=True))
    }


def began(user: User, **changes: Any) -> StartedTurn:
    return turns.start_turn(user=user, conversation_id=None, draft=draft(**changes))


@pytest.fixture
async def redis_client() -> AsyncIterator[Redis]:
    client: Redis = Redis.from_url(django_settings.REDIS_URL)
    yield client
    await client.aclose()


@pytest.fixture
async def writer(redis_client: Redis) -> AsyncIterator[LogWriter]:
    writer = LogWriter(redis_client)
    task = asyncio.create_task(writer.flush_for_ever())
    yield writer
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
