"""Real processes on real sockets: the ``nexios`` command, run in a folder of its own."""

from __future__ import annotations

import os
import subprocess
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.cli.processes import NEXIOS, PATIENCE, Nexios, Running, Serve, Write


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that names ``server`` runs under each of the servers."""
    if "server" in metafunc.fixturenames:
        metafunc.parametrize("server", [_server(name) for name in ("uvicorn", "granian", "hypercorn")])


def _server(name: str) -> object:
    return pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file below the working directory of the commands."""

    def write(path: str, source: str) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        return file

    return write


@pytest.fixture
def nexios(tmp_path: Path) -> Nexios:
    """Run a command to its end."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*NEXIOS, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **environment},
            timeout=PATIENCE,
            check=False,
        )

    return run


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start ``nexios run`` on a free port, or where the arguments say."""
    with ExitStack() as ending:

        def start(*arguments: str) -> Running:
            place = () if {"--port", "--uds", "--fd"} & set(arguments) else ("--port", "0")
            process = subprocess.Popen(
                [*NEXIOS, "run", *arguments, *place],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                pass_fds=[int(arguments[arguments.index("--fd") + 1])] if "--fd" in arguments else [],
            )
            running = Running(process)
            ending.callback(running.end)
            return running

        yield start
