from __future__ import annotations

from pathlib import Path

import pytest

import constraints
from tests.tools.conftest import MakePackage


@pytest.fixture
def root(make_package: MakePackage, tmp_path: Path) -> Path:
    """A repository with one package and nothing foreign, so that no index is asked."""
    make_package("nexios-core")
    (tmp_path / "pyproject.toml").write_text("[dependency-groups]\ntest = []\n")
    return tmp_path


def test_packages_extras_and_groups_are_collected_and_siblings_are_not(
    make_package: MakePackage, tmp_path: Path
) -> None:
    make_package("nexios-core", "anyio>=4.5,<5", extras={"fast": ["orjson"]}, test=("nexios-testing",))
    make_package("nexios-testing", "nexios-core>=1.0,<2", "httpx", test=("trustme",))
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\ntest = ["pytest"]\n')

    wanted = constraints.foreign_requirements(tmp_path)

    assert wanted == ["anyio<5,>=4.5", "httpx", "orjson", "pytest", "trustme"]


def test_the_file_is_written_once_and_then_fits(root: Path) -> None:
    constraints.main([], root)

    assert (root / "constraints.txt").read_text() == constraints.HEADER
    assert constraints.main(["--check"], root) == 0


def test_a_check_says_what_to_run_and_changes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "constraints.txt").write_text("stale==1.0\n")

    assert constraints.main(["--check"], root) == 1

    assert "hatch run dist:constraints" in capsys.readouterr().out
    assert (root / "constraints.txt").read_text() == "stale==1.0\n"
