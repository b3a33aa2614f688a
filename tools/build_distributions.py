"""Build the wheel and the sdist of every package into dist/."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import workspace


def build(folders: Iterable[Path], target: Path, *kinds: str) -> None:
    """Build *kinds*, wheel and sdist if none is named, of the packages in *folders* into *target*."""
    targets = [option for kind in kinds for option in ("--target", kind)]
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(target.resolve()), *targets]
    # hatchling asks whether the folder exists before it makes it, which two builds at once both answer with no.
    target.mkdir(parents=True, exist_ok=True)

    def build_one(folder: Path) -> None:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{folder} cannot be built:\n{done.stdout}{done.stderr}")

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(build_one, folders))


if __name__ == "__main__":
    dist = workspace.ROOT / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    build([package.folder for package in workspace.read_packages().values()], dist)
