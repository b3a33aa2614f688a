"""What the test client raises of its own; failures of the application are raised as they are.

NexiosError
├── ASGIProtocolError     the application broke the ASGI protocol
├── LifespanError         the application said that its startup or shutdown failed
├── EventStreamError      the answer is not an event stream
├── WebSocketDenied       the application answered the handshake without accepting it
└── WebSocketClosed       the application closed the WebSocket
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nexios.exceptions import NexiosError

if TYPE_CHECKING:
    import httpx


class ASGIProtocolError(NexiosError):
    """The application broke the ASGI protocol: a real server would fail, or drop what it was sent.

    Raised inside the application, where it did so, and again by the client, should the application catch it.
    """


class LifespanError(NexiosError):
    """The application sent ``lifespan.startup.failed`` or ``lifespan.shutdown.failed``; the text is its message."""


class EventStreamError(NexiosError):
    """An EventSource would have refused *response*: not a 200, or not ``text/event-stream``."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        media_type = response.headers.get("content-type", "no content type")
        super().__init__(f"{response.url} is not an event stream: it answered {response.status_code} with {media_type}")


class WebSocketDenied(NexiosError):
    """The handshake was answered by *response* instead of being accepted; a plain close is a 403."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        super().__init__(f"the WebSocket {response.url} was denied with status {response.status_code}")

    @property
    def status_code(self) -> int:
        return self.response.status_code


class WebSocketClosed(NexiosError):
    """The WebSocket is closed, with *code* and *reason* (RFC 6455 section 7.4)."""

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"the WebSocket is closed: {code} {reason}".rstrip())
