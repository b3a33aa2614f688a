from __future__ import annotations

import pytest

from benchmarks import table
from benchmarks.results import Figures, Results
from benchmarks.starting import IMPORT, IMPORT_MEMORY

VERSIONS = {"limit": "bare ASGI", "nexios": "1.0.0", "falcon": "4.4.0", "quart": "0.22.0"}
TIMES: Figures = {"plain": {"limit": 1e-6, "nexios": 1.9e-6, "falcon": 3.8e-6, "quart": 1e-4}}
COUNTS: Figures = {"plain": {"limit": 14_000, "nexios": 28_000, "falcon": 56_000, "quart": 1_500_000}}


def cells(markdown: str, line: int = 2) -> list[str]:
    return [cell.strip() for cell in markdown.splitlines()[line].strip("|").split("|")]


def test_a_row_has_time_and_instructions_of_each_and_how_we_compare() -> None:
    markdown = table.in_process(VERSIONS, TIMES, COUNTS)

    assert cells(markdown, 0) == [
        "scenario", "limit (bare ASGI)", "nexios 1.0.0", "falcon 4.4.0", "quart 0.22.0",
        "x limit", "x best peer", "target", "met",
    ]  # fmt: skip
    assert cells(markdown) == [
        "plain text", "1 / 14k", "1.9 / 28k", "3.8 / 56k", "100 / 1 500k",
        "2.00", "0.50 falcon", "≤ 2 / 28k", "yes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("time", "count", "met"),
    [
        (2.1e-6, 28_000, "count only"),
        (1.9e-6, 28_100, "time only"),
        (2.1e-6, 29_000, "**no**"),
        (2.1e-6, None, "**no**"),
        (None, 28_000, "yes"),
        (None, None, "-"),
    ],
)
def test_a_missed_target_is_shown(time: float | None, count: float | None, met: str) -> None:
    times: Figures = {"plain": {"nexios": time}}
    instructions: Figures = {"plain": {"nexios": count}}

    assert cells(table.in_process({"nexios": "1.0.0"}, times, instructions))[-1] == met


def test_targets_of_time_are_those_of_a_machine_as_fast_as_this_one() -> None:
    """The limit of this row took 0.94 us where its target, 2 us, was set."""
    times: Figures = {"plain": {"limit": 1.88e-6, "nexios": 3.9e-6}, "routes": {"limit": 9e-6, "nexios": 6.1e-6}}

    markdown = table.in_process({"limit": "", "nexios": "1.0.0"}, times, {})

    assert [cells(markdown)[-1], cells(markdown, 3)[-1]] == ["yes", "**no**"], "of 4 us, and of 6 us"
    assert "takes 2.0 times as long here" in markdown


def test_what_a_framework_does_not_have_stays_empty() -> None:
    times: Figures = {"dependencies": {"limit": 2e-6, "nexios": 4e-6, "falcon": None}}

    row = cells(table.in_process({"limit": "", "nexios": "", "falcon": ""}, times, {}))

    assert row[3] == table.NONE
    assert row[5] == table.NONE, "there is no peer to compare with"


def test_rates_are_shares_of_the_limit_and_the_fastest_peer_is_the_best() -> None:
    rates: Figures = {"plain": {"limit": 40_000, "nexios": 38_400, "falcon": 32_000, "quart": 4_000}}

    assert cells(table.over_http(VERSIONS, rates)) == [
        "plain text", "40 000/s", "0.96", "0.80", "0.10", "1.20", "≥ 0.95", "yes",
    ]  # fmt: skip


def test_starts_are_compared_with_their_target() -> None:
    figures: Figures = {IMPORT: {"limit": 8.0, "nexios": 31.0, "falcon": 34.0, "quart": None}}

    assert cells(table.starts(VERSIONS, figures)) == [
        IMPORT, "8", "31", "34", "-", "0.91 falcon", "≤ 25", "**no**",
    ]  # fmt: skip


def test_only_times_are_longer_on_a_slower_machine() -> None:
    figures: Figures = {IMPORT: {"limit": 16.0, "nexios": 45.0}, IMPORT_MEMORY: {"limit": 0.0, "nexios": 6.5}}

    markdown = table.starts({"limit": "", "nexios": "1.0.0"}, figures, slower=2.0)

    assert [cells(markdown)[-1], cells(markdown, 3)[-1]] == ["yes", "**no**"]


def test_only_what_was_measured_is_printed() -> None:
    assert table.render(Results(VERSIONS, {"count": COUNTS})).count("\n| ---") == 1
    assert table.render(Results(VERSIONS, {"count": COUNTS, "http": {}, "start": {}})).count("\n| ---") == 3


def test_a_cell_has_what_was_measured_of_time_and_instructions() -> None:
    assert cells(table.in_process(VERSIONS, TIMES, {}))[1] == "1"
    assert cells(table.in_process(VERSIONS, {}, COUNTS))[1] == "14k"


@pytest.mark.parametrize(
    ("value", "text"), [(None, "-"), (0.944, "0.94"), (9.96, "10"), (28.4, "28"), (12_144.0, "12 144")]
)
def test_numbers_show_two_digits_or_whole(value: float | None, text: str) -> None:
    assert table.number(value) == text
