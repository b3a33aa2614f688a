"""``nexios shell``: a Python prompt with the application in scope, in which ``await`` works."""

from __future__ import annotations

import ast
import code
import inspect
import types
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import click
from anyio.from_thread import BlockingPortal, start_blocking_portal

from nexios import NexiosApp
from nexios.cli.commands.options import takes_application
from nexios.cli.target import Target


@click.command()
@takes_application
@click.option("--start", is_flag=True, help="Run the application's startup before and its shutdown after.")
def shell(target: Target, start: bool) -> None:
    """Open a Python prompt with `app`, the application MODULE:APP."""
    app = target.load_nexios()
    with start_blocking_portal() as portal:
        started = portal.wrap_async_context_manager(_running(app)) if start else nullcontext()
        with started:
            Prompt(portal, {"app": app}).interact(f"app is {app!r}; await works here", exitmsg="")


class Prompt(code.InteractiveConsole):
    """Runs what awaits in the event loop of *portal*, where a started application lives."""

    def __init__(self, portal: BlockingPortal, names: dict[str, Any]) -> None:
        super().__init__(names)
        self._portal = portal
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    def runcode(self, code: types.CodeType) -> None:
        try:
            result = types.FunctionType(code, self.locals)()
            if inspect.iscoroutine(result):
                self._portal.call(_awaited, result)
        except SystemExit:
            raise
        except BaseException:
            self.showtraceback()


async def _awaited(coroutine: types.CoroutineType[Any, Any, Any]) -> None:
    await coroutine


@asynccontextmanager
async def _running(app: NexiosApp) -> AsyncGenerator[None, None]:
    await app.startup()
    try:
        yield
    finally:
        await app.shutdown()
