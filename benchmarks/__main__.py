"""The command line: ``python -m benchmarks``, or in this repository ``hatch run bench:compare``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks import cpu, environments, gate, instructions, path, report, starting, table, throughput
from benchmarks.environments import ROOT, Environment
from benchmarks.frameworks import LIMIT, OURS, frameworks
from benchmarks.results import Figures, Results, version
from benchmarks.scenarios import SCENARIOS, Scenario

MODES = ("time", "count", "http", "start", "path")


def compare(given: argparse.Namespace) -> int:
    """Measure everything that was asked for, print the tables, and write them as JSON where that was asked for."""
    given.rounds = given.rounds or (3 if given.quick else 9)
    found = {name: environments.ensure(name, given.python) for name in given.frameworks}
    results = Results({name: version(name) for name in found})
    for mode in given.modes:
        _say(f"{mode}: {', '.join(found)}")
        results.figures[mode] = _measure(mode, found, given)
    print(table.render(results), end="")
    if given.json is not None:
        given.json.write_text(results.to_json(), "utf-8")
    return 0


def _measure(mode: str, found: dict[str, Environment], given: argparse.Namespace) -> Figures:
    scenarios = [SCENARIOS[name] for name in given.scenarios]
    match mode:
        case "time":
            return {each.name: cpu.measure(found, each, given.rounds) for each in scenarios}
        case "count":
            # Counting the peers takes most of the time that everything takes.
            return _count({name: found[name] for name in found if not given.quick or name in (LIMIT, OURS)}, scenarios)
        case "http":
            return throughput.measure(found, [each for each in scenarios if each.least_http], 2 * given.rounds)
        case "start":
            alone = {name: environments.ensure_hello(name, given.python) for name in found}
            return starting.measure(found, given.rounds, alone)
        case _:
            return path.compare(found)


def _count(found: dict[str, Environment], scenarios: Sequence[Scenario]) -> Figures:
    """Several at a time: other load changes how long it takes, and no digit."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = {
            each.name: {name: pool.submit(instructions.count, environment, each) for name, environment in found.items()}
            for each in scenarios
        }
        return {scenario: {name: one.result() for name, one in row.items()} for scenario, row in counts.items()}


def tune(given: argparse.Namespace) -> int:
    """The limit and Nexios as installed beside this interpreter: nothing is made or installed."""
    found = {name: environments.here(name) for name in (LIMIT, OURS)}
    for name in given.scenarios:
        row = _measure(given.what, found, argparse.Namespace(scenarios=[name], rounds=given.rounds, quick=False))[name]
        limit, ours = row[LIMIT], row[OURS]
        if limit is None or ours is None:
            continue
        scenario = SCENARIOS[name]
        scale, unit, target = (
            (1e6, "us", scenario.most_time) if given.what == "time" else (1e-3, "k", scenario.most_count)
        )
        print(
            f"{name:13} limit {limit * scale:9.4f}  nexios {ours * scale:9.4f} {unit}  ratio {ours / limit:6.2f}"
            f"  target {target}",
            flush=True,
        )
    return 0


def check(given: argparse.Namespace) -> int:
    """Compare with the baseline; 1 where a scenario needs more than the tolerance allows."""
    baseline = gate.read(given.version)
    if baseline is None:
        _say(f"benchmarks/baseline.json has nothing for Python {given.version}: hatch run bench:baseline")
        return 1
    changes = gate.compare(baseline, _our_counts(given))
    for change in changes:
        print(change)
    return int(any(change.is_refused for change in changes))


def renew(given: argparse.Namespace) -> int:
    """Write what is counted now into the baseline of this Python version."""
    gate.write(given.version, _our_counts(given))
    return 0


def _our_counts(given: argparse.Namespace) -> gate.Counts:
    found = {name: environments.ensure(name, given.python) for name in (LIMIT, OURS)}
    return gate.complete(_count(found, list(SCENARIOS.values())))


def write_report(given: argparse.Namespace) -> int:
    """Put the tables of earlier comparisons into the documentation."""
    report.write(given.files)
    return 0


def paths(given: argparse.Namespace) -> int:
    """Follow one request through each framework."""
    for name in given.frameworks:
        environment = environments.ensure(name, given.python)
        subprocess.run([str(environment.python), "-m", "benchmarks.path", name], cwd=ROOT, check=True)
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _add_names(command: argparse.ArgumentParser, option: str, known: Sequence[str]) -> None:
    command.add_argument(option, nargs="+", choices=known, default=list(known), metavar="NAME", help=", ".join(known))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = made.add_subparsers(dest="what", required=True)
    all_of_it = commands.add_parser("compare", help="the tables, with every framework in an environment of its own")
    _add_names(all_of_it, "--scenarios", list(SCENARIOS))
    _add_names(all_of_it, "--frameworks", frameworks())
    _add_names(all_of_it, "--modes", MODES)
    all_of_it.add_argument("--rounds", type=int, help="for each figure, over HTTP twice as many (9, with --quick 3)")
    all_of_it.add_argument("--quick", action="store_true", help="fewer rounds, and of the peers no instruction counts")
    all_of_it.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    all_of_it.set_defaults(run=compare)
    for name in ("time", "count"):
        tuning = commands.add_parser(name, help=f"{name} of the limit and Nexios beside this interpreter, for tuning")
        tuning.add_argument(
            "scenarios", nargs="*", default=list(SCENARIOS), metavar="SCENARIO", help=", ".join(SCENARIOS)
        )
        tuning.add_argument("--rounds", type=int, default=9)
        tuning.set_defaults(run=tune)
    commands.add_parser("gate", help="compare our counts with the baseline").set_defaults(run=check)
    commands.add_parser("baseline", help="make our counts the baseline").set_defaults(run=renew)
    reporting = commands.add_parser("report", help=f"put the tables of compare --json into {report.PAGE.name}")
    reporting.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a row of the first wins")
    reporting.set_defaults(run=write_report)
    follow = commands.add_parser("path", help="the calls, files and switches of one warm GET")
    _add_names(follow, "--frameworks", frameworks())
    follow.set_defaults(run=paths, frameworks=[OURS])
    for command in commands.choices.values():
        command.add_argument("--python", default=sys.executable, help="the interpreter of the environments (this one)")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    given = parser().parse_args(arguments)
    given.version = environments.version_of(given.python)
    status: int = given.run(given)
    return status


if __name__ == "__main__":
    sys.exit(main())
