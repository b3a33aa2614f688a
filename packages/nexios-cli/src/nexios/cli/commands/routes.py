"""``nexios routes``: what an application serves, and who answers."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import click

from nexios import NexiosApp
from nexios.cli.commands.options import takes_application
from nexios.cli.tables import table
from nexios.cli.target import Target
from nexios.routing.route import ServedMount, ServedRoute
from nexios.signature import describe


@click.command()
@takes_application
@click.option("--json", "as_json", is_flag=True, help="One JSON array, for other programs.")
def routes(target: Target, as_json: bool) -> None:
    """List what the application MODULE:APP serves: method, path, handler, where it is, middleware."""
    app = target.load_nexios()
    if as_json:
        click.echo(json.dumps([_fields(app, route) for route in app.routes], indent=2))
    elif app.routes:
        header = ("METHOD", "PATH", "HANDLER", "SOURCE", "MIDDLEWARE")
        click.echo(table(header, [_row(app, route) for route in app.routes]))
    else:
        click.echo("The application serves no route.")


def _fields(app: NexiosApp, route: ServedRoute | ServedMount) -> dict[str, Any]:
    return {
        "protocol": route.protocol,
        "methods": list(route.methods),
        "path": route.path,
        "host": route.host,
        "name": route.name,
        "handler": describe(route.handler),
        "source": _place(route.source),
        "middleware": list(app.layers_of(route)),
        "tags": list(route.tags),
    }


def _place(source: str) -> str:
    """Return *source* as seen from the working directory, or from where Python has imported it."""
    for folder in (os.getcwd(), *sys.path):
        if folder and source.startswith(f"{folder}{os.sep}"):
            return source[len(folder) + 1 :]
    return source


def _row(app: NexiosApp, route: ServedRoute | ServedMount) -> tuple[str, ...]:
    fields = _fields(app, route)
    methods = ",".join(fields["methods"]) or fields["protocol"].upper()
    path = f"{fields['host'] or ''}{fields['path']}"
    return methods, path, fields["handler"], fields["source"], " > ".join(fields["middleware"])
