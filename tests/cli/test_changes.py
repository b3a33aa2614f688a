from __future__ import annotations

import os
from pathlib import Path

import pytest

from nexios.cli.changes import Changes


def touch(path: Path, age: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, ns=(age, age))


def test_new_changed_and_removed_files_are_told_once(tmp_path: Path) -> None:
    touch(tmp_path / "changed.py")
    touch(tmp_path / "gone.py")
    touch(tmp_path / "same.py")
    changes = Changes(str(tmp_path))

    touch(tmp_path / "changed.py", age=1)
    touch(tmp_path / "package" / "new.py")
    (tmp_path / "gone.py").unlink()

    assert changes.since_last_look() == ["changed.py", "gone.py", os.path.join("package", "new.py")]
    assert changes.since_last_look() == []


@pytest.mark.parametrize("name", ["data.json", ".hid/a.py", "__pycache__/a.py", "node_modules/x/a.py", "env/lib/a.py"])
def test_what_is_not_the_readers_code_is_not_looked_at(name: str, tmp_path: Path) -> None:
    touch(tmp_path / "env" / "pyvenv.cfg")
    changes = Changes(str(tmp_path))

    touch(tmp_path / name)

    assert changes.since_last_look() == []
