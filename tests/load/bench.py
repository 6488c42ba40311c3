"""`make bench`: what Parley costs, measured on this machine, beside a client straight at the model server.

It prints a table and saves it as JSON and Markdown in `bench-results/`. It never fails for being slow.
"""

import argparse
import asyncio
import json
import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from tests.load.adapters_bench import bench_adapters
from tests.load.clients import Sample, direct, gather, through_api
from tests.load.ledger_bench import bench_ledger
from tests.load.people import close_tabs, http_session, load, make_people, open_tabs, write_conversations
from tests.load.search_bench import bench_search
from tests.load.stack import ROOT, Stack, restart, running_stack

RESULTS = ROOT / "bench-results"
STEADY = "[[tokens:200 delay=20]] go"
SINGLE = "[[tokens:20 delay=5]] go"


@dataclass
class Report:
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, figure: str, value: Any, target: str = "", note: str = "") -> None:
        self.rows.append({"figure": figure, "value": value, "target": target, "note": note})
        print(f"{figure:<66} {value!s:>24}   {target:<22} {note}", flush=True)

    def save(self, *, name: str = "bench") -> None:
        RESULTS.mkdir(exist_ok=True)
        machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": cores()}
        when = datetime.now(UTC).isoformat(timespec="seconds")
        document = {"when": when, "commit": commit(), **machine, "rows": self.rows}
        (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=1))
        lines = [f"# Benchmark, {when}, commit {document['commit']}, {cores()} cores", ""]
        lines += ["| figure | measured | must reach | note |", "|---|---|---|---|"]
        lines += [f"| {row['figure']} | {row['value']} | {row['target']} | {row['note']} |" for row in self.rows]
        (RESULTS / f"{name}.md").write_text("\n".join(lines) + "\n")


def cores() -> int:
    return len(os.sched_getaffinity(0))


def commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or "unknown"


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


