"""What `make bench` does with its numbers: names, groups, ratios, tables. How large they are is not tested."""

import pytest

from tests.load.figures import (
    COMPARED,
    GROUPS,
    MUST,
    RATIOS,
    Sizes,
    cells,
    chosen_groups,
    compare,
    label,
    markdown,
    plain,
    quantile,
    shown,
)  # fmt: skip
from tests.load.stack import part_of

START = "start with data in place until /readyz (s)"
FLOOR = "first token, one at a time, direct, median (ms)"


def test_groups_come_in_the_order_of_measuring() -> None:
    assert chosen_groups("pages, start") == ("start", "pages")


def test_without_names_the_default_is_chosen() -> None:
    assert chosen_groups("") == GROUPS
    assert chosen_groups("", COMPARED) == COMPARED


def test_an_unknown_group_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"no such group: begin; there are start, memory"):
        chosen_groups("begin,start")


def test_a_ratio_is_the_median_of_the_ratios_and_not_the_ratio_of_the_medians() -> None:
    pairs = [({START: 10.0}, {START: 2.0}), ({START: 20.0}, {START: 10.0}), ({START: 40.0}, {START: 16.0})]
    [row] = compare(pairs)
    assert (row.other, row.this) == (20.0, 10.0)
    assert (row.ratio, row.low, row.high) == (0.4, 0.2, 0.5)
    assert (row.target, row.verdict) == (0.5, "yes")


def test_a_missed_target_is_a_row_like_any_other() -> None:
    [row] = compare([({START: 10.0}, {START: 9.0})])
    assert row.verdict == "no"
    assert cells(row) == (label(START), "10.0 s", "9.0 s", "0.90", "0.90–0.90", "≤ 0.5", "no")


def test_a_figure_without_a_target_has_a_ratio_and_no_verdict() -> None:
    [row] = compare([({FLOOR: 4.0}, {FLOOR: 5.0})])
    assert (row.ratio, row.target, row.verdict) == (1.25, None, "")


def test_what_one_side_could_not_measure_is_shown_as_such() -> None:
    [row] = compare([({}, {START: 3.0}), ({}, {START: 5.0})])
    assert cells(row) == (label(START), "–", "4.0 s", "–", "–", "≤ 0.5", "not measured")


def test_a_pair_that_lacks_a_figure_does_not_count_for_its_ratio() -> None:
    [row] = compare([({START: 10.0}, {}), ({START: 10.0}, {START: 4.0})])
    assert (row.ratio, row.low, row.high) == (0.4, 0.4, 0.4)


def test_nothing_is_divided_by_zero() -> None:
    [row] = compare([({FLOOR: 0.0}, {FLOOR: 1.0})])
    assert row.ratio is None


def test_both_tables_have_every_row() -> None:
    rows = compare([({START: 10.0, FLOOR: 4.0}, {START: 4.0, FLOOR: 4.0})])
    lines = markdown(rows).splitlines()
    assert lines[0] == "| figure | other | this | ratio | spread | target | met |"
    assert lines[2] == f"| {label(START)} | 10.0 s | 4.0 s | 0.40 | 0.40–0.40 | ≤ 0.5 | yes |"
    assert len({line.count("|") for line in lines}) == 1
    assert len({len(line) for line in plain(rows).splitlines()}) == 1


@pytest.mark.parametrize(
    ("figure", "value", "text"),
    [
        ("idle memory, all (MB)", 1234.5, "1,234 MB"),
        ("200 streams, page: CPU per 1,000 tokens (s)", 0.12345, "0.123 s"),
        ("200 streams, page: finished (of 200)", 199, "199 of 200"),
        ("20,000 tokens take, against 2,000 (×)", 10.04, "10.0 ×"),
    ],
)
def test_a_value_is_shown_with_the_unit_that_its_name_has(figure: str, value: float, text: str) -> None:
    assert shown(figure, value) == text


@pytest.mark.parametrize("figure", [*MUST, *RATIOS])
def test_every_figure_with_a_target_has_a_unit(figure: str) -> None:
    assert label(figure) != figure


def test_targets_belong_to_the_sizes_that_are_measured_by_default() -> None:
    streams = {f"{count} streams" for count in (*Sizes.streams, Sizes.crowd)}
    assert {figure.split(",")[0] for figure in RATIOS if "streams" in figure} == streams
    assert f"memory with {Sizes.crowd} sockets, all (MB)" in RATIOS


def test_quantiles_of_few_values() -> None:
    assert quantile([3.0, 1.0, 2.0], 0.95) == 3.0
    assert quantile([1.0], 0.5) == 1.0


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (["python", "-m", "daphne", "-v", "0", "config.asgi:application"], "web"),
        (["python", "manage.py", "generate"], "generator"),
        (["python", "-m", "celery", "-A", "config", "worker"], "worker"),
        (["python", "manage.py", "up"], "supervisor"),
    ],
)
def test_a_part_has_the_same_name_as_a_program_and_as_a_fork_with_a_title(command: list[str], part: str) -> None:
    assert part_of(b"\0".join(word.encode() for word in command)) == part
    assert part_of(" ".join(command).encode() + b"\0\0") == part
