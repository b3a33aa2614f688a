"""The one place where an exception becomes a response."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from nexios.answers import Answers
from nexios.exception_handlers import ExceptionHandler, ExceptionHandlers
from nexios.exceptions import ClientDisconnect, HTTPException
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.problems import debug_page, problem
from nexios.signature import describe

logger = logging.getLogger("nexios")

# What a server's log shows for a client that left; nobody receives it.
CLIENT_CLOSED_REQUEST = 499


class ErrorBoundary:
    """Answers errors with the handlers of *chain*, nearest first, and with a problem document where none fits."""

    def __init__(self, app: Any, answers: Answers, chain: Sequence[ExceptionHandlers]) -> None:
        self._app = app
        self._answers = answers
        self._chain = chain
        self._listeners = app.events.subscriptions

    async def recover(self, request: Request, error: Exception) -> Response:
        """The answer to *error*. Never raises an Exception."""
        if isinstance(error, ClientDisconnect):
            gone = Response()
            gone.status_code = CLIENT_CLOSED_REQUEST
            return gone
        if "error" in self._listeners:
            await self._app.events.emit("error", request, error)
        for handlers in self._chain:
            handle = handlers.find(error)
            if handle is not None:
                try:
                    return await self._handled(handle, request, error)
                except Exception as another:
                    # The next handlers out answer for it, as they would for any code of the router they surround.
                    if another is not error:
                        another.__context__ = error
                    error = another
        return self._default(request, error)

    async def _handled(self, handle: ExceptionHandler, request: Request, error: Exception) -> Response:
        response = Response()
        value = handle(request, response, error)
        if hasattr(value, "__await__"):
            value = await value
        return self._answers.convert(request, response, value)

    def _default(self, request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            try:
                answer = problem(error)
                # Not error.headers: there its name may be in any case.
                old = not error.headers or request.scope.get("http_version", "1.1").startswith("1")
                if not old and "connection" in answer.headers:
                    del answer.headers["connection"]  # from HTTP/2 on it says nothing of that (RFC 9113 section 8.2.2)
                return answer
            except (TypeError, ValueError) as unwritable:  # a header or a member that no answer can hold
                error = unwritable
        self.report(request, error)
        page = debug_page(request, error) if self._app.debug else None
        return page or problem(HTTPException(500))

    @staticmethod
    def report(request: Request, error: Exception) -> None:
        """Log an error nobody answered for, once, and hand it to a test client that asks for it."""
        found = getattr(request, "_found", None)  # unset where an outer layer failed before the route was looked up
        handler = "" if found is None else f" in {describe(found.handler)}"
        # %r: a path may hold line breaks and escape sequences.
        logger.error("unhandled error%s while answering %s %r", handler, request.method, request.path, exc_info=error)
        sink = (request.scope.get("extensions") or {}).get("nexios.exceptions")
        if sink is not None:
            sink.append(error)
