"""Startup, drain and shutdown: what the application owns while it runs."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio

from nexios.exceptions import NexiosError
from nexios.hooks import Context, Hook, call_hook
from nexios.http.watch import unwrapped_tasks
from nexios.signature import describe
from nexios.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from nexios.application import NexiosApp
    from nexios.composition import Composition

logger = logging.getLogger("nexios")


class Lifespan:
    """One application's hooks and contexts, its background tasks, and whether it runs."""

    def __init__(self, app: Composition) -> None:
        self._app = app
        self._contexts: list[Context] = []
        self.startup_hooks: list[Hook] = []
        self.shutdown_hooks: list[Hook] = []
        self.drain_hooks: list[Hook] = []
        self.is_draining: bool = False
        self._stack: AsyncExitStack | None = None
        # Short-lived helpers of requests, such as watching for a disconnect; cancelled at the end.
        self.tasks: TaskGroup | None = None
        # The application's own work: awaited at the end, within the grace period.
        self._jobs: TaskGroup | None = None
        self._work = AsyncExitStack()

    @property
    def is_running(self) -> bool:
        return self._stack is not None

    def add(self, context: Context) -> None:
        self._contexts.append(context)

    async def start(self, state: MutableMapping[str, Any]) -> None:
        """Enter everything in order. On a failure what was entered is left again, and the error is raised."""
        if self._stack is not None:
            raise NexiosError("the application is already running")
        self.is_draining = False
        stack = AsyncExitStack()
        self._stack = stack
        try:
            await stack.enter_async_context(self._helpers())
            for app in self._app.mounted_apps():
                await stack.enter_async_context(run_mounted(app, state))
            for context in self._contexts:
                self._keep(state, await stack.enter_async_context(context(self._app)))
            await self._app.build_singletons(stack)
            await self._work.enter_async_context(self._background())
            for hook in self.startup_hooks:
                await call_hook(hook)
            await self._app.events.emit("startup", strict=True)
        except BaseException:
            self._stack = None
            if self._jobs is not None:  # what was spawned meanwhile need not end by itself
                self._jobs.cancel_scope.cancel()
            self.shield()
            await _leave(self._work)
            await _leave(stack)
            raise

    def shield(self) -> None:
        """Let what was entered be left in peace, although the task that entered it is being cancelled."""
        if self.tasks is not None:  # the outermost of all scopes
            self.tasks.cancel_scope.shield = True

    @staticmethod
    def _keep(state: MutableMapping[str, Any], value: Any) -> None:
        """A lifespan context may yield values for the lifespan's state (ASGI lifespan, "Lifespan State")."""
        if isinstance(value, dict):
            state.update(value)

    async def stop(self) -> None:
        """Drain, let background work end, run the shutdown hooks, leave the contexts in reverse.

        Every part is left, whatever fails in another; the first failure is raised at the end.
        """
        stack, self._stack = self._stack, None
        if stack is None:
            return
        failures: list[Exception] = []
        # Background work may still need what the hooks close, so it ends first.
        steps: list[Callable[[], Awaitable[Any]]] = [
            self.drain,
            self._work.aclose,
            *(partial(call_hook, hook) for hook in self.shutdown_hooks),
            partial(self._app.events.emit, "shutdown"),
        ]
        try:
            for step in steps:
                await _attempt(step, failures)
        finally:
            await _attempt(stack.aclose, failures)
        for failure in failures[1:]:
            logger.error("another part failed to stop", exc_info=failure)
        if failures:
            raise failures[0]

    async def drain(self) -> None:
        """Tell streams, sockets and readiness that the end is near; runs once."""
        if self.is_draining:
            return
        self.is_draining = True
        for scope in tuple(self._app.endless):
            scope.cancel()
        for hook in self.drain_hooks:
            try:
                await call_hook(hook)
            except Exception:
                logger.exception("drain hook %s failed", describe(hook))

    def spawn(self, job: Callable[..., Any], *args: Any, name: str | None = None) -> None:
        """Run *job* in the background. Raises RuntimeError when the application does not run."""
        if self._jobs is None:
            raise RuntimeError(
                f"spawn({describe(job)}): the application is not running; spawn from a handler or a startup hook"
            )
        self._jobs.start_soon(run_job, job, args, {}, name or describe(job), name=name)

    @asynccontextmanager
    async def _helpers(self) -> AsyncIterator[None]:
        async with unwrapped_tasks() as tasks:
            self.tasks = tasks
            try:
                yield
            finally:
                self.tasks = None
                tasks.cancel_scope.cancel()

    @asynccontextmanager
    async def _background(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as jobs:
            self._jobs = jobs
            try:
                yield
            finally:
                self._jobs = None
                jobs.cancel_scope.deadline = anyio.current_time() + self._app.limits.shutdown_grace


async def _attempt(step: Callable[[], Awaitable[Any]], failures: list[Exception]) -> None:
    try:
        await step()
    except Exception as failure:
        failures.append(failure)


async def run_job(job: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], name: str) -> None:
    """Run background work; its failure is logged, and is nobody else's."""
    try:
        result = job(*args, **kwargs)
        if hasattr(result, "__await__"):
            await result
    except Exception:
        logger.exception("background job %s failed", name)


