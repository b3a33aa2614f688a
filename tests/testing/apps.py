"""What the applications of these tests are made of: plain ASGI."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from nexios.types import ASGIApp, Receive, Scope, Send

Handler: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

START = "http.response.start"
BODY = "http.response.body"


def serving(handler: Handler) -> ASGIApp:
    """An application without a lifespan."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await handler(scope, receive, send)

    return app


async def respond(send: Send, body: bytes = b"", *headers: tuple[bytes, bytes], status: int = 200) -> None:
    await send({"type": START, "status": status, "headers": headers})
    await send({"type": BODY, "body": body})


async def start(send: Send, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": START, "status": 200, "headers": headers})


async def send_part(send: Send, body: bytes) -> None:
    await send({"type": BODY, "body": body, "more_body": True})


async def read_body(receive: Receive) -> list[bytes]:
    """Return the parts in which the body of the request came."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        assert message["type"] == "http.request"
        parts.append(message["body"])
        if not message["more_body"]:
            return parts


async def until_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
