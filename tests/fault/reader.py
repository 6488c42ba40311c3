"""An API client as a program has it: reads the event stream, and resumes it when the connection is lost."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.load.people import Person

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140"  # the API asks for a browser's name


@dataclass
class Reader:
    base: str
    person: Person
    session: aiohttp.ClientSession
    stream: str = ""
    text: str = ""
    final: dict[str, Any] | None = None
    connections: int = 0

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.person.token}", "User-Agent": BROWSER}

    async def ask(self, prompt: str) -> None:
        body = {"text": prompt, "endpoint": "Bench", "model": "bench-model", "conversationId": None}
        address = f"{self.base}/api/agents/chat/Bench"
        async with self.session.post(address, json=body, headers=self.headers) as reply:
            assert reply.status == 200, await reply.text()
            self.stream = (await reply.json())["streamId"]

    async def read(self, seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while self.final is None:
                try:
                    await self._read_once()
                except (aiohttp.ClientError, OSError):
                    await asyncio.sleep(0.2)

    async def _read_once(self) -> None:
        address = f"{self.base}/api/agents/chat/stream/{self.stream}"
        query = {"resume": "true"} if self.connections else {}
        async with self.session.get(address, params=query, headers=self.headers) as reply:
            if reply.status != 200:
                raise aiohttp.ClientPayloadError(str(reply.status))
            self.connections += 1
            async for line in reply.content:
                if line.startswith(b"data:"):
                    self._apply(json.loads(line[5:]))

    def _apply(self, payload: dict[str, Any]) -> None:
        if "resumeState" in payload:
            content = payload["resumeState"]["aggregatedContent"]
            self.text = "".join(part.get("text", "") for part in content)
        if payload.get("event") == "on_message_delta":
            self.text += "".join(part.get("text", "") for part in payload["data"]["delta"]["content"])
        if payload.get("final"):
            self.final = payload
