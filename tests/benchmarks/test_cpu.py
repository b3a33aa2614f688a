from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from benchmarks import cpu, environments
from benchmarks.scenarios import SCENARIOS


class Scripted:
    """A worker that takes the given seconds, and notes when it was asked."""

    def __init__(self, name: str, order: list[str], seconds: list[float | None]) -> None:
        self._name, self._order = name, order
        self._seconds: Iterator[float | None] = iter(seconds)

    def measure(self) -> float | None:
        self._order.append(self._name)
        return next(self._seconds)


def test_rounds_take_turns_and_each_begins_with_another_framework() -> None:
    order: list[str] = []
    workers = {name: cast("cpu.Worker", Scripted(name, order, [1.0, 2.0, 9.0])) for name in "abc"}

    medians = cpu.medians(workers, 3)

    assert "".join(order) == "abcbcacab"
    assert medians == {"a": 2.0, "b": 2.0, "c": 2.0}


def test_what_a_framework_does_not_have_has_no_median() -> None:
    workers = {"a": cast("cpu.Worker", Scripted("a", [], [None, None]))}

    assert cpu.medians(workers, 2) == {"a": None}


def test_a_worker_measures_the_application_of_a_framework_in_its_own_process() -> None:
    seconds = cpu.measure({"nexios": environments.here("nexios")}, SCENARIOS["plain"], 1)["nexios"]

    assert seconds is not None
    assert 0 < seconds < 0.01
