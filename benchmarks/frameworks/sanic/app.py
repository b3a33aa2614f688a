"""Sanic: JSON by orjson, no access log (documentation, "Configuration"); over HTTP on its own server.

Its dependency injection and its sessions are other packages, so those rows stay empty.
"""

from __future__ import annotations

import itertools
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from sanic import HTTPResponse, Request, Sanic
from sanic.response import file as to_file
from sanic.response import json as to_json
from sanic.response import text

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from benchmarks.tokens import subject_of

catalogue = TypeAdapter(list[Product])
_numbers = itertools.count()
# A second one does not start once a first has.
ONE_APPLICATION = True


def _app() -> Sanic[Any, Any]:
    app: Sanic[Any, Any] = Sanic(f"benchmark{next(_numbers)}", dumps=orjson.dumps, configure_logging=False)
    app.config.ACCESS_LOG = False
    return app


async def item(request: Request, id: int) -> HTTPResponse:
    return to_json({"id": id})


def plain() -> Sanic[Any, Any]:
    app = _app()

    @app.get("/")
    async def hello(request: Request) -> HTTPResponse:
        return text(TEXT)

    return app


def json() -> Sanic[Any, Any]:
    app = _app()

    @app.get("/")
    async def hello(request: Request) -> HTTPResponse:
        return to_json(greeting())

    return app


def path() -> Sanic[Any, Any]:
    app = _app()
    app.add_route(item, "/items/<id:int>")
    return app


def query() -> Sanic[Any, Any]:
    app = _app()

    @app.get("/products")
    async def search(request: Request) -> HTTPResponse:
        given = request.args
        found = {"page": int(given["page"][0]), "size": int(given["size"][0]), "active": given["active"][0] == "true"}
        return to_json(found)

    return app


def body() -> Sanic[Any, Any]:
    app = _app()

    @app.post("/orders")
    async def create(request: Request) -> HTTPResponse:
        try:
            order = Order.model_validate_json(request.body)
        except ValidationError as invalid:
            return to_json({"errors": invalid.errors(include_url=False, include_context=False)}, 422)
        return HTTPResponse(order.model_dump_json(), content_type="application/json")

    return app


def models() -> Sanic[Any, Any]:
    app = _app()

    @app.get("/products")
    async def listing(request: Request) -> HTTPResponse:
        return HTTPResponse(catalogue.dump_json(CATALOGUE), content_type="application/json")

    return app


def jwt() -> Sanic[Any, Any]:
    app = _app()

    @app.get("/me")
    async def me(request: Request) -> HTTPResponse:
        return to_json({"user": subject_of(request.headers.get("authorization"))})

    return app


def middleware() -> Sanic[Any, Any]:
    app = plain()
    for number in range(5):

        async def before(request: Request, number: int = number) -> None:
            pass

        async def after(request: Request, response: HTTPResponse, number: int = number) -> None:
            pass

        app.register_middleware(before, "request")
        app.register_middleware(after, "response")
    return app


def routes(number: int = ROUTES) -> Sanic[Any, Any]:
    app = _app()
    for index, prefix in enumerate(areas(number)):
        app.add_route(item, prefix + "/<id:int>", name=f"item{index}")
    return app


def routes10() -> Sanic[Any, Any]:
    return routes(10)


def stream() -> Sanic[Any, Any]:
    app = _app()

    @app.get("/")
    async def send_chunks(request: Request) -> None:
        response = await request.respond(content_type="application/octet-stream")
        for _ in range(CHUNKS):
            await response.send(CHUNK)
        await response.eof()

    return app


def file() -> Sanic[Any, Any]:
    app = _app()

    @app.get("/file.txt")
    async def send_file(request: Request) -> HTTPResponse:
        return await to_file(FILE)

    return app


def serve(app: Sanic[Any, Any], port: int) -> None:
    """On its own server, which its documentation recommends, in one process."""
    app.run(port=port, single_process=True, access_log=False, motd=False)


def sockets() -> Sanic[Any, Any]:
    app = _app()
    members: list[Any] = []

    @app.websocket("/echo")
    async def echo(request: Request, ws: Any) -> None:
        while (message := await ws.recv()) is not None:
            await ws.send(message)

    @app.websocket("/room")
    async def join(request: Request, ws: Any) -> None:
        members.append(ws)
        while (message := await ws.recv()) is not None:
            for member in members:
                await member.send(message)

    return app
