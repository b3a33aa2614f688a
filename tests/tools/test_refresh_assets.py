from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import refresh_assets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(refresh_assets.FOLDER / "redoc", tmp_path / "redoc")).parent


def test_an_altered_or_missing_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recorded = json.loads((refresh_assets.FOLDER / "assets.json").read_text("utf-8"))
    (folder / "assets.json").write_text(json.dumps({"redoc": recorded["redoc"]}), "utf-8")
    (folder / "redoc" / "LICENSE").write_text("mine", "utf-8")
    (folder / "redoc" / "redoc.standalone.js").unlink()

    assert refresh_assets.main(["--check"], folder) == 1
    assert capsys.readouterr().out.splitlines() == [
        "redoc/LICENSE is not as recorded",
        "redoc/redoc.standalone.js is not as recorded",
    ]


def test_a_release_is_unpacked_and_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(package: str, scratch: Path) -> Path:
        (scratch / "dist" / "browser").mkdir(parents=True)
        (scratch / "dist" / "browser" / "standalone.js").write_text("run()", "utf-8")
        (scratch / "package.json").write_text(json.dumps({"version": "9.9.9", "license": "MIT"}), "utf-8")
        assert package == "@scalar/api-reference@9"
        return scratch

    monkeypatch.setattr(refresh_assets, "_unpack", unpack)

    assert refresh_assets.main(["scalar=9"], tmp_path) == 0

    recorded = json.loads((tmp_path / "assets.json").read_text("utf-8"))
    assert (recorded["scalar"]["version"], sorted(recorded["scalar"]["files"])) == (
        "9.9.9",
        ["LICENSE", "standalone.js"],
    )
    assert list(refresh_assets.altered(tmp_path)) == []
