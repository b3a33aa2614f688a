"""Refuses a change that makes a request cost more: instruction counts against those in baseline.json.

The limit is counted too. With the interpreter and the libraries of the baseline it has the very count of the baseline;
with others, our counts are expected to move as the limit's did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from benchmarks.frameworks import LIMIT, OURS
from benchmarks.results import Figures

FILE = Path(__file__).resolve().parent / "baseline.json"
TOLERANCE = 0.03
# Scenario -> framework -> instructions per request.
Counts: TypeAlias = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Change:
    """One scenario, then and now."""

    scenario: str
    expected: float | None
    counted: float | None

    @property
    def share(self) -> float:
        """How much more there is to do now: 0.04 is 4 %."""
        return self.counted / self.expected - 1 if self.expected and self.counted else 0.0

    @property
    def is_refused(self) -> bool:
        return self.expected is None or self.counted is None or self.counted > self.expected * (1 + TOLERANCE)

    def __str__(self) -> str:
        if self.expected is None:
            return f"{self.scenario:13} has no baseline: hatch run bench:baseline"
        if self.counted is None:
            return f"{self.scenario:13} is in the baseline and was not counted: hatch run bench:baseline"
        better = "better: hatch run bench:baseline" if self.share < -TOLERANCE else "ok"
        verdict = "TOO MUCH" if self.is_refused else better
        return f"{self.scenario:13} {self.expected:12,.1f} -> {self.counted:12,.1f}  {self.share:+7.2%}  {verdict}"


def compare(baseline: Counts, counts: Counts) -> list[Change]:
    """Each scenario of either side."""
    return [
        Change(name, _expected(baseline.get(name), counts.get(name)), counts.get(name, {}).get(OURS))
        for name in dict.fromkeys([*baseline, *counts])
    ]


def _expected(then: Mapping[str, float] | None, now: Mapping[str, float] | None) -> float | None:
    if then is None:
        return None
    return then[OURS] * (now[LIMIT] / then[LIMIT]) if now else then[OURS]


def complete(figures: Figures) -> Counts:
    """Figures without a gap. Raises ValueError where one is missing."""
    counts: Counts = {}
    for scenario, row in figures.items():
        for framework, value in row.items():
            if value is None:
                raise ValueError(f"benchmarks/frameworks/{framework}/app.py does not make the scenario {scenario!r}")
            counts.setdefault(scenario, {})[framework] = value
    return counts


def read(python: str, file: Path | None = None) -> Counts | None:
    """The baseline of a Python version such as "3.11"; None where there is none."""
    return _read_all(file or FILE).get(python)


def write(python: str, counts: Counts, file: Path | None = None) -> None:
    """Replace the baseline of one Python version; the others stay."""
    baselines = _read_all(file or FILE) | {python: counts}
    (file or FILE).write_text(json.dumps(dict(sorted(baselines.items())), indent=2) + "\n", "utf-8")


def _read_all(file: Path) -> dict[str, Counts]:
    baselines: dict[str, Counts] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    return baselines
