"""The answer as data: status, headers, and a body, a stream or a file. Nothing here sends."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from datetime import datetime
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, Literal, ParamSpec, Self, TypeAlias, TypeVar, cast

from nexios.exceptions import PreconditionFailed
from nexios.http.codecs import dumps
from nexios.http.conditional import etag as make_etag
from nexios.http.conditional import evaluate, http_date
from nexios.http.cookies import set_cookie_header
from nexios.http.disposition import content_disposition
from nexios.http.headers import Headers, MutableHeaders, check_value
from nexios.http.streaming import event_stream, json_lines
from nexios.http.urls import check_location

if TYPE_CHECKING:
    from os import PathLike

    from nexios.http.files import FileBody
    from nexios.http.request import Request
    from nexios.types import RawHeaders

P = ParamSpec("P")
R = TypeVar("R", bound="Response")
Field: TypeAlias = tuple[bytes, bytes]
Chunks: TypeAlias = AsyncIterable[bytes | str] | Iterable[bytes | str]
Job: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

# Encoded once: the same few lines head almost every answer.
JSON: Field = (b"content-type", b"application/json")
TEXT: Field = (b"content-type", b"text/plain; charset=utf-8")
HTML: Field = (b"content-type", b"text/html; charset=utf-8")
BYTES: Field = (b"content-type", b"application/octet-stream")
PROBLEM: Field = (b"content-type", b"application/problem+json")

REDIRECTS = frozenset({301, 302, 303, 307, 308})
# What describes one body; an answer with another body must not inherit it.
REPRESENTATION = frozenset(
    {b"content-type", b"content-length", b"content-encoding", b"content-disposition", b"content-range", b"etag",
     b"last-modified", b"cache-control", b"location"}
)  # fmt: skip
# What stands beside what others said of it.
ADDITIVE = frozenset({b"set-cookie", b"vary"})


class fluent(Generic[P, R]):  # reads as a decorator
    """A method that writes into a response and returns it: ``response.json(x)``. On the class, ``Response.json(x)``,
    it writes into a new one."""

    def __init__(self, write: Callable[Concatenate[R, P], R]) -> None:
        self._write = write
        self.__doc__ = write.__doc__

    def __get__(self, response: R | None, owner: type[R]) -> Callable[P, R]:
        # A MethodType is what binding a plain function gives; ParamSpec cannot say so.
        return cast("Callable[P, R]", MethodType(self._write, owner.__new__(owner) if response is None else response))


def checked_status(status: int) -> int:
    if status.__class__ is not int or not 200 <= status <= 599:
        raise ValueError(f"response status {status!r} is not an integer from 200 to 599")
    return status


class Response:
    """One HTTP answer. Every writing method returns the response, so that they chain.

    ``response.json(data)`` writes into the response of the request; ``Response.json(data)`` makes a new one.
    Values that cannot stand in a header raise ValueError where they are set.
    """

    # Class attributes, so that an untouched response is an empty object.
    is_plain: bool = True  # nothing beyond a body at hand: no stream, no file, no work to do afterwards
    status_code: int = 200
    content: bytes = b""
    chunks: Chunks | None = None
    file_path: str | PathLike[str] | None = None
    file_body: FileBody | None = None
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
            self._type = TEXT if isinstance(content, str) else (b"content-type", b"application/octet-stream")
        self.status_code = checked_status(status)
        self._describe(None, None, headers, content_type)

    @classmethod
    def from_raw(cls, status: int, fields: RawHeaders) -> Response:
        """A response with *fields* as a server or another application wrote them."""
        response = cls.__new__(cls)
        response.status_code = status
        response._raw = fields
        return response

    # -- bodies ---------------------------------------------------------------------------------------------------

    @fluent
    def json(
        self,
        data: Any,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        status: int | None = None,
    ) -> Response:
        """Answer with *data* as JSON (RFC 8259). Raises TypeError or ValueError for what JSON cannot say."""
        self.write(dumps(data), JSON)
        if status_code is not None or status is not None or headers is not None:
            self._describe(status_code, status, headers)
        return self

    @fluent
    def text(
        self,
        content: str,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        status: int | None = None,
        content_type: str | None = None,
    ) -> Response:
        """Answer with *content* as UTF-8, text/plain unless *content_type* says otherwise."""
        self.write(content.encode(), TEXT)
        self._describe(status_code, status, headers, content_type)
        return self

    @fluent
    def html(
        self,
        content: str,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        status: int | None = None,
    ) -> Response:
        """Answer with *content* as text/html in UTF-8. Nothing is escaped."""
        self.write(content.encode(), HTML)
        self._describe(status_code, status, headers)
        return self

    @fluent
    def send(
        self,
        content: bytes,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        status: int | None = None,
        content_type: str = "application/octet-stream",
    ) -> Response:
        """Answer with *content* as it is."""
        self.write(content, None)
        self._describe(status_code, status, headers, content_type)
        return self

    @fluent
    def empty(
        self, status_code: int | None = None, headers: Mapping[str, str] | None = None, *, status: int | None = None
    ) -> Response:
        """Answer without a body, 204 unless another status is given."""
        self.write(b"", None)
        self._describe(204 if status_code is None and status is None else status_code, status, headers)
        return self

    @fluent
    def redirect(
        self,
        url: str,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        status: int | None = None,
    ) -> Response:
        """Redirect to *url*, 302 unless another status is given. For a URL a client chose, see `safe_redirect`."""
        self.write(b"", None)
        self._describe(302 if status_code is None and status is None else status_code, status, headers)
        if self.status_code not in REDIRECTS:
            raise ValueError(f"redirect status {self.status_code} is not one of {sorted(REDIRECTS)}")
        self.headers["location"] = check_location(url)
        return self

    @fluent
    def stream(
        self,
        chunks: Chunks,
        status_code: int | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        status: int | None = None,
        content_type: str = "application/octet-stream",
    ) -> Response:
        """Answer with what *chunks* yields, at the speed the client reads. Its generator is closed in every case."""
        self.pipe(chunks)
        self._describe(status_code, status, headers, content_type)
        return self

    @fluent
    def file(
        self,
        path: str | PathLike[str],
        filename: str | None = None,
        *,
        content_type: str | None = None,
        inline: bool = True,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Answer with the file at *path*: ranges, validators and conditional requests included.

        With *filename*, or ``inline=False``, the client is told to save it. Never pass a path a client chose.
        """
        self.write(b"", None)
        self.file_path = path
        self.is_plain = False
        self._describe(None, None, headers, content_type)
        if filename is not None or not inline:
            name = filename if filename is not None else str(path).replace("\\", "/").rpartition("/")[2]
            self.headers["content-disposition"] = content_disposition(name, inline and filename is None)
        return self

    @fluent
    def json_lines(self, items: AsyncIterable[Any] | Iterable[Any], status: int = 200) -> Response:
        """Stream *items* as JSON Lines: one JSON text and a newline for each (https://jsonlines.org)."""
        self.pipe(json_lines(items))
        self._describe(status, None, None, "application/jsonl")
        return self

    @fluent
    def sse(
        self, events: AsyncIterable[Any] | Iterable[Any], *, keep_alive: float | None = 15.0, status: int = 200
    ) -> Response:
        """Stream *events* as server-sent events (WHATWG HTML, section 9.2).

        An event is a ServerSentEvent, a str, or a value that is sent as JSON. Where none comes for *keep_alive*
        seconds a comment is sent, so that proxies keep the connection. The stream ends when the server drains.
        """
        self.pipe(event_stream(events))
        self.keep_alive = keep_alive
        self._describe(status, None, {"cache-control": "no-store", "x-accel-buffering": "no"}, "text/event-stream")
        self.drains = True
        return self

    # -- status and headers ---------------------------------------------------------------------------------------

    @fluent
    def status(self, code: int) -> Response:
        """Set the status: ``response.status(404).json(...)``. Read it as `status_code`."""
        self.status_code = checked_status(code)
        return self

    @fluent
    def set_header(self, name: str, value: str) -> Response:
        """Set one header field, replacing what was there."""
        self.headers[name] = value
        return self

    @fluent
    def add_header(self, name: str, value: str) -> Response:
        """Add one header field beside what is there."""
        self.headers.append(name, value)
        return self

    @fluent
    def set_cookie(
        self,
        name: str,
        value: str = "",
        *,
        max_age: int | None = None,
        expires: datetime | None = None,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: Literal["lax", "strict", "none"] | None = "lax",
        partitioned: bool = False,
    ) -> Response:
        """Set a cookie (RFC 6265bis); *max_age* in seconds. Raises ValueError for what a browser would misread."""
        field = set_cookie_header(
            name, value, max_age=max_age, expires=expires, path=path, domain=domain, secure=secure,
            httponly=httponly, samesite=samesite, partitioned=partitioned,
        )  # fmt: skip
        self._fields.append((b"set-cookie", field))
        return self

    @fluent
    def delete_cookie(
        self,
        name: str,
        *,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: Literal["lax", "strict", "none"] | None = "lax",
        partitioned: bool = False,
    ) -> Response:
        """Tell the browser to forget a cookie; path, domain and the attributes must be those it was set with."""
        field = set_cookie_header(
            name, "", max_age=0, expires=None, path=path, domain=domain, secure=secure,
            httponly=httponly, samesite=samesite, partitioned=partitioned,
        )  # fmt: skip
        self._fields.append((b"set-cookie", field))
        return self

    @fluent
    def etag(self, value: str | None = None, *, weak: bool = False) -> Response:
        """Name this version of the answer: *value*, or a digest of the body so far (RFC 9110 section 8.8.3)."""
        named = f'{"W/" if weak else ""}"{value}"'
        self.headers["etag"] = make_etag(self.content, weak) if value is None else named
        return self

    @fluent
    def last_modified(self, moment: datetime | float) -> Response:
        """Say when this version was made; *moment* is aware, or in seconds since the epoch."""
        self.headers["last-modified"] = http_date(moment)
        return self

    def not_modified(self, request: Request, *, etag: str | None = None, last_modified: float | None = None) -> bool:
        """Whether the client's copy is still good; if so this response has become the 304 to return.

        Raises PreconditionFailed where If-Match or If-Unmodified-Since does not hold (RFC 9110 section 13.2.2).
        """
        if etag is not None:
            fluent_etag: Callable[..., Response] = self.etag
            fluent_etag(etag)
        if last_modified is not None:
            self.headers["last-modified"] = http_date(last_modified)
        quoted = self.headers.get("etag")
        outcome = evaluate(request.method, request.headers, quoted, last_modified)
        if outcome == "failed":
            raise PreconditionFailed("the resource is not the one that the request names")
        if outcome == "proceed":
            return False
        self.write(b"", None)
        self.status_code = 304
        return True

    @fluent
    def trailers(self, source: Callable[[], Mapping[str, str]]) -> Response:
        """Send the fields *source* gives after the last chunk, where the server can (RFC 9110 section 6.5)."""
        self.trailer_source = source
        return self

    @fluent
    def background(self, job: Callable[..., Any], *args: Any, **kwargs: Any) -> Response:
        """Run *job* once the answer is on its way, in the application's task group."""
        if self.jobs is None:
            self.jobs = []
            self.is_plain = False
        self.jobs.append((job, args, kwargs))
        return self

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
        return bool(self.content) or self._type is not None or self.is_streaming or "status_code" in self.__dict__

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

    def adopt(self, earlier: Response) -> Response:
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
        self.file_path = self.file_body = None
        self.chunks = chunks
        self.is_plain = False

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
            self.chunks = self.file_path = self.file_body = self.keep_alive = None
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
            self.status_code = checked_status(code)
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