async def first_token(report: Report, stack: Stack, rounds: int) -> None:
    """Time to the first token added over the direct way, one at a time, ways taking turns."""
    person = make_people(stack, 1)[0]
    [tab] = await open_tabs(stack, [person])
    async with aiohttp.ClientSession() as straight, http_session(person) as api:
        ways: dict[str, Callable[[], Awaitable[Sample]]] = {
            "direct": lambda: direct(straight, stack.model_url, SINGLE),
            "page": lambda: tab.turn(SINGLE),
            "api": lambda: through_api(api, stack.base, person.token, SINGLE),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(rounds + 5):
            for name, way in ways.items():
                sample = await way()
                if sample.failed:
                    report.add(f"first token, {name}: FAILED", sample.failed)
                    return
                if number >= 5:
                    times[name].append(sample.first)
    await close_tabs([tab])
    base = statistics.median(times["direct"])
    for name, target in (("page", "≤ 15 / 30 ms"), ("api", "")):
        added = [value - base for value in times[name]]
        value = f"{ms(statistics.median(added))} / {ms(quantile(added, 0.95))}"
        report.add(f"first token added over direct, {name}, median / p95", value, target, f"direct {ms(base)}")


async def single_stream(report: Report, stack: Stack) -> None:
    """One stream without delay: how fast text can pass."""
    person = make_people(stack, 1)[0]
    [tab] = await open_tabs(stack, [person])
    times: dict[int, list[float]] = {2_000: [], 20_000: []}
    for _ in range(5):
        for tokens, taken in times.items():
            sample = await tab.turn(f"[[tokens:{tokens} delay=0]] go")
            if sample.failed:
                report.add(f"one stream of {tokens}: FAILED", sample.failed)
                return
            taken.append(sample.total)
    await close_tabs([tab])
    small, large = statistics.median(times[2_000]), statistics.median(times[20_000])
    report.add(
        "one stream of 2,000 tokens without delay", f"{2000 / small:,.0f} tokens/s", "≥ 20,000 tokens/s", ms(small)
    )
    report.add("20,000 tokens take, against 2,000", f"{large / small:.1f} ×", "≤ 12 ×", ms(large))


async def burst(report: Report, stack: Stack, count: int, way: str) -> None:
    """`count` streams started in one instant, each its own person, 200 tokens at 20 ms, everything stored."""
    people = make_people(stack, count)
    if way == "direct":
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            samples = await gather(*(direct(session, stack.model_url, STEADY) for _ in people))
        summarise(report, f"{count} streams, direct", samples)
        return
    tabs = await open_tabs(stack, people)
    sessions = [http_session(person) for person in people] if way == "api" else []
    cpu, started = stack.cpu_seconds(), time.perf_counter()
    if way == "page":
        samples = await gather(*(tab.turn(STEADY) for tab in tabs))
    else:
        pairs = zip(sessions, people, strict=True)
        samples = await gather(*(through_api(session, stack.base, person.token, STEADY) for session, person in pairs))
    await asyncio.sleep(1)
    spent, wall = stack.cpu_seconds() - cpu, time.perf_counter() - started
    await close_tabs(tabs)
    for session in sessions:
        await session.close()
    summarise(report, f"{count} streams, {way}", samples, must=count == 200 and way == "page")
    per_thousand = spent / (count * 200 / 1000)
    target = "≤ 0.13 s" if count == 200 and way == "page" else ""
    report.add(f"{count} streams, {way}: CPU per 1,000 tokens", f"{per_thousand:.3f} s", target, f"{wall:.1f} s in all")


def summarise(report: Report, name: str, samples: list[Sample], *, must: bool = False) -> None:
    good = [sample for sample in samples if not sample.failed]
    failed = [sample.failed for sample in samples if sample.failed]
    report.add(f"{name}: finished", f"{len(good)} of {len(samples)}", "all", "; ".join(sorted(set(failed)))[:120])
    first = [sample.first for sample in good]
    gaps = [gap for sample in good for gap in sample.gaps]
    value = f"{ms(statistics.median(first))} / {ms(quantile(first, 0.95))}" if first else "–"
    report.add(f"{name}: first token p50 / p95", value, "p95 ≤ 1.5 s" if must else "")
    report.add(f"{name}: gap between frames p95", ms(quantile(gaps, 0.95)), "≤ 80 ms" if must else "")


async def pages(report: Report, stack: Stack, folder: Path) -> None:
    """The list of 10,000 conversations and a conversation of 2,000 messages, by the server's own clock."""
    person = make_people(stack, 1, first=9_000)[0]
    write_conversations(folder / "many.jsonl", 10_000, 10)
    report.add("load 10,000 conversations of 10 messages", load(stack, folder / "many.jsonl", person.email), "< 1 min")
    long = make_people(stack, 1, first=9_001)[0]
    write_conversations(folder / "long.jsonl", 1, 2_000)
    load(stack, folder / "long.jsonl", long.email)
    async with http_session(person) as session:
        first, cursor = await timed(session, f"{stack.base}/sidebar")
        value = [first]
        for _ in range(20):
            match = re.search(r"/sidebar\?cursor=([^\"&]+)", cursor)
            if not match:
                break
            seconds, cursor = await timed(session, f"{stack.base}/sidebar?cursor={match[1]}")
            value.append(seconds)
        text = f"{ms(statistics.median(value))} / {ms(max(value))}"
        report.add(
            "conversation list, one page of 10,000, median / worst",
            text,
            "≤ 10 ms",
            f"{len(value)} pages, at the client",
        )
    async with http_session(long) as session:
        async with session.get(f"{stack.base}/api/convos", headers={"Authorization": f"Bearer {long.token}"}) as reply:
            conversation = (await reply.json())["conversations"][0]["conversationId"]
        value = [(await timed(session, f"{stack.base}/c/{conversation}"))[0] for _ in range(20)]
        text = f"{ms(statistics.median(value))} / {ms(quantile(value, 0.95))}"
        report.add("open a conversation of 2,000 messages, median / p95", text, "≤ 60 ms", "at the client")


async def timed(session: aiohttp.ClientSession, url: str) -> tuple[float, str]:
    started = time.perf_counter()
    async with session.get(url) as reply:
        text = await reply.text()
        reply.raise_for_status()
    return time.perf_counter() - started, text


def idle(report: Report, stack: Stack) -> None:
    report.add("start with data in place until /readyz", f"{restart(stack):.1f} s", "≤ 4 s")
    time.sleep(5)
    sizes = stack.pss_megabytes()
    parts = ", ".join(f"{name} {size:.0f}" for name, size in sorted(sizes.items()))
    report.add("idle memory (PSS, all processes)", f"{sum(sizes.values()):.0f} MB", "≤ 400 MB", parts)


async def measure(report: Report, stack: Stack, options: argparse.Namespace) -> None:
    await first_token(report, stack, options.rounds)
    await single_stream(report, stack)
    for count in options.streams:
        for way in ("direct", "page", "api"):
            await burst(report, stack, count, way)
    await pages(report, stack, stack.folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, nargs="*", default=[10, 50, 100, 200])
    parser.add_argument("--rounds", type=int, default=50, help="single turns measured per way")
    parser.add_argument("--only", choices=["search", "ledger", "adapters"], help="this part alone")
    options = parser.parse_args()
    report = Report()
    if options.only == "search":
        bench_search(report)
        report.save(name="search")
        return
    if options.only == "ledger":
        bench_ledger(report)
        report.save(name="ledger")
        return
    if options.only == "adapters":
        bench_adapters(report)
        report.save(name="adapters")
        return
    with running_stack() as stack:
        report.add("first start, empty data folder, until /readyz", f"{stack.start_seconds:.1f} s")
        idle(report, stack)
        asyncio.run(measure(report, stack, options))
    bench_adapters(report)
    report.save()


if __name__ == "__main__":
    main()
