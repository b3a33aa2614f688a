from __future__ import annotations

import pytest

from nexios.openapi.assets import FOLDER, asset_path, recorded
from refresh_assets import altered, main


def test_every_asset_is_as_its_authors_released_it() -> None:
    assert list(altered()) == []
    assert main(["--check"]) == 0


def test_every_program_comes_with_its_licence() -> None:
    assert all("LICENSE" in program["files"] for program in recorded().values())


def test_no_file_lies_there_that_is_not_recorded() -> None:
    files = {f"{name}/{file}" for name, program in recorded().items() for file in program["files"]}

    assert {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()} == files | {"assets.json"}


@pytest.mark.parametrize("name", ["../assets.json", "/etc/passwd", "", ".", "swagger-ui.css/../LICENSE"])
def test_only_recorded_names_have_a_path(name: str) -> None:
    assert asset_path("swagger", name) is None
