from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.processes import PATIENCE, Nexios, Serve, Write


@pytest.mark.slow
def test_a_new_project_passes_its_tests(nexios: Nexios, tmp_path: Path) -> None:
    pytest.importorskip("nexios.testing")
    assert nexios("new", "blog").returncode == 0

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error"],
        cwd=tmp_path / "blog",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )

    assert "3 passed" in ended.stdout
    assert ended.returncode == 0


def test_a_new_project_runs(nexios: Nexios, serve: Serve) -> None:
    nexios("new", "blog")

    assert "Hello from blog" in serve("blog/app.py").get()


def test_a_new_project_says_what_it_is_called_and_needs(nexios: Nexios, tmp_path: Path) -> None:
    ended = nexios("new", "sites/my.blog")

    folder = tmp_path / "sites" / "my.blog"
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "my.blog"
    assert project["dependencies"] == ["nexios-core>=1.0,<2", "nexios-cli>=1.0,<2"]
    written = {path.name for path in folder.iterdir()}
    assert written == {".gitignore", "README.md", "app.py", "pyproject.toml", "tests"}
    assert "cd sites/my.blog" in ended.stdout


@pytest.mark.parametrize("name", ["-blog", "my blog", "blog!", "blög"])
def test_a_name_no_project_can_have_is_refused(name: str, nexios: Nexios) -> None:
    ended = nexios("new", "--", name)

    assert ended.stderr == f"nexios: {name!r} is no name for a project: use letters, digits, '-', '_' and '.'\n"
    assert ended.returncode == 2


def test_nothing_that_exists_is_overwritten(nexios: Nexios, write: Write) -> None:
    write("blog/app.py", "precious")

    ended = nexios("new", "blog")

    assert ended.stderr == "nexios: blog exists already: choose another name or remove it\n"
    assert ended.returncode == 2
