"""``nexios run``: serve an application."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import click

from nexios.cli.changes import Changes
from nexios.cli.commands.options import takes_application
from nexios.cli.listening import Address, Listener
from nexios.cli.servers import LOG_LEVELS, SERVERS, ServerOptions, check_installed
from nexios.cli.supervisor import Supervisor
from nexios.cli.target import Target
from nexios.cli.worker import Job, work_alone


@click.command()
@takes_application
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for every one.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--uds", metavar="PATH", help="Listen on a Unix socket instead.")
@click.option("--fd", type=click.IntRange(0), help="Serve on a listening socket that is open already.")
@click.option("--server", type=click.Choice(SERVERS), default="uvicorn", show_default=True)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Processes that serve.")
@click.option("--reload", is_flag=True, help="Start again when a Python file below this folder changes.")
@click.option(
    "--grace",
    type=click.FloatRange(0),
    show_default="limits.shutdown_grace of the application, or 10",
    help="Seconds that requests in flight have to finish after SIGTERM or Ctrl-C.",
)
@click.option("--log-level", type=click.Choice(LOG_LEVELS), default="info", show_default=True)
@click.option("--access-log/--no-access-log", default=True, show_default=True, help="A line for each request.")
def run(
    target: Target,
    host: str,
    port: int,
    uds: str | None,
    fd: int | None,
    server: str,
    workers: int,
    reload: bool,
    grace: float | None,
    log_level: str,
    access_log: bool,
) -> None:
    """Serve the application MODULE:APP.

    Without :APP the only application of the module is meant, and without MODULE that of app.py or main.py.
    """
    check_installed(server)
    job = Job(target, server, grace, ServerOptions(log_level, access_log))
    listener = Address(host, port, uds, fd).listen()

    processes = f", {workers} workers" if workers > 1 else ""
    announcement = f"nexios: serving on {listener} with {server}{processes} (Ctrl-C stops)"

    with listener.sock:
        _serve(job, listener, workers, reload, lambda: click.echo(announcement, err=True))


def _serve(job: Job, listener: Listener, workers: int, reload: bool, announce: Callable[[], None]) -> None:
    try:
        if workers == 1 and not reload:
            work_alone(job, listener, announce)
        else:
            Supervisor(job, listener, workers, Changes(os.getcwd()) if reload else None, announce).run()
    except KeyboardInterrupt:
        sys.exit(130)  # what shells report for SIGINT
