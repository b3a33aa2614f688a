"""``nexios plugins``: which plugins are installed, whether they are on, and what each one adds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nexios.cli.commands.options import takes_application
from nexios.cli.errors import CommandError, shortened
from nexios.cli.tables import table
from nexios.cli.target import Target
from nexios.discovery import installed
from nexios.lock import lock_plugins
from nexios.suggestion import did_you_mean

if TYPE_CHECKING:
    from nexios.plugins import PluginReport, PluginStatus


@click.command()
@takes_application
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for other programs.")
@click.option("--why", metavar="NAME", help="Tell all about one plugin: its state and why, what it adds and where.")
@click.option("--output", default="plugins.lock", help="Where `nexios plugins lock` writes.", show_default=True)
def plugins(target: Target, as_json: bool, why: str | None, output: str) -> None:
    """List the plugins of the application MODULE:APP, or of a plain application where there is none.

    `nexios plugins lock` writes the names, versions and hashes of those that are installed, for
    NexiosApp(plugins_lock="plugins.lock"), which then loads nothing else.
    """
    if target.named == "lock":
        write_lock(Path(output))
        return
    report = target.load_nexios(otherwise_plain=True).plugins
    if why is not None:
        told = _named(report, why)
        click.echo(json.dumps(asdict(told), indent=2) if as_json else "\n".join(_explain(told)))
    elif as_json:
        click.echo(json.dumps([asdict(status) for status in report], indent=2))
    elif len(report):
        header = ("NAME", "DISTRIBUTION", "VERSION", "STATE", "LOADED IN", "ADDS")
        click.echo(table(header, [_row(status) for status in report]))
    else:
        click.echo("No plugin is installed.")


def write_lock(path: Path) -> None:
    """Lock what is installed, within NEXIOS_PLUGINS where that is set. Imports none of it."""
    wanted = os.environ.get("NEXIOS_PLUGINS")
    names = None if wanted is None else {name.strip() for name in wanted.split(",")}
    entries = [entry for entry in installed() if names is None or entry.name in names]
    path.write_text(lock_plugins(entries), encoding="utf-8")
    click.echo(f"{path} locks {len(entries)} plugins: {', '.join(entry.name for entry in entries) or 'none'}")


def _named(report: PluginReport, name: str) -> PluginStatus:
    if name in report:
        return report[name]
    raise CommandError(f"no plugin is called {name!r}; {did_you_mean(name, [status.name for status in report])}")


def _explain(status: PluginStatus) -> Iterator[str]:
    yield f"{status.name} is {status.state}" + (f": {status.reason}" if status.reason else "")
    if status.distribution is not None:
        yield f"  from {status.distribution} {status.version}, loaded in {status.load_ms:.1f} ms"
    else:
        yield f"  given by the application, loaded in {status.load_ms:.1f} ms"
    for contribution, source in zip(status.contributions, status.sources, strict=True):
        yield f"  adds {contribution} ({shortened(source)})"


def _row(status: PluginStatus) -> tuple[str, ...]:
    adds = ", ".join(status.contributions) if status.reason is None else status.reason
    load = f"{status.load_ms:.1f} ms"
    return status.name, status.distribution or "-", status.version or "-", status.state, load, adds
