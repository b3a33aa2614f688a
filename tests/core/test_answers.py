"""What a handler returns, and what becomes of it."""

from __future__ import annotations

import enum
import io
import uuid
from collections import namedtuple
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import pytest

from nexios import NexiosApp, Plugin, Registry, Response
from nexios.testing import TestClient
from tests.core.raw import Answer, call

pytestmark = pytest.mark.anyio
JSON, TEXT, BYTES = "application/json", "text/plain; charset=utf-8", "application/octet-stream"


async def answer_to(value: Any) -> Answer:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show() -> Any:
        return value() if callable(value) else value

    return await call(app)


@dataclass
class Item:
    name: str
    made: date


class Pair(NamedTuple):
    first: int
    second: int


Old = namedtuple("Old", "body status")  # the old way to write one is to be understood as well


class Size(enum.IntEnum):
    SMALL = 1


class Text(str):
    __slots__ = ()


class Chunks:
    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        raise StopIteration


async def chunks() -> AsyncIterator[str]:
    yield "a"
    yield "b"


@pytest.mark.parametrize(
    ("value", "content_type", "body"),
    [
        ({"a": 1}, JSON, b'{"a":1}'),
        ([1, None], JSON, b"[1,null]"),
        ("héllo", TEXT, "héllo".encode()),
        (Text("sub"), TEXT, b"sub"),
        (b"raw", BYTES, b"raw"),
        (bytearray(b"raw"), BYTES, b"raw"),
        (memoryview(b"raw"), BYTES, b"raw"),
        (5, JSON, b"5"),
        (1.5, JSON, b"1.5"),
        (True, JSON, b"true"),
        (Size.SMALL, JSON, b"1"),
        (Item("a", date(2026, 11, 20)), JSON, b'{"name":"a","made":"2026-11-20"}'),
        (Pair(1, 200), JSON, b"[1,200]"),
        (Old("a", 201), JSON, b'["a",201]'),
        ({1}, JSON, b"[1]"),
        (Decimal("1.10"), JSON, b'"1.10"'),
        (uuid.UUID(int=0), JSON, b'"00000000-0000-0000-0000-000000000000"'),
        (chunks, BYTES, b"ab"),
        (lambda: (text for text in ("a", "b")), BYTES, b"ab"),
        (lambda: map(str, [1, 2]), BYTES, b"12"),
        (lambda: io.BytesIO(b"a\nb"), BYTES, b"a\nb"),
        (Chunks, BYTES, b""),
    ],
)
async def test_a_value_is_written_as_its_type_says(value: Any, content_type: str, body: bytes) -> None:
    answer = await answer_to(value)

    assert (answer.status, answer.header("content-type"), answer.body) == (200, content_type, body)


async def test_none_is_204_or_what_was_written_before() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/nothing")
    async def nothing() -> None: ...
    @app.get("/text")
    async def text(response: Response) -> None:
        response.text("written")

    @app.get("/empty-text")
    async def empty_text(response: Response) -> None:
        response.text("")

    @app.get("/status")
    async def status(response: Response) -> None:
        response.status(202)

    @app.get("/stream")
    async def stream(response: Response) -> None:
        response.stream(["a"])

    @app.get("/header")
    async def header(response: Response) -> None:
        response.set_header("x-a", "1")

    async with TestClient(app) as client:
        seen = {
            path: ((answer := await client.get(path)).status_code, answer.text)
            for path in ("/nothing", "/text", "/empty-text", "/status", "/stream", "/header")
        }
        assert (await client.get("/header")).headers["x-a"] == "1"

    assert seen == {
        "/nothing": (204, ""), "/text": (200, "written"), "/empty-text": (200, ""), "/status": (202, ""),
        "/stream": (200, "a"), "/header": (204, ""),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "status", "headers", "body"),
    [
        (({"a": 1}, 201), 201, {}, b'{"a":1}'),
        (("text", 404, {"X-A": "1"}), 404, {"x-a": "1"}, b"text"),
        ((None, 202), 202, {}, b""),
        ((lambda: (chunks(), 206)), 206, {}, b"ab"),
        ((lambda: (Response.text("x", 200), 203)), 203, {}, b"x"),
        (("a,b", 200, {"content-type": "text/csv"}), 200, {"content-type": "text/csv"}, b"a,b"),
    ],
)
async def test_a_tuple_is_a_body_with_its_status_and_headers(
    value: Any, status: int, headers: dict[str, str], body: bytes
) -> None:
    answer = await answer_to(value)

    assert (answer.status, answer.body) == (status, body)
    for name, content in headers.items():
        assert answer.header(name) == content


