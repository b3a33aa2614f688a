"""Join the sources of all packages into joined/, a tree of symbolic links.

pyright, import-linter and grimp look for a package in one folder; ours is spread over packages/*/src and only joined
when it is imported. The tree is made anew each time, so what was renamed does not linger.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import workspace


def join(sources: Iterable[Path], tree: Path) -> None:
    """Link each file of each folder of *sources* into *tree*; FileExistsError where two have the same one."""
    shutil.rmtree(tree, ignore_errors=True)
    for source in sources:
        for file in sorted(source.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                link = tree / file.relative_to(source)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(file)


if __name__ == "__main__":
    folders = [package.source for package in workspace.read_packages().values()]
    join(folders, workspace.ROOT / "joined")
