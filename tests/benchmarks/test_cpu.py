from __future__ import annotations

from benchmarks import cpu, environments
from benchmarks.scenarios import SCENARIOS


def test_rounds_take_turns_and_each_begins_with_another_framework() -> None:
    order: list[str] = []

    figures = cpu.in_turns("abc", 3, lambda name: order.append(name) or 1.0)  # type: ignore[func-returns-value]  # None

    assert "".join(order) == "abcbcacab"
    assert figures == {"a": 1.0, "b": 1.0, "c": 1.0}


def test_a_figure_is_compared_with_the_first_of_the_same_round() -> None:
    """The machine is three times as slow in the second round, and something disturbs *ours* in the third."""
    rounds = {"limit": iter([1.0, 3.0, 1.0]), "ours": iter([2.0, 6.0, 50.0])}

    assert cpu.in_turns(list(rounds), 3, lambda name: next(rounds[name])) == {"limit": 1.0, "ours": 2.0}


def test_what_a_framework_does_not_have_has_no_figure() -> None:
    assert cpu.in_turns(["a", "b"], 2, lambda name: 3.0 if name == "b" else None) == {"a": None, "b": 3.0}
    assert cpu.in_turns(["a"], 2, lambda name: None) == {"a": None}


def test_a_worker_measures_the_application_of_a_framework_in_its_own_process() -> None:
    seconds = cpu.measure({"nexios": environments.here("nexios")}, SCENARIOS["plain"], 1)["nexios"]

    assert seconds is not None
    assert 0 < seconds < 0.01
