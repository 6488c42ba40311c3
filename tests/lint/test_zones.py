"""Time zones are the pinned package's, not the machine's."""

import os
import subprocess
import sys
import zoneinfo
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = """
from siteconfig.environment import zones
zones.use_pinned()
import zoneinfo
print(zoneinfo.TZPATH, zoneinfo.ZoneInfo("CET"))
"""


def test_the_package_alone_is_read(tmp_path: Path) -> None:
    pytest.importorskip("tzdata")
    assert zoneinfo.TZPATH == ()
    env = os.environ | {"PYTHONTZPATH": str(tmp_path)}  # a machine whose own zones are nonsense
    output = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    assert output.stdout.split() == ["()", "CET"]


@pytest.mark.parametrize("name", ["prod", "up", "dev"])
def test_the_lock_has_the_zones_on_every_system(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    (line,) = [requirement for requirement in lines if requirement.startswith("tzdata==")]
    assert ";" not in line
