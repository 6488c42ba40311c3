"""Measures one revision: `measure` runs a whole Parley and returns a number for each figure."""

import asyncio
import contextlib
import functools
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from pathlib import Path

import aiohttp

from tests.load.clients import Sample, direct, gather, through_api
from tests.load.figures import Sizes, quantile
from tests.load.people import (
    Person,
    close_tabs,
    http_session,
    load,
    make_people,
    open_tabs,
    write_conversations,
)
from tests.load.stack import ROOT, Stack, restart, running_stack

STEADY = "[[tokens:200 delay=20]] go"
SINGLE = "[[tokens:20 delay=5]] go"
UNREACHED = "1000000"  # all people come from one address, and one writes without a pause: they are counted, not refused
BROKEN = (aiohttp.ClientError, OSError, RuntimeError, subprocess.SubprocessError, LookupError)
NOT_COMPILED = r"/(\.venv|\.git|node_modules|tests)/"
Note = Callable[[str, float], None]
Group = Callable[[Stack, Sizes, Note], None]


def measure(
    sizes: Sizes,
    groups: Sequence[str],
    *,
    root: Path = ROOT,
    python: str = sys.executable,
    seen: Note = lambda _figure, _value: None,
) -> dict[str, float]:
    """Run the Parley of `root` and return its figures; `seen` gets each as it is measured.

    A group that breaks says why, and its figures are missing.
    """
    numbers: dict[str, float] = {}

    def note(figure: str, value: float) -> None:
        numbers[figure] = value
        seen(figure, value)

    # A start is not to compile what the last one has compiled, in a new checkout as little as in this one.
    subprocess.run([python, "-m", "compileall", "-q", "-x", NOT_COMPILED, "."], cwd=root, check=False)
    with running_stack(root=root, python=python, WRITE_IP_MAX=UNREACHED, WRITE_USER_MAX=UNREACHED) as stack:
        if "start" in groups:
            note("start with an empty folder until /readyz (s)", stack.start_seconds)
        for group in groups:
            try:
                _MEASURED[group](stack, sizes, note)
            except BROKEN as fault:
                print(f"{group} broke: {fault!r}"[:600], file=sys.stderr, flush=True)
    return numbers


