"""Litestar: async handlers with return types, which it encodes with msgspec; without its OpenAPI routes.

It has no middleware that is given a request and a response, so that row stays empty.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from litestar import Litestar, MediaType, Request, WebSocket, get, post, websocket
from litestar.di import Provide
from litestar.exceptions import ValidationException
from litestar.middleware.session.client_side import CookieBackendConfig
from litestar.response import File, Response, Stream

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, SECRET, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from benchmarks.tokens import subject_of


def plain() -> Litestar:
    @get("/", media_type=MediaType.TEXT)
    async def hello() -> str:
        return TEXT

    return Litestar([hello], openapi_config=None)


def json() -> Litestar:
    @get("/")
    async def hello() -> dict[str, str]:
        return greeting()

    return Litestar([hello], openapi_config=None)


async def item(id: int) -> dict[str, int]:
    return {"id": id}


def path() -> Litestar:
    return Litestar([get("/items/{id:int}")(item)], openapi_config=None)


def query() -> Litestar:
    @get("/products")
    async def search(page: int, size: int, active: bool) -> dict[str, Any]:
        return {"page": page, "size": size, "active": active}

    return Litestar([search], openapi_config=None)


def body() -> Litestar:
    """What does not fit it answers with 400 by default: here with 422, as the others do."""

    @post("/orders", status_code=200)
    async def create(data: Order) -> Order:
        return data

    def refuse(request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
        return Response({"detail": error.detail, "errors": error.extra}, status_code=422)

    return Litestar([create], openapi_config=None, exception_handlers={ValidationException: refuse})


def models() -> Litestar:
    @get("/products")
    async def listing() -> list[Product]:
        return CATALOGUE

    return Litestar([listing], openapi_config=None)


def session() -> Litestar:
    @get("/visits")
    async def visits(request: Request[Any, Any, Any]) -> dict[str, int]:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return {"visits": request.session["visits"]}

    config = CookieBackendConfig(secret=SECRET.encode()[:32])
    return Litestar([visits], openapi_config=None, middleware=[config.middleware])


def jwt() -> Litestar:
    @get("/me")
    async def me(request: Request[Any, Any, Any]) -> dict[str, Any]:
        return {"user": subject_of(request.headers.get("authorization"))}

    return Litestar([me], openapi_config=None)


async def settings() -> dict[str, list[str]]:
    return {"rows": ["a", "b"]}


async def database(settings: dict[str, list[str]]) -> AsyncIterator[dict[str, list[str]]]:
    yield settings


async def all_rows(database: dict[str, list[str]]) -> list[str]:
    return database["rows"]


def dependencies() -> Litestar:
    @get("/")
    async def listing(rows: list[str]) -> dict[str, list[str]]:
        return {"rows": rows}

    provided = {"settings": Provide(settings), "database": Provide(database), "rows": Provide(all_rows)}
    return Litestar([listing], dependencies=provided, openapi_config=None)


def routes(number: int = ROUTES) -> Litestar:
    return Litestar([get(prefix + "/{id:int}")(item) for prefix in areas(number)], openapi_config=None)


def routes10() -> Litestar:
    return routes(10)


def stream() -> Litestar:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    @get("/")
    async def send_chunks() -> Stream:
        return Stream(chunks())

    return Litestar([send_chunks], openapi_config=None)


def file() -> Litestar:
    @get("/file.txt")
    async def send_file() -> File:
        return File(FILE, content_disposition_type="inline")

    return Litestar([send_file], openapi_config=None)


def sockets() -> Litestar:
    members: list[WebSocket] = []

    @websocket("/echo")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        async for text in socket.iter_data():
            await socket.send_text(text)

    @websocket("/room")
    async def join(socket: WebSocket) -> None:
        await socket.accept()
        members.append(socket)
        async for text in socket.iter_data():
            for member in members:
                await member.send_text(text)

    return Litestar([echo, join], openapi_config=None)
