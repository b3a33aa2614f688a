"""Server-sent events as the HTML standard, section 9.2, streams them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nexios.http.codecs import dumps

_LINE_ENDS: Final = frozenset("\r\n\0")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event. *data* is text, or a value that is sent as JSON; *retry* is in milliseconds.

    An event without data, such as a comment that keeps the connection open, reaches no listener. ValueError for
    a line break or NUL in *event* or *id*.
    """

    data: object = None
    event: str | None = None
    id: str | None = None
    retry: int | None = None
    comment: str | None = None

    def __post_init__(self) -> None:
        for name, value in (("event", self.event), ("id", self.id)):
            if value is not None and not _LINE_ENDS.isdisjoint(value):
                raise ValueError(f"the {name} {value!r} of a server-sent event has a line break or NUL: leave it out")
        if self.retry is not None and (type(self.retry) is not int or self.retry < 0):
            raise ValueError(f"retry {self.retry!r} is not a number of milliseconds: use an int from 0")

    def encode(self) -> bytes:
        """The event as it is sent, with the empty line that ends it."""
        return "".join([*self._lines(), "\n"]).encode("utf-8")

    def _lines(self) -> Iterator[str]:
        if self.comment is not None:
            yield from _field("", self.comment)
        if self.event is not None:
            yield f"event: {self.event}\n"
        if self.id is not None:
            yield f"id: {self.id}\n"
        if self.retry is not None:
            yield f"retry: {self.retry}\n"
        if self.data is not None:
            yield from _field("data", self.data if isinstance(self.data, str) else dumps(self.data).decode("utf-8"))


def _field(name: str, text: str) -> Iterator[str]:
    # Only these three end a line; str.splitlines() would break the text elsewhere too.
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        yield f"{name}: {line}\n"


def encode_event(value: object) -> bytes:
    """*value* as it is sent: a ServerSentEvent, or the data of one."""
    return (value if isinstance(value, ServerSentEvent) else ServerSentEvent(value)).encode()
