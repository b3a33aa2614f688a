"""Quart: JSON by orjson (Flask's documentation, "JSON Support"). It has no dependency injection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from quart import Quart, Response, request, send_file, websocket
from quart import session as kept
from quart.json.provider import JSONProvider

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, SECRET, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from benchmarks.tokens import subject_of

catalogue = TypeAdapter(list[Product])


class OrjsonProvider(JSONProvider):
    def dumps(self, value: Any, **options: Any) -> str:
        return orjson.dumps(value).decode()

    def loads(self, text: str | bytes, **options: Any) -> Any:
        return orjson.loads(text)


def _app() -> Quart:
    app = Quart(__name__, static_folder=None)
    app.json = OrjsonProvider(app)
    return app


async def item(id: int) -> dict[str, int]:
    return {"id": id}


def plain() -> Quart:
    app = _app()

    @app.get("/")
    async def hello() -> Response:
        return Response(TEXT, content_type="text/plain; charset=utf-8")

    return app


def json() -> Quart:
    app = _app()

    @app.get("/")
    async def hello() -> dict[str, str]:
        return greeting()

    return app


def path() -> Quart:
    app = _app()
    app.add_url_rule("/items/<int:id>", view_func=item)
    return app


def query() -> Quart:
    app = _app()

    @app.get("/products")
    async def search() -> dict[str, Any]:
        given = request.args
        return {"page": int(given["page"]), "size": int(given["size"]), "active": given["active"] == "true"}

    return app


def body() -> Quart:
    app = _app()

    @app.post("/orders")
    async def create() -> Any:
        try:
            order = Order.model_validate_json(await request.get_data())
        except ValidationError as invalid:
            return {"errors": invalid.errors(include_url=False, include_context=False)}, 422
        return Response(order.model_dump_json(), content_type="application/json")

    return app


def models() -> Quart:
    app = _app()

    @app.get("/products")
    async def listing() -> Response:
        return Response(catalogue.dump_json(CATALOGUE), content_type="application/json")

    return app


def session() -> Quart:
    app = _app()
    app.secret_key = SECRET

    @app.get("/visits")
    async def visits() -> dict[str, int]:
        kept["visits"] = kept.get("visits", 0) + 1
        return {"visits": kept["visits"]}

    return app


def jwt() -> Quart:
    app = _app()

    @app.get("/me")
    async def me() -> dict[str, Any]:
        return {"user": subject_of(request.headers.get("authorization"))}

    return app


def middleware() -> Quart:
    app = plain()

    async def before() -> None:
        pass

    async def after(response: Response) -> Response:
        return response

    for _ in range(5):
        app.before_request(before)
        app.after_request(after)
    return app


def routes(number: int = ROUTES) -> Quart:
    app = _app()
    for prefix in areas(number):
        app.add_url_rule(prefix + "/<int:id>", view_func=item)
    return app


def routes10() -> Quart:
    return routes(10)


def stream() -> Quart:
    app = _app()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    @app.get("/")
    async def send_chunks() -> AsyncIterator[bytes]:
        return chunks()

    return app


def file() -> Quart:
    app = _app()

    @app.get("/file.txt")
    async def send_a_file() -> Response:
        return await send_file(FILE, mimetype="text/plain")

    return app


def sockets() -> Quart:
    app = _app()
    members: list[Any] = []

    @app.websocket("/echo")
    async def echo() -> None:
        while True:
            await websocket.send(await websocket.receive())

    @app.websocket("/room")
    async def join() -> None:
        await websocket.accept()
        members.append(websocket._get_current_object())
        while True:
            text = await websocket.receive()
            for member in members:
                await member.send(text)

    return app
