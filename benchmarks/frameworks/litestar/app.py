"""Litestar: async handlers with return types, which it encodes with msgspec; without its OpenAPI routes.

It has no middleware that is given a request and a response, so that row stays empty.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from litestar import Litestar, MediaType, get
from litestar.di import Provide
from litestar.response import File, Stream

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, TEXT, areas, greeting


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
