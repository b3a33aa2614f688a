"""``nexios plugins``: which plugins are installed, whether they are on, and what each one adds."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from nexios.cli.commands.options import takes_application
from nexios.cli.tables import table
from nexios.cli.target import Target

if TYPE_CHECKING:
    from nexios.plugins import PluginStatus


@click.command()
@takes_application
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for other programs.")
def plugins(target: Target, as_json: bool) -> None:
    """List the plugins of the application MODULE:APP, or of a plain application where there is none."""
    report = target.load_nexios(otherwise_plain=True).plugins
    if as_json:
        click.echo(json.dumps([asdict(status) for status in report], indent=2))
    elif len(report):
        header = ("NAME", "DISTRIBUTION", "VERSION", "STATE", "LOADED IN", "ADDS")
        click.echo(table(header, [_row(status) for status in report]))
    else:
        click.echo("No plugin is installed.")


def _row(status: PluginStatus) -> tuple[str, ...]:
    adds = ", ".join(status.contributions) if status.reason is None else status.reason
    load = f"{status.load_ms:.1f} ms"
    return status.name, status.distribution or "-", status.version or "-", status.state, load, adds
