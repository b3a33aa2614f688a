from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.results import Results

RESULTS = Results(
    {"limit": "bare ASGI", "nexios": "1.0.0"},
    {"count": {"plain": {"limit": 14_000, "nexios": 28_000}}, "path": {"calls": {"limit": 2, "nexios": 11}}},
    python="3.11.7 (main)",
    machine="Linux",
    commit="abc1234",
)


def test_the_tables_between_the_marks_are_replaced_and_nothing_else(tmp_path: Path) -> None:
    figures, page = tmp_path / "figures.json", tmp_path / "page.md"
    figures.write_text(RESULTS.to_json())
    page.write_text(f"# Before\n\n{report.BEGIN}\n\nold\n\n{report.END}\n\nafter\n")

    report.write([figures], page)
    report.write([figures], page)

    text = page.read_text()
    assert text.startswith(f"# Before\n\n{report.BEGIN}\n\nCommit `abc1234`, Python 3.11.7, Linux.\n\n| scenario |")
    assert text.endswith(f"\n\n{report.END}\n\nafter\n")
    assert "| plain text | 14k | 28k | 2.00 | - | ≤ 2 / 28k | yes |" in text
    assert "| calls | 2 | 11 |" in text
    assert "old" not in text


def test_what_one_run_has_not_measured_comes_from_another(tmp_path: Path) -> None:
    peers = Results(
        {"limit": "bare ASGI", "falcon": "4.4.0"},
        {"count": {"plain": {"limit": 99_000, "falcon": 56_000}}, "http": {"plain": {"falcon": 32_000}}},
    )

    both = RESULTS.completed_by(peers)

    assert both.figures["count"] == {"plain": {"limit": 14_000, "falcon": 56_000, "nexios": 28_000}}
    assert both.figures["http"] == {"plain": {"falcon": 32_000}}
    assert dict(both.versions) == {"limit": "bare ASGI", "falcon": "4.4.0", "nexios": "1.0.0"}
    assert both.commit == "abc1234"


def test_a_page_without_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="no place for tables"):
        report.insert("# Nothing here\n", RESULTS)


def test_the_documentation_has_a_place_for_the_tables() -> None:
    assert report.insert(report.PAGE.read_text("utf-8"), RESULTS)
