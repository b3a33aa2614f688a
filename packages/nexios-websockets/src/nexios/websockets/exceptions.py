"""What the sockets raise, over the exceptions of the core.

NexiosError
├── ClientDisconnect
│   └── WebSocketDisconnect     the socket is closed, by either side
├── SocketStateError            a method that this state of the socket does not allow (also a RuntimeError)
├── HTTPException
│   └── WebSocketClose          raise it to close the socket with a code of your own
│       ├── InvalidMessage      1007: the client's message is not what was asked for
│       └── PolicyViolation     1008: more messages, channels or connections than allowed
└── ChannelsError
    ├── ChannelNameError        a name that no channel can have (also a ValueError)
    └── BackendUnavailable      the backend cannot be reached now
"""

from __future__ import annotations

from nexios.exceptions import ClientDisconnect, HTTPException, NexiosError


class WebSocketDisconnect(ClientDisconnect):
    """The socket is closed with *code* and *reason* (RFC 6455 section 7.4). Uncaught, it ends the handler quietly."""

    def __init__(self, code: int = 1006, reason: str = "") -> None:
        self.code = code
        self.reason = reason
        super().__init__(f"the WebSocket is closed: {code} {reason}".rstrip())


class SocketStateError(NexiosError, RuntimeError):
    """The socket is not in the state that the call needs; the message says which call is missing."""


class WebSocketClose(HTTPException):
    """Close the socket with *code* and *reason*; before it is accepted, refuse the handshake with *status*."""

    code: int = 1008
    status = 403

    def __init__(self, code: int | None = None, reason: str = "", status: int | None = None) -> None:
        if code is not None:
            self.code = code
        self.reason = reason
        super().__init__(status, reason or None)


class InvalidMessage(WebSocketClose):
    """A message that is not JSON, not of the kind asked for, or not of the declared type."""

    code = 1007
    status = 400

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)


class PolicyViolation(WebSocketClose):
    """The client is over a limit."""

    code = 1008
    status = 429

    def __init__(self, reason: str) -> None:
        super().__init__(None, reason)


class ChannelsError(NexiosError):
    """The root of what channels raise."""


class ChannelNameError(ChannelsError, ValueError):
    """A channel cannot have this name."""


class BackendUnavailable(ChannelsError):
    """The backend of the channels does not answer."""
