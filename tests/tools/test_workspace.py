from __future__ import annotations

from pathlib import Path

import pytest

import workspace
from tests.tools.conftest import MakePackage


def test_a_package_is_what_its_files_say(make_package: MakePackage) -> None:
    package = make_package(
        "nexios-session",
        "nexios-core>=1.0,<2",
        extras={"redis": ["redis>=5"]},
        third_party=("anyio",),
        version="1.2.0",
    )

    assert (package.name, package.part, package.module) == ("nexios-session", "session", "nexios.session")
    assert package.version == "1.2.0"
    assert [str(one) for one in package.all_requirements] == ["nexios-core<2,>=1.0", "redis>=5"]
    assert package.third_party == {"anyio"}


def test_the_core_is_the_import_name_itself(make_package: MakePackage) -> None:
    assert make_package("nexios-core").module == "nexios"


def test_the_meta_package_has_no_module(make_package: MakePackage) -> None:
    assert make_package("nexios").module is None


def test_a_version_file_without_a_version_is_named(make_package: MakePackage) -> None:
    with pytest.raises(ValueError, match=r"_version\.py has no line of the form"):
        make_package("nexios-core", version='1.0"; "')


def test_a_package_comes_after_those_it_needs(make_package: MakePackage, tmp_path: Path) -> None:
    make_package("nexios-auth", "nexios-session>=1.0,<2")
    make_package("nexios-core")
    make_package("nexios-session", "nexios-core>=1.0,<2")

    assert list(workspace.read_packages(tmp_path)) == ["nexios-core", "nexios-session", "nexios-auth"]


def test_an_extra_may_be_made_of_extras_of_the_same_package(make_package: MakePackage, tmp_path: Path) -> None:
    make_package("nexios-cli", extras={"granian": ["granian"], "all": ["nexios-cli[granian]"]})
    packages = workspace.read_packages(tmp_path)

    needed = workspace.unfold(packages["nexios-cli"], packages, ["all"])

    assert [str(one) for one in workspace.foreign(needed, packages)] == ["granian"]


def test_requirements_are_followed_through_siblings_and_their_extras(make_package: MakePackage, tmp_path: Path) -> None:
    make_package("nexios-core", "anyio")
    make_package("nexios-cli", "nexios-core>=1.0,<2", "click", extras={"granian": ["granian"]})
    make_package("nexios", "nexios-cli>=4.0,<5", extras={"granian": ["nexios-cli[granian]>=1.0,<2"]})
    packages = workspace.read_packages(tmp_path)

    plain = workspace.foreign(workspace.unfold(packages["nexios"], packages), packages)
    extra = workspace.foreign(workspace.unfold(packages["nexios"], packages, ["granian"]), packages)

    assert {str(one) for one in plain} == {"anyio", "click"}
    assert {str(one) for one in extra} == {"anyio", "click", "granian"}


def test_a_group_contains_the_groups_it_includes(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[dependency-groups]\ntest = ["pytest"]\ntogether = [{ include-group = "test" }, "httpx"]\n'
    )

    groups = workspace.dependency_groups(tmp_path)

    assert [str(one) for one in groups["together"]] == ["pytest", "httpx"]
