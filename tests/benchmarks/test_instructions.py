from __future__ import annotations

import shutil
from dataclasses import replace

import pytest

from benchmarks import environments, instructions
from benchmarks.scenarios import SCENARIOS


def test_what_every_run_costs_once_is_not_in_a_count() -> None:
    started, each = 5_000, 300

    counted = instructions.per_request([99_999, started + 10 * each, started + 20 * each], 10)

    assert counted == each


def test_a_process_that_is_counted_inherits_nothing_from_its_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXTRA", "1")

    with instructions.stage(environments.here("nexios")) as stage:
        variables = stage.variables()

    assert "EXTRA" not in variables
    assert variables["PYTHONHASHSEED"] == "0"


def test_no_path_that_a_counted_process_sees_depends_on_where_the_checkout_is() -> None:
    with instructions.stage(environments.here("nexios")) as stage:
        seen = " ".join([*stage.command(SCENARIOS["plain"]), *stage.variables().values()])

        assert str(environments.ROOT) not in seen
        assert len(stage.folder.name) == len("nexios-12345678")


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed: apt-get install valgrind")
def test_a_count_repeats_to_the_digit() -> None:
    environment, scenario = environments.here("nexios"), SCENARIOS["plain"]

    first = instructions.count(environment, scenario)

    assert first is not None
    assert first == instructions.count(environment, scenario)


def test_a_process_that_dies_is_told_with_what_it_said() -> None:
    unknown = replace(SCENARIOS["plain"], name="unheard-of")

    with pytest.raises(instructions.CountingFailed, match="KeyError: 'unheard-of'"):
        instructions.count(environments.here("nexios"), unknown)
