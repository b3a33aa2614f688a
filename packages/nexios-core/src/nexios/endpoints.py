"""What may stand around a handler: a deadline, a watch over the client. And foreign applications as handlers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import anyio

from nexios.exceptions import ClientDisconnect, GatewayTimeout
from nexios.http.request import Request
from nexios.http.response import Response
from nexios.http.watch import run_until_disconnect
from nexios.middleware.asgi import Exchange, plain_scope
from nexios.root_path import below_mount
from nexios.types import ASGIApp

Endpoint: TypeAlias = Callable[[Any, Any], Awaitable[Response]]
Recover: TypeAlias = Callable[[Any, Exception], Awaitable[Response]]


def with_deadline(endpoint: Endpoint, seconds: float, recover: Recover) -> Endpoint:
    """Cancel *endpoint* after *seconds*, its cleanups included in what then runs, and answer 504."""

    async def call(request: Request, response: Response) -> Response:
        request.deadline = anyio.current_time() + seconds
        with anyio.CancelScope(deadline=request.deadline):
            return await endpoint(request, response)
        return await recover(request, GatewayTimeout(f"the handler did not answer within {seconds:g} seconds"))

    return call


def cancelled_on_disconnect(endpoint: Endpoint, recover: Recover) -> Endpoint:
    """Cancel *endpoint* when the client leaves. The body is read first: while it arrives, nobody can watch."""

    async def call(request: Request, response: Response) -> Response:
        answers: list[Response] = []

        async def run() -> None:
            answers.append(await endpoint(request, response))

        try:
            await request.body
        except Exception as error:
            return await recover(request, error)
        await run_until_disconnect(run(), request, request.app.tasks)
        if answers:
            return answers[0]
        return await recover(request, ClientDisconnect("the client left before its request was answered"))

    return call


def as_endpoint(app: ASGIApp, recover: Recover) -> Endpoint:
    """A mounted ASGI application as an endpoint: below its prefix it sees itself at the root (ASGI, "root_path")."""

    async def call(request: Request, response: Response) -> Response:
        scope = {**plain_scope(request), **below_mount(request)}
        try:
            return await Exchange(app).begin(scope, request.replayed(), request.app.tasks)
        except Exception as error:
            return await recover(request, error)

    return call