@pytest.mark.parametrize(
    "value",
    [(), (1,), ("a", "b"), ("a", 200, "h"), ("a", 200, {}, 1), ("a", None), ("a", 99), ("a", True), ("a", 200.0)],
)
async def test_another_tuple_is_an_error_that_says_what_one_means(value: Any) -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show() -> Any:
        return value

    async with TestClient(app) as client:
        with pytest.raises((TypeError, ValueError), match=r"a tuple means \(body, status\)|response status"):
            await client.get("/")


@pytest.mark.parametrize("value", [object(), {"a": object()}, [b"bytes"], float("nan"), range(3)])
async def test_what_json_cannot_say_is_an_error_and_never_half_an_answer(value: Any) -> None:
    answer = await answer_to(lambda: value)

    assert (answer.status, answer.header("content-type")) == (500, "application/problem+json")


async def test_what_the_response_says_of_itself_stands_for_a_returned_value() -> None:
    app = NexiosApp(plugins=[])

    def typed(path: str, kind: str, value: Any) -> None:
        @app.get(path)
        async def show(response: Response) -> Any:
            response.status(201).set_header("content-type", kind).set_header("x-a", "1")
            return value() if callable(value) else value

    typed("/json", "application/vnd.api+json", {"a": 1})
    typed("/text", "text/csv", "a,b")
    typed("/bytes", "image/png", b"png")
    typed("/stream", "text/event-stream", chunks)
    typed("/lines", "text/plain", lambda: iter(["a"]))

    async with TestClient(app) as client:
        seen = [await client.get(path) for path in ("/json", "/text", "/bytes", "/stream", "/lines")]

    assert [answer.headers["content-type"] for answer in seen] == [
        "application/vnd.api+json", "text/csv", "image/png", "text/event-stream", "text/plain"
    ]  # fmt: skip
    assert {answer.status_code for answer in seen} == {201}
    assert {answer.headers["x-a"] for answer in seen} == {"1"}


async def test_a_value_replaces_what_was_written_before_with_its_type() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/")
    async def show(response: Response) -> Any:
        response.html("<b>").set_header("x-a", "1")
        return {"a": 1}

    answer = await call(app)

    assert (answer.header("content-type"), answer.body, answer.header("x-a")) == (JSON, b'{"a":1}', "1")


async def test_an_encoder_serves_its_class_and_its_subclasses() -> None:
    class Base: ...

    class Derived(Base): ...

    class Own(Derived): ...

    class Encoders(Plugin):
        name = "encoders"

        def register(self, registry: Registry) -> None:
            registry.encoder(Base, lambda response, value: response.text("base"))
            registry.encoder(Own, lambda response, value: response.text("own"))
            registry.encoder(Pair, lambda response, value: response.text("pair"))

    app = NexiosApp(plugins=[Encoders])
    values = {"/base": Base(), "/derived": Derived(), "/own": Own(), "/pair": Pair(1, 2)}
    for path, value in values.items():
        app.get(path)(_returns(value))

    for path, text in {"/base": b"base", "/derived": b"base", "/own": b"own", "/pair": b"pair"}.items():
        assert (await call(app, path)).body == text


def _returns(value: Any) -> Any:
    async def show() -> Any:
        return value

    return show
