from __future__ import annotations

import json

import pytest

from benchmarks import results
from benchmarks.frameworks import frameworks
from benchmarks.results import Results, best_peer, ratio


def test_neither_the_limit_nor_we_are_our_best_peer() -> None:
    figures = {"limit": 1.0, "nexios": 2.0, "falcon": 4.0, "quart": 9.0, "sanic": None}

    assert best_peer(figures) == "falcon"
    assert best_peer(figures, more=True) == "quart"
    assert best_peer({"limit": 1.0, "sanic": None}) is None


def test_a_ratio_is_our_figure_as_a_multiple_of_another() -> None:
    assert ratio({"nexios": 3.0, "falcon": 4.0}, "falcon") == 0.75
    assert ratio({"nexios": 3.0}, "falcon") is None
    assert ratio({"nexios": 3.0}, None) is None


@pytest.mark.parametrize("framework", frameworks())
def test_every_framework_pins_a_release(framework: str) -> None:
    assert results.version(framework)


def test_json_has_every_figure_and_what_it_was_measured_with() -> None:
    text = Results({"nexios": "1.0.0"}, {"time": {"plain": {"nexios": 2e-6}}}).to_json()

    data = json.loads(text)
    assert data["figures"]["time"]["plain"]["nexios"] == 2e-6
    assert data["versions"] == {"nexios": "1.0.0"}
    assert {"python", "machine"} <= data.keys()
