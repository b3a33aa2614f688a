"""Calls an application with scopes that no client library would send, and as a server that misbehaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import anyio

from nexios.types import ASGIApp, Message, RawHeaders


@dataclass
class Answer:
    """What an application sent."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages)

    @property
    def is_complete(self) -> bool:
        return bool(self.messages) and not self.messages[-1].get("more_body", False)

    def header(self, name: str) -> str | None:
        found = [value for key, value in self.messages[0]["headers"] if key == name.encode()]
        return ", ".join(value.decode("latin-1") for value in found) if found else None


async def call(
    app: ASGIApp,
    path: str = "/",
    method: str = "GET",
    *,
    headers: RawHeaders | None = None,
    body: Iterable[bytes] = (b"",),
    leaves: bool = False,
    **scope: Any,
) -> Answer:
    """Send one request in the chunks of *body*; *leaves* says that the client goes away after them."""
    chunks = list(body)
    answer = Answer()

    async def receive() -> Message:
        if chunks:
            return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks) or leaves}
        if not leaves:
            await anyio.sleep_forever()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answer.messages.append(message)

    await app(make_scope(path, method, headers, **scope), receive, send)
    return answer


def make_scope(path: str = "/", method: str = "GET", headers: RawHeaders | None = None, **scope: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver")] if headers is None else headers,
        "client": ("203.0.113.9", 50000),
        "server": ("testserver", 80),
        **scope,
    }
