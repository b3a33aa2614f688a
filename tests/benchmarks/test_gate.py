from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from benchmarks import __main__ as command_line
from benchmarks import gate

BASELINE: gate.Counts = {"plain": {"limit": 10_000.0, "nexios": 30_000.0}}


def counts(ours: float, limit: float = 10_000.0) -> gate.Counts:
    return {"plain": {"limit": limit, "nexios": ours}}


@pytest.mark.parametrize(
    ("ours", "is_refused"),
    [(30_000.0, False), (30_900.0, False), (30_901.0, True), (31_200.0, True), (20_000.0, False)],
    ids=["the same", "3 % more", "just above", "4 % more", "less"],
)
def test_more_than_three_percent_is_refused(ours: float, is_refused: bool) -> None:
    (change,) = gate.compare(BASELINE, counts(ours))

    assert change.is_refused is is_refused


def test_what_moves_the_limit_as_much_is_another_interpreter_and_no_change_of_ours() -> None:
    (change,) = gate.compare(BASELINE, counts(ours=33_000.0, limit=11_000.0))

    assert change.share == pytest.approx(0)
    assert not change.is_refused


def test_a_scenario_without_a_baseline_is_refused_with_its_cure() -> None:
    (change,) = gate.compare({}, counts(1.0))

    assert change.is_refused
    assert str(change).endswith("has no baseline: hatch run bench:baseline")


def test_a_scenario_that_is_gone_is_refused_until_the_baseline_is_renewed() -> None:
    (change,) = gate.compare(BASELINE, {})

    assert change.is_refused
    assert "was not counted" in str(change)


def test_a_line_tells_both_counts_the_change_and_what_follows() -> None:
    assert str(gate.compare(BASELINE, counts(31_200.0))[0]).split() == [
        "plain", "30,000.0", "->", "31,200.0", "+4.00%", "TOO", "MUCH",
    ]  # fmt: skip
    assert str(gate.compare(BASELINE, counts(27_000.0))[0]).endswith("better: hatch run bench:baseline")
    assert str(gate.compare(BASELINE, counts(30_100.0))[0]).endswith("ok")


def test_a_framework_that_cannot_serve_a_scenario_is_named() -> None:
    with pytest.raises(ValueError, match=r"frameworks/nexios/app\.py does not make the scenario 'plain'"):
        gate.complete({"plain": {"limit": 1.0, "nexios": None}})


def test_renewing_one_python_version_keeps_the_others(tmp_path: Path) -> None:
    file = tmp_path / "baseline.json"
    gate.write("3.12", counts(2.0), file)
    gate.write("3.11", counts(1.0), file)

    assert gate.read("3.11", file) == counts(1.0)
    assert gate.read("3.12", file) == counts(2.0)
    assert gate.read("3.13", file) is None


@pytest.mark.parametrize(("ours", "status"), [(30_000.0, 0), (31_200.0, 1)])
def test_the_command_fails_on_a_change_of_four_percent(
    ours: float, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate.write("3.11", BASELINE, tmp_path / "baseline.json")
    monkeypatch.setattr(gate, "FILE", tmp_path / "baseline.json")
    monkeypatch.setattr(command_line, "_our_counts", lambda given: counts(ours))

    assert command_line.check(argparse.Namespace(version="3.11")) == status


def test_the_command_fails_where_a_python_version_has_no_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gate, "FILE", tmp_path / "baseline.json")

    assert command_line.check(argparse.Namespace(version="3.11")) == 1
    assert "nothing for Python 3.11: hatch run bench:baseline" in capsys.readouterr().err
