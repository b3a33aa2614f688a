"""The ``nexios`` command."""

from __future__ import annotations

import sys

import click

from nexios._version import __version__ as core_version
from nexios.cli._version import __version__
from nexios.cli.group import Commands

__all__ = ["main"]


def _show_versions(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        click.echo(f"nexios-cli {__version__}, nexios-core {core_version}, Python {sys.version.split()[0]}")
        ctx.exit()


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_versions, help="Show the versions."
)
def main() -> None:
    """Run, inspect and start Nexios applications."""
