"""A JSON client, and what a conversation needs to exist without a model."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections
from django.test import AsyncClient, Client
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from api.librechat.chat import stream
from chat.models import Conversation, Message, Run
from endpoints.catalog import registry

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    Answer = _MonkeyPatchedWSGIResponse

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
        default: [tiny, small]
"""


def bearer(user: User, **changes: Any) -> dict[str, str]:
    """Return the header that signs `user` in, as the wire format describes the token."""
    now = timezone.now()
    claims = {
        "id": str(user.id), "username": user.username, "provider": user.provider, "email": user.email,
        "iat": now, "exp": now + timedelta(minutes=15), "version": user.sign_in_version,
    }  # fmt: skip
    token = jwt.encode(claims | changes, settings.JWT_SECRET, algorithm="HS256")
    return {"Authorization": f"Bearer {token}"}


class Api:
    """A client that sends and gets JSON. `send` takes any value, `raw` any bytes."""

    def __init__(self, user: User | None = None) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = bearer(user) if user else {}

    def raw(self, method: str, path: str, data: bytes = b"", **headers: str) -> "Answer":
        return self.client.generic(method, path, data, "application/json", headers={**self.headers, **headers})

    def send(self, method: str, path: str, body: Any = None) -> "Answer":
        return self.raw(method, path, b"" if body is None else json.dumps(body).encode())

    def get(self, path: str) -> "Answer":
        return self.send("GET", path)

    def post(self, path: str, body: Any) -> "Answer":
        return self.send("POST", path, body)


@pytest.fixture
def api() -> Callable[..., Api]:
    return Api


@pytest.fixture
def somewhere(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """One endpoint, from the configuration file: `Somewhere` with the models `tiny` and `small`."""
    settings.LIBRECHAT_CONFIG = tmp_path / "librechat.yaml"
    settings.LIBRECHAT_CONFIG.write_text(ENDPOINTS)
    registry.reset()
    yield
    registry.reset()


@pytest.fixture
def make_conversation(db: None) -> Callable[..., Conversation]:
    def make(owner: User, title: str = "Cats at night", **fields: Any) -> Conversation:
        values = {"endpoint": "Somewhere", "model": "tiny", "titled_by": Conversation.TitledBy.MODEL, **fields}
        return Conversation.objects.create(owner=owner, title=title, **values)

    return make


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
async def stream_threads() -> AsyncIterator[None]:
    """Close what the threads of event streams and of async tests hold, so that the test's database can go."""
    yield
    await sync_to_async(connections.close_all)()
    together = threading.Barrier(stream.THREADS, timeout=10)

    def close() -> None:
        together.wait()
        connections.close_all()

    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(stream._pool, close) for _ in range(stream.THREADS)))


async def read_stream(path: str, user: User) -> list[tuple[str, dict[str, Any]]]:
    """Read an event stream to its end; return (event, payload) of every frame."""
    response: Any = await AsyncClient().get(path, headers=bearer(user))
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "text/event-stream"
    text = ""
    async for piece in response.streaming_content:
        text += piece.decode()
    return frames_of(text)


def frames_of(text: str) -> list[tuple[str, dict[str, Any]]]:
    frames = []
    for block in text.split("\n\n"):
        if block and not block.startswith(":"):
            name, data = block.split("\n")
            frames.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return frames
