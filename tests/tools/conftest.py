from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import workspace

MakePackage = Callable[..., workspace.Package]

PYPROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "{name}"
dynamic = ["version"]
requires-python = ">=3.11"
dependencies = {requires}
[project.optional-dependencies]
{extras}
[dependency-groups]
test = {test}
[tool.hatch.version]
path = "_version.py"
[tool.hatch.build.targets.wheel]
packages = ["src/nexios"]
[tool.nexios]
third-party = {third_party}
"""


@pytest.fixture
def make_package(tmp_path: Path) -> MakePackage:
    """Writes a package into ``tmp_path/packages`` and reads it back."""

    def make(
        name: str,
        *requires: str,
        extras: dict[str, list[str]] | None = None,
        test: tuple[str, ...] = (),
        third_party: tuple[str, ...] = (),
        version: str = "1.0.0",
    ) -> workspace.Package:
        folder = tmp_path / "packages" / name
        folder.mkdir(parents=True)
        (folder / "_version.py").write_text(f'__version__ = "{version}"\n')
        (folder / "pyproject.toml").write_text(
            PYPROJECT.format(
                name=name,
                requires=list(requires),
                extras="\n".join(f"{extra} = {lines}" for extra, lines in (extras or {}).items()),
                test=list(test),
                third_party=list(third_party),
            )
        )
        return workspace.read_package(folder)

    return make
