"""A tab as the browser has it: applies the websocket's messages and reconnects when the socket is lost."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.load.clients import ARTICLE
from tests.load.people import CSRF, Person, http_session

TAGS = re.compile(r"<[^>]+>")
PART = re.compile(r'data-part="(\d+)"')
OPEN = re.compile(r"<div data-open>.*?</div>", re.DOTALL)


@dataclass
class Part:
    closed: str = ""
    opened: str = ""
    tail: str = ""


@dataclass
class Tab:
    base: str
    person: Person
    session: aiohttp.ClientSession
    run: str = ""
    ticket: str = ""
    parts: dict[int, Part] = field(default_factory=dict)
    foot: str = ""
    state: str = ""
    connections: int = 0

    @classmethod
    def of(cls, base: str, person: Person) -> "Tab":
        return cls(base, person, http_session(person))

    @property
    def text(self) -> str:
        html = "".join(part.closed + part.opened + part.tail for _, part in sorted(self.parts.items()))
        return " ".join(TAGS.sub("", html).split())

    async def post(self, path: str, **form: str) -> str:
        """Send a form of the page; keep the run that the answer names."""
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", "X-CSRFToken": CSRF, "Origin": self.base}
        async with self.session.post(self.base + path, data=form, headers=headers) as reply:
            html = await reply.text()
            assert reply.status == 200, (reply.status, html[:300])
        match = ARTICLE.search(html)
        if match:
            self.run, self.ticket = match.groups()
        return html

    async def ask(self, prompt: str) -> str:
        return await self.post("/c/new/turns", text=prompt, endpoint="Bench", model="bench-model", parent="")

    async def get(self, path: str) -> tuple[int, str]:
        async with self.session.get(self.base + path) as reply:
            return reply.status, await reply.text()

    async def watch(self, seconds: float = 120) -> None:
        """Follow the run to its end, through as many connections as it takes."""
        async with asyncio.timeout(seconds):
            while not self.state:
                try:
                    await self._watch_once()
                except (aiohttp.ClientError, OSError):
                    await asyncio.sleep(0.2)

    async def _watch_once(self) -> None:
        async with self.session.ws_connect(f"{self.base}/ws", headers={"Origin": self.base}) as socket:
            self.connections += 1
            await socket.send_json({"follow": self.run, "ticket": self.ticket})
            async for frame in socket:
                if frame.type is not aiohttp.WSMsgType.TEXT:
                    return
                for line in frame.data.split("\n"):
                    self.apply(json.loads(line))
                if self.state:
                    return

    def apply(self, command: list[Any]) -> None:
        if command[1:2] != [self.run]:
            return
        match command:
            case ["reset", _, html]:
                pieces = PART.split(html)
                self.parts = {
                    int(index): Part(OPEN.sub("", "<x " + body))
                    for index, body in zip(pieces[1::2], pieces[2::2], strict=True)
                }
            case ["n", _, index, _]:
                self.parts[index] = Part()
            case ["h" | "r", _, index, html]:
                self.parts[index] = Part(html)
            case ["p", _, index, closed, opened, tail]:
                part = self.parts[index]
                part.closed += closed
                if opened is not None:
                    part.opened, part.tail = opened, ""
                part.tail += tail or ""
            case ["d", _, state, foot]:
                self.state, self.foot = state, foot
            case ["gone", _]:
                self.state = "gone"
