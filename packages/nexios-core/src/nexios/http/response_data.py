"""The answer as data: status, headers, and a body, a stream or a file. Nothing here sends."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from nexios.http.headers import Headers, MutableHeaders, check_raw, check_value
from nexios.http.media import BYTES, TEXT
from nexios.types import Field

if TYPE_CHECKING:
    from os import PathLike

    from nexios.http.files import FileBody
    from nexios.types import RawHeaders

Chunks: TypeAlias = AsyncIterable[bytes | str] | Iterable[bytes | str]
Job: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

# What describes one body; an answer with another body must not inherit it.
REPRESENTATION = frozenset(
    {b"content-type", b"content-length", b"content-encoding", b"content-disposition", b"content-range", b"etag",
     b"last-modified", b"cache-control", b"location"}
)  # fmt: skip
# What stands beside what others said of it.
ADDITIVE = frozenset({b"set-cookie", b"vary"})
SWITCHING_PROTOCOLS = 101
FINAL = range(200, 600)


def checked_status(status: int) -> int:
    if not isinstance(status, int) or int(status) not in FINAL:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(f"response status {status!r} is not an integer from 200 to 599")
    return int(status)  # of http.HTTPStatus, too


class ResponseData:
    """What a Response consists of, for those who carry, complete and send it."""

    # Class attributes, so that an untouched response is an empty object.
    is_plain: bool = True  # nothing beyond a body at hand: no stream, no file, no work to do afterwards
    _status: int = 200
    content: bytes = b""
    chunks: Chunks | None = None
    file_path: str | PathLike[str] | None = None
    file_body: FileBody | None = None
    # The Content-Length with which another application answered HEAD.
    announced: bytes | None = None
    keep_alive: float | None = None
    drains: bool = False
    is_watched: bool = True
    trailer_source: Callable[[], Mapping[str, str]] | None = None
    jobs: list[Job] | None = None
    _is_claimed: bool = False
    _type: Field | None = None
    _raw: RawHeaders | None = None
    _view: MutableHeaders | None = None

    def __init__(
        self,
        content: bytes | str = b"",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
    ) -> None:
        if content:
            self.content = content.encode() if isinstance(content, str) else content
            self._type = TEXT if isinstance(content, str) else BYTES
        self.status_code = status
        self._describe(None, None, headers, content_type)

    @classmethod
    def from_raw(cls, status: int, fields: Iterable[tuple[bytes, bytes]] = ()) -> Self:
        """A response with *fields* as another application wrote them.

        101 says that the connection is no longer one of HTTP. Raises ValueError for another status that cannot be sent,
        and for a field that could split the answer.
        """
        response = cls.__new__(cls)
        response._status = SWITCHING_PROTOCOLS if status == SWITCHING_PROTOCOLS else checked_status(status)
        response._raw = [check_raw(name, value) for name, value in fields]
        return response

    @property
    def status_code(self) -> int:
        """The status. Setting one that servers cannot send raises ValueError: some of them would end for it."""
        return self._status

    @status_code.setter
    def status_code(self, status: int) -> None:
        # Every answer to an error comes by here: the usual case needs no further call.
        self._status = status if status.__class__ is int and status in FINAL else checked_status(status)

    @property
    def headers(self) -> MutableHeaders:
        """The header fields, writable; Content-Length is worked out when the response is sent."""
        if self._view is None:
            self._view = MutableHeaders(self._fields)
        return self._view

    @property
    def _fields(self) -> RawHeaders:
        if self._raw is None:
            self._raw = [] if self._type is None else [self._type]
            self._type = None
        return self._raw

    @property
    def content_type(self) -> str | None:
        if self._type is not None:
            return self._type[1].decode("latin-1")
        return None if self._raw is None else Headers(self._raw).get("content-type")

    @property
    def fields(self) -> RawHeaders:
        """The header fields as ASGI takes them. Who appends here has checked the name and the value."""
        return self._fields

    def raw_headers(self) -> RawHeaders:
        """A new list of the fields as ASGI takes them."""
        fields = [] if self._type is None else [self._type]
        return fields if self._raw is None else fields + self._raw

    @property
    def is_streaming(self) -> bool:
        return self.chunks is not None or self.file_body is not None or self.file_path is not None

    @property
    def is_written(self) -> bool:
        """Whether somebody has said what this response is: a status or a body."""
        return bool(self.content) or self._type is not None or self.is_streaming or "_status" in self.__dict__

    def declared_type(self, usual: Field) -> Field:
        """The content type that a header set before there was a body, else *usual*."""
        if self._raw is None or self.content or self.is_streaming:
            return usual
        return next((field for field in self._raw if field[0] == b"content-type"), usual)

    def claimed(self) -> Self:
        """This answer for one request alone, which layers write cookies into: a handler may return it to everybody."""
        if self._is_claimed:
            return self
        claimed = self.__class__.__new__(self.__class__)
        claimed.__dict__.update(self.__dict__)
        claimed._is_claimed = True
        if self._raw is not None:
            claimed._raw, claimed._view = [*self._raw], None
        if self.jobs is not None:
            claimed.jobs = [*self.jobs]
        return claimed

    def adopt(self, earlier: ResponseData) -> Self:
        """Take over what *earlier* said about the answer as a whole: cookies, jobs, and headers not set here."""
        if earlier._raw is not None:
            self.keep(earlier._raw)
        if earlier.jobs is not None:
            self.jobs = [*earlier.jobs, *(self.jobs or ())]
            self.is_plain = False
        return self

    def keep(self, fields: Iterable[Field]) -> None:
        """Add what *fields* say about the answer as a whole and this response does not: never what describes a body."""
        raw = self.raw_headers()
        mine = {name for name, _ in raw if name not in ADDITIVE} | REPRESENTATION
        extra = [field for field in fields if field[0] not in mine and field not in raw]
        if extra:
            self._fields.extend(extra)
            self._view = None

    def complete(self, fields: Iterable[Field]) -> None:
        """Add those of *fields*, as ASGI takes them, that are not there yet."""
        raw = self._fields
        present = {name for name, _ in raw}
        raw.extend([field for field in fields if field[0] not in present])

    def pipe(self, chunks: Chunks) -> None:
        """Replace the body with a stream, whatever it was."""
        self.content = b""
        self.file_path = self.file_body = self.announced = self.keep_alive = None
        self.chunks = chunks
        self.is_plain = False

    def end_with(self, trailers: Callable[[], Mapping[str, str]]) -> None:
        """Let the fields that *trailers* gives follow the last chunk."""
        self.trailer_source = trailers

    def do_later(self, job: Job) -> None:
        """Let *job* run once the answer is on its way."""
        if self.jobs is None:
            self.jobs = []
            self.is_plain = False
        self.jobs.append(job)

    def write(self, content: bytes, content_type: Field | None) -> None:
        """Replace the body and what describes its kind; *content_type* is a header field as ASGI takes it."""
        self.content = content
        if self._raw is None:
            self._type = content_type
        else:
            self._raw[:] = [field for field in self._raw if field[0] != b"content-type"]
            if content_type is not None:
                self._raw.insert(0, content_type)
        if not self.is_plain:
            self.chunks = self.file_path = self.file_body = self.announced = self.keep_alive = None
            self.is_plain = self.jobs is None

    def _describe(
        self,
        status_code: int | None,
        status: int | None,
        headers: Mapping[str, str] | None = None,
        content_type: str | None = None,
    ) -> None:
        code = status_code if status is None else status
        if code is not None:
            self.status_code = code
        if content_type is not None:
            self.describe_body((b"content-type", check_value(content_type)))
        if headers is not None:
            for name, value in headers.items():
                self.headers[name] = value

    def describe_body(self, field: Field) -> None:
        """Replace the content type with *field*, as ASGI takes it."""
        if self._raw is None:
            self._type = field
        else:
            self.headers["content-type"] = field[1].decode("latin-1")

    def __repr__(self) -> str:
        kind = "stream" if self.chunks is not None else "file" if self.file_path is not None else len(self.content)
        return f"<Response {self.status_code} {self.content_type} {kind}>"
