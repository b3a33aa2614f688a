"""``nexios doctor``: what is installed, whether its files are its own, and how to repair what is not."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution

import click

from nexios.cli.installed import distributions

# The meta package of this framework starts here; what was called nexios before owns the same import paths.
_FIRST_OF_OURS = 4


@dataclass(frozen=True, slots=True)
class Problem:
    text: str
    commands: tuple[str, ...]


@click.command()
def doctor() -> None:
    """Check the installation; exit with status 1 where something is wrong."""
    found = {name: each for name, each in distributions().items() if name == "nexios" or name.startswith("nexios-")}
    click.echo(f"Python {sys.version.split()[0]} at {sys.executable}")
    for each in found.values():
        click.echo(f"{each.name} {each.version} in {each.locate_file('')}")
    problem = examine(found)
    if problem is None:
        click.echo("No problem found.")
        return
    commands = "".join(f"    {command}\n" for command in problem.commands)
    click.echo(f"\nProblem: {problem.text}. Repair with:\n\n{commands}", nl=False)
    sys.exit(1)


def examine(found: Mapping[str, Distribution]) -> Problem | None:
    """Return what is wrong with the distributions *found*, by normalised name."""
    foreign = found.get("nexios")
    if foreign is not None and _major(foreign.version) >= _FIRST_OF_OURS:
        foreign = None
    ours = [each for each in found.values() if each is not foreign]
    damaged = {path for each in ours for path, is_intact in _files(each) if not is_intact}
    if foreign is not None:
        taken = len(damaged.intersection(path for path, _ in _files(foreign)))
        return Problem(
            f"nexios {foreign.version} is another distribution with the same import name; "
            f"{taken} of its files are in the place of ours",
            (f"{sys.executable} -m pip uninstall -y nexios", _reinstall(ours)),
        )
    if damaged:
        names = ", ".join(sorted(damaged)[:5]) + (", ..." if len(damaged) > 5 else "")
        return Problem(f"files missing or not as installed: {names}", (_reinstall(ours),))
    return None


def _files(distribution: Distribution) -> Iterator[tuple[str, bool]]:
    """Yield each file with a hash in RECORD, and whether its content has it (PyPA: Recording installed projects).

    ``Distribution.files`` is no help: since Python 3.12 it leaves out what is missing.
    """
    for row in csv.reader((distribution.read_text("RECORD") or "").splitlines()):
        path, recorded = row[0], row[1].removeprefix("sha256=")
        if recorded != row[1]:
            yield path, _digest(distribution, path) == recorded


def _digest(distribution: Distribution, path: str) -> str | None:
    try:
        with open(str(distribution.locate_file(path)), "rb") as file:
            content = hashlib.sha256(file.read()).digest()
    except OSError:
        return None
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _reinstall(ours: Iterable[Distribution]) -> str:
    pinned = " ".join(f"{each.name}=={each.version}" for each in ours)
    return f"{sys.executable} -m pip install --force-reinstall --no-deps {pinned}"


def _major(version: str) -> int:
    number = re.match(r"v?(\d+)", version)
    return int(number[1]) if number else 0
