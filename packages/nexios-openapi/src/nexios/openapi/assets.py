"""The browser programs that come with this package, as their authors released them: see assets/assets.json."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "assets"


@functools.cache
def recorded() -> dict[str, dict[str, Any]]:
    """What is here: package, version, licence and files of each program."""
    content: dict[str, dict[str, Any]] = json.loads((FOLDER / "assets.json").read_text("utf-8"))
    return content


def asset_path(program: str, name: str) -> Path | None:
    """The file *name* of *program*; None for what assets.json does not list, whatever a client makes of the name."""
    known = recorded()[program]["files"]
    return FOLDER / program / name if name in known else None
