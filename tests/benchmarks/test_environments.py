from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks import environments
from benchmarks.environments import Environment


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What uv would have been asked; the folder of environments is empty."""
    asked: list[tuple[str, ...]] = []

    def uv(*arguments: str) -> None:
        asked.append(arguments)
        if arguments[0] == "venv":
            Path(arguments[-1]).mkdir(parents=True)

    monkeypatch.setattr(environments, "CACHE", tmp_path)
    monkeypatch.setattr(environments, "_uv", uv)
    return asked


def test_an_environment_is_made_once(commands: list[tuple[str, ...]]) -> None:
    first = environments.ensure("falcon")
    again = environments.ensure("falcon")

    assert first == again
    assert [arguments[0] for arguments in commands] == ["venv", "pip"]


def test_an_environment_that_was_not_finished_is_made_again(commands: list[tuple[str, ...]]) -> None:
    made = environments.ensure("falcon")
    (made.prefix / "complete").unlink()

    environments.ensure("falcon")

    assert len(commands) == 4


def test_changed_requirements_replace_the_environment(
    commands: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = environments.ensure("falcon")
    monkeypatch.setattr(environments, "requirements", lambda framework, file: "falcon==99")

    after = environments.ensure("falcon")

    assert after.prefix != before.prefix
    assert not before.prefix.exists()


def test_the_smallest_application_is_alone_where_the_others_need_more(commands: list[tuple[str, ...]]) -> None:
    whole, alone = environments.ensure("nexios"), environments.ensure_hello("nexios")

    assert whole.prefix.exists()
    assert alone.prefix != whole.prefix
    assert environments.ensure_hello("falcon") == environments.ensure("falcon")


def test_our_own_packages_are_run_from_the_repository() -> None:
    assert "packages/nexios-core/src" in environments.here("nexios").sources
    assert environments.here("falcon").sources == []


def test_an_environment_knows_its_interpreter() -> None:
    assert Environment("falcon", Path("/e")).python == Path("/e/bin/python")
    assert environments.version_of(sys.executable) == f"{sys.version_info[0]}.{sys.version_info[1]}"
