from __future__ import annotations

from typing import NamedTuple, TypeAlias

from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.fields import field, header_fields, message_type
from nexios.types import Message, RawHeaders

# RFC 9110 sections 6.4.1, 15.3.5, 15.3.6 and 15.4.5: answers that end after their header section.
_BODILESS_STATUSES = (204, 205, 304)


class ResponseStart(NamedTuple):
    status: int
    headers: RawHeaders


class ResponseBody(NamedTuple):
    body: bytes
    more: bool


ResponseEvent: TypeAlias = ResponseStart | ResponseBody


class ResponseRules:
    """What an application may send in answer to one request, as far as it has come.

    *family* is the common part of the message types: a denied WebSocket is answered by ``websocket.http.response``.
    """

    def __init__(self, method: str, family: str = "http.response") -> None:
        self._method = method
        self._start = f"{family}.start"
        self._body = f"{family}.body"
        self._status: int | None = None
        self._promised: int | None = None
        self._sent = 0
        self.complete = False

    @property
    def started(self) -> bool:
        return self._status is not None

    def read(self, message: Message) -> ResponseEvent:
        """Return what *message* says; ASGIProtocolError if it must not be sent now, or not like this."""
        if message_type(message, self._allowed(), self._state()) == self._start:
            return self._read_start(message)
        return self._read_body(message)

    def finish(self) -> None:
        """The application has returned: its answer has to be complete."""
        if not self.started:
            raise ASGIProtocolError(f"the application returned without an answer: it never sent {self._start}")
        if not self.complete:
            raise ASGIProtocolError(
                f"the application returned before its answer was complete: the last {self._body} had more_body=True"
            )

    def _allowed(self) -> tuple[str, ...]:
        if self.complete:
            return ()
        return (self._body,) if self.started else (self._start,)

    def _state(self) -> str:
        if self.complete:
            return "after the answer was complete"
        return "after the answer was started" if self.started else "before the answer was started"

    def _read_start(self, message: Message) -> ResponseStart:
        status = field(message, "status", int)
        if not 200 <= status <= 599:
            raise ASGIProtocolError(f"{self._start}: the status {status} is not one of a final answer, 200 to 599")
        if field(message, "trailers", bool, False):
            raise ASGIProtocolError(f"{self._start}: trailers=True, but the scope offers no http.response.trailers")

        headers = header_fields(message)
        self._promised = self._content_length(status, headers)
        self._status = status
        return ResponseStart(status, headers)

    def _content_length(self, status: int, headers: RawHeaders) -> int | None:
        names = [name for name, _ in headers]
        if b"transfer-encoding" in names:
            raise ASGIProtocolError(f"{self._start}: transfer-encoding belongs to the server, leave it out")
        lengths = [value for name, value in headers if name == b"content-length"]
        if not lengths:
            return None
        if len(lengths) > 1:
            raise ASGIProtocolError(f"{self._start}: content-length is given {len(lengths)} times: {lengths!r}")
        if not lengths[0].isdigit():
            raise ASGIProtocolError(f"{self._start}: the content-length {lengths[0]!r} is not a number of bytes")
        if status == 204:  # RFC 9110 section 8.6
            raise ASGIProtocolError(f"{self._start}: an answer with status 204 must not have a content-length")
        return int(lengths[0])

    def _read_body(self, message: Message) -> ResponseBody:
        body = field(message, "body", bytes, b"")
        more = field(message, "more_body", bool, False)
        self._sent += len(body)
        if self._is_bodiless():
            self._refuse_body(body)
        else:
            self._compare_length(more)
        self.complete = not more
        return ResponseBody(body, more)

    def _is_bodiless(self) -> bool:
        return self._method == "HEAD" or self._status in _BODILESS_STATUSES

    def _refuse_body(self, body: bytes) -> None:
        if body:
            what = "to HEAD" if self._method == "HEAD" else f"with status {self._status}"
            raise ASGIProtocolError(f"{self._body}: an answer {what} has no body, but {len(body)} bytes were sent")

    def _compare_length(self, more: bool) -> None:
        if self._promised is None or self._sent == self._promised:
            return
        if self._sent > self._promised or not more:
            raise ASGIProtocolError(
                f"{self._body}: content-length promises {self._promised} bytes, {self._sent} were sent"
            )
