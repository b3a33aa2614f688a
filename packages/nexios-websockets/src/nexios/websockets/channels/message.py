"""What travels on a channel: made once, written once for all sockets, and the same in every process."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, cast

from nexios.exceptions import BadRequest
from nexios.http.codecs import dumps, loads
from nexios.http.sse import ServerSentEvent

Kind: TypeAlias = Literal["json", "text", "bytes", "join", "leave"]
_KINDS: Final = frozenset({"json", "text", "bytes", "join", "leave"})
_MOST_EXCLUDED: Final = 1000


class Foreign(ValueError):
    """Bytes on our channel that are no message of ours."""


@dataclass(slots=True, eq=False)
class ChannelMessage:
    """One message. *content* is what is sent: JSON or plain text as str, or bytes.

    *id* is its place in the channel's log; it orders the messages of one channel (see `order`). *to* is the one member
    it is meant for, *exclude* are those it is not.
    """

    channel: str
    kind: Kind
    content: str | bytes
    id: str = ""
    to: str | None = None
    exclude: tuple[str, ...] = ()
    # Whether the sockets are told of a join or leave, besides the application.
    announce: bool = False
    _frame: dict[str, Any] | None = field(default=None, init=False, repr=False)
    _numbered: dict[str, Any] | None = field(default=None, init=False, repr=False)

    @property
    def data(self) -> Any:
        """The decoded JSON, the text, or the bytes."""
        return self.content if self.kind in ("text", "bytes") else json.loads(self.content)

    @property
    def is_control(self) -> bool:
        return self.kind in ("join", "leave")

    @property
    def frame(self) -> dict[str, Any]:
        """The ASGI message of a socket."""
        if self._frame is None:
            if self.is_control:
                text = dumps({"event": self.kind, "channel": self.channel, "member": self.data}).decode()
                self._frame = {"type": "websocket.send", "text": text}
            else:
                self._frame = {"type": "websocket.send", "bytes" if self.kind == "bytes" else "text": self.content}
        return self._frame

    @property
    def numbered(self) -> dict[str, Any]:
        """The ASGI message of a socket that wants to resume: ``{"id": …, "data": …}``; bytes are in base64."""
        if self._numbered is None:
            if self.is_control:
                return self.frame
            if isinstance(self.content, bytes):
                written = dumps(base64.b64encode(self.content).decode()).decode()
            else:
                written = self.content if self.kind == "json" else dumps(self.content).decode()
            self._numbered = {"type": "websocket.send", "text": f'{{"id":"{self.id}","data":{written}}}'}
        return self._numbered

    def as_event(self, event: str | None = None) -> ServerSentEvent:
        """The message for a stream of server-sent events, with its id as the id of the event."""
        data = base64.b64encode(self.content).decode() if isinstance(self.content, bytes) else self.content
        return ServerSentEvent(data, event=event, id=self.id or None)

    def encode(self) -> bytes:
        """The message for a backend. It holds nothing but JSON."""
        content = base64.b64encode(self.content).decode() if isinstance(self.content, bytes) else self.content
        fields: dict[str, Any] = {"v": 1, "k": self.kind, "d": content}
        if self.to is not None:
            fields["to"] = self.to
        if self.exclude:
            fields["x"] = list(self.exclude)
        if self.announce:
            fields["a"] = True
        return dumps(fields)


def decode(channel: str, data: bytes, id: str, most: int) -> ChannelMessage:  # what it is everywhere
    """Read what `ChannelMessage.encode` wrote. Raises Foreign for anything else, and for more than *most* bytes."""
    if len(data) > most:
        raise Foreign(f"{len(data)} bytes, {most} are allowed")
    try:
        fields = loads(data)
    except BadRequest as malformed:
        raise Foreign(str(malformed)) from None
    if not isinstance(fields, dict):
        raise Foreign("no object")
    fields = cast("dict[str, Any]", fields)
    kind, content, to, excluded = fields.get("k"), fields.get("d"), fields.get("to"), fields.get("x", [])
    if fields.get("v") != 1 or kind not in _KINDS or not isinstance(content, str) or not isinstance(to, str | None):
        raise Foreign("not the fields of a message")
    if (
        not isinstance(excluded, list)
        or len(excluded) > _MOST_EXCLUDED
        or not all(isinstance(one, str) for one in excluded)
    ):
        raise Foreign("not a list of members")
    return ChannelMessage(channel, kind, _content(kind, content), id, to, tuple(excluded), fields.get("a") is True)


def _content(kind: str, content: str) -> str | bytes:
    try:
        if kind == "bytes":
            return base64.b64decode(content, validate=True)
        if kind != "text":
            loads(content.encode())
    except (ValueError, BadRequest):
        raise Foreign(f"a {kind} message without {kind} in it") from None
    return content


def order(id: str) -> tuple[int, int]:
    """What ids are compared by: ``<milliseconds>-<number>``. Raises ValueError for anything else."""
    first, _, second = id.partition("-")
    if len(id) > 41 or not (
        first.isascii() and first.isdigit() and (second or "0").isascii() and (second or "0").isdigit()
    ):
        raise ValueError(f"{id!r:.60} is no id of a message")
    return int(first), int(second or "0")
