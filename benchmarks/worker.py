"""The process in which one framework is measured; it runs in that framework's environment.

``python -m benchmarks.worker time FRAMEWORK`` answers each line it reads with a line of JSON, so that rounds of several
frameworks can take turns. ``python -m benchmarks.worker count FRAMEWORK SCENARIO`` is what callgrind runs.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

import uvloop

from benchmarks.callgrind import Callgrind
from benchmarks.client import ASGIApp, Client, Scope, scope_of, start, verify
from benchmarks.frameworks import make
from benchmarks.material import write_file
from benchmarks.scenarios import SCENARIOS, Scenario


@dataclass(frozen=True, slots=True)
class Subject:
    """A started application whose answers are right, and the requests to make."""

    app: ASGIApp
    scenario: Scenario
    scopes: list[Scope]
    lifespan: asyncio.Task[None]

    async def drive(self, number: int) -> None:
        await Client().drive(self.app, self.scopes, number)


async def prepare(framework: str, scenario: Scenario) -> Subject | None:
    """Start and verify the application; None where the framework has nothing of the kind."""
    app = make(framework, scenario.app)
    if app is None:
        return None
    lifespan = await start(app)
    await verify(app, scenario.calls)
    subject = Subject(app, scenario, [scope_of(call) for call in scenario.calls], lifespan)
    # Twice, so that caches are filled and the interpreter has specialised its instructions.
    await subject.drive(2 * max(scenario.counted, len(scenario.calls)))
    return subject


class Timer:
    """CPU time of rounds; the applications stay up between them."""

    def __init__(self, loop: asyncio.AbstractEventLoop, framework: str) -> None:
        self._loop = loop
        self._framework = framework
        self._subjects: dict[str, Subject | None] = {}

    def measure(self, name: str) -> float | None:
        """CPU seconds per request, all threads of the process together."""
        if name not in self._subjects:
            self._subjects[name] = self._loop.run_until_complete(prepare(self._framework, SCENARIOS[name]))
        subject = self._subjects[name]
        if subject is None:
            return None
        gc.collect()
        before = time.process_time()
        self._loop.run_until_complete(subject.drive(subject.scenario.number))
        spent = time.process_time() - before
        self._loop.run_until_complete(verify(subject.app, subject.scenario.calls[:10]))
        return spent / subject.scenario.number


def serve_rounds(loop: asyncio.AbstractEventLoop, framework: str) -> None:
    """Answer each line of the standard input, the name of a scenario, with a line of JSON."""
    answers = _quiet_output()
    timer = Timer(loop, framework)
    for line in sys.stdin:
        print(json.dumps({"seconds": timer.measure(line.strip())}), file=answers, flush=True)


def count(loop: asyncio.AbstractEventLoop, framework: str, scenario: Scenario) -> None:
    """Make n warm requests, then 2n, and let callgrind write how many instructions each took."""
    answers = _quiet_output()
    callgrind = Callgrind()
    subject = loop.run_until_complete(prepare(framework, scenario))
    if subject is not None:
        gc.collect()
        gc.disable()
        callgrind.start()
        for number in (scenario.counted, scenario.counted, 2 * scenario.counted):
            callgrind.zero()
            loop.run_until_complete(subject.drive(number))
            callgrind.dump()
        callgrind.stop()
    print(json.dumps({"counted": subject is not None}), file=answers, flush=True)


def _quiet_output() -> Any:
    """A stream for our answers; what frameworks print goes to the standard error, and they log nothing but errors."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.disable(logging.WARNING)
    return answers


def main(arguments: list[str]) -> None:
    write_file()
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    match arguments:
        case ["time", framework]:
            serve_rounds(loop, framework)
        case ["count", framework, name]:
            count(loop, framework, SCENARIOS[name])
        case _:
            raise SystemExit(f"benchmarks.worker does not know {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
