"""One process that serves: alone in the terminal, or as one of several that a supervisor started."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from types import FrameType

from nexios import NexiosApp
from nexios.cli.asgi import layers
from nexios.cli.departure import Departure, Newcomers
from nexios.cli.errors import CommandError
from nexios.cli.listening import Listener
from nexios.cli.servers import ServerOptions, server_module
from nexios.cli.target import Target
from nexios.config import Limits

# What a worker tells its supervisor; it is told `Newcomers`.
READY, FAILED = "ready", "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker needs to know; it travels to another process by pickle."""

    target: Target
    server: str = "uvicorn"
    grace: float | None = None
    """Seconds that requests in flight have at the end; None for what the application's limits say."""
    options: ServerOptions = field(default_factory=ServerOptions)


def work_alone(job: Job, listener: Listener, on_ready: Callable[[], None]) -> None:
    """Serve until SIGINT or SIGTERM; a second SIGINT ends it at once. Raises CommandError when it cannot start."""

    def obey(departure: Departure) -> None:
        loop = asyncio.get_running_loop()

        def on_signal(number: int, frame: FrameType | None) -> None:
            if number == signal.SIGINT:
                signal.signal(signal.SIGINT, at_once)
            departure.leave()

        def at_once(number: int, frame: FrameType | None) -> None:
            # Raised here, it may meet the application, and granian would take it for an error of that. Said once more,
            # it is meant for code that blocks the loop.
            signal.signal(signal.SIGINT, signal.default_int_handler)
            loop.call_soon_threadsafe(_interrupt)

        signal.signal(signal.SIGINT, on_signal)
        signal.signal(signal.SIGTERM, on_signal)

    _work(job, listener, on_ready, obey)


def work_supervised(job: Job, listener: Listener, supervisor: Connection, stdin: int | None) -> None:
    """Serve until the supervisor says so or is gone."""
    # Ctrl-C reaches every process of the terminal: the supervisor decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if stdin is not None:
        # multiprocessing has put /dev/null there; a breakpoint() wants the terminal.
        sys.stdin = os.fdopen(stdin)

    def obey(departure: Departure) -> None:
        signal.signal(signal.SIGTERM, lambda number, frame: departure.leave(Newcomers.MEET_SIBLINGS))
        threading.Thread(target=_listen, args=(supervisor, departure), daemon=True).start()

    try:
        _work(job, listener, partial(_report, supervisor, READY), obey)
    except CommandError as error:
        _report(supervisor, FAILED, error)
        sys.exit(error.exit_code)


def _work(job: Job, listener: Listener, on_ready: Callable[[], None], obey: Callable[[Departure], None]) -> None:
    server = server_module(job.server)
    app = job.target.load().app
    serving = server.wrapper(app, on_ready)
    grace = _grace_of(app) if job.grace is None else job.grace

    async def serve() -> Departure:
        departure = Departure(serving, listener, grace)
        obey(departure)
        await server.serve(serving, listener, departure, job.options)
        return departure

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        departure = runner.run(serve())
    if serving.failure is not None:
        raise CommandError(f"the application did not start: {serving.failure}")
    if not departure.has_begun:
        raise CommandError(f"{job.server} stopped serving by itself")


def _interrupt() -> None:
    raise KeyboardInterrupt


def _grace_of(app: object) -> float:
    limits = (layer.limits for layer in layers(app) if isinstance(layer, NexiosApp))
    return next(limits, Limits()).shutdown_grace


def _report(supervisor: Connection, word: str, error: CommandError | None = None) -> None:
    # It may have been killed.
    with contextlib.suppress(OSError):
        supervisor.send((word, error))


def _listen(supervisor: Connection, departure: Departure) -> None:
    with contextlib.suppress(EOFError, OSError):
        while True:
            departure.leave(supervisor.recv())
    # The supervisor is gone: nobody would ever stop this process.
    departure.leave()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    if importlib.util.find_spec("uvloop") is None:
        return None
    import uvloop

    return uvloop.new_event_loop
