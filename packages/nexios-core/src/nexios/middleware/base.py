"""The middleware protocol: ``async (request, response, call_next) -> response``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, TypeAlias

from nexios.http.request import Request
from nexios.http.response import Response

CallNext: TypeAlias = Callable[[], Awaitable[Response]]
# What may be added as middleware: a function, an instance, a class (with keyword arguments), ASGI middleware.
Middleware: TypeAlias = Callable[..., Any]


class BaseMiddleware:
    """Middleware as a class. Override `__call__`, or `process_request` and `process_response` where that is enough.

    *protocols* are those whose connections it surrounds: a layer of "websocket" is given the socket as its request,
    may refuse the handshake with a response, and sees `call_next` return when the connection has ended.
    *after* and *before* name middleware (by `name`) that must stand further out, or further in; starting the
    application fails where the order of `add_middleware` says otherwise. One that *only_completes* answers, and guards
    nothing, also completes what is refused before the layers of a route are reached: content over its limit.
    """

    name: ClassVar[str] = ""
    protocols: ClassVar[tuple[str, ...]] = ("http", "websocket")
    after: ClassVar[tuple[str, ...]] = ()
    before: ClassVar[tuple[str, ...]] = ()
    only_completes: ClassVar[bool] = False

    async def __call__(self, request: Request, response: Response, call_next: CallNext) -> Any:
        early = await self.process_request(request, response)
        if early is not None:
            return early
        return await self.process_response(request, await call_next())

    async def process_request(self, request: Request, response: Response) -> Any:
        """Runs on the way in; anything but None is the answer, and the layers further in are not called."""
        return None

    async def process_response(self, request: Request, response: Response) -> Any:
        """Runs on the way out, with the answer of the layers further in; returns the answer."""
        return response

    def prepare(self, app: Any) -> None:
        """Runs once when the layers are folded: read the configuration and refuse a wrong one here."""
