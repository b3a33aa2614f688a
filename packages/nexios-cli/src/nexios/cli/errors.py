"""What a command says when it cannot do what it was asked: one line on stderr, exit status 2."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import IO, Any

import click

import nexios

# Python's own files, and ours: an editable install of ours lies outside site-packages.
_NOT_THE_READERS: tuple[str, ...] = (os.path.dirname(os.__file__), *nexios.__path__)


class CommandError(click.ClickException):
    """Ends the command with *message*; *details*, a traceback somebody asked for, is printed before it."""

    exit_code = 2

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details

    def __reduce__(self) -> tuple[type[CommandError], tuple[str, str]]:
        return type(self), (self.message, self.details)

    def show(self, file: IO[Any] | None = None) -> None:
        if self.details:
            click.echo(self.details, file=file, err=True)
        click.echo(f"nexios: {self.message}", file=file, err=True)


def blame(error: BaseException, *, whole: bool = False) -> CommandError:
    """Return what to say about *error*, which the reader's own code raised; *whole* adds its traceback."""
    if whole:
        return CommandError(describe(error), "".join(traceback.format_exception(error)))
    return CommandError(f"{describe(error)} (--traceback shows all of it)")


def describe(error: BaseException) -> str:
    """Return *error* behind the innermost place in the reader's own files: ``app.py:3: KeyError: 'db'``."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{shortened(error.filename)}:{error.lineno}: {type(error).__name__}: {error.msg}"
    what = f"{type(error).__name__}: {error}".removesuffix(": ")
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(frame.filename)]
    return f"{shortened(own[-1].filename)}:{own[-1].lineno}: {what}" if own else what


def _is_own(filename: str) -> bool:
    path = Path(filename)
    if filename.startswith("<") or not {"site-packages", "dist-packages"}.isdisjoint(path.parts):
        return False
    return not any(path.is_relative_to(folder) for folder in _NOT_THE_READERS)


def shortened(filename: str) -> str:
    """Return *filename* as seen from the working directory when it is below it."""
    path = Path(filename)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else filename
