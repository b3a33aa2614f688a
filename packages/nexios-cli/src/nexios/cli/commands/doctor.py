"""``nexios doctor``: what is installed, whether its files are its own, and how to repair what is not."""

from __future__ import annotations

import base64
import hashlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackagePath

import click

from nexios.cli.installed import distributions

# The meta package of this framework starts here; what was called nexios before owns the same import paths.
_FIRST_OF_OURS = 4


@dataclass(frozen=True, slots=True)
class Problem:
    text: str
    cure: tuple[str, ...] = ()


@click.command()
def doctor() -> None:
    """Check the installation; exit with status 1 where something is wrong."""
    found = {name: each for name, each in distributions().items() if name == "nexios" or name.startswith("nexios-")}
    click.echo(f"Python {sys.version.split()[0]} at {sys.executable}")
    for each in found.values():
        click.echo(f"{each.name} {each.version} in {each.locate_file('')}")
    problems = list(examine(found))
    for problem in problems:
        click.echo(f"\nProblem: {problem.text}")
        click.echo("".join(f"    {line}\n" for line in problem.cure), nl=False)
    click.echo("" if problems else "No problem found.", nl=not problems)
    sys.exit(1 if problems else 0)


def examine(found: Mapping[str, Distribution]) -> Iterator[Problem]:
    """Yield what is wrong with the distributions *found*, by normalised name."""
    foreign = found.get("nexios")
    if foreign is not None and _major(foreign.version) >= _FIRST_OF_OURS:
        foreign = None
    ours = [each for each in found.values() if each is not foreign]
    damaged = [path for each in ours for path in _damaged(each)]
    reinstall = f"{sys.executable} -m pip install --force-reinstall --no-deps " + " ".join(
        f"{each.name}=={each.version}" for each in ours
    )
    if foreign is not None:
        shared = {str(path) for path in foreign.files or ()}.intersection(map(str, damaged))
        yield Problem(
            f"nexios {foreign.version} is another distribution with the same import name, and {len(shared)} of its "
            f"files have taken the place of ours. Repair with:",
            (f"{sys.executable} -m pip uninstall -y nexios", reinstall),
        )
    elif damaged:
        names = ", ".join(map(str, damaged[:5])) + (" and more" if len(damaged) > 5 else "")
        yield Problem(f"{len(damaged)} files are missing or are not as installed: {names}. Repair with:", (reinstall,))


def _major(version: str) -> int:
    return int(version.partition(".")[0].lstrip("vV") or 0)


def _damaged(distribution: Distribution) -> Iterator[PackagePath]:
    """Yield the files whose content is not what RECORD says (PyPA: Recording installed projects)."""
    for path in distribution.files or ():
        if path.hash is not None and path.hash.mode == "sha256" and _digest(path) != path.hash.value:
            yield path


def _digest(path: PackagePath) -> str | None:
    try:
        content = path.read_binary()
    except OSError:
        return None
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
