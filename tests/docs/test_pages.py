from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import workspace
from tests.docs.snippets import run_docstrings, run_page, run_session

ROOT = workspace.ROOT
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "examples/**/*.md", "packages/*/*.md", "tests/docs/**/*.md")
    for page in ROOT.glob(pattern)
)
MODULES = sorted(
    file
    for package in workspace.read_packages().values()
    for file in package.source.rglob("*.py")
    if file.name != "__main__.py"  # importing it is running it
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_snippet_of_a_page_runs(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path)


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_every_example_in_a_docstring_runs(file: Path, tmp_path: Path) -> None:
    run_docstrings(file, tmp_path)

    for session in doctest.DocTestFinder().find(importlib.import_module(module_name(file))):
        run_session(session)


def module_name(file: Path) -> str:
    """``nexios.cli`` for packages/nexios-cli/src/nexios/cli/__init__.py."""
    parts = file.relative_to(ROOT).with_suffix("").parts[3:]
    return ".".join(parts).removesuffix(".__init__")
