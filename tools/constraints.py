"""Write constraints.txt: one version of everything foreign, for every platform and Python we support.

python tools/constraints.py            add what is missing, keep the pins that still fit
python tools/constraints.py --upgrade  move every pin to the newest version
python tools/constraints.py --check    exit with 1 where the first form would change the file
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import workspace

HEADER = "# Made by tools/constraints.py from every pyproject.toml; do not edit.\n"
OLDEST_PYTHON = "3.11"


def foreign_requirements(root: Path) -> list[str]:
    """Every requirement on somebody else's distribution, sorted, from all packages, extras and groups."""
    packages = workspace.read_packages(root)
    wanted = [one for package in packages.values() for one in package.all_requirements + package.test_requirements]
    wanted += [one for group in workspace.dependency_groups(root).values() for one in group]
    return sorted({str(one) for one in workspace.foreign(wanted, packages)})


def compile_pins(requirements: Iterable[str], existing: str, *options: str) -> str:
    """The text of a universal constraints file; pins of *existing* are kept where they fit."""
    command = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", OLDEST_PYTHON]
    command += ["--no-header", "--no-annotate", *options]
    # UV_CONSTRAINT would hold the very file that is being made.
    environment = {name: value for name, value in os.environ.items() if name != "UV_CONSTRAINT"}
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "constraints.txt")
        output.write_text(existing, "utf-8")
        command += ["--output-file", str(output), "-"]
        subprocess.run(command, input="\n".join(requirements), text=True, check=True, env=environment)
        return HEADER + output.read_text("utf-8")


def main(arguments: Sequence[str] | None = None, root: Path = workspace.ROOT) -> int:
    parser = argparse.ArgumentParser(description="Write constraints.txt.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit with 1 where something would change")
    parser.add_argument("--upgrade", action="store_true", help="move every pin to the newest version that fits")
    options = parser.parse_args(arguments)

    file = root / "constraints.txt"
    existing = file.read_text("utf-8") if file.exists() else ""
    wanted = compile_pins(foreign_requirements(root), existing, *(["--upgrade"] if options.upgrade else []))
    if wanted == existing:
        return 0
    if options.check:
        print("constraints.txt does not fit the requirements: run `hatch run dist:constraints` and commit the file")
        return 1
    file.write_text(wanted, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
