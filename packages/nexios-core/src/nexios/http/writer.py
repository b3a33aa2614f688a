"""The ASGI writer: the last step, where a Response becomes messages."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import anyio

from nexios.exceptions import ClientDisconnect
from nexios.http.files import prepare_file
from nexios.http.headers import check_name, check_value
from nexios.http.streaming import LEFT, as_async, close_stream, is_over, never_waits, pump
from nexios.http.watch import run_until_disconnect, unwrapped_tasks

if TYPE_CHECKING:
    from nexios.http.files import FileBody
    from nexios.http.request import Request
    from nexios.http.response import Response
    from nexios.types import Message, RawHeaders, Send

# The pair of almost every answer, encoded once.
LENGTHS = tuple((b"content-length", b"%d" % size) for size in range(4096))
# RFC 9110 section 6.4.1: these answers have no content.
BODILESS = frozenset({204, 205, 304})
# What the writer alone says (RFC 9112 section 6), and no trailer at all (RFC 9110 section 6.5.1).
FRAMING = frozenset((b"content-length", b"transfer-encoding"))


async def write(response: Response, request: Request, send: Send) -> None:
    """Send *response* as the answer to *request*. Closes what it streams, in every case."""
    if response.is_streaming:
        await write_stream(response, request, send)
        return
    start, body = messages(response, request.scope["method"])
    await send(start)
    await send(body)


def messages(response: Response, method: str) -> tuple[Message, Message]:
    """The two messages of an answer whose body is at hand."""
    content = response.content
    size = len(content)
    length = LENGTHS[size] if size < 4096 else (b"content-length", b"%d" % size)
    if response._raw is None and response._type is not None:
        headers = [response._type, length]
    else:
        headers = [*own_headers(response), length]
    status = response._status
    if status != 200 and status in BODILESS:
        headers.pop()
        content = b""
    elif method == "HEAD":
        content = b""
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": content},
    )


def own_headers(response: Response) -> RawHeaders:
    """The response's fields without what the writer alone may say about framing (RFC 9112 section 6)."""
    if response._raw is None:
        return [] if response._type is None else [response._type]
    return [field for field in response._raw if field[0] not in FRAMING]


async def write_stream(response: Response, request: Request, send: Send) -> None:
    if response.file_path is not None:
        await prepare_file(response, request)
        if not response.is_streaming:
            await write(response, request, send)
            return
    if response.file_body is not None:
        await write_file(response, response.file_body, request, send)
        return
    stream = as_async(response.chunks or ())
    headers = own_headers(response)
    start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    try:
        if request.scope["method"] == "HEAD" or response.status_code in BODILESS:
            if response.announced is not None and response.status_code not in BODILESS:
                headers.append((b"content-length", response.announced))
            await send(start)
        else:
            trailers = response.trailer_source
            if trailers is not None and not offers(request, "http.response.trailers"):
                trailers = None
            if trailers is not None:
                start["trailers"] = True
            if not await pass_on(stream, start, response, request, send):
                return
            if trailers is not None:
                await send({"type": "http.response.body", "body": b""})
                written = [(check_name(name), check_value(value)) for name, value in trailers().items()]
                fields = [field for field in written if field[0] not in FRAMING]
                await send({"type": "http.response.trailers", "headers": fields})
                return
        await send({"type": "http.response.body", "body": b""})
    finally:
        if not is_over(stream):
            await close_stream(stream)


async def pass_on(stream: Any, start: Message, response: Response, request: Request, send: Send) -> bool:
    """Send *start* and what *stream* yields; False when the client left before its end."""
    if response.keep_alive is not None:
        await send(start)
        return await guarded(keep_alive(stream, send, response.keep_alive), response, request)
    if not isinstance(send, Started):  # but what middleware made of it, which may keep a chunk for good
        return await guarded(pump(stream, send, start), response, request)
    if never_waits(stream):  # then only the server can, and it does not for a client that left: no need to watch for it
        if await pump(stream, send.send, start, started=send, to_the_end=False):
            return True
        return await guarded(pump(stream, send.send, started=send), response, request)
    return await guarded(pump(stream, send.send, start, started=send), response, request)


async def guarded(work: Any, response: Response, request: Request) -> bool:
    """Run *work* until it ends, the client leaves, or the server drains; False only when the client left."""
    app = request.app
    if not response.is_watched:
        await work
        return True
    if not response.drains:
        return await run_until_disconnect(work, request, app.tasks)
    with anyio.CancelScope() as drained:
        app.endless.add(drained)
        if app.is_draining:  # it came too late to be told with the others
            drained.cancel()
        try:
            return await run_until_disconnect(work, request, app.tasks)
        finally:
            app.endless.discard(drained)
    return True


async def keep_alive(stream: Any, send: Send, seconds: float) -> None:
    """Pump *stream*; where nothing is sent for *seconds*, send a comment (WHATWG HTML section 9.2.7)."""
    quiet = True
    lock = anyio.Lock()

    async def send_event(message: Any) -> None:
        nonlocal quiet
        quiet = False
        async with lock:
            await send(message)

    async with unwrapped_tasks() as tasks:

        async def comment() -> None:
            nonlocal quiet
            while True:
                quiet = True
                await anyio.sleep(seconds)
                if quiet:
                    async with lock:
                        with suppress(ClientDisconnect):  # the stream learns of it at its own next event
                            await send({"type": "http.response.body", "body": b":\n\n", "more_body": True})

        tasks.start_soon(comment)
        await pump(stream, send_event)
        tasks.cancel_scope.cancel()


async def write_file(response: Response, body: FileBody, request: Request, send: Send) -> None:
    headers = own_headers(response)
    status = response.status_code
    if status not in BODILESS:
        headers.append((b"content-length", b"%d" % body.length))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    chunks = body.chunks()
    try:
        if request.scope["method"] == "HEAD" or status in BODILESS:
            await send({"type": "http.response.body", "body": b""})
        elif body.is_whole and offers(request, "http.response.pathsend"):
            await send({"type": "http.response.pathsend", "path": body.file.absolute_path})
        elif await run_until_disconnect(pump(chunks, send), request, request.app.tasks):
            await send({"type": "http.response.body", "body": b""})
    finally:
        await close_stream(chunks)
        body.file.close()


def offers(request: Request, extension: str) -> bool:
    return extension in (request.scope.get("extensions") or ())


class Started:
    """A send that remembers whether the answer has begun: after that an error can only cut it short.

    Raises ClientDisconnect for the OSError with which servers tell that the connection is closed, so that it is not
    taken for an OSError of the application.
    """

    __slots__ = ("began", "send")

    def __init__(self, send: Send) -> None:
        self.send: Send = send
        self.began: bool = False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.began = True
        try:
            await self.send(message)
        except OSError as closed:
            raise ClientDisconnect(LEFT) from closed


__all__ = ["Started", "write"]
