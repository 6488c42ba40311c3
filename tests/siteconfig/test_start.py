"""How a process begins: with room for many tabs, whatever the shell it was started from allows itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COUNT = """
import json, resource, sys
sys.path.insert(0, sys.argv[1])
from config import start
soft, hard = (int(word) for word in sys.argv[2:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
start.allow_many_files()
print(json.dumps(resource.getrlimit(resource.RLIMIT_NOFILE)))
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [((256, 1024), (1024, 1024)), ((1024, 1024), (1024, 1024)), ((512, 900), (900, 900))],
)
def test_the_limit_of_open_files_is_as_high_as_it_may_be(before: tuple[int, int], after: tuple[int, int]) -> None:
    command = [sys.executable, "-c", COUNT, str(ROOT), *map(str, before)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert tuple(json.loads(done.stdout)) == after
