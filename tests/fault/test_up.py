"""`manage.py up` itself: one per data folder, gone with Ctrl-C, back after everything was killed."""

import asyncio
import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.deploy.test_private import open_paths
from tests.fault.tab import Tab
from tests.load.people import make_people
from tests.load.stack import ROOT, Stack, _up, running_stack, wait_ready

pytestmark = pytest.mark.fault


def left_behind(folder: Path) -> list[str]:
    """Return the commands that still name the folder."""
    commands = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (entry / "environ").read_bytes().decode(errors="replace")
                if f"PARLEY_DATA={folder}" in environment or str(folder) in line:
                    commands.append(line)
    return commands


def refused_start(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "up"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


async def test_one_system_from_start_to_the_end_of_everything(tmp_path: Path) -> None:
    with running_stack(tmp_path, GENERATION_LEASE_SECONDS="4") as stack:
        data = tmp_path / "data"
        for name in ("secrets.json", "runtime.env"):
            assert stat.S_IMODE((data / name).stat().st_mode) == 0o600, name
        # Django says itself which rights static files have; in a folder that nobody else enters they mean nothing.
        assert stat.S_IMODE(data.stat().st_mode) == 0o700
        assert [path for path in open_paths(data) if "/static/" not in path] == []
        second = await asyncio.to_thread(start_again, stack.environment | {"PORT": "1"})
        assert second.returncode == 1
        assert "already running on" in second.stderr
        assert "PARLEY_DATA" in second.stderr

        await everything_is_killed_while_a_reply_is_written(stack)

        # Ctrl-C goes to the whole group of the terminal; all is gone within ten seconds.
        began = time.monotonic()
        os.killpg(stack.process.pid, signal.SIGINT)
        assert stack.process.wait(15) == 0
        assert time.monotonic() - began < 10
        assert left_behind(data) == []
        assert not (data / "runtime.env").exists()


async def everything_is_killed_while_a_reply_is_written(stack: Stack) -> None:
    """The next start recovers by itself: the reply's beginning is kept, new ones are written."""
    [person] = make_people(stack, 1)
    tab = Tab.of(stack.base, person)
    await tab.ask("[[tokens:1000 delay=20]] all")
    await asyncio.sleep(3)
    for pid in stack.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    stack.process.wait(10)

    stack.process = _up(stack.environment, stack.folder)
    wait_ready(stack)
    await tab.watch(120)
    assert tab.state == "interrupted"
    assert len(tab.text) > 100
    tab.state, tab.parts = "", {}
    await tab.ask("[[tokens:5]] again")
    await tab.watch(120)
    assert tab.state == "complete"
    await tab.session.close()


def start_again(environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "manage.py", "up"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_a_part_that_dies_is_started_again_with_a_line_on_the_console(tmp_path: Path) -> None:
    with running_stack(tmp_path) as stack:
        [worker, *_] = [pid for pid in stack.processes() if "celery" in _command(pid)]
        os.kill(worker, signal.SIGKILL)
        end = time.monotonic() + 120
        while "worker started again" not in (log := (tmp_path / "up.log").read_text()):
            assert time.monotonic() < end, log
            time.sleep(0.1)
        assert "worker ended with status -9; starting it again in 0.5 s" in log


def test_an_address_in_use_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with running_stack(tmp_path / "a") as stack:
        environment = stack.environment | {"PARLEY_DATA": str(tmp_path / "b")}
        done = refused_start(environment)
        assert done.returncode == 1
        assert f"Port {stack.port} on 127.0.0.1 is in use" in done.stderr


def test_a_faulty_file_stops_the_start_with_every_fault(tmp_path: Path) -> None:
    (tmp_path / "librechat.yaml").write_text(
        "version: 1.3.17\nspeling: 1\nendpoints:\n  custom:\n"
        "    - name: X\n      apiKey: k\n      models:\n        default: []\n"
    )
    environment = dict(os.environ) | {
        "CONFIG_PATH": str(tmp_path / "librechat.yaml"),
        "PARLEY_DATA": str(tmp_path / "data"),
    }
    done = refused_start(environment)
    assert done.returncode != 0
    for fault in ("speling, line 2", "custom[0].baseURL, line 5", "custom[0].models, line 7"):
        assert fault in done.stderr
    assert "Traceback" not in done.stderr


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
