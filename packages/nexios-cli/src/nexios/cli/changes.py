"""Which Python files below a folder have changed since the last look."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_NEVER_OURS = {"__pycache__", "node_modules"}


class Changes:
    """Compares modification times: no dependency, and the same on every platform and file system."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._times = self._look()

    def since_last_look(self) -> list[str]:
        """Return the files that are new, changed or gone, relative to the folder."""
        before, self._times = self._times, self._look()
        changed = {path for path, _ in before.items() ^ self._times.items()}
        return sorted(os.path.relpath(path, self._root) for path in changed)

    def _look(self) -> dict[str, int]:
        return dict(_modification_times(self._root))


def _modification_times(folder: str) -> Iterator[tuple[str, int]]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if _may_be_ours(parent, name)]
        for name in files:
            if name.endswith(".py"):
                path = os.path.join(parent, name)
                try:
                    yield path, os.stat(path).st_mtime_ns
                except FileNotFoundError:
                    continue  # an editor's temporary file


def _may_be_ours(parent: str, name: str) -> bool:
    if name.startswith(".") or name in _NEVER_OURS:
        return False
    return not Path(parent, name, "pyvenv.cfg").exists()
