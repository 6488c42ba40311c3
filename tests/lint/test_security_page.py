"""`docs/security.md` names no place and no test that is gone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
ROWS = [line for line in PAGE.splitlines() if re.match(r"\| \d", line)]
NAMED = sorted(set(re.findall(r"`([a-z_]+/[\w/]+\.py(?:::\w+)?)`", PAGE)))


def test_every_row_names_a_place_and_a_test() -> None:
    assert len(ROWS) > 20
    for row in ROWS:
        _, number, what, where, proof, _ = row.split("|")
        assert re.fullmatch(r" \d+(?:(?:, | to )\d+)* ", number), row
        assert what.strip()
        assert "`" in where, row
        assert "`tests/" in proof, row


@pytest.mark.parametrize("name", NAMED)
def test_what_is_named_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert (ROOT / path).is_file()
    assert not test or re.search(rf"^(?:async )?def {test}\(", (ROOT / path).read_text(), re.MULTILINE)
