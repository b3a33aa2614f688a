"""What packages/ holds, read from the files themselves: a package joins every check by being there."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
CORE = "nexios-core"
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """One distribution of the repository."""

    name: str
    folder: Path
    version: str
    requirements: tuple[Requirement, ...]
    extras: Mapping[str, tuple[Requirement, ...]]
    test_requirements: tuple[Requirement, ...]
    third_party: frozenset[str]
    """Every foreign distribution that installing this one alone brings, as its pyproject.toml declares."""

    @property
    def part(self) -> str:
        """``session`` for nexios-session; the meta package has no part and is tested by tests/together."""
        return self.name.removeprefix("nexios-") if self.name != "nexios" else "together"

    @property
    def module(self) -> str | None:
        """What ``import`` finds once it is installed; None for the meta package, which ships no module."""
        if self.name == CORE:
            return "nexios"
        return None if self.name == "nexios" else f"nexios.{self.part}"

    @property
    def source(self) -> Path:
        return self.folder / "src"

    @property
    def all_requirements(self) -> tuple[Requirement, ...]:
        return self.requirements + tuple(one for extra in self.extras.values() for one in extra)


def read_package(folder: Path) -> Package:
    """Read ``folder/pyproject.toml``; KeyError where it lacks what every package of ours declares."""
    data = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    project = data["project"]
    optional = project.get("optional-dependencies", {})
    return Package(
        name=project["name"],
        folder=folder,
        version=_read_version(folder / data["tool"]["hatch"]["version"]["path"]),
        requirements=_requirements(project["dependencies"]),
        extras={extra: _requirements(lines) for extra, lines in optional.items()},
        test_requirements=_requirements(data.get("dependency-groups", {}).get("test", ())),
        third_party=frozenset(data["tool"]["nexios"]["third-party"]),
    )


def read_packages(root: Path = ROOT) -> dict[str, Package]:
    """All packages by name; one that others need comes before them."""
    folders = sorted(file.parent for file in root.glob("packages/*/pyproject.toml"))
    found = {one.name: one for one in map(read_package, folders)}
    needs = {name: dict.fromkeys(siblings(one.all_requirements, found)) for name, one in found.items()}
    for name in found:
        needs[name].pop(name, None)  # an extra may be made of other extras of the same package
    return {name: found[name] for name in TopologicalSorter(needs).static_order()}


def unfold(package: Package, packages: Mapping[str, Package], extras: Iterable[str] = ()) -> Iterator[Requirement]:
    """Every requirement that installing ``package[extras]`` meets in a pyproject.toml of ours."""
    for requirement in package.requirements + tuple(one for extra in extras for one in package.extras[extra]):
        yield requirement
        if (name := canonicalize_name(requirement.name)) in packages:
            yield from unfold(packages[name], packages, requirement.extras)


def siblings(requirements: Iterable[Requirement], packages: Mapping[str, Package]) -> list[str]:
    return [name for one in requirements if (name := canonicalize_name(one.name)) in packages]


def foreign(requirements: Iterable[Requirement], packages: Mapping[str, Package]) -> list[Requirement]:
    return [one for one in requirements if canonicalize_name(one.name) not in packages]


def dependency_groups(root: Path = ROOT) -> dict[str, tuple[Requirement, ...]]:
    """The groups of the root pyproject.toml, with the groups they include unfolded."""
    groups = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    return {name: tuple(_included(name, groups)) for name in groups}


def _included(name: str, groups: Mapping[str, list[Any]]) -> Iterator[Requirement]:
    for entry in groups[name]:
        if isinstance(entry, str):
            yield Requirement(entry)
        else:
            yield from _included(entry["include-group"], groups)


def _requirements(lines: Iterable[str]) -> tuple[Requirement, ...]:
    return tuple(map(Requirement, lines))


def _read_version(file: Path) -> str:
    found = _VERSION.search(file.read_text("utf-8"))
    if found is None:
        raise ValueError(f'{file} has no line of the form __version__ = "1.2.3"')
    return found[1]
