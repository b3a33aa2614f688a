"""Bare ASGI functions: what no framework can undercut. They send the bytes the frameworks send, and check nothing."""

from __future__ import annotations

import base64
import hmac
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import orjson
from pydantic import TypeAdapter, ValidationError

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, SECRET, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from benchmarks.tokens import subject_of
from benchmarks.types import ASGIApp

Scope: TypeAlias = dict[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]
Inner: TypeAlias = Callable[[], Awaitable[bytes]]

PROBLEM = (b"content-type", b"application/problem+json")
PLAIN = (b"content-type", b"text/plain; charset=utf-8")
JSON = (b"content-type", b"application/json")


async def _answer(send: Send, kind: tuple[bytes, bytes], body: bytes, status: int = 200) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [kind, length]})
    await send({"type": "http.response.body", "body": body})


def plain() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(send, PLAIN, TEXT.encode())

    return app


def json() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(send, JSON, orjson.dumps(greeting()))

    return app


def path() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        prefix, _, number = scope["path"].rpartition("/")
        if prefix == "/items":
            await _answer(send, JSON, orjson.dumps({"id": int(number)}))

    return app


def query() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        fields = dict([pair.split("=", 1) for pair in scope["query_string"].decode("ascii").split("&")])
        found = {"page": int(fields["page"]), "size": int(fields["size"]), "active": fields["active"] == "true"}
        await _answer(send, JSON, orjson.dumps(found))

    return app


def body() -> ASGIApp:
    validate, serialize = Order.__pydantic_validator__.validate_json, Order.__pydantic_serializer__.to_json

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        try:
            order = validate(message["body"])
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False, include_context=False, include_input=False)
            problem = {"title": "Unprocessable Content", "status": 422, "errors": errors}
            await _answer(send, PROBLEM, orjson.dumps(problem), 422)
        else:
            await _answer(send, JSON, serialize(order))

    return app


def models() -> ASGIApp:
    serialize = TypeAdapter(list[Product]).serializer.to_json

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(send, JSON, serialize(CATALOGUE))

    return app


def session() -> ASGIApp:
    secret = SECRET.encode()

    def read(value: bytes) -> Any:
        content, _, signature = value.removeprefix(b"session=").partition(b".")
        if hmac.compare_digest(hmac.digest(secret, content, "sha256"), base64.urlsafe_b64decode(signature)):
            return orjson.loads(base64.urlsafe_b64decode(content))
        return {}

    def write(kept: Any) -> bytes:
        content = base64.urlsafe_b64encode(orjson.dumps(kept))
        signature = base64.urlsafe_b64encode(hmac.digest(secret, content, "sha256"))
        return b"session=%b.%b; HttpOnly; Path=/" % (content, signature)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        kept: dict[str, int] = next((read(value) for name, value in scope["headers"] if name == b"cookie"), {})
        kept["visits"] = kept.get("visits", 0) + 1
        answer = orjson.dumps(kept)
        headers = [JSON, (b"content-length", b"%d" % len(answer)), (b"set-cookie", write(kept))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    return app


def jwt() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        field = next(value for name, value in scope["headers"] if name == b"authorization")
        await _answer(send, JSON, orjson.dumps({"user": subject_of(field.decode("latin-1"))}))

    return app


def dependencies() -> ASGIApp:
    def settings() -> dict[str, list[str]]:
        return {"rows": ["a", "b"]}

    async def database(settings: dict[str, list[str]]) -> AsyncIterator[dict[str, list[str]]]:
        yield settings

    async def rows(database: dict[str, list[str]]) -> list[str]:
        return database["rows"]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        opened = database(settings())
        body = orjson.dumps({"rows": await rows(await anext(opened))})
        await anext(opened, None)
        await _answer(send, JSON, body)

    return app


def middleware() -> ASGIApp:
    async def hello() -> bytes:
        return TEXT.encode()

    def around(inner: Inner) -> Inner:
        async def layer() -> bytes:
            return await inner()

        return layer

    endpoint: Inner = hello
    for _ in range(5):
        endpoint = around(endpoint)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(send, PLAIN, await endpoint())

    return app


def routes(number: int = ROUTES) -> ASGIApp:
    async def item(send: Send, number: int) -> None:
        await _answer(send, JSON, orjson.dumps({"id": number}))

    table = dict.fromkeys(areas(number), item)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        prefix, _, number = scope["path"].rpartition("/")
        endpoint = table.get(prefix)
        if endpoint is None:
            await _answer(send, PLAIN, b"Not Found", 404)
        else:
            await endpoint(send, int(number))

    return app


def routes10() -> ASGIApp:
    return routes(10)


def stream() -> ASGIApp:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [PLAIN]})
        async for chunk in chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return app


def file() -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        descriptor = os.open(FILE, os.O_RDONLY | os.O_CLOEXEC)
        try:
            body = os.read(descriptor, os.fstat(descriptor).st_size)
        finally:
            os.close(descriptor)
        await _answer(send, PLAIN, body)

    return app


def sockets() -> ASGIApp:
    members: list[Send] = []

    async def echo(receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": message["text"]})

    async def join(receive: Receive, send: Send) -> None:
        members.append(send)
        while (message := await receive())["type"] == "websocket.receive":
            answer = {"type": "websocket.send", "text": message["text"]}
            for member in members:
                await member(answer)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await (echo if scope["path"] == "/echo" else join)(receive, send)

    return app
