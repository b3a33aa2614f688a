"""BlackSheep, compiled with Cython: responses made by hand, JSON by orjson (documentation, "JSON settings")."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
from blacksheep import Application, Content, Request, Response, Router, StreamedContent, text
from blacksheep import json as to_json
from blacksheep.server.responses import ContentDispositionType
from blacksheep.server.responses import file as to_file
from blacksheep.settings.json import json_settings

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, TEXT, areas, greeting


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


json_settings.use(loads=orjson.loads, dumps=_dumps)


async def hello() -> Response:
    return text(TEXT)


async def item(id: int) -> Response:
    return to_json({"id": id})


def _app() -> Application:
    return Application(router=Router())


def plain() -> Application:
    app = _app()
    app.router.add_get("/", hello)
    return app


def json() -> Application:
    app = _app()

    async def hello() -> Response:
        return to_json(greeting())

    app.router.add_get("/", hello)
    return app


def path() -> Application:
    app = _app()
    app.router.add_get("/items/{id}", item)
    return app


class Settings:
    def __init__(self) -> None:
        self.rows = ["a", "b"]


class Database:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings


class Rows:
    def __init__(self, database: Database) -> None:
        self.all = database.settings.rows


def dependencies() -> Application:
    """Its container has factories and no generators: three classes, one asking for the other."""
    app = _app()
    for service in (Settings, Database, Rows):
        app.services.add_scoped(service)

    async def listing(rows: Rows) -> Response:
        return to_json({"rows": rows.all})

    app.router.add_get("/", listing)
    return app


def middleware() -> Application:
    app = plain()

    async def layer(request: Request, handler: Callable[[Request], Awaitable[Response]]) -> Response:
        return await handler(request)

    app.middlewares.extend([layer] * 5)
    return app


def routes(number: int = ROUTES) -> Application:
    app = _app()
    for prefix in areas(number):
        app.router.add_get(prefix + "/{id}", item)
    return app


def routes10() -> Application:
    return routes(10)


def stream() -> Application:
    app = _app()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    async def send_chunks() -> Response:
        content: Content = StreamedContent(b"application/octet-stream", chunks)
        return Response(200, content=content)

    app.router.add_get("/", send_chunks)
    return app


def file() -> Application:
    app = _app()

    async def send_file() -> Response:
        return to_file(FILE, "text/plain; charset=utf-8", content_disposition=ContentDispositionType.INLINE)

    app.router.add_get("/file.txt", send_file)
    return app