async def _leave(stack: AsyncExitStack) -> None:
    """Undo a start that failed; what fails on the way out must not hide why."""
    try:
        await stack.aclose()
    except Exception:
        logger.exception("leaving after a failed start failed as well")


class Mounted:
    """The server's side of the lifespan protocol, for an application mounted in this one."""

    def __init__(self, app: ASGIApp, state: MutableMapping[str, Any]) -> None:
        self._app = app
        self.has_started: bool = False
        self._scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": state}
        self._to_app, self._receive = anyio.create_memory_object_stream[Message](1)
        self._send, self._from_app = anyio.create_memory_object_stream[Message](1)

    async def run(self) -> None:
        try:
            await self._app(self._scope, self._receive.receive, self._send.send)
        except Exception:
            # Before the startup was answered this says: no lifespan here (ASGI lifespan, "Scope").
            level = logging.ERROR if self.has_started else logging.DEBUG
            logger.log(level, "the mounted application %s ended its lifespan", describe(self._app), exc_info=True)
        finally:
            self._receive.close()
            self._send.close()

    async def tell(self, event: str) -> str | None:
        """Tell the application *event*; return why it failed, None where it did not."""
        try:
            await self._to_app.send({"type": event})
            answer = await self._from_app.receive()
        except (anyio.EndOfStream, anyio.BrokenResourceError):  # it has returned, and says no more
            return None
        self.has_started = True
        return answer.get("message", "no reason given") if answer["type"].endswith(".failed") else None

    def close(self) -> None:
        for stream in (self._to_app, self._receive, self._send, self._from_app):
            stream.close()


@asynccontextmanager
async def run_mounted(app: ASGIApp, state: MutableMapping[str, Any]) -> AsyncIterator[None]:
    """Run a mounted application's lifespan. Raises NexiosError with its own message when it fails to start."""
    mounted = Mounted(app, state)
    reason: str | None = None
    try:
        async with unwrapped_tasks() as tasks:
            tasks.start_soon(mounted.run)
            reason = await mounted.tell("lifespan.startup")
            if reason is None:
                try:
                    yield
                finally:
                    failure: str | None = None
                    with anyio.CancelScope(shield=True):
                        failure = await mounted.tell("lifespan.shutdown")
                    if failure is not None:
                        logger.error("the mounted application %s failed to shut down: %s", describe(app), failure)
            tasks.cancel_scope.cancel()
    finally:
        mounted.close()
    if reason is not None:
        raise NexiosError(f"the mounted application {describe(app)} failed to start: {reason}")


async def run_lifespan(app: NexiosApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Speak the ASGI lifespan protocol with the server; one that goes away without a word has told us to stop."""
    try:
        await _converse(app, scope, receive, send)
    except BaseException:
        failures: list[Exception] = []
        app.lifespan.shield()
        await _attempt(app.shutdown, failures)
        for failure in failures:
            logger.error("the application failed to shut down", exc_info=failure)
        raise


async def _converse(app: NexiosApp, scope: Scope, receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                await app.startup(scope.get("state"))
            except Exception as error:
                logger.exception("the application failed to start")
                _tell_tests(scope, error)
                await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
                return
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            try:
                await app.shutdown()
            except Exception as error:
                logger.exception("the application failed to shut down")
                _tell_tests(scope, error)
                await send({"type": "lifespan.shutdown.failed", "message": f"{type(error).__name__}: {error}"})
                return
            await send({"type": "lifespan.shutdown.complete"})
            return


def _tell_tests(scope: Scope, error: Exception) -> None:
    sink = (scope.get("extensions") or {}).get("nexios.exceptions")
    if sink is not None:
        sink.append(error)
