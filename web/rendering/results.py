"""The cache of rendering results: in this process and, for expensive ones, in Redis for all processes.

Failures are cached, too, so that they cost only once.
"""

import asyncio
import atexit
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pygments
from django.core.cache import cache as shared
from redis.exceptions import RedisError

from web.rendering.jobs import Job, RenderedDraft, for_others, from_others
from web.rendering.pool import Outcome, Pool
from web.rendering.sanitise import clean

log = logging.getLogger(__name__)

PAGE_SECONDS = 2.0  # for all that one request needs
DEAR = 0.01  # seconds; what took less is drawn again by another process
KEPT = 24 * 3600  # seconds in the cache
KEPT_DOUBTFUL = 60  # when only the clock says that it takes too long
MAX_CACHED_CHARACTERS = 16_000_000  # characters in this process


@dataclass(slots=True)
class Reader:
    """On whose behalf something is rendered, and how many seconds of waiting for workers there are left for it."""

    person: Callable[[], str] = str
    left: float = field(default_factory=lambda: PAGE_SECONDS)


_reader: ContextVar[Reader | None] = ContextVar("reader", default=None)


@contextmanager
def on_behalf(reader: Reader) -> Iterator[None]:
    """Render what is rendered meanwhile for `reader`, in the time that it has left."""
    token = _reader.set(reader)
    try:
        yield
    finally:
        _reader.reset(token)


class _Memory:
    """The drafts of the jobs drawn last, the least recently used ones given up first."""

    def __init__(self) -> None:
        self._drafts: OrderedDict[str, RenderedDraft] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> RenderedDraft | None:
        with self._lock:
            if key in self._drafts:
                self._drafts.move_to_end(key)
            return self._drafts.get(key)

    def put(self, key: str, draft: RenderedDraft) -> None:
        with self._lock:
            old = self._drafts.pop(key, None)
            self._drafts[key] = draft
            self._size += len(draft.html) - (len(old.html) if old else 0)
            while self._size > MAX_CACHED_CHARACTERS:
                self._size -= len(self._drafts.popitem(last=False)[1].html)

    def clear(self) -> None:
        with self._lock:
            self._drafts.clear()
            self._size = 0


memory = _Memory()
pool = Pool()
atexit.register(pool.close)
_threads = ThreadPoolExecutor(2, thread_name_prefix="rendering")


def known(jobs: Iterable[Job]) -> dict[str, RenderedDraft]:
    """Return what this process remembers of `jobs`, by their keys."""
    return {job.key: draft for job in jobs if (draft := memory.get(job.key)) is not None}


def draw(jobs: Iterable[Job], behalf: Reader | None = None) -> dict[str, RenderedDraft]:
    """Draw `jobs` within the time left to the reader; return what there is, by their keys. The rest is shown plain."""
    wanted = {job.key: job for job in jobs}
    cached = known(wanted.values())
    missing = [job for key, job in wanted.items() if key not in cached]
    if not missing:
        return cached
    stored = _stored(missing)
    drawn = _draw_now([job for job in missing if job.key not in stored], behalf or _reader.get() or Reader())
    for key, draft in (stored | drawn).items():
        memory.put(key, draft)
    return cached | stored | drawn


def _draw_now(jobs: list[Job], behalf: Reader) -> dict[str, RenderedDraft]:
    if not jobs or behalf.left <= 0:
        return {}
    began = time.monotonic()
    outcomes = pool.run(jobs, person=behalf.person(), seconds=behalf.left)
    behalf.left -= time.monotonic() - began
    drawn = {job.key: _draft(job, outcome) for job, outcome in outcomes.items()}
    _store(outcomes, drawn)
    return drawn


async def draw_in_thread(jobs: Iterable[Job], *, person: str, within: float) -> None:
    """Wait for `jobs` to become known, `within` seconds at most; what takes longer goes on."""
    work = asyncio.get_running_loop().run_in_executor(_threads, draw, list(jobs), Reader(lambda: person))
    await asyncio.wait([work], timeout=within)


def _draft(job: Job, outcome: Outcome) -> RenderedDraft:
    answer = outcome.answer
    if answer is None or answer.html is None:
        return RenderedDraft(job.plain)
    # A worker has read hostile text with many libraries: what it says is not trusted either.
    return RenderedDraft(clean(answer.html), {nested.key: nested for nested in answer.jobs})


# --- the cache of all processes --------------------------------------------------------------------------


@cache
def _version() -> str:
    """Return a mark of all that decides how something is drawn: another release must not show the old."""
    digest = sha256(pygments.__version__.encode())
    for path in sorted(Path(__file__).parent.rglob("*")):
        if path.suffix in {".py", ".js"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _name(key: str) -> str:
    return f"drawn:{_version()}:{key}"


def _stored(jobs: list[Job]) -> dict[str, RenderedDraft]:
    try:
        values: Mapping[str, Any] = shared.get_many([_name(job.key) for job in jobs])
    except (RedisError, OSError):
        return {}
    drafts = {}
    for job in jobs:
        value = values.get(_name(job.key))
        if value is not None:
            html, inner = value
            drawn = RenderedDraft(from_others(html), {job.key: job for job in inner}) if html else None
            drafts[job.key] = drawn or RenderedDraft(job.plain)
    return drafts


def _store(outcomes: dict[Job, Outcome], drawn: dict[str, RenderedDraft]) -> None:
    lasting: dict[str, Any] = {}
    doubtful: dict[str, Any] = {}
    for job, outcome in outcomes.items():
        if outcome.answer is None and not outcome.is_fault:
            doubtful[_name(job.key)] = (None, ())
        elif outcome.is_fault:
            lasting[_name(job.key)] = (None, ())
        elif outcome.seconds >= DEAR:
            draft = drawn[job.key]
            lasting[_name(job.key)] = (for_others(draft.html), tuple(draft.jobs.values()))
    try:
        for values, seconds in ((lasting, KEPT), (doubtful, KEPT_DOUBTFUL)):
            if values:
                shared.set_many(values, seconds)
    except (RedisError, OSError):
        log.warning("what was drawn could not be kept in the cache")
