"""The benchmark's clients: straight at the model server, through the page's websocket, and through the API."""

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp

ARTICLE = re.compile(r'data-run="([0-9a-f-]{36})"[^>]*?data-ticket="([0-9a-f]+)"', re.DOTALL)
TAGS = re.compile(r"<[^>]+>")


@dataclass
class Sample:
    """One reply as its reader saw it. Times in seconds since the request began."""

    answered: float = 0.0  # the request was, before any text
    first: float = 0.0
    total: float = 0.0
    frames: list[float] = field(default_factory=list)
    characters: int = 0
    failed: str = ""

    @property
    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in zip(self.frames, self.frames[1:], strict=False)]


async def direct(session: aiohttp.ClientSession, url: str, prompt: str) -> Sample:
    """Ask the model server as the generator would."""
    sample, started = Sample(), time.perf_counter()
    body = {
        "model": "bench-model",
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "user", "content": prompt}],
    }
    headers = {"Authorization": "Bearer sk-bench"}
    async with session.post(f"{url}/v1/chat/completions", json=body, headers=headers) as reply:
        async for line in reply.content:
            if not line.startswith(b"data: {"):
                continue
            choices = json.loads(line[6:]).get("choices")
            text = choices[0]["delta"].get("content") if choices else None
            if text:
                _note(sample, started, len(text))
    sample.total = time.perf_counter() - started
    return sample


@dataclass
class PageUser:
    """A signed-in person with one open tab."""

    base: str
    session: aiohttp.ClientSession
    csrf: str
    socket: aiohttp.ClientWebSocketResponse | None = None
    received: int = 0  # bytes on this socket, and how many of them the server knows of
    acknowledged: int = 0

    async def open(self) -> None:
        self.socket = await self.session.ws_connect(
            f"{self.base}/ws", headers={"Origin": self.base}, max_msg_size=0, compress=0
        )

    async def turn(self, prompt: str) -> Sample:
        """Send the first message of a new conversation and read its reply over the socket."""
        assert self.socket is not None
        sample, started = Sample(), time.perf_counter()
        form = {"text": prompt, "endpoint": "Bench", "model": "bench-model", "parent": ""}
        headers = {"HX-Request": "true", "X-CSRFToken": self.csrf, "Origin": self.base}
        async with self.session.post(f"{self.base}/c/new/turns", data=form, headers=headers) as reply:
            html = await reply.text()
            sample.answered = time.perf_counter() - started
            if reply.status != 200:
                sample.failed = f"{reply.status}: {html[:200]}"
                return sample
        match = ARTICLE.search(html)
        if match is None:
            sample.failed = "no run in the answer"
            return sample
        run, ticket = match.groups()
        await self.socket.send_json({"follow": run, "ticket": ticket})
        await self._read(run, sample, started)
        sample.total = time.perf_counter() - started
        return sample

    async def _read(self, run: str, sample: Sample, started: float) -> None:
        assert self.socket is not None
        async for frame in self.socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                sample.failed = f"socket {frame.type}"
                return
            self.received += len(frame.data.encode())
            if self.received - self.acknowledged > 65_536:
                self.acknowledged = self.received
                await self.socket.send_json({"ack": self.received})
            for line in frame.data.split("\n"):
                command = json.loads(line)
                if command[1:2] != [run]:
                    continue
                if command[0] in {"d", "gone"}:
                    sample.failed = "" if command[0] == "d" and command[2] == "complete" else str(command[:3])
                    return
                size = visible(command)
                if size:
                    _note(sample, started, size)


def visible(command: list[Any]) -> int:
    """Return how many characters of text a command brings."""
    pieces = command[3:] if command[0] in {"p", "n", "h", "r"} else command[2:]
    return sum(len(TAGS.sub("", piece).strip()) for piece in pieces if isinstance(piece, str))


async def through_api(session: aiohttp.ClientSession, base: str, token: str, prompt: str) -> Sample:
    """Start a run by the REST API and read its event stream."""
    sample, started = Sample(), time.perf_counter()
    headers = {"Authorization": f"Bearer {token}", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Chrome/140"}
    body = {"text": prompt, "endpoint": "Bench", "model": "bench-model", "conversationId": None}
    async with session.post(f"{base}/api/agents/chat/Bench", json=body, headers=headers) as reply:
        if reply.status != 200:
            sample.failed = f"{reply.status}: {(await reply.text())[:200]}"
            return sample
        stream = (await reply.json())["streamId"]
    finished = False
    async with session.get(f"{base}/api/agents/chat/stream/{stream}", headers=headers) as reply:
        async for line in reply.content:
            if not line.startswith(b"data:"):
                continue
            payload = json.loads(line[5:])
            if payload.get("event") == "on_message_delta":
                text = "".join(part.get("text", "") for part in payload["data"]["delta"]["content"])
                _note(sample, started, len(text))
            finished = finished or bool(payload.get("final"))
    sample.failed = "" if finished else "no final event"
    sample.total = time.perf_counter() - started
    return sample


def _note(sample: Sample, started: float, characters: int) -> None:
    now = time.perf_counter() - started
    if not sample.frames:
        sample.first = now
    sample.frames.append(now)
    sample.characters += characters


async def gather(*tasks: Any) -> list[Sample]:
    """Run all at once; a client that breaks becomes a failed sample."""
    results = await asyncio.gather(*tasks, return_exceptions=True)
    return [result if isinstance(result, Sample) else Sample(failed=repr(result)) for result in results]
