"""The reference lists what is public, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import nexios

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "api.md"


def test_the_reference_lists_exactly_the_public_names() -> None:
    rows = re.findall(r"^\| (`.+?) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}

    assert listed == {name for name in nexios.__all__ if not name.startswith("__")}
