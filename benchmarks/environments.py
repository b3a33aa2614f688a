"""One virtual environment for each framework, made with uv and kept in a folder that git ignores."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.frameworks import FOLDER

ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("NEXIOS_BENCHMARK_ENVIRONMENTS") or Path(__file__).resolve().parent / ".environments")
_OURS = re.compile(r"^-e (\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Environment:
    """Where one framework is installed."""

    framework: str
    prefix: Path

    @property
    def python(self) -> Path:
        return self.prefix / "bin" / "python"

    @property
    def packages(self) -> Path:
        return next(self.prefix.glob("lib/python3*/site-packages"))

    @property
    def sources(self) -> list[str]:
        """The folders of this repository, relative to its root, that the framework is installed from."""
        return [f"{folder}/src" for folder in _OURS.findall(requirements(self.framework))]


# What a framework needs for all its scenarios, and, where that is more than hello.py needs, for hello.py.
EVERYTHING, HELLO = "requirements.txt", "hello.txt"


def requirements(framework: str, file: str = EVERYTHING) -> str:
    return (FOLDER / framework / file).read_text("utf-8")


def ensure_hello(framework: str, python: str = sys.executable) -> Environment:
    """The environment in which the framework's hello.py is imported: whatever else is installed may take part in it."""
    return ensure(framework, python, HELLO if (FOLDER / framework / HELLO).exists() else EVERYTHING)


def here(framework: str) -> Environment:
    """The environment of this process, which has the framework installed in some way."""
    return Environment(framework, Path(sys.prefix))


def ensure(framework: str, python: str = sys.executable, file: str = EVERYTHING) -> Environment:
    """The environment of *framework* under *python*; made first if it is not there or its requirements have changed."""
    stem = f"{framework}{'' if file == EVERYTHING else '.hello'}-{version_of(python)}"
    environment = Environment(framework, CACHE / f"{stem}-{_digest(framework, file)}")
    complete = environment.prefix / "complete"
    if not complete.exists():
        for outdated in CACHE.glob(f"{stem}-*"):
            shutil.rmtree(outdated)
        _uv("venv", "--python", python, str(environment.prefix))
        _uv("pip", "install", "--python", str(environment.python), "-r", str(FOLDER / framework / file))
        complete.touch()
    return environment


def _digest(framework: str, file: str) -> str:
    text = requirements(framework, file)
    # An editable install has the metadata of the day it was made.
    projects = [(ROOT / folder / "pyproject.toml").read_text("utf-8") for folder in _OURS.findall(text)]
    return hashlib.sha256("\0".join([text, *projects]).encode()).hexdigest()[:12]


def version_of(python: str) -> str:
    """The version of an interpreter, such as "3.11"."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()


def _uv(*arguments: str) -> None:
    # The requirements are pinned to the last package; the constraints of the repository are not theirs.
    variables = {name: value for name, value in os.environ.items() if name != "UV_CONSTRAINT"}
    subprocess.run(["uv", "--quiet", *arguments], cwd=ROOT, env=variables, check=True)
