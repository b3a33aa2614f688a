from __future__ import annotations

from benchmarks import environments, starting


def test_the_cost_of_a_start_is_measured_in_new_processes() -> None:
    figures = starting.measure({"nexios": environments.here("nexios")}, rounds=1)

    assert list(figures) == list(starting.TARGETS)
    for row in figures.values():
        assert row["nexios"] is not None
        assert row["nexios"] >= 0


def test_memory_is_told_above_that_of_bare_python() -> None:
    limit, nexios = (environments.here(name) for name in ("limit", "nexios"))

    figures = starting.measure({"limit": limit, "nexios": nexios}, rounds=1)

    assert figures[starting.IMPORT_MEMORY]["limit"] == 0
    assert figures[starting.START]["limit"] is None
