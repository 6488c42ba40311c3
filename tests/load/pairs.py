"""`make bench AGAINST=REV`: runs another revision and this checkout in pairs, and prints the ratios.

Both are driven by this checkout's benchmark and clients; the other revision is checked out into a temporary folder.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.load.figures import Pair, Sizes, compare, label, markdown, plain, shown
from tests.load.measure import measure
from tests.load.stack import RESULTS, ROOT


def bench_pairs(
    revision: str, count: int, sizes: Sizes, groups: Sequence[str], *, python: str = sys.executable
) -> None:
    """Measure `count` pairs, the two taking turns in being first. `python` runs the other revision."""
    commit = git("rev-parse", "--short", "--verify", "--end-of-options", f"{revision}^{{commit}}")
    pairs: list[Pair] = []
    with checked_out(commit) as root:
        if python == sys.executable and _lock(root) != _lock(ROOT):
            print("The other revision locks other packages: give it an environment of its own with --python.")
        for number in range(count):
            pairs.append(_pair(number, sizes, groups, root, python))
            print(f"\nPair {number + 1} of {count}, {'this' if number % 2 else 'other'} revision first:", flush=True)
            print(plain(compare(pairs[-1:])), flush=True)
            _save(commit, pairs)
    print(f"\nAll {count} pairs, {commit} and this checkout:")
    print(plain(compare(pairs)))


def _pair(number: int, sizes: Sizes, groups: Sequence[str], root: Path, python: str) -> Pair:
    def of(name: str, where: Path, interpreter: str) -> dict[str, float]:
        def progress(figure: str, value: float) -> None:
            print(f"  {name:<5}  {label(figure)}: {shown(figure, value)}", flush=True)

        return measure(sizes, groups, root=where, python=interpreter, seen=progress)

    if number % 2:
        this = of("this", ROOT, sys.executable)
        return of("other", root, python), this
    return of("other", root, python), of("this", ROOT, sys.executable)


@contextlib.contextmanager
def checked_out(commit: str) -> Iterator[Path]:
    """Check a commit out into a temporary folder, as a worktree, for as long as the block runs."""
    with tempfile.TemporaryDirectory(prefix="parley-revision-") as folder:
        root = Path(folder) / "parley"
        git("worktree", "add", "--detach", str(root), commit)
        try:
            yield root
        finally:
            git("worktree", "remove", "--force", str(root))


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"git {arguments[0]}: {done.stderr.strip()}")
    return done.stdout.strip()


def _lock(root: Path) -> str:
    file = root / "requirements" / "prod.txt"
    return file.read_text() if file.exists() else ""


def _save(commit: str, pairs: list[Pair]) -> None:
    """Write what there is so far: a run that is cut off has its whole pairs."""
    RESULTS.mkdir(exist_ok=True)
    rows, when = compare(pairs), datetime.now(UTC).isoformat(timespec="seconds")
    this = git("describe", "--always", "--dirty")
    document = {
        "when": when, "other": commit, "this": this,
        "rows": [asdict(row) | {"met": row.verdict} for row in rows],
        "pairs": [{"other": dict(other), "this": dict(here)} for other, here in pairs],
    }  # fmt: skip
    (RESULTS / f"against-{commit}.json").write_text(json.dumps(document, indent=1))
    heading = f"# {this} against {commit}, {len(pairs)} pairs, {when}"
    (RESULTS / f"against-{commit}.md").write_text(f"{heading}\n\n{markdown(rows)}\n")
