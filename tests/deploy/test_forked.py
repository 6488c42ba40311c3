"""Parts that start as forks: each is a process like the one its command would be."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from deploy.embedded import forked
from deploy.embedded.leftovers import end_leftovers
from tests.deploy.test_parts import ROOT, runs, until

pytestmark = pytest.mark.skipif(not forked.possible(), reason="there are no forks here")

# Stands for the supervisor: it is a process of its own, because that of the tests has threads.
PARENT = """
import json, os, pathlib, signal, sys, time
from deploy.embedded import forked
folder, output = pathlib.Path(sys.argv[1]), os.open(sys.argv[1] + "/log", os.O_WRONLY | os.O_CREAT)
secret = open(sys.argv[1] + "/lock", "w")
forked.closed_in_forks.append(secret.close)
signal.signal(signal.SIGTERM, lambda *_: None)
child = forked.start(json.loads(sys.argv[2]), {"OWN": "yes"}, folder, output, signal.SIGKILL)
print(child.pid, flush=True)
if sys.argv[3] == "wait":
    print(child.wait(10), flush=True)
time.sleep(60 if sys.argv[3] == "stay" else 0)
"""
DESCRIBE = """
import json, os, signal, sys
print(json.dumps([
    __name__, sys.argv, dict(os.environ), os.getcwd(), os.getsid(0) == os.getpid(),
    signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, sys.stdin.read(),
    [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")],
    open("/proc/self/cmdline").read().rstrip("\\0 "),
]))
"""


def parent_of(folder: Path, command: list[str], then: str) -> "subprocess.Popen[str]":
    arguments = [sys.executable, "-c", PARENT, str(folder), json.dumps(command), then]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def status_of(folder: Path, code: str, *arguments: str) -> int:
    """Run a script as a fork; return its status."""
    script = folder / "script.py"
    script.write_text(code)
    said = parent_of(folder, [sys.executable, str(script), *arguments], "wait").communicate(timeout=20)
    assert said[1] == ""
    return int(said[0].split()[1])


def test_a_fork_is_like_the_command_it_stands_for(tmp_path: Path) -> None:
    assert status_of(tmp_path, DESCRIBE, "one", "two") == 0
    values: list[Any] = json.loads((tmp_path / "log").read_text())
    script = str(tmp_path / "script.py")
    assert values[:4] == ["__main__", [script, "one", "two"], {"OWN": "yes"}, str(tmp_path)]
    assert values[4:7] == [True, True, ""], "its own session, the signals of a new program, nothing to read"
    assert not [path for path in values[7] if path.endswith("/lock")], "which would outlive the supervisor"
    assert values[8] == f"{sys.executable} {script} one two"


def test_a_fork_runs_a_module(tmp_path: Path) -> None:
    said = parent_of(tmp_path, [sys.executable, "-m", "platform", "--help"], "wait").communicate(timeout=20)
    assert said[0].split()[1] == "0"
    assert (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("code", "status", "text"),
    [
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('in words')", 1, "in words\n"),
        ("raise ValueError('wrong')", 1, "ValueError: wrong"),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("import atexit; atexit.register(print, 'at last'); print('first')", 0, "first\nat last\n"),
        ("import threading; threading.Timer(0.2, print, ['waited']).start()", 0, "waited"),
    ],
)
def test_a_fork_ends_as_a_program_does(tmp_path: Path, code: str, status: int, text: str) -> None:
    assert status_of(tmp_path, code) == status
    assert text in (tmp_path / "log").read_text()


def test_a_fork_ends_with_its_parent(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import time; time.sleep(60)")
    parent = parent_of(tmp_path, [sys.executable, str(script)], "stay")
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    time.sleep(0.2)
    assert runs(pid)
    parent.send_signal(signal.SIGKILL)
    parent.communicate(timeout=10)
    until(lambda: not runs(pid))


def test_a_process_with_threads_does_not_fork(tmp_path: Path) -> None:
    code = f"""
import threading, time, signal, pathlib
from deploy.embedded import forked
threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
forked.start(["python", "x"], {{}}, pathlib.Path({str(tmp_path)!r}), 1, signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "a fork would inherit the locks of threads" in done.stderr


def test_a_fork_that_a_killed_supervisor_left_is_known_by_its_log(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    processes = []
    for name in ("web.log", "mine.log"):
        with (tmp_path / "logs" / name).open("w") as log:
            processes.append(subprocess.Popen(["sleep", "60"], stdout=log))
    fork, other = processes
    try:
        end_leftovers(tmp_path)
        assert fork.wait(5) == -signal.SIGKILL
        assert other.poll() is None
    finally:
        for process in processes:
            process.kill()
            process.wait()
