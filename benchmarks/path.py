"""The way of one warm request through the code: ``python -m benchmarks.path FRAMEWORK``.

What a reader has to follow: the Python functions that ``GET /items/7`` calls, the files they are in, and how often the
next one is in another file.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from benchmarks import client
from benchmarks.client import Client, Lifespan, scope_of
from benchmarks.environments import ROOT, Environment
from benchmarks.frameworks import OURS, make
from benchmarks.results import Figures
from benchmarks.scenarios import SCENARIOS
from benchmarks.types import ASGIApp, Scope


class Step(NamedTuple):
    """A call of a Python function."""

    file: str
    function: str


class Distance(NamedTuple):
    """How far one has to look."""

    calls: int
    files: int
    switches: int


_LAST_LINE = re.compile(r"(\d+) calls in (\d+) files, (\d+) switches between files$")


def compare(environments: Mapping[str, Environment]) -> Figures:
    """The distance in each framework, by what is counted; nothing where there is no Python to follow."""
    rows: Figures = {name: {} for name in Distance._fields}
    for framework, environment in environments.items():
        command = [str(environment.python), "-m", "benchmarks.path", framework]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        found = _LAST_LINE.search(done.stdout.rstrip())
        for index, row in enumerate(rows.values(), 1):
            row[framework] = float(found[index]) if found is not None else None
    return rows


def measure(steps: Sequence[Step]) -> Distance:
    files = [step.file for step in steps]
    return Distance(len(steps), len(set(files)), max(sum(1 for _ in groupby(files)) - 1, 0))


async def trace(app: ASGIApp, scope: Scope) -> list[Step]:
    """The calls of the third request; those of the client are left out."""
    steps: list[Step] = []

    def note(frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename != client.__file__:
            steps.append(Step(code.co_filename, code.co_qualname))

    for _ in range(2):
        await Client().drive(app, iter([scope]), 1)
    sys.setprofile(note)
    try:
        await Client().drive(app, iter([scope]), 1)
    finally:
        sys.setprofile(None)
    return [step for step in steps if step.file != __file__]


async def main(framework: str) -> None:
    scenario = SCENARIOS["path"]
    app = make(framework, scenario.app)
    if app is None:
        raise SystemExit(f"{framework} has no {scenario.app!r}")
    lifespan = Lifespan(app)
    await lifespan.start()
    steps = await trace(app, scope_of(scenario.calls[0]))
    await lifespan.stop()
    for step in steps:
        print(f"  {'/'.join(Path(step.file).parts[-2:]):40} {step.function}")
    calls, files, switches = measure(steps)
    print(f"{framework}: {calls} calls in {files} files, {switches} switches between files")


if __name__ == "__main__":
    asyncio.run(main(*(sys.argv[1:] or [OURS])))
