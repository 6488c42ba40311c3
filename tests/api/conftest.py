"""A JSON client, and a reader of event streams."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import jwt
from django.conf import settings
from django.test import AsyncClient, Client
from django.utils import timezone

from accounts.models import User
from tests.cast import PASSWORD

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse

    Answer = _MonkeyPatchedWSGIResponse


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

    @classmethod
    def by_password(cls, user: User) -> "Api":
        """Return a client with the token of a sign-in, which belongs to a session."""
        api = cls()
        token = api.post("/api/auth/login", {"email": user.email, "password": PASSWORD}).json()["token"]
        api.headers = {"Authorization": f"Bearer {token}"}
        return api

    def raw(self, method: str, path: str, data: bytes = b"", **headers: str) -> "Answer":
        return self.client.generic(method, path, data, "application/json", headers={**self.headers, **headers})

    def send(self, method: str, path: str, body: Any = None) -> "Answer":
        return self.raw(method, path, b"" if body is None else json.dumps(body).encode())

    def get(self, path: str) -> "Answer":
        return self.send("GET", path)

    def post(self, path: str, body: Any) -> "Answer":
        return self.send("POST", path, body)


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
