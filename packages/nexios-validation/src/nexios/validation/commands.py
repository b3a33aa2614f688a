"""``nexios check``: build everything that requests would need, and say what cannot be built."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click

from nexios import NexiosApp
from nexios.cli.commands.options import takes_application
from nexios.cli.target import Target
from nexios.exceptions import ConfigurationError


@click.command()
@takes_application
def check(target: Target) -> None:
    """Build what the application MODULE:APP serves; exit with status 1 where something cannot be."""
    app = target.load_nexios()
    problems = list(find_problems(app))
    for problem in problems:
        click.echo(problem)
    if problems:
        sys.exit(1)
    click.echo(f"{len(app.routes)} routes can be served.")


def find_problems(app: NexiosApp) -> Iterator[str]:
    """What is wrong with each route of *app*, and what the packages find that left a "check"."""
    for served in app.routes:
        try:
            app.assembly.compile(served)
        except ConfigurationError as error:
            yield f"{' '.join(served.methods)} {served.path} ({served.source}): {error}"
    for _, find in app.contributions("check"):
        yield from find(app)
