"""The ``nexios`` command: its own subcommands and those of installed packages, each imported when it is used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from nexios.cli.errors import CommandError, describe
from nexios.discovery import Installed, installed

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Name -> what --help says about it, so that --help imports none of them.
BUILTIN = {
    "run": "Serve an application.",
    "new": "Write a project that runs and passes its tests.",
    "routes": "List what an application serves.",
    "plugins": "List the installed plugins and what each one adds.",
    "shell": "Open a Python prompt that knows the application.",
    "doctor": "Check the installation and say how to repair it.",
}


class Commands(click.Group):
    """Installed packages add commands in the entry-point group ``nexios.commands``; the names of ours are taken."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*BUILTIN, *sorted(_added())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in BUILTIN:
            module = importlib.import_module(f"nexios.cli.commands.{cmd_name}")
            return _command(getattr(module, cmd_name), cmd_name)
        sources = _added().get(cmd_name, ())
        if len(sources) > 1:
            names = " and ".join(_origin(source) for source in sources)
            raise CommandError(f"{names} both add a command {cmd_name!r}: uninstall one of them")
        return _load(sources[0]) if sources else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        added = [(name, f"From {_origin(sources[0])}.") for name, sources in sorted(_added().items())]
        for title, rows in (("Commands", [*BUILTIN.items()]), ("Commands of installed packages", added)):
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        # What only a shell asks for takes a tenth of the time of --help to import.
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name) for name in self.list_commands(ctx) if name.startswith(incomplete)]
        # click's own completion imports every command for its help text.
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


def _added() -> dict[str, list[Installed]]:
    added: dict[str, list[Installed]] = {}
    for source in installed("nexios.commands"):
        if source.name not in BUILTIN:
            added.setdefault(source.name, []).append(source)
    return added


def _load(source: Installed) -> click.Command:
    try:
        return _command(source.load(), source.name)
    # A command's module that exits is as broken as one that raises.
    except (Exception, SystemExit) as error:
        message = f"the command {source.name!r} of {_origin(source)} cannot be loaded: {describe(error)}"
        raise CommandError(message) from error


def _origin(source: Installed) -> str:
    return f"{source.distribution} {source.version}"


def _command(value: object, name: str) -> click.Command:
    if isinstance(value, click.Command):
        return value
    raise TypeError(f"{name} is not a click.Command but {value!r}")
