"""The command line: ``python -m benchmarks``."""

from __future__ import annotations

import argparse
from contextlib import ExitStack

from benchmarks import cpu, environments, instructions
from benchmarks.frameworks import LIMIT, OURS
from benchmarks.scenarios import SCENARIOS


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=["time", "count"])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    names = given.scenarios or list(SCENARIOS)
    with ExitStack() as stack:
        if given.what == "time":
            workers = {name: stack.enter_context(cpu.Worker(environments.here(name))) for name in (LIMIT, OURS)}
        for name in names:
            if given.what == "time":
                figures = cpu.measure(workers, name, given.rounds)
                scale, unit = 1e6, "us"
            else:
                figures = {each: instructions.count(environments.here(each), SCENARIOS[name]) for each in (LIMIT, OURS)}
                scale, unit = 1e-3, "k"
            limit, ours = (figures[each] * scale for each in (LIMIT, OURS))
            target = SCENARIOS[name].targets[unit]
            print(
                f"{name:14} limit {limit:9.4f}  nexios {ours:9.4f} {unit}  ratio {ours / limit:6.2f}  target {target}"
            )


if __name__ == "__main__":
    main()
