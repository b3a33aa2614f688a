"""One folder for each framework: requirements.txt pins its release, app.py has one function for each application."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from benchmarks.types import ASGIApp

LIMIT = "limit"
OURS = "nexios"
FOLDER = Path(__file__).parent


def frameworks() -> list[str]:
    """Every framework there is a folder for: the limit, ours, and the others."""
    found = sorted(file.parent.name for file in FOLDER.glob("*/app.py"))
    return sorted(found, key=lambda name: (name != LIMIT, name != OURS, name))


def load(framework: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.frameworks.{framework}.app")


def make(framework: str, app: str) -> ASGIApp | None:
    """A new application, or None where this framework has nothing of the kind."""
    builder = getattr(load(framework), app, None)
    return None if builder is None else builder()
