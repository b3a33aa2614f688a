from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import anyio
import httpx
from anyio.lowlevel import checkpoint

from nexios.testing.changes import Changes
from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.scope import EXCEPTIONS, ScopeGuard
from nexios.types import ASGIApp, Message, Scope

EventT = TypeVar("EventT")
EventT_co = TypeVar("EventT_co", covariant=True)


class Rules(Protocol[EventT_co]):
    """What may be sent on one kind of connection: see `nexios.testing.strict`."""

    def read(self, message: Message) -> EventT_co: ...

    def finish(self) -> None: ...


class ConnectionLost(OSError):
    """What ``send()`` raises when the client of a WebSocket has left, as servers do."""


@dataclass(frozen=True)
class Surroundings:
    """What the calls of one application have in common; *open_calls* are those that may still go wrong."""

    app: ASGIApp
    raise_server_exceptions: bool
    grace: float
    open_calls: set[Call[Any]] = field(default_factory=set["Call[Any]"])


class Call(ABC, Generic[EventT]):
    """One call of the application, between the task that runs it and the client that talks to it."""

    def __init__(self, surroundings: Surroundings, scope: Scope, rules: Rules[EventT]) -> None:
        self._surroundings = surroundings
        self._scope = scope
        self._rules = rules
        self._guard = ScopeGuard(scope)
        # The core appends what it turned into an answer.
        self._told: list[BaseException] = scope["extensions"][EXCEPTIONS]
        self._changes = Changes()
        self._violation: ASGIProtocolError | None = None
        self._failure: BaseException | None = None
        self._left = False
        self._reported = False
        self._has_settled = False
        self.ended: bool = False

    # The application's side

    async def run(self) -> None:
        """Run the application to its end; what it raises is kept for the client."""
        self._surroundings.open_calls.add(self)
        try:
            with kept(self._fail):
                await self._run()
        finally:
            self.ended = True
            self._track()
            self._changes.notify()

    @abstractmethod
    async def _receive(self) -> Message:
        """Wait for what the application is told next."""

    @abstractmethod
    async def _take(self, event: EventT) -> None:
        """Keep what the application sent for the client, and wait while the client is too far behind."""

    async def _run(self) -> None:
        app: Callable[..., Awaitable[object]] = self._surroundings.app
        returned = await app(self._scope, self._receive, self._send)
        if returned is not None:
            raise ASGIProtocolError(f"the application returned {returned!r}, an ASGI application returns nothing")
        if not self._left:
            self._rules.finish()
        self._guard.check()

    async def _send(self, message: Message) -> None:
        await checkpoint()
        try:
            if self.ended:
                kind = message.get("type")
                raise ASGIProtocolError(f"send() got a message of type {kind!r} after the application had returned")
            event = self._rules.read(message)
        except ASGIProtocolError as violation:
            self._fail(violation)
            raise
        await self._take(event)

    def _fail(self, failure: BaseException) -> None:
        if isinstance(failure, ASGIProtocolError):
            self._violation = self._violation or failure
        elif not isinstance(failure, ConnectionLost):
            self._failure = failure
        self._track()
        self._changes.notify()

    # The client's side

    def leave(self) -> None:
        """The client goes away: the application is told so, and nothing it sends arrives."""
        self._left = True
        self._track()
        self._changes.notify()

    async def close(self) -> None:
        """Leave, give the application its grace to return, and raise what went wrong."""
        self.leave()
        await self._settle()
        self.raise_problem()

    def raise_problem(self) -> None:
        """Raise, once, the first problem of the application that the client has to tell."""
        problems = [] if self._reported else self._problems()
        self._reported = self._reported or bool(problems)
        self._track()
        raise_first(problems)

    async def _wait(self, condition: Callable[[], bool], request: httpx.Request) -> None:
        """Wait until *condition* holds, or cannot come true any more; ReadTimeout after the time *request* allows."""
        seconds = request.extensions.get("timeout", {}).get("read")
        with anyio.move_on_after(seconds) as patience:
            await self._changes.until(lambda: condition() or self._is_hopeless())
        if patience.cancelled_caught:
            self.leave()
            raise httpx.ReadTimeout(
                f"{request.method} {request.url}: waited {seconds} seconds for the application", request=request
            )

    def _is_hopeless(self) -> bool:
        return self.ended or self._left or self._violation is not None

    async def until_ended(self) -> None:
        await self._changes.until(lambda: self.ended)

    async def _settle(self) -> None:
        """Let the application return, so that what it does after its last message is not left to chance."""
        if not self._has_settled:
            self._has_settled = True
            with anyio.move_on_after(self._surroundings.grace):
                await self.until_ended()

    def _problems(self) -> list[BaseException]:
        found: list[BaseException | None] = [self._violation]
        if self._surroundings.raise_server_exceptions:
            found += [self._failure, *self._told]
        return list({id(problem): problem for problem in found if problem is not None}.values())

    def _track(self) -> None:
        over = self.ended and self._left and (self._reported or not self._problems())
        open_calls = self._surroundings.open_calls
        (open_calls.discard if over else open_calls.add)(self)


@contextmanager
def kept(keep: Callable[[BaseException], None]) -> Generator[None]:
    """Hand to *keep* whatever is raised, except cancellation: one failing call must not end the others."""
    cancelled = anyio.get_cancelled_exc_class()
    try:
        yield
    except cancelled:
        raise
    except BaseExceptionGroup as group:
        cancellation, failures = group.split(cancelled)
        if failures is not None:
            keep(failures)
        if cancellation is not None:
            raise cancellation from None
    except BaseException as failure:
        keep(failure)


@contextmanager
def noted_on(failure: BaseException | None) -> Generator[None]:
    """Let what is raised be a note on *failure*, which a test has raised before, instead of hiding it."""
    try:
        yield
    except Exception as problem:
        if failure is None:
            raise
        if problem is not failure:
            failure.add_note(f"The application also failed with {problem!r}")


def raise_first(problems: list[BaseException]) -> None:
    """Raise the first of *problems*, if any; the others become notes on it."""
    if problems:
        first, *others = problems
        for other in others:
            first.add_note(f"The application also failed with {other!r}")
        raise first
