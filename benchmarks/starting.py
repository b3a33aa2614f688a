"""What it costs to import a framework, and to start an application with 1 000 routes. New processes each time."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.cpu import rotated
from benchmarks.environments import ROOT, Environment
from benchmarks.frameworks import FOLDER, LIMIT
from benchmarks.results import Figures

IMPORT, IMPORT_MEMORY = "cold import + app, ms", "cold import + app, MB above bare Python"
START, START_MEMORY = "start with 1 000 routes, ms", "start with 1 000 routes, MB"
TIMES = frozenset({IMPORT, START})
TARGETS = {IMPORT: 25.0, IMPORT_MEMORY: 6.0, START: 60.0, START_MEMORY: 4.0}

# Imports hello.py and tells the CPU seconds since the process began, the interpreter's own included, and its memory.
_COLD = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
import hello
seconds = time.process_time()
with open("/proc/self/statm") as statm:
    print([seconds, int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")])
"""


def measure(
    environments: Mapping[str, Environment], rounds: int, alone: Mapping[str, Environment] | None = None
) -> Figures:
    """The medians; the first round only fills the caches of compiled modules. hello.py is imported in *alone*."""
    names = list(environments)
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        for name in rotated(names, turn):
            figures = _figures(environments[name], (alone or environments)[name])
            if turn:
                taken[name].append(figures)
    rows = {row: {name: _median(taken[name], row) for name in names} for row in TARGETS}
    _subtract(rows[IMPORT_MEMORY], LIMIT)
    return rows


def _figures(environment: Environment, alone: Environment) -> dict[str, float]:
    python, name = str(environment.python), environment.framework
    seconds, memory = _ask([str(alone.python), "-I", "-c", _COLD, str(FOLDER / name)])
    figures = {IMPORT: seconds * 1e3, IMPORT_MEMORY: memory / 1e6}
    if name != LIMIT:
        seconds, memory = _ask([python, "-m", "benchmarks.worker", "start", name])
        figures |= {START: seconds * 1e3, START_MEMORY: memory / 1e6}
    return figures


def _ask(command: Sequence[str]) -> list[float]:
    done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True)
    figures: list[float] = json.loads(done.stdout)
    return figures


def _median(taken: Sequence[Mapping[str, float]], row: str) -> float | None:
    return median(figures[row] for figures in taken) if taken and row in taken[0] else None


def _subtract(figures: dict[str, float | None], name: str) -> None:
    base = figures.get(name) or 0.0
    for each, value in figures.items():
        figures[each] = None if value is None else value - base
