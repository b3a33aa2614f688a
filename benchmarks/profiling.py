"""Where the time of a scenario goes: ``python -m benchmarks.profiling SCENARIO [FRAMEWORK]``.

The profiler makes calls of Python functions look dearer than they are: compare shares, not figures.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import sys

from benchmarks.client import Lifespan
from benchmarks.frameworks import OURS, make
from benchmarks.material import write_file
from benchmarks.scenarios import SCENARIOS, Scenario
from benchmarks.traffic import open_traffic

LINES = 12


async def profile(framework: str, scenario: Scenario, number: int) -> pstats.Stats:
    """Profile *number* warm requests."""
    app = make(framework, scenario.app)
    if app is None:
        raise SystemExit(f"{framework} has no {scenario.app!r}")
    lifespan = Lifespan(app)
    await lifespan.start()
    traffic = await open_traffic(app, scenario)
    await traffic.drive(100)
    profiler = cProfile.Profile()
    with profiler:
        await traffic.drive(number)
    await traffic.close()
    await lifespan.stop()
    return pstats.Stats(profiler)


def main(scenario: str, framework: str = OURS) -> None:
    write_file()
    stats = asyncio.run(profile(framework, SCENARIOS[scenario], SCENARIOS[scenario].number))
    stats.strip_dirs().sort_stats("tottime").print_stats(LINES)


if __name__ == "__main__":
    main(*sys.argv[1:])
