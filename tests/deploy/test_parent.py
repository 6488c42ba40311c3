"""What the supervisor makes of the end of whoever started it."""

import os
import signal
from pathlib import Path

import pytest

from deploy.embedded.plan import Plan
from deploy.embedded.supervisor import Supervisor

PLAN = Plan(Path("/r"), Path("/d"), Path("/s"), Path("/t"), "::1", 1, 2, 3, {})


@pytest.mark.parametrize(
    ("variables", "ends", "message"),
    [
        ({"MAKELEVEL": "1"}, True, "make, which started Parley, has ended."),
        ({}, False, "Parley keeps running. To stop it: kill"),
    ],
)
def test_the_end_of_make_ends_the_whole_and_of_others_is_told(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], ends: bool, message: str
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    said: list[str] = []
    supervisor = Supervisor(PLAN, said.append)
    assert not supervisor._gives_up()
    assert said == []
    adopted_by = os.getpid()  # any but the one that started it
    monkeypatch.setattr(os, "getppid", lambda: adopted_by)
    assert supervisor._gives_up() == ends
    assert message in said[0]
    supervisor._gives_up()
    assert len(said) == 1, "once"


def test_a_hangup_that_is_to_be_outlived_is_told() -> None:
    said: list[str] = []
    supervisor = Supervisor(PLAN, said.append)
    supervisor._on_hangup(signal.SIGHUP, None)
    assert not supervisor._gives_up()
    assert f"kill {os.getpid()}" in said[0]
