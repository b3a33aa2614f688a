"""CPU time per request: rounds of all frameworks take turns, so that what disturbs one disturbs the others."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from statistics import median
from types import TracebackType
from typing import TextIO, cast

from benchmarks.environments import ROOT, Environment
from benchmarks.scenarios import Scenario


class Worker:
    """The process of one framework and one scenario: some frameworks bear no two applications in a process."""

    def __init__(self, environment: Environment, scenario: Scenario) -> None:
        self._name = f"{environment.framework} {scenario.name}"
        command = [str(environment.python), "-m", "benchmarks.worker", "time", environment.framework, scenario.name]
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

    def measure(self) -> float | None:
        """CPU seconds per request in one round; None where the framework has nothing of the kind."""
        self._questions.write("\n")
        self._questions.flush()
        line = self._answers.readline()
        if not line:
            raise RuntimeError(f"the process of {self._name} ended before it had measured")
        seconds: float | None = json.loads(line)["seconds"]
        return seconds


def rotated(names: Sequence[str], turn: int) -> list[str]:
    """*names*, beginning with another one each turn."""
    first = turn % len(names)
    return [*names[first:], *names[:first]]


def measure(environments: Mapping[str, Environment], scenario: Scenario, rounds: int) -> dict[str, float | None]:
    """The median of *rounds* rounds for each framework, in seconds per request."""
    with ExitStack() as stack:
        return medians(
            {name: stack.enter_context(Worker(each, scenario)) for name, each in environments.items()}, rounds
        )


def medians(workers: Mapping[str, Worker], rounds: int) -> dict[str, float | None]:
    taken: dict[str, list[float]] = {name: [] for name in workers}
    for turn in range(rounds):
        for name in rotated(list(workers), turn):
            seconds = workers[name].measure()
            if seconds is not None:
                taken[name].append(seconds)
    return {name: median(times) if times else None for name, times in taken.items()}