@contextlib.contextmanager
def _many_files() -> Iterator[None]:
    """Let this process have the files that hundreds of sockets take. Parley keeps the limit it was started with."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def as_clients(group: Callable[[Stack, Sizes, Note], Coroutine[None, None, None]]) -> Group:
    """Run a coroutine as a group, with enough files for its sockets."""

    @functools.wraps(group)
    def run(stack: Stack, sizes: Sizes, note: Note) -> None:
        with _many_files():
            asyncio.run(group(stack, sizes, note))

    return run


def start(stack: Stack, sizes: Sizes, note: Note) -> None:
    seconds = [restart(stack) for _ in range(sizes.restarts)]
    note("start with data in place until /readyz (s)", statistics.median(seconds))


def memory(stack: Stack, sizes: Sizes, note: Note) -> None:
    restart(stack)  # the first start also makes the tables
    time.sleep(sizes.settle)
    _note_memory("idle memory", stack, note)
    as_clients(_sockets)(stack, sizes, note)


async def _sockets(stack: Stack, sizes: Sizes, note: Note) -> None:
    tabs = await open_tabs(stack, make_people(stack, sizes.crowd))
    await asyncio.sleep(sizes.settle)
    _note_memory(f"memory with {sizes.crowd} sockets", stack, note)
    await close_tabs(tabs)


def _note_memory(name: str, stack: Stack, note: Note) -> None:
    parts = stack.pss_megabytes()
    note(f"{name}, all (MB)", sum(parts.values()))
    for part in sorted(parts):
        note(f"{name}, {part} (MB)", parts[part])


@as_clients
async def turn(stack: Stack, sizes: Sizes, note: Note) -> None:
    """One turn at a time, the ways taking turns."""
    person = make_people(stack, 1)[0]
    [tab] = await open_tabs(stack, [person])
    async with aiohttp.ClientSession() as straight, http_session(person) as api:
        ways: dict[str, Callable[[], Awaitable[Sample]]] = {
            "direct": lambda: direct(straight, stack.model_url, SINGLE),
            "page": lambda: tab.turn(SINGLE),
            "api": lambda: through_api(api, stack.base, person.token, SINGLE),
        }
        samples: dict[str, list[Sample]] = {name: [] for name in sizes.ways}
        for number in range(sizes.rounds + 5):
            for name, taken in samples.items():
                sample = await ways[name]()
                if sample.failed:
                    raise RuntimeError(f"{name}: {sample.failed}")
                if number >= 5:
                    taken.append(sample)
    await close_tabs([tab])
    base = statistics.median(sample.first for sample in samples["direct"])
    for name, taken in samples.items():
        first = [sample.first for sample in taken]
        middle, high = statistics.median(first), quantile(first, 0.95)
        note(f"first token, one at a time, {name}, median (ms)", middle * 1000)
        note(f"first token, one at a time, {name}, p95 (ms)", high * 1000)
        if name != "direct":
            note(f"first token added over direct, {name}, median (ms)", (middle - base) * 1000)
            note(f"first token added over direct, {name}, p95 (ms)", (high - base) * 1000)
        whole = statistics.median(sample.total for sample in taken)
        note(f"whole reply of 20 tokens, one at a time, {name}, median (ms)", whole * 1000)


@as_clients
async def stream(stack: Stack, _sizes: Sizes, note: Note) -> None:
    """One stream without delay: how fast text can pass."""
    person = make_people(stack, 1)[0]
    [tab] = await open_tabs(stack, [person])
    times: dict[int, list[float]] = {2_000: [], 20_000: []}
    for _ in range(5):
        for tokens, taken in times.items():
            sample = await tab.turn(f"[[tokens:{tokens} delay=0]] go")
            if sample.failed:
                raise RuntimeError(f"one stream of {tokens}: {sample.failed}")
            taken.append(sample.total)
    await close_tabs([tab])
    small, large = statistics.median(times[2_000]), statistics.median(times[20_000])
    note("one stream of 2,000 tokens without delay (tokens/s)", 2000 / small)
    note("20,000 tokens take, against 2,000 (×)", large / small)


@as_clients
async def burst(stack: Stack, sizes: Sizes, note: Note) -> None:
    for count in sizes.streams:
        for way in sizes.ways:
            await _streams(stack, count, way, note)


@as_clients
async def crowd(stack: Stack, sizes: Sizes, note: Note) -> None:
    for way in ("direct", "page"):
        await _streams(stack, sizes.crowd, way, note)


async def _streams(stack: Stack, count: int, way: str, note: Note) -> None:
    """`count` streams started in one instant, each its own person, 200 tokens at 20 ms, everything stored."""
    if way == "direct":
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            samples = await gather(*(direct(session, stack.model_url, STEADY) for _ in range(count)))
        _summarise(f"{count} streams, {way}", samples, note)
        return
    people = make_people(stack, count)
    spent = stack.cpu_seconds
    cpu, samples = await (_on_pages if way == "page" else _on_api)(stack, people, spent)
    _summarise(f"{count} streams, {way}", samples, note)
    if good := sum(not sample.failed for sample in samples):
        note(f"{count} streams, {way}: CPU per 1,000 tokens (s)", cpu / (good * 200 / 1000))


async def _on_pages(stack: Stack, people: list[Person], spent: Callable[[], float]) -> tuple[float, list[Sample]]:
    tabs = await open_tabs(stack, people)
    before = spent()
    samples = await gather(*(tab.turn(STEADY) for tab in tabs))
    await asyncio.sleep(1)
    cpu = spent() - before
    await close_tabs(tabs)
    return cpu, samples


async def _on_api(stack: Stack, people: list[Person], spent: Callable[[], float]) -> tuple[float, list[Sample]]:
    sessions = [http_session(person) for person in people]
    before = spent()
    pairs = zip(sessions, people, strict=True)
    samples = await gather(*(through_api(session, stack.base, person.token, STEADY) for session, person in pairs))
    await asyncio.sleep(1)
    cpu = spent() - before
    for session in sessions:
        await session.close()
    return cpu, samples


def _summarise(name: str, samples: list[Sample], note: Note) -> None:
    good = [sample for sample in samples if not sample.failed]
    note(f"{name}: finished (of {len(samples)})", len(good))
    if reasons := sorted({sample.failed for sample in samples if sample.failed}):
        print(f"{name} failed: {'; '.join(reasons)[:300]}", file=sys.stderr, flush=True)
    if good:
        first = [sample.first for sample in good]
        note(f"{name}: first token median (ms)", statistics.median(first) * 1000)
        note(f"{name}: first token p95 (ms)", quantile(first, 0.95) * 1000)
        note(f"{name}: gap between frames p95 (ms)", quantile([g for sample in good for g in sample.gaps], 0.95) * 1000)


@as_clients
async def pages(stack: Stack, sizes: Sizes, note: Note) -> None:
    """The list of many conversations and one of many messages: time at the client, CPU of all processes."""
    many, long = make_people(stack, 2, first=9_000)
    file = stack.folder / "conversations.jsonl"
    write_conversations(file, sizes.conversations, 10)
    started = time.perf_counter()
    load(stack, file, many.email)
    note(f"load {sizes.conversations:,} conversations of 10 messages (s)", time.perf_counter() - started)
    write_conversations(file, 1, sizes.messages)
    load(stack, file, long.email)
    await _calm(stack)
    async with http_session(many) as session:
        # As a browser asks for more rows, and as a document of its own.
        for name, headers in (("rows of one page", {"HX-Request": "true"}), ("one page", {})):
            cpu, seconds = await _list_pages(session, stack, headers)
            name = f"conversation list, {name} of {sizes.conversations:,}"
            note(f"{name}, median (ms)", statistics.median(seconds) * 1000)
            note(f"{name}, worst (ms)", max(seconds) * 1000)
            note(f"{name}, CPU (ms)", cpu / len(seconds) * 1000)
    async with http_session(long) as session:
        async with session.get(f"{stack.base}/api/convos", headers={"Authorization": f"Bearer {long.token}"}) as reply:
            conversation = (await reply.json())["conversations"][0]["conversationId"]
        before = stack.cpu_seconds()
        seconds = [(await _timed(session, f"{stack.base}/c/{conversation}"))[0] for _ in range(40)]
        cpu = stack.cpu_seconds() - before
    name = f"open a conversation of {sizes.messages:,} messages"
    note(f"{name}, median (ms)", statistics.median(seconds) * 1000)
    note(f"{name}, p95 (ms)", quantile(seconds, 0.95) * 1000)
    note(f"{name}, CPU (ms)", cpu / len(seconds) * 1000)


async def _list_pages(
    session: aiohttp.ClientSession, stack: Stack, headers: dict[str, str]
) -> tuple[float, list[float]]:
    """Turn 100 pages, from the top again after the 20th; the clock of a process's CPU is too coarse for fewer."""
    url, seconds, before = f"{stack.base}/sidebar", list[float](), stack.cpu_seconds()
    for number in range(1, 101):
        taken, html = await _timed(session, url, headers)
        seconds.append(taken)
        match = re.search(r"/sidebar\?cursor=([^\"&]+)", html) if number % 20 else None
        url = f"{stack.base}/sidebar" + (f"?cursor={match[1]}" if match else "")
    return stack.cpu_seconds() - before, seconds


async def _calm(stack: Stack, seconds: int = 120) -> None:
    """Wait until Parley has done what it does behind a load, such as entering messages into the search."""
    for _ in range(seconds):
        before = stack.cpu_seconds()
        await asyncio.sleep(1)
        if stack.cpu_seconds() - before < 0.1:
            return
    print(f"still busy after {seconds} s", file=sys.stderr, flush=True)


async def _timed(session: aiohttp.ClientSession, url: str, headers: dict[str, str] | None = None) -> tuple[float, str]:
    started = time.perf_counter()
    async with session.get(url, headers=headers) as reply:
        text = await reply.text()
        reply.raise_for_status()
    return time.perf_counter() - started, text


_MEASURED: dict[str, Group] = {
    "start": start, "memory": memory, "turn": turn, "stream": stream, "burst": burst, "crowd": crowd, "pages": pages,
}  # fmt: skip
