"""Print each Python of the version matrix in hatch.toml with the folder of its interpreter, or "missing".

It looks on PATH, at what uv knows and at what pyenv has installed, and downloads nothing. Only the standard library is
needed: this runs before any environment exists.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def wanted_versions(hatch_toml: str) -> list[str]:
    matrix = tomllib.loads(hatch_toml)["envs"]["versions"]["matrix"]
    return [version for row in matrix for version in row["python"]]


def find_interpreter(version: str, candidates: Iterator[Path]) -> Path | None:
    """The first of *candidates* that starts and is Python *version*; a pyenv shim may be neither."""
    return next((one for one in candidates if _version_of(one) == version), None)


def candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    if on_path := shutil.which(name):
        yield Path(on_path)
    if shutil.which("uv"):
        command = ["uv", "python", "find", "--no-project", "--no-python-downloads", version]
        known = subprocess.run(command, capture_output=True, text=True, check=False)
        yield Path(known.stdout.strip())
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/{name}"), reverse=True)


def _version_of(interpreter: Path) -> str | None:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() or None


def main() -> None:
    for version in wanted_versions((ROOT / "hatch.toml").read_text("utf-8")):
        found = find_interpreter(version, candidates(version))
        print(version, found.parent if found else "missing")


if __name__ == "__main__":
    main()
