"""The process in which one framework is measured; it runs in that framework's environment.

``python -m benchmarks.worker time FRAMEWORK SCENARIO`` makes a round for each line it reads, so that several frameworks
can take turns. ``count FRAMEWORK SCENARIO`` is what callgrind runs, ``serve FRAMEWORK APP PORT`` what wrk asks, ``start
FRAMEWORK`` starts 1 000 routes.
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
from typing import Any, cast

import uvloop

from benchmarks.callgrind import Callgrind
from benchmarks.client import Lifespan, verify
from benchmarks.frameworks import load, make
from benchmarks.material import write_file
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.traffic import Traffic, open_traffic

# CPU seconds after which a round of a slow application ends; all of them see all requests in turn.
ROUND = 0.1


@dataclass(frozen=True, slots=True)
class Subject:
    """A started application whose answers are right, and what it is asked."""

    scenario: Scenario
    traffic: Traffic
    lifespan: Lifespan
    seconds: float
    """What a request took while the application warmed up."""

    async def stop(self) -> None:
        await self.traffic.close()
        await self.lifespan.stop()


async def prepare(framework: str, scenario: Scenario) -> Subject | None:
    """Start and verify the application; None where the framework has nothing of the kind."""
    app = make(framework, scenario.app)
    if app is None:
        return None
    lifespan = Lifespan(app)
    await lifespan.start()
    traffic = await open_traffic(app, scenario)
    await traffic.verify()
    # Caches are full then, and the interpreter has specialised its instructions.
    number = max(2 * scenario.counted, len(scenario.calls))
    before = time.process_time()
    await traffic.drive(number)
    return Subject(scenario, traffic, lifespan, (time.process_time() - before) / number)


async def measure(subject: Subject) -> float:
    """CPU seconds per request in one round, all threads of the process together."""
    number = max(min(subject.scenario.number, int(ROUND / subject.seconds)), 10)
    gc.collect()
    before = time.process_time()
    await subject.traffic.drive(number)
    spent = time.process_time() - before
    await subject.traffic.verify()
    return spent / number


def serve_rounds(loop: asyncio.AbstractEventLoop, framework: str, scenario: Scenario) -> None:
    """Make one round for each line of the standard input, and answer with a line of JSON."""
    answers = _quiet_output()
    subject = loop.run_until_complete(prepare(framework, scenario))
    for _ in sys.stdin:
        seconds = None if subject is None else loop.run_until_complete(measure(subject))
        print(json.dumps({"seconds": seconds}), file=answers, flush=True)
    if subject is not None:
        loop.run_until_complete(subject.stop())


def count(loop: asyncio.AbstractEventLoop, framework: str, scenario: Scenario) -> None:
    """Make n warm requests, then 2n, and let callgrind write how many instructions they took."""
    answers = _quiet_output()
    callgrind = Callgrind()
    subject = loop.run_until_complete(prepare(framework, scenario))
    if subject is not None:
        gc.collect()
        gc.disable()
        callgrind.start()
        for number in (10, scenario.counted, 2 * scenario.counted):
            callgrind.zero()
            loop.run_until_complete(subject.traffic.drive(number))
            callgrind.dump()
        callgrind.stop()
        loop.run_until_complete(subject.stop())
    print(json.dumps({"counted": subject is not None}), file=answers, flush=True)


def _quiet_output() -> Any:
    """A stream for our answers; what frameworks print goes to the standard error, and they log nothing but errors."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    logging.disable(logging.WARNING)
    return answers


async def _start_and_stop(framework: str) -> None:
    """Whatever is imported when an application starts is there then; not where a process bears no second one."""
    app = make(framework, SCENARIOS["plain"].app)
    if app is not None and not hasattr(load(framework), "ONE_APPLICATION"):
        lifespan = Lifespan(app)
        await lifespan.start()
        await lifespan.stop()


async def start(framework: str) -> tuple[float, int]:
    """CPU seconds and bytes of memory from declaring 1 000 routes to the first answer; what is imported stays out."""
    await _start_and_stop(framework)
    scenario = SCENARIOS["routes"]
    gc.collect()
    seconds, memory = time.process_time(), _memory()
    app = make(framework, scenario.app)
    if app is None:
        raise SystemExit(f"{framework} has no {scenario.app!r}")
    lifespan = Lifespan(app)
    await lifespan.start()
    await verify(app, scenario.calls[:1])
    seconds, memory = time.process_time() - seconds, _memory() - memory
    await lifespan.stop()
    return seconds, memory


def _memory() -> int:
    """The resident memory of this process, in bytes."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def serve(framework: str, name: str, port: int) -> None:
    """Serve an application with uvicorn, or as the ``serve`` of the framework's app.py does."""
    app = make(framework, name)
    own = getattr(load(framework), "serve", None)
    if own is not None:
        own(app, port)
        return
    import uvicorn  # only this way of running needs it

    uvicorn.run(
        cast("Any", app),
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="auto",
        access_log=False,
        log_level="error",
    )


def main(arguments: list[str]) -> None:
    write_file()
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    match arguments:
        case ["time", framework, name]:
            serve_rounds(loop, framework, SCENARIOS[name])
        case ["count", framework, name]:
            count(loop, framework, SCENARIOS[name])
        case ["start", framework]:
            answers = _quiet_output()
            print(json.dumps(loop.run_until_complete(start(framework))), file=answers, flush=True)
        case ["serve", framework, app, port]:
            serve(framework, app, int(port))
        case ["offers", framework, app]:
            raise SystemExit(0 if hasattr(load(framework), app) else 1)
        case _:
            raise SystemExit(f"benchmarks.worker does not know {arguments}")


if __name__ == "__main__":
    main(sys.argv[1:])
