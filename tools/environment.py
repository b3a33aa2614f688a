"""A throw-away virtual environment, filled by uv."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


class CommandError(Exception):
    """A command failed; the message is the command and what it printed."""


class Environment:
    """A virtual environment in *folder*, with the Python that runs this."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = str(folder / "bin" / "python")
        run("uv", "venv", "--quiet", "--python", sys.executable, str(folder))

    def install(self, requirements: Iterable[str], pins: Iterable[str], *options: str) -> None:
        file = self.folder / "pins.txt"
        file.write_text("\n".join(pins), "utf-8")
        command = ("uv", "pip", "install", "--quiet", "--python", self.python, "--constraint", str(file))
        run(*command, *options, *requirements, UV_CONSTRAINT="")

    def foreign(self) -> dict[str, str]:
        """``name==version`` by name, for everything that came from an index; our own wheels came from files."""
        lines = run("uv", "pip", "freeze", "--python", self.python).splitlines()
        return {canonicalize_name(line.partition("==")[0]): line for line in lines if "==" in line}

    def check(self) -> None:
        run("uv", "pip", "check", "--quiet", "--python", self.python)


def pins_without(names: Iterable[str], constraints: str) -> list[str]:
    """The lines of a constraints file, those that pin one of *names* left out."""
    left_out = set(names)
    lines = [line for line in constraints.splitlines() if line and not line.startswith("#")]
    return [line for line in lines if canonicalize_name(Requirement(line).name) not in left_out]


def run(*command: str, folder: Path | None = None, **variables: str) -> str:
    """What *command* prints; an empty variable is taken out of its environment."""
    merged = os.environ | variables
    kept = {name: value for name, value in merged.items() if value}
    done = subprocess.run(
        command, cwd=folder, env=kept, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout
