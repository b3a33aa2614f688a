"""CPU time per request: rounds of all frameworks take turns, so that what disturbs one disturbs the others."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
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


def in_turns(names: Sequence[str], rounds: int, measure: Callable[[str], float | None]) -> dict[str, float | None]:
    """What *measure* gives for each of *names* in *rounds* rounds: the first's median, and with it the others' medians.

    The machine is faster in one minute than in the next. So the figure of another is a multiple of the first's: the
    median of how they compared, round by round.
    """
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in rotated(names, turn):
            figure = measure(name)
            if figure is not None:
                taken[name].append(figure)
    first = next((figures for figures in taken.values() if figures), [])
    middle = median(first) if first else 0.0
    return {
        name: middle * median(own / other for own, other in zip(figures, first, strict=True)) if figures else None
        for name, figures in taken.items()
    }


def measure(environments: Mapping[str, Environment], scenario: Scenario, rounds: int) -> dict[str, float | None]:
    """CPU seconds per request for each framework, from *rounds* rounds."""
    with ExitStack() as stack:
        workers = {name: stack.enter_context(Worker(each, scenario)) for name, each in environments.items()}
        return in_turns(list(workers), rounds, lambda name: workers[name].measure())
