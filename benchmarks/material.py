"""What the applications of every framework answer with."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROUTES = 1_000
TEXT = "Hello, World!"
CHUNK = b"0123456789abcdef" * 4_096
CHUNKS = 16
FILE_BYTES = b"The quick brown fox jumps over it\n" * 3_000 + b"." * 400
FILE = Path(tempfile.gettempdir()) / f"nexios-benchmark-{os.getuid()}.txt"


def greeting() -> dict[str, str]:
    return {"message": TEXT}


def area(number: int) -> str:
    """The path of one of many routes, up to its parameter."""
    return f"/area{number}/items"


def areas() -> Iterator[str]:
    return map(area, range(ROUTES))


def write_file() -> None:
    """Put the file that is served in its place, whole at once: several processes may do so together."""
    if FILE.is_file() and FILE.read_bytes() == FILE_BYTES:
        return
    unfinished = FILE.with_suffix(f".{os.getpid()}")
    unfinished.write_bytes(FILE_BYTES)
    unfinished.replace(FILE)
