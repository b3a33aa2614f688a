"""Check the distributions in dist/: what they hold, how they fit together, that building them is repeatable."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree, ignore_patterns
from zipfile import ZipFile

import workspace
from build_distributions import build

# What tools leave behind beside the sources: caches, hidden files.
_STRAY = re.compile(r"(^|/)(\.|__pycache__/)")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A built wheel and the package it was built from."""

    package: workspace.Package
    file: Path
    paths: frozenset[str]
    """What it puts into site-packages, its own metadata left out."""


def read_wheels(dist: Path, packages: Mapping[str, workspace.Package]) -> list[Wheel]:
    return [_read_wheel(package, dist) for package in packages.values()]


def _read_wheel(package: workspace.Package, dist: Path) -> Wheel:
    file = dist / f"{_file_name(package)}-py3-none-any.whl"
    with ZipFile(file) as archive:
        paths = frozenset(path for path in archive.namelist() if ".dist-info/" not in path)
    return Wheel(package, file, paths)


def _file_name(package: workspace.Package) -> str:
    return f"{package.name.replace('-', '_')}-{package.version}"


def misplaced_files(wheel: Wheel) -> Iterator[str]:
    """Each wheel holds the files of its package, all of them, with py.typed; the meta package holds none."""
    source = wheel.package.source
    files = (file.relative_to(source) for file in source.rglob("*") if file.is_file())
    own = {str(file) for file in files if not _STRAY.search(str(file))}
    for path in sorted(wheel.paths ^ own):
        yield f"{wheel.file.name} {'holds' if path in wheel.paths else 'lacks'} {path}"
    if wheel.package.module is None:
        return
    folder = wheel.package.module.replace(".", "/")
    for path in sorted(wheel.paths):
        if not path.startswith(f"{folder}/"):
            yield f"{wheel.file.name} holds {path}, outside {folder}/"
    if f"{folder}/py.typed" not in wheel.paths:
        yield f"{wheel.file.name} lacks {folder}/py.typed, so its types are invisible"


def collisions(wheels: Iterable[Wheel]) -> Iterator[str]:
    """No path is in two wheels, and the core's is the one nexios/__init__.py."""
    holders: dict[str, list[str]] = defaultdict(list)
    for wheel in wheels:
        for path in wheel.paths:
            holders[path].append(wheel.package.name)
    for path, names in sorted(holders.items()):
        if len(names) > 1:
            yield f"{path} is in the wheels of {' and '.join(names)}"
    owners = holders["nexios/__init__.py"]
    if owners != [workspace.CORE]:
        yield f"nexios/__init__.py belongs into the wheel of {workspace.CORE} alone, it is in {owners}"


def open_ranges(package: workspace.Package, packages: Mapping[str, workspace.Package]) -> Iterator[str]:
    """A sibling is required from a version up to the next major one, never pinned and never open."""
    for requirement in package.all_requirements:
        operators = {one.operator for one in requirement.specifier}
        if requirement.name in packages and requirement.name != package.name and operators != {">=", "<"}:
            yield f"{package.name} requires {requirement}: write it with both bounds, like >=1.0,<2"


def missing_changes(package: workspace.Package) -> Iterator[str]:
    file = package.folder / "CHANGELOG.md"
    if not file.exists() or f"## [{package.version}] - " not in file.read_text("utf-8"):
        yield f"{file} has no entry `## [{package.version}] - <date>`"


def differences(dist: Path, again: Path) -> Iterator[str]:
    """Files of *again* whose bytes are not those of the file of the same name in *dist*."""
    for file in sorted(again.iterdir()):
        if file.name != ".gitignore" and file.read_bytes() != (dist / file.name).read_bytes():
            yield f"{file.name} has other bytes when it is built again in {again}"


def rebuild_elsewhere(packages: Iterable[workspace.Package], scratch: Path) -> Path:
    """Build copies of the folders, so that neither the place nor stray files may leave a trace."""
    stray = ignore_patterns("__pycache__", "dist")
    copies = [copytree(one.folder, scratch / "copies" / one.folder.name, ignore=stray) for one in packages]
    build(copies, scratch / "from-copies")
    return scratch / "from-copies"


def rebuild_from_sdists(packages: Iterable[workspace.Package], dist: Path, scratch: Path) -> Path:
    for package in packages:
        with tarfile.open(dist / f"{_file_name(package)}.tar.gz") as archive:
            archive.extractall(scratch / "unpacked", filter="data")
    build((scratch / "unpacked").iterdir(), scratch / "from-sdists", "wheel")
    return scratch / "from-sdists"


def find_faults(dist: Path, packages: Mapping[str, workspace.Package]) -> Iterator[str]:
    wheels = read_wheels(dist, packages)
    yield from collisions(wheels)
    for wheel in wheels:
        yield from misplaced_files(wheel)
        yield from open_ranges(wheel.package, packages)
        yield from missing_changes(wheel.package)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        yield from differences(dist, rebuild_elsewhere(packages.values(), scratch))
        yield from differences(dist, rebuild_from_sdists(packages.values(), dist, scratch))


def check_metadata(files: Sequence[Path]) -> int:
    """Let twine judge what the package index would refuse or show badly."""
    return subprocess.call([sys.executable, "-m", "twine", "--no-color", "check", "--strict", *map(str, files)])


def main() -> int:
    dist = workspace.ROOT / "dist"
    faults = list(find_faults(dist, workspace.read_packages()))
    print("\n".join(faults) or "the distributions hold what they should, and building them is repeatable")
    refused = check_metadata([*dist.glob("*.whl"), *dist.glob("*.tar.gz")])
    return 1 if faults or refused else 0


if __name__ == "__main__":
    sys.exit(main())
