"""Starlette: its own JSON class with orjson (documentation, "Custom JSON serialization"), responses made by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, SECRET, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from benchmarks.tokens import subject_of

catalogue = TypeAdapter(list[Product])


class OrjsonResponse(JSONResponse):
    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


async def hello(request: Request) -> Response:
    return PlainTextResponse(TEXT)


async def item(request: Request) -> Response:
    return OrjsonResponse({"id": request.path_params["id"]})


def plain() -> Starlette:
    return Starlette(routes=[Route("/", hello)])


def json() -> Starlette:
    async def hello(request: Request) -> Response:
        return OrjsonResponse(greeting())

    return Starlette(routes=[Route("/", hello)])


def path() -> Starlette:
    return Starlette(routes=[Route("/items/{id:int}", item)])


def query() -> Starlette:
    async def search(request: Request) -> Response:
        given = request.query_params
        found = {"page": int(given["page"]), "size": int(given["size"]), "active": given["active"] == "true"}
        return OrjsonResponse(found)

    return Starlette(routes=[Route("/products", search)])


def body() -> Starlette:
    """It leaves bodies to its users: the model reads the bytes and writes them."""

    async def create(request: Request) -> Response:
        try:
            order = Order.model_validate_json(await request.body())
        except ValidationError as invalid:
            return OrjsonResponse({"errors": invalid.errors(include_url=False, include_context=False)}, 422)
        return Response(order.model_dump_json(), media_type="application/json")

    return Starlette(routes=[Route("/orders", create, methods=["POST"])])


def models() -> Starlette:
    async def listing(request: Request) -> Response:
        return Response(catalogue.dump_json(CATALOGUE), media_type="application/json")

    return Starlette(routes=[Route("/products", listing)])


def session() -> Starlette:
    async def visits(request: Request) -> Response:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return OrjsonResponse({"visits": request.session["visits"]})

    return Starlette(routes=[Route("/visits", visits)], middleware=[Middleware(SessionMiddleware, secret_key=SECRET)])


def jwt() -> Starlette:
    async def me(request: Request) -> Response:
        return OrjsonResponse({"user": subject_of(request.headers.get("authorization"))})

    return Starlette(routes=[Route("/me", me)])


def middleware() -> Starlette:
    async def layer(request: Request, call_next: RequestResponseEndpoint) -> Response:
        return await call_next(request)

    layers = [Middleware(BaseHTTPMiddleware, dispatch=layer) for _ in range(5)]
    return Starlette(routes=[Route("/", hello)], middleware=layers)


def routes(number: int = ROUTES) -> Starlette:
    return Starlette(routes=[Route(prefix + "/{id:int}", item) for prefix in areas(number)])


def routes10() -> Starlette:
    return routes(10)


def stream() -> Starlette:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    async def send_chunks(request: Request) -> Response:
        return StreamingResponse(chunks())

    return Starlette(routes=[Route("/", send_chunks)])


def file() -> Starlette:
    async def send_file(request: Request) -> Response:
        return FileResponse(FILE)

    return Starlette(routes=[Route("/file.txt", send_file)])


async def echo(ws: WebSocket) -> None:
    await ws.accept()
    async for text in ws.iter_text():
        await ws.send_text(text)


def sockets() -> Starlette:
    members: list[WebSocket] = []

    async def join(ws: WebSocket) -> None:
        await ws.accept()
        members.append(ws)
        async for text in ws.iter_text():
            for member in members:
                await member.send_text(text)

    return Starlette(routes=[WebSocketRoute("/echo", echo), WebSocketRoute("/room", join)])
