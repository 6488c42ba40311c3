"""`make bench`: what Parley costs, measured on this machine, beside a client straight at the model server.

It prints a table and saves it as JSON and Markdown in `bench-results/`. It never fails for being slow. With `--against`
it measures another revision too: see `docs/performance.md`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.load.adapters_bench import bench_adapters
from tests.load.figures import COMPARED, GROUPS, MUST, Sizes, chosen_groups, label, shown
from tests.load.ledger_bench import bench_ledger
from tests.load.measure import measure
from tests.load.pairs import bench_pairs
from tests.load.search_bench import bench_search
from tests.load.stack import RESULTS, ROOT

ALONE: dict[str, Callable[[Any], None]] = {"search": bench_search, "ledger": bench_ledger, "adapters": bench_adapters}


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


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=sorted(ALONE), help="this part alone")
    parser.add_argument("--groups", default="", help=f"of the rest only these, with commas: {', '.join(GROUPS)}")
    parser.add_argument("--against", metavar="REV", help="also measure this revision, and print the ratios")
    parser.add_argument("--pairs", type=int, default=5, help="how often both are measured")
    parser.add_argument("--python", default=sys.executable, help="the other revision's Python")
    parser.add_argument("--streams", type=int, nargs="*", help="streams at once (default: 10 50 100 200)")
    parser.add_argument("--rounds", type=int, default=Sizes.rounds, help="single turns measured per way")
    parser.add_argument("--crowd", type=int, default=Sizes.crowd, help="sockets, and streams of the group crowd")
    parser.add_argument("--restarts", type=int, default=Sizes.restarts)
    parser.add_argument("--conversations", type=int, default=Sizes.conversations, help="in the list")
    parser.add_argument("--messages", type=int, default=Sizes.messages, help="in the long conversation")
    options = parser.parse_args()
    try:
        options.groups = chosen_groups(options.groups, COMPARED if options.against else GROUPS)
    except ValueError as fault:
        parser.error(str(fault))
    if options.against and options.only:
        parser.error("--only measures one revision")
    return options


def sizes_of(options: argparse.Namespace) -> Sizes:
    alone = not options.against
    streams = options.streams if options.streams is not None else ((10, 50, 100, 200) if alone else Sizes.streams)
    return Sizes(
        streams=tuple(streams),
        ways=("direct", "page", "api") if alone else Sizes.ways,
        crowd=options.crowd,
        rounds=options.rounds,
        restarts=options.restarts,
        conversations=options.conversations,
        messages=options.messages,
    )


def main() -> None:
    options = read_options()
    report = Report()
    if options.only:
        ALONE[options.only](report)
        report.save(name=options.only)
    elif options.against:
        bench_pairs(options.against, options.pairs, sizes_of(options), options.groups, python=options.python)
    else:

        def add(figure: str, value: float) -> None:
            report.add(label(figure), shown(figure, value), MUST.get(figure, ""))

        measure(sizes_of(options), options.groups, seen=add)
        if options.groups == GROUPS:
            bench_adapters(report)
        report.save()


if __name__ == "__main__":
    main()
