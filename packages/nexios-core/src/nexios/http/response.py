"""The answer as a handler writes it: ``response.status(201).json(data)``."""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nexios.exceptions import PreconditionFailed
from nexios.http.codecs import dumps
from nexios.http.conditional import ETag, evaluate, http_date, parse_http_date
from nexios.http.conditional import etag as make_etag
from nexios.http.cookies import SameSite, set_cookie_header
from nexios.http.disposition import content_disposition
from nexios.http.fluent import fluent
from nexios.http.media import HTML, JSON, TEXT
from nexios.http.response_data import Chunks, ResponseData
from nexios.http.streaming import event_stream, json_lines
from nexios.http.urls import check_location

if TYPE_CHECKING:
    from os import PathLike

    from nexios.http.request import Request

REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Response(ResponseData):
    """One HTTP answer. Every writing method returns the response, so that they chain.

    ``response.json(data)`` writes into the response of the request; ``Response.json(data)`` makes a new one.
    Values that cannot stand in a header raise ValueError where they are set.
    """

    # Said again for checkers that would infer them from what is assigned below.
    is_plain: bool
    file_path: str | PathLike[str] | None

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
        self.status_code = code
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
        samesite: SameSite | None = "lax",
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
        samesite: SameSite | None = "lax",
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
        """Name this version of the answer: *value*, or a digest of the body so far (RFC 9110 section 8.8.3).

        Raises ValueError for a blank, a quote or another character that no tag has.
        """
        self.headers["etag"] = make_etag(self.content, weak) if value is None else str(ETag(value, weak))
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
            self.headers["etag"] = str(ETag(etag))
        if last_modified is not None:
            self.headers["last-modified"] = http_date(last_modified)
        said = self.headers.get
        modified = parse_http_date(said("last-modified", ""))
        outcome = evaluate(request.method, request.headers, said("etag"), modified)
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
        self.end_with(source)
        return self

    @fluent
    def background(self, job: Callable[..., Any], *args: Any, **kwargs: Any) -> Response:
        """Run *job* once the answer is on its way, in the application's task group."""
        self.do_later((job, args, kwargs))
        return self
