"""Falcon, compiled with Cython: ASGI, JSON by orjson (documentation, "Replacing the Default Handlers").

It has no dependency injection and no sessions, so those rows stay empty.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import orjson
from falcon import HTTP_422, MEDIA_JSON, MEDIA_TEXT, WebSocketDisconnected
from falcon.asgi import App, Request, Response, WebSocket
from falcon.media import JSONHandler
from pydantic import TypeAdapter, ValidationError

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from benchmarks.tokens import subject_of

catalogue = TypeAdapter(list[Product])


def _app(**options: Any) -> App:
    app = App(**options)
    app.resp_options.media_handlers[MEDIA_JSON] = JSONHandler(dumps=orjson.dumps, loads=orjson.loads)
    return app


class Hello:
    async def on_get(self, request: Request, response: Response) -> None:
        response.content_type = MEDIA_TEXT
        response.text = TEXT


class Item:
    async def on_get(self, request: Request, response: Response, id: int) -> None:
        response.media = {"id": id}


def plain() -> App:
    app = _app()
    app.add_route("/", Hello())
    return app


def json() -> App:
    class HelloJSON:
        async def on_get(self, request: Request, response: Response) -> None:
            response.media = greeting()

    app = _app()
    app.add_route("/", HelloJSON())
    return app


def path() -> App:
    app = _app()
    app.add_route("/items/{id:int}", Item())
    return app


def query() -> App:
    class Search:
        async def on_get(self, request: Request, response: Response) -> None:
            response.media = {
                "page": request.get_param_as_int("page", required=True),
                "size": request.get_param_as_int("size", required=True),
                "active": request.get_param_as_bool("active", required=True),
            }

    app = _app()
    app.add_route("/products", Search())
    return app


def body() -> App:
    class Orders:
        async def on_post(self, request: Request, response: Response) -> None:
            response.content_type = MEDIA_JSON
            try:
                order = Order.model_validate_json(await request.stream.read())
            except ValidationError as invalid:
                response.status = HTTP_422
                response.media = {"errors": invalid.errors(include_url=False, include_context=False)}
            else:
                response.data = order.model_dump_json().encode()

    app = _app()
    app.add_route("/orders", Orders())
    return app


def models() -> App:
    class Listing:
        async def on_get(self, request: Request, response: Response) -> None:
            response.content_type = MEDIA_JSON
            response.data = catalogue.dump_json(CATALOGUE)

    app = _app()
    app.add_route("/products", Listing())
    return app


def jwt() -> App:
    class Me:
        async def on_get(self, request: Request, response: Response) -> None:
            response.media = {"user": subject_of(request.auth)}

    app = _app()
    app.add_route("/me", Me())
    return app


def middleware() -> App:
    class Layer:
        async def process_request(self, request: Request, response: Response) -> None:
            pass

        async def process_response(
            self, request: Request, response: Response, resource: object, is_success: bool
        ) -> None:
            pass

    app = _app(middleware=[Layer() for _ in range(5)])
    app.add_route("/", Hello())
    return app


def routes(number: int = ROUTES) -> App:
    app = _app()
    for prefix in areas(number):
        app.add_route(prefix + "/{id:int}", Item())
    return app


def routes10() -> App:
    return routes(10)


def stream() -> App:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    class Chunks:
        async def on_get(self, request: Request, response: Response) -> None:
            response.stream = chunks()

    app = _app()
    app.add_route("/", Chunks())
    return app


def file() -> App:
    app = _app()
    app.add_static_route("/", os.path.dirname(FILE))
    return app


def sockets() -> App:
    members: list[WebSocket] = []

    class Echo:
        async def on_websocket(self, request: Request, ws: WebSocket) -> None:
            await ws.accept()
            with suppress(WebSocketDisconnected):
                while True:
                    await ws.send_text(await ws.receive_text())

    class Room:
        async def on_websocket(self, request: Request, ws: WebSocket) -> None:
            await ws.accept()
            members.append(ws)
            with suppress(WebSocketDisconnected):
                while True:
                    text = await ws.receive_text()
                    for member in members:
                        await member.send_text(text)

    app = _app()
    app.add_route("/echo", Echo())
    app.add_route("/room", Room())
    return app
