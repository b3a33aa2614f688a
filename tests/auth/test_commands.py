from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("nexios.cli", reason="nexios-auth[cli] is not installed")

from click.testing import CliRunner

from nexios.cli import main

APPLICATION = """
from nexios import MakeConfig, NexiosApp

tight = NexiosApp(plugins=[], timeout=5)
loose = NexiosApp(MakeConfig(debug=True), plugins=[])

@loose.get("/")
async def index() -> str: ...
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "audited_application.py").write_text(APPLICATION)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["audit", *arguments])
    return result.exit_code, result.output


def test_people_read_what_is_wrong_and_what_to_do() -> None:
    code, output = run("audited_application:loose")

    assert code == 1
    assert output.startswith("error: debug: it is on")
    assert "\n    NEXIOS_DEBUG=false" in output
    assert output.endswith("\n1 error, 1 note\n")


def test_programs_read_json() -> None:
    code, output = run("audited_application:loose", "--json")

    assert code == 1
    assert [(each["plugin"], each["level"], each["subject"]) for each in json.loads(output)] == [
        ("core", "error", "debug"),
        ("core", "note", "timeouts"),
    ]


def test_nothing_found_is_said_and_passes() -> None:
    assert run("audited_application:tight") == (0, "Nothing was found.\n")
    assert run("audited_application:tight", "--json") == (0, "[]\n")


@pytest.mark.parametrize(("fail_on", "code"), [("error", 1), ("warning", 1), ("note", 1), ("none", 0)])
def test_ci_fails_on_what_it_is_told_to(fail_on: str, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("audited_application:loose", "--fail-on", fail_on)[0] == code
    monkeypatch.setenv("NEXIOS_DEBUG", "false")
    assert run("audited_application:tight", "--fail-on", fail_on)[0] == 0


def test_an_application_that_cannot_be_loaded_is_another_status() -> None:
    code, output = run("audited_application:missing")

    assert code == 2
    assert "missing" in output
