"""BlackSheep, compiled with Cython: responses made by hand, JSON by orjson (documentation, "JSON settings")."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import orjson
from blacksheep import (
    Application,
    Content,
    Request,
    Response,
    Router,
    StreamedContent,
    WebSocket,
    WebSocketDisconnectError,
    text,
)
from blacksheep import json as to_json
from blacksheep.server.responses import ContentDispositionType
from blacksheep.server.responses import file as to_file
from blacksheep.settings.json import json_settings
from pydantic import TypeAdapter, ValidationError

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, SECRET, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from benchmarks.tokens import subject_of

catalogue = TypeAdapter(list[Product])


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


def query() -> Application:
    app = _app()

    async def search(page: int, size: int, active: bool) -> Response:
        return to_json({"page": page, "size": size, "active": active})

    app.router.add_get("/products", search)
    return app


def body() -> Application:
    """Its own binding answers 400 to what does not fit; the model reads the bytes faster, and the answer is ours."""
    app = _app()

    async def create(request: Request) -> Response:
        try:
            order = Order.model_validate_json(await request.read() or b"")
        except ValidationError as invalid:
            return to_json({"errors": invalid.errors(include_url=False, include_context=False)}, 422)
        return Response(200, content=Content(b"application/json", order.model_dump_json().encode()))

    app.router.add_post("/orders", create)
    return app


def models() -> Application:
    app = _app()

    async def listing() -> Response:
        return Response(200, content=Content(b"application/json", catalogue.dump_json(CATALOGUE)))

    app.router.add_get("/products", listing)
    return app


def session() -> Application:
    app = _app()
    app.use_sessions(SECRET)

    async def visits(request: Request) -> Response:
        count = request.session.get("visits", 0) + 1
        request.session["visits"] = count
        return to_json({"visits": count})

    app.router.add_get("/visits", visits)
    return app


def jwt() -> Application:
    app = _app()

    async def me(request: Request) -> Response:
        field = request.get_first_header(b"authorization")
        return to_json({"user": subject_of(None if field is None else field.decode("latin-1"))})

    app.router.add_get("/me", me)
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


def sockets() -> Application:
    app = _app()
    members: list[WebSocket] = []

    @app.router.ws("/echo")
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        with suppress(WebSocketDisconnectError):
            while True:
                await ws.send_text(await ws.receive_text())

    @app.router.ws("/room")
    async def join(ws: WebSocket) -> None:
        await ws.accept()
        members.append(ws)
        with suppress(WebSocketDisconnectError):
            while True:
                text = await ws.receive_text()
                for member in members:
                    await member.send_text(text)

    return app
