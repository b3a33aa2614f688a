"""``nexios new``: a project that runs and passes its tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

import click

from nexios.cli.errors import CommandError

# PEP 508: what a distribution may be called.
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


@click.command()
@click.argument("folder", metavar="NAME", type=click.Path(path_type=Path))
def new(folder: Path) -> None:
    """Write a project into the new folder NAME: an application, its tests, its metadata."""
    name = folder.name
    if not _NAME.fullmatch(name):
        raise CommandError(f"{name!r} is no name for a project: use letters, digits, '-', '_' and '.'")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"{folder} exists already: choose another name or remove it")
    _write(folder, name)
    click.echo(f"{folder} is ready. Next:\n\n    cd {folder}\n    pip install -e '.[test]'\n    nexios run --reload")


def _write(folder: Path, name: str) -> None:
    for path, text in _templates(files("nexios.cli") / "scaffold", PurePosixPath()):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace("{{name}}", name), encoding="utf-8")


def _templates(folder: Traversable, below: PurePosixPath) -> Iterator[tuple[PurePosixPath, str]]:
    """Yield path and text; ``.txt`` hides the templates from tools, and a missing dot from git and from builds."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _templates(entry, below / entry.name)
        else:
            name = entry.name.removesuffix(".txt")
            yield below / (".gitignore" if name == "gitignore" else name), entry.read_text(encoding="utf-8")
