"""An endpoint, credit, and conversations whose messages and runs are stored as the services store them."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings
from django.db import connections
from pytest_django import Settings
from redis.asyncio import Redis

from accounts.models import User
from api.librechat.chat import threads
from billing.models import Balance, Budget
from billing.services import budgets
from chat.models import Conversation, Message, Project, Run
from chat.services.turns import turns
from chat.services.turns.draft import Draft, StartedTurn
from core.redis_client import client
from runs.stream_log import LogWriter

PLANTED_KEY = "sk-planted-in-the-configuration"
ENDPOINTS = f"""
version: 1.3.5
endpoints:
  custom:
    - name: Somewhere
      apiKey: {PLANTED_KEY}
      baseURL: http://127.0.0.1:9/v1
      modelDisplayLabel: Some Model
      models:
        default: [tiny, small, gpt-4o]
"""


@pytest.fixture
def somewhere(settings: Settings, tmp_path: Path, fresh_registry: None) -> None:
    """One endpoint of the file: `Somewhere` with the models `tiny`, `small` and the priced `gpt-4o`."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(ENDPOINTS)


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
def make_conversation(db: None) -> Callable[..., Conversation]:
    def make(owner: User, title: str = "Cats at night", **fields: Any) -> Conversation:
        values = {"endpoint": "Somewhere", "model": "tiny", "titled_by": Conversation.TitledBy.MODEL, **fields}
        return Conversation.objects.create(owner=owner, title=title, **values)

    return make


@pytest.fixture
def chat(owner: User, make_conversation: Callable[..., Conversation]) -> Conversation:
    return make_conversation(owner)


@pytest.fixture
def project(sharer: User) -> Project:
    return Project.objects.create(owner=sharer, name="Moon", instructions="Speak of craters.")


@pytest.fixture
def make_turn(db: None) -> Callable[..., Run]:
    """Return a function that stores a question, its reply and the run that wrote (or writes) it."""

    def make(
        conversation: Conversation, *, text: str = "Why?", reply: str = "Because.", state: str = "done", **fields: Any
    ) -> Run:
        message_state = {"done": "complete", "queued": "streaming", "running": "streaming"}.get(state, state)
        parts = fields.pop("parts", [{"type": "text", "text": reply}] if reply else [])
        question = Message.objects.create(
            conversation=conversation, author="user", text=text, parent=fields.pop("parent", None),
            parts=[{"type": "text", "text": text}],
        )  # fmt: skip
        answer = Message.objects.create(
            conversation=conversation, author="assistant", text=reply, parts=parts, parent=question,
            endpoint=conversation.endpoint, model=conversation.model, sender=conversation.model, state=message_state,
            finish_reason="stop" if state == "done" else "", usage={"input_tokens": 3, "output_tokens": 2},
            created_at=question.created_at + timedelta(milliseconds=1),
        )  # fmt: skip
        return Run.objects.create(
            owner=conversation.owner, conversation=conversation, message=answer, state=state, **fields
        )

    return make


@pytest.fixture
def make_budget(db: None) -> Callable[..., Budget]:
    def make(**fields: Any) -> Budget:
        budget = Budget.objects.create(**({"name": "A budget", "scope": "everyone", "amount": 1_000} | fields))
        budgets.active.invalidate()
        return budget

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


@pytest.fixture
async def stream_threads() -> AsyncIterator[None]:
    """Close what the threads of event streams and of async tests hold, so that the test's database can go."""
    yield
    await sync_to_async(connections.close_all)()
    together = threading.Barrier(threads.THREADS, timeout=10)

    def close() -> None:
        together.wait()
        connections.close_all()

    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(threads.pool, close) for _ in range(threads.THREADS)))


@pytest.fixture
def full_redis() -> Iterator[None]:
    """Redis reads, but has no memory for another write."""
    client().config_set("maxmemory", "1")
    yield
    client().config_set("maxmemory", "0")
