"""The last step: a Response becomes messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from nexios import Depend, NexiosApp, Response
from nexios.types import Message
from tests.core.raw import call, make_scope

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("size", [0, 1, 4095, 4096, 100_000])
async def test_the_length_is_worked_out(app: NexiosApp, size: int) -> None:
    @app.get("/")
    async def show() -> bytes:
        return b"x" * size

    answer = await call(app)

    assert answer.header("content-length") == str(size)
    assert len(answer.body) == size


async def test_head_is_get_without_the_body(app: NexiosApp) -> None:
    closed: list[str] = []

    @app.get("/text")
    async def text(response: Response) -> Response:
        return response.text("hello").set_header("x-a", "1")

    @app.get("/stream")
    async def stream() -> AsyncIterator[str]:
        closed.append("ran")
        yield "never"

    for path in ("/text", "/stream"):
        get, head = await call(app, path), await call(app, path, "HEAD")
        assert head.status == get.status
        assert head.messages[0]["headers"] == get.messages[0]["headers"]
        assert head.body == b""
        assert head.is_complete
    assert closed == ["ran"]


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_some_answers_have_no_content(app: NexiosApp, status: int) -> None:
    @app.get("/text")
    async def text(response: Response) -> Response:
        return response.text("dropped", status=status)

    @app.get("/stream")
    async def stream(response: Response) -> Response:
        return response.stream(["dropped"], status=status)

    for path in ("/text", "/stream"):
        answer = await call(app, path)
        assert (answer.status, answer.body, answer.header("content-length")) == (status, b"", None)


@pytest.mark.parametrize("name", ["content-length", "transfer-encoding", "Content-Length"])
async def test_framing_is_the_writers_alone(app: NexiosApp, name: str) -> None:
    @app.get("/text")
    async def text(response: Response) -> Response:
        return response.set_header(name, "999").text("12345").set_header(name, "998")

    @app.get("/stream")
    async def stream(response: Response) -> Response:
        return response.stream(["12345"], headers={name: "999"})

    assert (await call(app, "/text")).header("content-length") == "5"
    assert (await call(app, "/text")).header("transfer-encoding") is None
    assert (await call(app, "/stream")).header(name.lower()) is None


async def test_the_headers_of_an_answer_are_those_of_no_other(app: NexiosApp) -> None:
    @app.get("/")
    async def show() -> str:
        return "x"

    first = await call(app)
    first.messages[0]["headers"].append((b"x-leak", b"1"))

    assert (await call(app)).header("x-leak") is None


async def test_trailers_are_sent_where_the_server_can(app: NexiosApp) -> None:
    sent: list[str] = []

    @app.get("/")
    async def show(response: Response) -> Response:
        async def chunks() -> AsyncIterator[str]:
            yield "a"
            sent.append("a")

        return response.stream(chunks()).trailers(lambda: {"X-Sum": str(len(sent))})

    offered = await call(app, extensions={"http.response.trailers": {}})
    assert offered.messages[0]["trailers"] is True
    assert offered.messages[-1] == {"type": "http.response.trailers", "headers": [(b"x-sum", b"1")]}
    assert [message.get("more_body", False) for message in offered.messages[1:-1]] == [True, False]

    without = await call(app)
    assert "trailers" not in without.messages[0]
    assert without.is_complete


async def test_a_trailer_cannot_split_the_answer(app: NexiosApp) -> None:
    @app.get("/")
    async def show(response: Response) -> Response:
        return response.stream(["a"]).trailers(lambda: {"x-a": "1\r\nx-b: 2"})

    with pytest.raises(ValueError, match="a header value has"):
        await call(app, extensions={"http.response.trailers": {}})


async def test_a_trailer_says_nothing_about_framing(app: NexiosApp) -> None:
    @app.get("/")
    async def show(response: Response) -> Response:
        return response.stream(["a"]).trailers(lambda: {"Content-Length": "5", "transfer-encoding": "x", "x-a": "1"})

    offered = await call(app, extensions={"http.response.trailers": {}})

    assert offered.messages[-1]["headers"] == [(b"x-a", b"1")]


class Gone:
    """A send whose client leaves after *count* messages."""

    def __init__(self, count: int) -> None:
        self.count = count

    async def __call__(self, message: Message) -> None:
        await anyio.lowlevel.checkpoint()
        if not self.count:
            raise ConnectionResetError("gone")
        self.count -= 1


async def never() -> Message:
    await anyio.Event().wait()
    raise AssertionError


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("kind", ["stream", "sse", "jobs", "whole"])
async def test_a_closed_connection_is_no_error_and_everything_is_closed(
    app: NexiosApp, count: int, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    log: list[str] = []

    async def resource() -> AsyncIterator[str]:
        try:
            yield "r"
        finally:
            log.append("resource")

    async def chunks(it: str) -> AsyncIterator[str]:
        try:
            for _ in range(5):
                yield it
        finally:
            log.append("stream")

    @app.get("/")
    async def show(response: Response, it: str = Depend(resource)) -> Any:
        if kind == "sse":
            return response.sse(chunks(it), keep_alive=0.001)
        if kind == "whole":
            return {"a": 1}
        if kind == "jobs":
            return response.text("x").background(log.append, "job")
        return response.stream(chunks(it))

    with anyio.fail_after(5):
        await app(make_scope(), never, Gone(count))

    if kind in ("jobs", "whole"):
        assert log == (["resource", "job"] if kind == "jobs" else ["resource"])
    else:  # events begin with the headers, so that none were asked for yet
        assert log == (["resource"] if kind == "sse" and not count else ["stream", "resource"])
    assert caplog.records == []


async def test_a_plain_generator_that_was_never_begun_is_left_alone(app: NexiosApp) -> None:
    def chunks() -> Iterator[str]:
        raise AssertionError("begun")
        yield ""

    @app.get("/")
    def show() -> Iterator[str]:
        return chunks()

    assert (await call(app, method="HEAD")).status == 200
