"""What every pyproject.toml of the repository has in common, so that adding a package is adding a folder."""

from __future__ import annotations

import importlib.metadata
import tomllib
from typing import Any

import pytest
from packaging.utils import canonicalize_name

import workspace

PACKAGES = workspace.read_packages()
each_package = pytest.mark.parametrize("package", PACKAGES.values(), ids=list(PACKAGES))


def read_project(package: workspace.Package) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((package.folder / "pyproject.toml").read_text("utf-8"))["project"]
    return project


def supported_pythons() -> list[str]:
    matrix = tomllib.loads((workspace.ROOT / "hatch.toml").read_text("utf-8"))["envs"]["versions"]["matrix"]
    return [version for row in matrix for version in row["python"]]


@each_package
def test_the_folder_has_the_name_of_the_distribution(package: workspace.Package) -> None:
    assert package.folder.name == package.name


@each_package
@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "LICENSE", ".gitignore"])
def test_a_distribution_brings_its_papers(package: workspace.Package, name: str) -> None:
    assert (package.folder / name).is_file()


@each_package
def test_the_licence_is_that_of_the_repository(package: workspace.Package) -> None:
    assert (package.folder / "LICENSE").read_bytes() == (workspace.ROOT / "LICENSE").read_bytes()
    assert read_project(package)["license"] == "BSD-3-Clause"


@each_package
def test_the_pythons_are_those_that_ci_tests(package: workspace.Package) -> None:
    project = read_project(package)
    declared = [
        line.rpartition(" ")[2]
        for line in project["classifiers"]
        if line.startswith("Programming Language :: Python :: 3.")
    ]

    assert declared == supported_pythons()
    assert project["requires-python"] == f">={declared[0]}"


@each_package
def test_a_part_has_tests_of_its_own(package: workspace.Package) -> None:
    if package.name != "nexios":
        assert any((workspace.ROOT / "tests" / package.part).rglob("test_*.py"))


def test_the_meta_package_requires_every_other_one() -> None:
    meta = PACKAGES["nexios"]

    missing = PACKAGES.keys() - {meta.name} - set(workspace.siblings(meta.requirements, PACKAGES))

    assert not missing, f"add {sorted(missing)} to the dependencies in {meta.folder / 'pyproject.toml'}"


def test_the_meta_package_has_the_extras_of_every_other_one() -> None:
    meta = PACKAGES["nexios"]
    wanted = {(name, extra) for name, package in PACKAGES.items() for extra in package.extras if name != meta.name}
    offered = {(one.name, extra) for one in workspace.unfold(meta, PACKAGES, ["all"]) for extra in one.extras}

    missing = wanted - offered

    assert not missing, f"add {sorted(missing)} to the extras in {meta.folder / 'pyproject.toml'}, and to its extra all"


def test_the_shared_environment_has_what_the_tests_of_each_package_need() -> None:
    groups = workspace.dependency_groups()
    present = {canonicalize_name(one.name) for one in groups["together"]}
    present |= {canonicalize_name(one.name) for one in workspace.unfold(PACKAGES["nexios"], PACKAGES, ["all"])}
    needed = {canonicalize_name(one.name) for package in PACKAGES.values() for one in package.test_requirements}

    missing = needed - present - PACKAGES.keys()

    assert not missing, f"add {sorted(missing)} to the group together in {workspace.ROOT / 'pyproject.toml'}"


@each_package
def test_what_is_installed_is_what_the_sources_say(package: workspace.Package) -> None:
    installed = importlib.metadata.distribution(package.name)
    project = read_project(package)
    declared = {
        (group, name, value)
        for group, entries in (
            project.get("entry-points", {}) | {"console_scripts": project.get("scripts", {})}
        ).items()
        for name, value in entries.items()
    }

    found = {(one.group, one.name, one.value) for one in installed.entry_points}

    assert (installed.version, found) == (package.version, declared), "run `hatch env prune`: this environment is stale"
