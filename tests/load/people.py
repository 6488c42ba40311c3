"""The benchmark's people: accounts, sessions and tokens, written straight into its own database."""

import asyncio
import json
import random
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from tests.load.clients import PageUser
from tests.load.stack import Stack

_MAKE = """
import json, sys
import django
django.setup()
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.db import transaction
from accounts.models import User
from accounts.services.tokens import access_token
first, count = int(sys.argv[1]), int(sys.argv[2])
people = []
with transaction.atomic():  # one wait for the disk
    for number in range(first, first + count):
        user, _ = User.objects.get_or_create(email=f"bench{number}@example.org", defaults={"name": f"Bench {number}"})
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.save()
        people.append({"email": user.email, "session": session.session_key, "token": access_token(user)})
print("PEOPLE" + json.dumps(people))
"""
CSRF = "a" * 32


@dataclass(frozen=True)
class Person:
    email: str
    session: str
    token: str


def make_people(stack: Stack, count: int, first: int = 0) -> list[Person]:
    """Create accounts `first` … `first + count - 1`, each signed in."""
    environment = stack.environment | stack.runtime() | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    command = [stack.python, "-c", _MAKE, str(first), str(count)]
    done = subprocess.run(command, cwd=stack.root, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    line = next(line for line in done.stdout.splitlines() if line.startswith("PEOPLE"))
    return [Person(**row) for row in json.loads(line.removeprefix("PEOPLE"))]


def http_session(person: Person) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        cookies={"sessionid": person.session, "csrftoken": CSRF},
        cookie_jar=aiohttp.CookieJar(unsafe=True),
        timeout=aiohttp.ClientTimeout(total=300),
    )


async def open_tabs(stack: Stack, people: list[Person]) -> list[PageUser]:
    """Give each person one tab whose connections are open before a clock starts."""
    tabs = [PageUser(stack.base, http_session(person), CSRF) for person in people]
    try:
        for start in range(0, len(tabs), 20):
            batch = tabs[start : start + 20]
            await asyncio.gather(*(tab.open() for tab in batch))
            await asyncio.gather(*(_touch(tab) for tab in batch))
    except BaseException:
        await close_tabs(tabs)
        raise
    return tabs


async def _touch(tab: PageUser) -> None:
    async with tab.session.get(f"{tab.base}/health") as reply:
        await reply.read()


async def close_tabs(tabs: list[PageUser]) -> None:
    for tab in tabs:
        if tab.socket is not None:
            await tab.socket.close()
        await tab.session.close()


def write_conversations(path: Path, conversations: int, messages: int) -> None:
    """Write the file that `load_conversations` reads, the same for every run."""
    dice = random.Random(7)
    words = [
        "index",
        "table",
        "query",
        "plan",
        "vacuum",
        "lock",
        "page",
        "buffer",
        "cache",
        "tuple",
        "heap",
        "scan",
        "sort",
        "merge",
        "hash",
        "join",
    ]

    def text(length: int) -> str:
        return " ".join(dice.choice(words) for _ in range(length))

    with path.open("w") as file:
        for number in range(conversations):
            turns = [{"role": "assistant" if index % 2 else "user", "content": text(40)} for index in range(messages)]
            row: dict[str, Any] = {"title": text(5), "created": 1_700_000_000 + number * 60, "messages": turns}
            file.write(json.dumps(row) + "\n")


def load(stack: Stack, file: Path, email: str) -> str:
    """Run `manage.py load_conversations`; return what it printed."""
    environment = stack.environment | stack.runtime()
    command = [stack.python, "manage.py", "load_conversations", str(file), "--user", email]
    done = subprocess.run(command, cwd=stack.root, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()
