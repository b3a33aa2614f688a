from __future__ import annotations

import asyncio

from benchmarks import environments, path
from benchmarks.client import scope_of
from benchmarks.frameworks import make
from benchmarks.path import Distance, Step
from benchmarks.scenarios import SCENARIOS


def test_each_change_of_file_is_a_switch() -> None:
    steps = [Step("a.py", "f"), Step("a.py", "g"), Step("b.py", "h"), Step("a.py", "i")]

    assert path.measure(steps) == Distance(calls=4, files=2, switches=2)
    assert path.measure([]) == Distance(calls=0, files=0, switches=0)


def test_the_distance_is_compared_by_what_is_counted() -> None:
    figures = path.compare({name: environments.here(name) for name in ("limit", "nexios")})

    assert list(figures) == ["calls", "files", "switches"]
    assert figures["calls"]["limit"] == 2
    assert (figures["calls"]["nexios"] or 0) > 2


def test_the_way_of_a_request_begins_at_the_application_and_reaches_the_handler() -> None:
    scenario = SCENARIOS["path"]
    app = make("nexios", scenario.app)
    assert app is not None

    steps = asyncio.run(path.trace(app, scope_of(scenario.calls[0])))

    assert steps[0].function == "NexiosApp.__call__"
    assert "item" in [step.function for step in steps]
    assert path.measure(steps).calls < 31, "style.md: 15 to 30 calls are good"
