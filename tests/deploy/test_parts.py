"""A supervised process: restarted later and later, ended with all it has started, gone when the supervisor is gone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.embedded import parts
from deploy.embedded.leftovers import MARK, end_leftovers
from deploy.embedded.parts import SupervisedPart, tail

ROOT = Path(__file__).resolve().parents[2]
MakePart = Callable[..., SupervisedPart]

SLEEP = "import time; print('up', flush=True); time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + SLEEP
# Starts a process that ignores what asks it to end, and says that one's id.
WITH_CHILD = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""
SUPERVISE = f"""
import os, pathlib, sys, time
from deploy.embedded.parts import SupervisedPart
part = SupervisedPart(
    "part", [sys.executable, "-c", {SLEEP!r}], dict(os.environ), pathlib.Path(sys.argv[1]), pathlib.Path("."))
part.start()
print(part.process.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def make_part(tmp_path: Path) -> Iterator[MakePart]:
    made: list[SupervisedPart] = []

    def make(code: str, ready: Callable[[], bool] = lambda: True) -> SupervisedPart:
        log = tmp_path / "logs" / "part.log"
        part = SupervisedPart("part", [sys.executable, "-c", code], dict(os.environ), log, tmp_path, ready)
        made.append(part)
        return part

    yield make
    for part in made:
        part.kill()


def until(condition: Callable[[], object], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def runs(pid: int) -> bool:
    """Whether the process is there, and more than an entry that waits for its parent."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pid_of(part: SupervisedPart) -> int:
    assert part.process is not None
    return part.process.pid


def die(part: SupervisedPart) -> str:
    """Kill it, and return the line about it."""
    os.kill(pid_of(part), signal.SIGKILL)
    until(lambda: not part.alive)
    return part.note_death()


def test_each_death_doubles_the_delay_up_to_half_a_minute(make_part: MakePart) -> None:
    part = make_part(SLEEP)
    lines = []
    for _ in range(8):
        part.start()
        lines.append(die(part))
    assert lines[0] == "part ended with status -9; starting it again in 0.5 s"
    assert [float(line.split()[-2]) for line in lines] == [0.5, 1, 2, 4, 8, 16, 30, 30]


def test_a_part_that_ran_for_a_minute_starts_with_the_shortest_delay(make_part: MakePart) -> None:
    part = make_part(SLEEP)
    for _ in range(3):
        part.start()
        die(part)
    part.start()
    part.started_at -= parts.HEALTHY + 1
    assert die(part).endswith("in 0.5 s")


def test_a_program_that_is_gone_is_tried_again_later(make_part: MakePart, tmp_path: Path) -> None:
    part = make_part(SLEEP)
    part.command = [str(tmp_path / "none")]
    assert part.restart().startswith("part cannot be started: ")
    assert part.due_at > time.monotonic()
    part.command = [sys.executable, "-c", SLEEP]
    assert part.restart() == "part started again"
    assert part.alive
    assert part.due_at == 0


def test_what_a_dead_part_has_started_is_ended(make_part: MakePart) -> None:
    part = make_part(WITH_CHILD)
    part.start()
    until(lambda: tail(part.log))
    child = int(tail(part.log))
    assert runs(child)
    die(part)
    until(lambda: not runs(child))


def test_a_part_that_will_not_stop_is_killed_at_the_end_of_its_time(make_part: MakePart) -> None:
    part = make_part(STUBBORN)
    part.ready = lambda: bool(tail(part.log))
    part.start()
    assert part.wait_ready(10)
    pid = pid_of(part)
    part.ask_to_stop()
    part.wait_stopped(time.monotonic() + 0.3)
    assert not runs(pid)


def test_a_second_interrupt_does_not_wait(make_part: MakePart) -> None:
    part = make_part(STUBBORN)
    part.ready = lambda: bool(tail(part.log))
    part.start()
    assert part.wait_ready(10)
    pid = pid_of(part)
    part.ask_to_stop()
    part.wait_stopped(time.monotonic() + 3600, given_up=lambda: True)
    assert not runs(pid)


def test_waiting_ends_when_the_part_dies_or_nobody_wants_it(make_part: MakePart) -> None:
    part = make_part("raise SystemExit('no such luck')", lambda: False)
    part.start()
    assert not part.wait_ready(3600)
    assert tail(part.log) == "no such luck"
    other = make_part(SLEEP, lambda: False)
    other.start()
    assert not other.wait_ready(3600, given_up=lambda: True)


def test_a_large_log_is_put_aside_at_the_start(make_part: MakePart, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LOG_LIMIT", 10)
    part = make_part(SLEEP)
    part.log.parent.mkdir()
    part.log.write_text("what was said before\n")
    part.start()
    until(lambda: tail(part.log) == "up")
    assert part.log.with_suffix(".old.log").read_text() == "what was said before\n"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent is gone")
def test_a_part_ends_when_its_supervisor_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISE, str(tmp_path / "part.log")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        assert runs(pid)
        supervisor.kill()
    until(lambda: not runs(pid))


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks through /proc")
def test_what_a_killed_supervisor_left_is_ended_and_nothing_else(tmp_path: Path) -> None:
    def start(folder: Path) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-c", STUBBORN], env=os.environ | {MARK: str(folder)}, stdout=subprocess.PIPE
        )

    with start(tmp_path / "a") as left, start(tmp_path / "ab") as other:
        for process in (left, other):
            assert process.stdout is not None
            process.stdout.readline()
        end_leftovers(tmp_path / "a")
        assert left.wait(10) == -signal.SIGKILL
        assert other.poll() is None
        other.kill()
