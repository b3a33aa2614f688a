"""CPU time per request: rounds of all frameworks take turns, so that what disturbs one disturbs the others."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from statistics import median
from types import TracebackType
from typing import TextIO, cast

from benchmarks.environments import ROOT, Environment


class Worker:
    """The process of one framework."""

    def __init__(self, environment: Environment) -> None:
        self._framework = environment.framework
        command = [str(environment.python), "-m", "benchmarks.worker", "time", self._framework]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        # The types allow for processes that were given no pipes.
        self._questions = cast("TextIO", self._process.stdin)
        self._answers = cast("TextIO", self._process.stdout)

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._questions.close()
        self._answers.close()
        self._process.wait()

    def measure(self, scenario: str) -> float | None:
        """CPU seconds per request in one round; None where the framework has nothing of the kind."""
        self._questions.write(f"{scenario}\n")
        self._questions.flush()
        line = self._answers.readline()
        if not line:
            raise RuntimeError(f"the process of {self._framework} ended while it measured {scenario!r}")
        seconds: float | None = json.loads(line)["seconds"]
        return seconds


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """*names*, beginning with another one each turn."""
    first = turn % len(names)
    return [*names[first:], *names[:first]]


def measure(workers: Mapping[str, Worker], scenario: str, rounds: int) -> dict[str, float | None]:
    """The median of *rounds* rounds for each framework, in seconds per request."""
    taken: dict[str, list[float]] = {name: [] for name in workers}
    for turn in range(rounds):
        for name in rotated(list(workers), turn):
            seconds = workers[name].measure(scenario)
            if seconds is not None:
                taken[name].append(seconds)
    return {name: median(times) if times else None for name, times in taken.items()}
