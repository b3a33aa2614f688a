from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from find_pythons import candidates, find_interpreter, wanted_versions

THIS = "{}.{}".format(*sys.version_info)


def write_program(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def test_the_versions_are_those_of_the_matrix() -> None:
    assert wanted_versions('[[envs.versions.matrix]]\npython = ["3.11", "3.12"]\n') == ["3.11", "3.12"]


def test_an_interpreter_is_taken_only_if_it_starts_and_is_that_version(tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    shim = write_program(tmp_path / "shim", "#!/bin/sh\nexit 127\n")
    other = write_program(tmp_path / "other", "#!/bin/sh\necho 2.7\n")

    assert find_interpreter(THIS, iter([absent, shim, other])) is None
    assert find_interpreter(THIS, iter([absent, shim, other, Path(sys.executable)])) == Path(sys.executable)


def test_pyenv_is_searched_although_it_is_not_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("PATH", os.devnull)
    installed = write_program(tmp_path / "versions" / "3.14.2" / "bin" / "python3.14", "")

    assert list(candidates("3.14")) == [installed]
