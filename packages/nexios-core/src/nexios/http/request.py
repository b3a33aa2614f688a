"""The HTTP request: a connection that has a method and a body."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nexios.exceptions import BadRequest, NotAcceptable, UnsupportedMediaType
from nexios.http.body import Awaited, BodyReader
from nexios.http.connection import Connection
from nexios.http.headers import check_value
from nexios.http.media import MediaType, negotiate

if TYPE_CHECKING:
    from nexios.http.codecs import Codec
    from nexios.types import Receive, Scope, Send


# A closed list: Python also knows encodings that decode in quadratic time (punycode) or are no charsets at all.
CHARSETS = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1", "windows-1252", "utf-16"})


class Request(Connection):
    """One HTTP request. ``await request.json`` and ``await request.json()`` mean the same; so do body and text."""

    __slots__ = ("_send", "opened")
    _reader: BodyReader | None = None
    _content_type: MediaType | None = None
    # Written by a deadline (seconds on the event loop's clock) when the route, router or application has a timeout.
    deadline: float | None = None

    def __init__(
        self,
        app: Any,
        scope: Scope,
        receive: Receive,
        send: Send,
        fields: dict[bytes, bytes],
    ) -> None:
        # Not super().__init__(): one call less on every request.
        self.app = app
        self.scope: Scope = scope
        self._receive = receive
        self._send = send
        self._fields = fields
        self._found_path = None
        # Generators of dependencies that must outlive the handler, because its answer streams what they gave.
        self.opened: list[Any] | None = None

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def reader(self) -> BodyReader:
        """The body's one reader; its limit is the route's."""
        if self._reader is None:
            route = self.app.locate(self)
            limit = self.app.body_limit if route is None else route.max_body
            self._reader = BodyReader(self._receive, self._fields, limit, self.app.limits.body_timeout)
            if self._reader.is_complete and self.scope.get("http_version", "1.1") >= "2":
                # There a body needs neither Content-Length nor Transfer-Encoding (RFC 9113 section 8.1.1).
                self._reader.is_complete = self.method in ("GET", "HEAD")
        return self._reader

    @property
    def body(self) -> Awaited[bytes]:
        """The whole body. Raises ContentTooLarge (413), RequestTimeout (408), ClientDisconnect."""
        return Awaited(self.reader.read)

    @property
    def text(self) -> Awaited[str]:
        """The body in the charset of its Content-Type, UTF-8 by default. Raises BadRequest where it does not decode."""
        return Awaited(self._read_text)

    @property
    def json(self) -> Awaited[Any]:
        """The body as strict JSON (RFC 8259). Raises BadRequest, or UnsupportedMediaType for another Content-Type."""
        return Awaited(self._read_json)

    def stream(self) -> AsyncIterator[bytes]:
        """The body's chunks as they arrive, within the limit of the route."""
        return self.reader.stream()

    async def decode(self) -> Any:
        """The body through the codec of its Content-Type. Raises UnsupportedMediaType where none reads it."""
        content_type = self.content_type
        essence = "application/json" if content_type is None else content_type.essence
        codec: Codec | None = self.app.codec_for(essence)
        if codec is None:
            raise UnsupportedMediaType(
                f"this route cannot read {essence}", {"accept": ", ".join(self.app.readable_types)}
            )
        return codec.decode(await self.reader.read())

    @property
    def content_type(self) -> MediaType | None:
        """The parsed Content-Type, None without one. Raises UnsupportedMediaType where it is malformed."""
        if self._content_type is None:
            value = self.headers.get("content-type")
            if value is None:
                return None
            try:
                self._content_type = MediaType.parse(value)
            except BadRequest as malformed:
                raise UnsupportedMediaType("the Content-Type header is malformed") from malformed
        return self._content_type

    def accepts(self, *media_types: str) -> str:
        """The one of *media_types* the client prefers (RFC 9110 section 12.5.1). Raises NotAcceptable (406)."""
        chosen = negotiate(self.headers.joined("accept"), media_types)
        if chosen is None:
            raise NotAcceptable(f"this resource is available as: {', '.join(media_types)}")
        return chosen

    @contextmanager
    def seen_as(self, scope: Scope, receive: Receive) -> Iterator[None]:
        """Let what lies further in see the scope and the receive that ASGI middleware has made of this request's."""
        outer = self.scope, self._receive
        reader, self._reader = self._reader, None
        self.scope, self._receive = scope, receive
        self._forget()
        try:
            yield
        finally:
            self.scope, self._receive = outer
            self._reader = reader or self._reader
            self._forget()

    def _forget(self) -> None:
        self._headers = self._url = self._query = self._cookies = self._content_type = None
        self._fields = dict(reversed(self.scope["headers"]))
        self._found_path = None  # the Host decides as well, not only the path

    def replayed(self) -> Receive:
        """The receive for another application: what was read here of the body, it reads again."""
        return self._receive if self._reader is None else self._reader.replayed()

    def close_after(self, opened: list[Any]) -> None:
        """Keep *opened* generators until the answer has been sent."""
        self.opened = opened if self.opened is None else [*self.opened, *opened]

    async def early_hints(self, *links: str) -> bool:
        """Send a 103 answer with these Link values (RFC 8297) where the server offers it; tell whether it did."""
        if "http.response.early_hint" not in (self.scope.get("extensions") or ()):
            return False
        await self._send({"type": "http.response.early_hint", "links": [check_value(link) for link in links]})
        return True

    async def is_disconnected(self) -> bool:
        """Whether the client has left; does not wait."""
        return await self.reader.poll_disconnect()

    async def _read_text(self) -> str:
        content_type = self.content_type
        charset = "utf-8" if content_type is None else content_type.parameters.get("charset", "utf-8").lower()
        if charset not in CHARSETS:
            raise UnsupportedMediaType(f"text is read in one of: {', '.join(sorted(CHARSETS))}")
        data = await self.reader.read()
        try:
            return data.decode(charset)
        except UnicodeError:
            raise BadRequest(f"the body is not valid {charset}") from None

    @property
    def is_json(self) -> bool:
        """Whether Content-Type says that the content is JSON, or says nothing. Raises UnsupportedMediaType."""
        # Most requests say exactly this; anything else goes through the strict grammar.
        if self._fields.get(b"content-type", b"application/json") == b"application/json":
            return True
        content_type = self.content_type
        return content_type is None or is_json(content_type)

    async def _read_json(self) -> Any:
        if not self.is_json:
            essence = "" if self.content_type is None else self.content_type.essence
            raise UnsupportedMediaType(
                f"this route reads application/json, not {essence}", {"accept": "application/json"}
            )
        loads: Callable[[bytes], Any] = self.app.decode_json
        return loads(await self.reader.read())


def is_json(content_type: MediaType) -> bool:
    """application/json, or a type with the +json suffix (RFC 6839)."""
    return content_type.essence == "application/json" or content_type.subtype.endswith("+json")
