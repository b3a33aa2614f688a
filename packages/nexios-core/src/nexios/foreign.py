"""The other distribution called nexios: releases before 4 own the same files and must not be mixed with ours."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

# Ours, the meta package, begins at 4.0.0 and holds no files.
_FOREIGN = re.compile(r"nexios-([0-3])[.\d\w]*\.(?:dist|egg)-info", re.ASCII | re.IGNORECASE)


def find_foreign(entries: Iterable[str]) -> str | None:
    """The metadata folder of a foreign nexios among *entries* of a folder that packages are installed in."""
    return next((entry for entry in entries if _FOREIGN.fullmatch(entry)), None)


def refuse_foreign(init: str) -> None:
    """Raise ImportError where a foreign nexios is installed beside the package whose ``__init__.py`` is *init*."""
    folder = os.path.dirname(os.path.dirname(os.path.abspath(init)))
    try:
        found = find_foreign(os.listdir(folder))
    except OSError:  # imported from a zip file: nothing is installed beside it
        return
    if found is not None:
        raise ImportError(
            f"{found.rpartition('.')[0]} in {folder} is another distribution that owns the same files as nexios-core; "
            "repair the installation with these two commands: "
            "pip uninstall -y nexios nexios-core, then pip install nexios-core"
        )
