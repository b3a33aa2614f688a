from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from nexios.cli import main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_check_says_that_all_is_well(folder: Path) -> None:
    (folder / "good_application.py").write_text(
        "from nexios import NexiosApp\napp = NexiosApp(plugins=['validation'])\n"
    )

    result = CliRunner().invoke(main, ["check", "good_application:app"])

    assert (result.exit_code, result.output) == (0, "0 routes can be served.\n")


def test_check_names_every_route_that_cannot_be_served(folder: Path) -> None:
    (folder / "bad_application.py").write_text(
        "from nexios import NexiosApp\n"
        "app = NexiosApp(plugins=['validation'])\n"
        "class Connection: ...\n"
        "@app.get('/a', response_model=Connection)\n"
        "async def first(): ...\n"
        "@app.get('/b', response_model=Connection)\n"
        "async def second(): ...\n"
    )

    result = CliRunner().invoke(main, ["check", "bad_application:app"])

    assert result.exit_code == 1
    assert "GET /a (" in result.output
    assert "second declares to answer with Connection, which cannot be written as JSON" in result.output
