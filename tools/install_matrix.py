"""Install the wheels in dist/ the way users do, and test each package beside what it requires and nothing else.

python tools/install_matrix.py [--lowest] [package ...]

Each package is installed alone and tested, then with all its extras: those tests run in the shared environment. With
--lowest it is tested with its extras at the lowest versions that the pyproject.toml files allow instead of those in
constraints.txt. The meta package is the case of everything at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

import workspace
from environment import CommandError, Environment, pins_without, run

# Building an application is what discovers plugins: a broken one is reported there instead of raised.
IMPORT = """
import importlib, sys
assert importlib.import_module({module!r}).__file__.startswith(sys.prefix), "not imported from the wheel"
from nexios import NexiosApp
sys.exit("\\n".join(f"{{one.name}}: {{one.reason}}" for one in NexiosApp().plugins if one.state == "failed") or None)
"""


class UnexpectedPackages(Exception):
    """Installing a package brings other distributions than its pyproject.toml says."""


@dataclass(frozen=True, slots=True)
class Case:
    """One environment: ``package[extras]``, at the highest or the lowest versions."""

    package: workspace.Package
    extras: tuple[str, ...]
    lowest: bool

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        return f"{self.package.name}{extras} {'at the lowest versions' if self.lowest else 'alone'}"

    @property
    def tests(self) -> Path | None:
        folder = workspace.ROOT / "tests" / self.package.part
        return folder if folder.is_dir() and (self.lowest or not self.extras) else None

    @property
    def work(self) -> int:
        """About how long it takes, for those that plan: the bytes of its tests."""
        return sum(file.stat().st_size for file in self.tests.rglob("test_*.py")) if self.tests else 0

    @property
    def may_skip(self) -> bool:
        """Only a package without its extras has tests that cannot run."""
        return self.extras != tuple(self.package.extras)


def list_cases(packages: Iterable[workspace.Package], lowest: bool) -> Iterator[Case]:
    for package in packages:
        extras = tuple(package.extras)
        if not lowest:
            yield Case(package, (), lowest)
        if lowest or extras:
            yield Case(package, extras, lowest)


def check(case: Case, packages: Mapping[str, workspace.Package], folder: Path) -> None:
    """Install *case* into *folder* and test it; CommandError or UnexpectedPackages say what is wrong."""
    constraints = (workspace.ROOT / "constraints.txt").read_text("utf-8")
    environment = Environment(folder)
    install_package(case, packages, environment, constraints)
    installed = environment.foreign()
    expected = case.package.third_party
    if not case.extras and not case.lowest and installed.keys() != expected:
        raise UnexpectedPackages(f"it brings {sorted(installed)}, its pyproject.toml says {sorted(expected)}")
    environment.check()
    run(environment.python, "-c", IMPORT.format(module=case.package.module or "nexios"))

    if case.tests:
        install_test_tools(case, packages, environment, [*pins_without(installed, constraints), *installed.values()])
        pytest = (environment.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow")
        # What a package requires does not depend on the event loop; what its lowest versions can do does.
        loops = "asyncio,trio" if case.lowest else "asyncio"
        strict = "" if case.may_skip else "1"
        run(*pytest, str(case.tests), folder=workspace.ROOT, NEXIOS_CI=strict, NEXIOS_EVENT_LOOPS=loops)


def install_package(
    case: Case, packages: Mapping[str, workspace.Package], environment: Environment, constraints: str
) -> None:
    needed = list(workspace.unfold(case.package, packages, case.extras))
    siblings = workspace.siblings(needed, packages)
    wheels = [wheel(case.package, case.extras), *(wheel(packages[name]) for name in siblings)]
    if not case.lowest:
        environment.install(wheels, pins_without((), constraints))
        return
    # uv lowers what it is asked for by name, not what a wheel asks for.
    direct = workspace.foreign(needed, packages)
    pins = pins_without((canonicalize_name(one.name) for one in direct), constraints)
    environment.install([*wheels, *map(str, direct)], pins, "--resolution", "lowest-direct")


def install_test_tools(
    case: Case, packages: Mapping[str, workspace.Package], environment: Environment, pins: Iterable[str]
) -> None:
    """Add what the tests need; *pins* keep it from moving what the package itself chose."""
    needed = [*workspace.dependency_groups()["test"], *case.package.test_requirements]
    for name in workspace.siblings(needed, packages):
        needed += workspace.unfold(packages[name], packages)
    wheels = {wheel(packages[name]) for name in workspace.siblings(needed, packages)}
    environment.install([*wheels, *map(str, workspace.foreign(needed, packages))], pins)


def wheel(package: workspace.Package, extras: Iterable[str] = ()) -> str:
    """The requirement that takes *package* from dist/ and nowhere else."""
    file = workspace.ROOT / "dist" / f"{package.name.replace('-', '_')}-{package.version}-py3-none-any.whl"
    return f"{package.name}[{','.join(extras)}] @ {file.as_uri()}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Install and test each package with only what it requires.")
    parser.add_argument("--lowest", action="store_true", help="with the lowest versions that are allowed")
    parser.add_argument("package", nargs="*", help="only these")
    options = parser.parse_args(arguments)
    packages = workspace.read_packages()
    chosen = [packages[name] for name in options.package or packages]

    # One more at a time than there are cores: many tests wait for a server. The longest first, so that none ends alone.
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor((os.cpu_count() or 1) + 1) as pool:
        cases = sorted(list_cases(chosen, options.lowest), key=lambda case: case.work, reverse=True)
        reports = pool.map(lambda case: report(case, packages, Path(scratch, str(case))), cases)
        return 0 if all(list(reports)) else 1


def report(case: Case, packages: Mapping[str, workspace.Package], folder: Path) -> bool:
    """Check *case* and print one line about it, and all of its output where it fails."""
    start = time.perf_counter()
    try:
        check(case, packages, folder)
    except (CommandError, UnexpectedPackages) as error:
        print(f"FAILED {case}: {error}", flush=True)
        return False
    print(f"ok     {case} ({time.perf_counter() - start:.0f} s)", flush=True)
    return True


if __name__ == "__main__":
    sys.exit(main())
