"""`manage.py config check FILE`."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command


def check(file: Path, *options: str) -> int:
    try:
        call_command("config", "check", str(file), *options)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def test_a_good_file_can_be_used_and_what_has_no_effect_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("version: 9.9.9\nspeech: {}\nbalance: {enabled: true, reservationTtlMs: 20000}\n")
    assert check(file) == 0
    assert capsys.readouterr().out.splitlines() == [
        "mine.yaml is valid.",
        "  version, line 1: is newer than 1.3.17, the newest supported version",
        "Has no effect yet:",
        "  speech",
        "  balance.reservationTtlMs",
    ]


def test_every_fault_is_printed_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("version: 1\nspeling: 1\ncache: maybe\n")
    assert check(file) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "mine.yaml cannot be used:"
    assert lines[1].startswith("  speling, line 2: is not a known key here. Allowed: version, ")
    assert lines[2] == "  cache, line 3: must be true or false"


def test_json_is_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("version: 1\ncache: maybe\n")
    assert check(file, "--json") == 1
    assert json.loads(capsys.readouterr().out) == {
        "usable": False,
        "faults": [{"path": "cache", "line": 2, "message": "must be true or false"}],
        "notices": [],
        "not_in_use": [],
    }
    file.write_text("version: 1\ncache: true\n")
    assert check(file, "--json") == 0
    assert json.loads(capsys.readouterr().out)["not_in_use"] == ["cache"]


def test_a_file_that_is_not_there_is_no_good_file(tmp_path: Path) -> None:
    assert check(tmp_path / "nothing.yaml") == 2
