"""The supervisor's own end: killed alone, or its terminal closed, in mid-stream; no part stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fault.tab import Tab
from tests.fault.test_up import left_behind
from tests.load.people import make_people
from tests.load.stack import ROOT, Stack, _up, running_stack, wait_ready

pytestmark = pytest.mark.fault


@pytest.fixture
async def tab_closer() -> AsyncIterator[list[Tab]]:
    tabs: list[Tab] = []
    yield tabs
    for tab in tabs:
        await tab.session.close()


async def test_no_part_outlives_the_supervisor(tmp_path: Path, tab_closer: list[Tab]) -> None:
    with running_stack(tmp_path, GENERATION_LEASE_SECONDS="4") as stack:
        data = tmp_path / "data"
        [person] = make_people(stack, 1)
        tab = Tab.of(stack.base, person)
        tab_closer.append(tab)
        await tab.ask("[[tokens:2000 delay=20]] orphans")

        # Alone, and a new start at once: what still ends is waited for.
        stack.process.kill()
        stack.process.wait(10)
        stack.process = _up(stack.environment, stack.folder)
        wait_ready(stack)
        await tab.watch(120)
        assert tab.state == "interrupted"

        # Alone, with nobody to clear up: a generator that writes ends too.
        tab.state, tab.parts = "", {}
        await tab.ask("[[tokens:2000 delay=20]] orphans again")
        stack.process.kill()
        stack.process.wait(10)
        nothing_is_left(data)

        closed_terminal(stack)
        nothing_is_left(data)
        assert not (data / "runtime.env").exists()


def nothing_is_left(data: Path) -> None:
    end = time.monotonic() + 10
    while left := left_behind(data):
        assert time.monotonic() < end, left
        time.sleep(0.1)


# Tests that run under nohup hand on that the signal is ignored, which a terminal does not.
AS_A_TERMINAL = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "manage.py", "up"])
"""


def closed_terminal(stack: Stack) -> None:
    """Start on a terminal and close it: the signal comes when nobody listens any more."""
    reader, writer = os.pipe()
    stack.process = subprocess.Popen(
        [sys.executable, "-c", AS_A_TERMINAL],
        cwd=ROOT,
        env=stack.environment,
        stdout=writer,
        stderr=writer,
        start_new_session=True,
    )
    os.close(writer)
    wait_ready(stack)
    os.close(reader)
    os.killpg(stack.process.pid, signal.SIGHUP)
    stack.process.wait(60)
