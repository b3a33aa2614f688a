"""Sanic: JSON by orjson, no access log (documentation, "Configuration"); over HTTP on its own server.

Its dependency injection is another package, so that row stays empty.
"""

from __future__ import annotations

import itertools
from typing import Any

import orjson
from sanic import HTTPResponse, Request, Sanic
from sanic.response import file as to_file
from sanic.response import json as to_json
from sanic.response import text

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, TEXT, areas, greeting

_numbers = itertools.count()


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
