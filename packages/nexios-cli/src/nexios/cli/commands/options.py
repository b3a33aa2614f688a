"""How every command that works on an application lets it be named."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from nexios.cli.errors import CommandError
from nexios.cli.target import Target


def takes_application(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give *command* a ``target`` made of the argument APP, ``--app``, ``--factory`` and ``--traceback``."""

    @click.argument("named", metavar="[MODULE:APP]", required=False)
    @click.option("--app", "option", metavar="MODULE:APP", help="The application, as an option.")
    @click.option("--factory", is_flag=True, help="MODULE:APP is a function that returns the application.")
    @click.option("--traceback", is_flag=True, help="Show the whole traceback of an error in your code.")
    @functools.wraps(command)
    def with_target(
        *args: Any, named: str | None, option: str | None, factory: bool, traceback: bool, **options: Any
    ) -> Any:
        if named and option and named != option:
            raise CommandError(f"two applications are named: {named} and --app {option}")
        return command(*args, target=Target(named or option, factory, traceback), **options)

    return with_target
