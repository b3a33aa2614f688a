from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple, TypeAlias

from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.fields import field, header_fields, message_type, optional_field
from nexios.testing.strict.http import ResponseEvent, ResponseRules
from nexios.types import Message, RawHeaders

_DENIAL = "websocket.http.response"
# RFC 6455 section 5.5: a control frame holds 125 bytes, two of them are the code.
_LONGEST_REASON = 123
# The server writes these itself (RFC 6455 section 4.2.2).
_HANDSHAKE_HEADERS = (
    b"connection",
    b"sec-websocket-accept",
    b"sec-websocket-extensions",
    b"sec-websocket-protocol",
    b"upgrade",
)


class Accept(NamedTuple):
    subprotocol: str | None
    headers: RawHeaders


class Data(NamedTuple):
    value: str | bytes


class Close(NamedTuple):
    code: int
    reason: str


WebSocketEvent: TypeAlias = Accept | Data | Close | ResponseEvent


class WebSocketRules:
    """What an application may send on one WebSocket, as far as it has come."""

    def __init__(self, subprotocols: Collection[str]) -> None:
        self._offered = subprotocols
        self._denial = ResponseRules("GET", _DENIAL)
        self.accepted = False
        self.closed = False

    def read(self, message: Message) -> WebSocketEvent:
        """Return what *message* says; ASGIProtocolError if it must not be sent now, or not like this."""
        if self._denial.started:
            return self._read_denial(message)
        match message_type(message, self._allowed(), self._state()):
            case "websocket.accept":
                return self._read_accept(message)
            case "websocket.send":
                return _read_data(message)
            case "websocket.close":
                return self._read_close(message)
            case _:
                return self._read_denial(message)

    def finish(self) -> None:
        """The application has returned: it has to have answered the handshake."""
        if self._denial.started:
            self._denial.finish()
        elif not self.accepted and not self.closed:
            raise ASGIProtocolError(
                "the application returned without answering the WebSocket handshake: "
                "it sent neither websocket.accept nor websocket.close"
            )

    def _allowed(self) -> tuple[str, ...]:
        if self.closed:
            return ()
        if self.accepted:
            return ("websocket.send", "websocket.close")
        return ("websocket.accept", "websocket.close", f"{_DENIAL}.start")

    def _state(self) -> str:
        if self.closed:
            return "after websocket.close"
        return "after websocket.accept" if self.accepted else "before websocket.accept"

    def _read_denial(self, message: Message) -> ResponseEvent:
        event = self._denial.read(message)
        self.closed = self._denial.complete
        return event

    def _read_accept(self, message: Message) -> Accept:
        subprotocol = optional_field(message, "subprotocol", str)
        if subprotocol is not None and subprotocol not in self._offered:
            raise ASGIProtocolError(
                f"websocket.accept: the subprotocol {subprotocol!r} was not offered, the client offers "
                f"{list(self._offered)!r}"
            )
        headers = header_fields(message)
        for name, _ in headers:
            if name in _HANDSHAKE_HEADERS:
                raise ASGIProtocolError(f"websocket.accept: the header {name!r} belongs to the server, leave it out")
        self.accepted = True
        return Accept(subprotocol, headers)

    def _read_close(self, message: Message) -> Close:
        code = field(message, "code", int, 1000)
        if not _is_sendable(code):
            raise ASGIProtocolError(f"websocket.close: the code {code} must not be sent (RFC 6455 section 7.4)")
        reason = optional_field(message, "reason", str) or ""
        if len(reason.encode()) > _LONGEST_REASON:
            raise ASGIProtocolError(
                f"websocket.close: the reason has {len(reason.encode())} bytes of UTF-8, at most {_LONGEST_REASON} fit"
            )
        self.closed = True
        return Close(code, reason)


def _read_data(message: Message) -> Data:
    text = optional_field(message, "text", str)
    data = optional_field(message, "bytes", bytes)
    if text is not None and data is None:
        return Data(text)
    if data is not None and text is None:
        return Data(data)
    raise ASGIProtocolError("websocket.send: exactly one of 'text' and 'bytes' must be given")


def _is_sendable(code: int) -> bool:
    """RFC 6455 section 7.4 and the IANA registry; 1004 to 1006 and 1015 only exist inside an endpoint."""
    return code in range(3000, 5000) or code in (1000, 1001, 1002, 1003, *range(1007, 1015))
