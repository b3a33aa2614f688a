from __future__ import annotations

from pathlib import Path

import pytest

import install_matrix
import workspace
from environment import CommandError, Environment, pins_without, run
from tests.tools.conftest import MakePackage


def test_each_package_is_a_case_alone_and_with_its_extras(make_package: MakePackage) -> None:
    packages = [make_package("nexios-core"), make_package("nexios-cli", extras={"granian": ["granian"]})]

    cases = [str(case) for case in install_matrix.list_cases(packages, lowest=False)]

    assert cases == ["nexios-core alone", "nexios-cli alone", "nexios-cli[granian] alone"]


def test_at_the_lowest_versions_each_package_is_one_case(make_package: MakePackage) -> None:
    packages = [make_package("nexios-core"), make_package("nexios-cli", extras={"granian": ["granian"]})]

    cases = [str(case) for case in install_matrix.list_cases(packages, lowest=True)]

    assert cases == ["nexios-core at the lowest versions", "nexios-cli[granian] at the lowest versions"]


def test_tests_may_be_skipped_only_where_extras_are_missing(make_package: MakePackage) -> None:
    packages = [make_package("nexios-core"), make_package("nexios-cli", extras={"granian": ["granian"]})]

    skipping = {str(case) for case in install_matrix.list_cases(packages, lowest=False) if case.may_skip}

    assert skipping == {"nexios-cli alone"}


def test_a_case_with_more_tests_is_more_work() -> None:
    packages = workspace.read_packages()
    core, meta = (install_matrix.Case(packages[name], (), False) for name in ("nexios-core", "nexios"))

    assert core.work > meta.work == 0


def test_a_wheel_is_required_from_dist_and_nowhere_else(make_package: MakePackage) -> None:
    package = make_package("nexios-cli", version="1.2.0")

    requirement = install_matrix.wheel(package, ["granian"])

    dist = (workspace.ROOT / "dist").as_uri()
    assert requirement == f"nexios-cli[granian] @ {dist}/nexios_cli-1.2.0-py3-none-any.whl"


def test_pins_can_be_left_out_by_name() -> None:
    constraints = "# made by a tool\nanyio==4.16.0\ntyping-extensions==4.16.0 ; python_version < '3.13'\n"

    assert pins_without(["typing-extensions"], constraints) == ["anyio==4.16.0"]


def test_a_failing_command_tells_what_it_printed() -> None:
    with pytest.raises(CommandError, match=r"^\$ sh -c .*\nout\nerr\n$"):
        run("sh", "-c", "echo out; echo err >&2; exit 3")


def test_an_empty_variable_is_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CONSTRAINT", "somewhere")

    assert run("sh", "-c", 'echo "${UV_CONSTRAINT-none}"', UV_CONSTRAINT="") == "none\n"


def test_a_new_environment_has_nothing_foreign(tmp_path: Path) -> None:
    assert Environment(tmp_path / "environment").foreign() == {}
