from __future__ import annotations

from pathlib import Path

import pytest

import workspace
from build_distributions import build
from check_distributions import (
    Wheel,
    collisions,
    differences,
    find_faults,
    misplaced_files,
    missing_changes,
    open_ranges,
)
from tests.tools.conftest import MakePackage


def write(file: Path, text: str = "") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def wheel_of(package: workspace.Package, *paths: str) -> Wheel:
    return Wheel(package, Path(f"{package.name}.whl"), frozenset(paths))


@pytest.fixture
def core(make_package: MakePackage) -> workspace.Package:
    package = make_package("nexios-core")
    write(package.source / "nexios" / "__init__.py")
    write(package.source / "nexios" / "py.typed")
    return package


@pytest.fixture
def session(make_package: MakePackage) -> workspace.Package:
    package = make_package("nexios-session")
    write(package.source / "nexios" / "session" / "__init__.py")
    write(package.source / "nexios" / "session" / "py.typed")
    return package


def test_a_wheel_with_the_files_of_its_package_is_fine(session: workspace.Package) -> None:
    wheel = wheel_of(session, "nexios/session/__init__.py", "nexios/session/py.typed")

    assert list(misplaced_files(wheel)) == []


def test_files_too_few_and_too_many_are_named(session: workspace.Package) -> None:
    wheel = wheel_of(session, "nexios/session/py.typed", "nexios/session/left_over.py")

    assert list(misplaced_files(wheel)) == [
        "nexios-session.whl lacks nexios/session/__init__.py",
        "nexios-session.whl holds nexios/session/left_over.py",
    ]


def test_what_tools_leave_beside_the_sources_is_not_missed(session: workspace.Package) -> None:
    write(session.source / "nexios" / "session" / "__pycache__" / "__init__.cpython-311.pyc")
    write(session.source / "nexios" / "session" / ".mypy_cache" / "cache.json")
    wheel = wheel_of(session, "nexios/session/__init__.py", "nexios/session/py.typed")

    assert list(misplaced_files(wheel)) == []


def test_a_file_outside_the_part_is_named(session: workspace.Package) -> None:
    write(session.source / "nexios" / "stray.py")
    wheel = wheel_of(session, "nexios/session/__init__.py", "nexios/session/py.typed", "nexios/stray.py")

    assert list(misplaced_files(wheel)) == ["nexios-session.whl holds nexios/stray.py, outside nexios/session/"]


def test_types_without_their_marker_are_named(session: workspace.Package) -> None:
    (session.source / "nexios" / "session" / "py.typed").unlink()
    wheel = wheel_of(session, "nexios/session/__init__.py")

    assert list(misplaced_files(wheel)) == [
        "nexios-session.whl lacks nexios/session/py.typed, so its types are invisible"
    ]


def test_the_meta_package_holds_nothing(make_package: MakePackage) -> None:
    meta = make_package("nexios")

    assert list(misplaced_files(wheel_of(meta))) == []
    assert list(misplaced_files(wheel_of(meta, "nexios/all.py"))) == ["nexios.whl holds nexios/all.py"]


def test_no_path_may_be_in_two_wheels(core: workspace.Package, session: workspace.Package) -> None:
    wheels = [wheel_of(core, "nexios/__init__.py", "nexios/types.py"), wheel_of(session, "nexios/types.py")]

    assert list(collisions(wheels)) == ["nexios/types.py is in the wheels of nexios-core and nexios-session"]


def test_only_the_core_holds_the_first_init(core: workspace.Package, session: workspace.Package) -> None:
    faults = list(collisions([wheel_of(core), wheel_of(session, "nexios/__init__.py")]))

    assert faults == ["nexios/__init__.py belongs into the wheel of nexios-core alone, it is in ['nexios-session']"]


@pytest.mark.parametrize("wrong", ["nexios-core", "nexios-core>=1.0", "nexios-core==1.0.0", "nexios-core<2"])
def test_a_sibling_without_both_bounds_is_named(wrong: str, make_package: MakePackage, tmp_path: Path) -> None:
    make_package("nexios-core")
    package = make_package("nexios-session", wrong)

    faults = list(open_ranges(package, workspace.read_packages(tmp_path)))

    assert faults == [f"nexios-session requires {wrong}: write it with both bounds, like >=1.0,<2"]


def test_a_sibling_with_both_bounds_and_others_without_are_fine(make_package: MakePackage, tmp_path: Path) -> None:
    make_package("nexios-core")
    package = make_package("nexios-session", "nexios-core>=1.0,<2", "redis", extras={"all": ["nexios-session[x]"]})

    assert list(open_ranges(package, workspace.read_packages(tmp_path))) == []


def test_each_version_has_its_changes(make_package: MakePackage) -> None:
    package = make_package("nexios-core", version="1.1.0")
    assert len(list(missing_changes(package))) == 1

    write(package.folder / "CHANGELOG.md", "## [1.0.0] - 2026-11-20\n")
    assert len(list(missing_changes(package))) == 1

    write(package.folder / "CHANGELOG.md", "## [1.1.0] - 2026-12-01\n\n## [1.0.0] - 2026-11-20\n")
    assert list(missing_changes(package)) == []


def test_other_bytes_under_the_same_name_are_a_fault(tmp_path: Path) -> None:
    for folder, text in (("dist", "one"), ("again", "two")):
        write(tmp_path / folder / "same.whl", "same")
        write(tmp_path / folder / "other.whl", text)

    faults = list(differences(tmp_path / "dist", tmp_path / "again"))

    assert faults == [f"other.whl has other bytes when it is built again in {tmp_path / 'again'}"]


def test_what_was_built_well_has_no_faults(core: workspace.Package, tmp_path: Path) -> None:
    write(core.folder / "CHANGELOG.md", "## [1.0.0] - 2026-11-20\n")
    write(core.folder / ".gitignore", "__pycache__/\n")
    build([core.folder], tmp_path / "dist")

    assert list(find_faults(tmp_path / "dist", {core.name: core})) == []


def test_sources_that_changed_after_the_build_are_a_fault(core: workspace.Package, tmp_path: Path) -> None:
    write(core.folder / "CHANGELOG.md", "## [1.0.0] - 2026-11-20\n")
    write(core.folder / ".gitignore", "__pycache__/\n")
    build([core.folder], tmp_path / "dist")
    write(core.source / "nexios" / "late.py")

    faults = list(find_faults(tmp_path / "dist", {core.name: core}))

    assert "nexios_core-1.0.0-py3-none-any.whl lacks nexios/late.py" in faults
    assert any("nexios_core-1.0.0.tar.gz has other bytes" in fault for fault in faults)


def test_what_cannot_be_built_is_named_with_the_reason(core: workspace.Package, tmp_path: Path) -> None:
    (core.folder / "_version.py").unlink()

    with pytest.raises(RuntimeError, match=r"nexios-core cannot be built"):
        build([core.folder], tmp_path / "dist")
