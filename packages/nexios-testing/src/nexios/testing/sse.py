"""Reading an event stream (https://html.spec.whatwg.org/multipage/server-sent-events.html, section 9.2.6)."""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import httpx

from nexios.testing.exceptions import EventStreamError

_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class MessageEvent:
    """One event. *id* is the last one that was sent until here, *retry* (milliseconds) only that of this event."""

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None


class EventParser:
    """Makes events of the bytes of a stream, however they are cut into chunks."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._ended_in_cr = False
        self._id = ""
        self._data: list[str] = []
        self._event = ""
        self._retry: int | None = None

    def feed(self, chunk: bytes) -> Iterator[MessageEvent]:
        for line in self._lines(self._decoder.decode(chunk)):
            if line:
                self._read_field(line)
            elif self._data:
                yield MessageEvent("\n".join(self._data), self._event or "message", self._id, self._retry)
                self._forget()
            else:
                self._forget()

    def _lines(self, text: str) -> list[str]:
        if not text:
            return []
        if self._ended_in_cr:
            text = text.removeprefix("\n")
        self._ended_in_cr = text.endswith("\r")
        *lines, self._rest = _LINE_END.split(self._rest + text)
        return lines

    def _read_field(self, line: str) -> None:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._retry = int(value)

    def _forget(self) -> None:
        self._data = []
        self._event = ""
        self._retry = None


class EventStream:
    """The events of *response* as they arrive; iterating ends where the application ends the stream."""

    def __init__(self, response: httpx.Response) -> None:
        require_event_stream(response)
        self.response = response
        self._chunks = response.aiter_bytes()
        self._parser = EventParser()
        self._events: deque[MessageEvent] = deque()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> MessageEvent:
        while not self._events:
            self._events.extend(self._parser.feed(await anext(self._chunks)))
        return self._events.popleft()


class SyncEventStream:
    """`EventStream` for synchronous code."""

    def __init__(self, response: httpx.Response) -> None:
        require_event_stream(response)
        self.response = response
        self._chunks = response.iter_bytes()
        self._parser = EventParser()
        self._events: deque[MessageEvent] = deque()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> MessageEvent:
        while not self._events:
            self._events.extend(self._parser.feed(next(self._chunks)))
        return self._events.popleft()


def sse_headers(last_event_id: str | None) -> dict[str, str]:
    """What an EventSource sends; *last_event_id* when it reconnects."""
    headers = {"accept": "text/event-stream", "cache-control": "no-store"}
    return headers if last_event_id is None else {**headers, "last-event-id": last_event_id}


def require_event_stream(response: httpx.Response) -> None:
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if response.status_code != 200 or media_type != "text/event-stream":
        raise EventStreamError(response)
