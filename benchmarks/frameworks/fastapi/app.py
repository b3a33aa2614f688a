"""FastAPI: return types, which it serialises with pydantic in Rust (documentation, "JSON Performance")."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request, WebSocket
from fastapi.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.middleware.sessions import SessionMiddleware

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, SECRET, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from benchmarks.tokens import subject_of


async def item(id: int) -> dict[str, int]:
    return {"id": id}


def plain() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def hello() -> PlainTextResponse:
        return PlainTextResponse(TEXT)

    return app


def json() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def hello() -> dict[str, str]:
        return greeting()

    return app


def path() -> FastAPI:
    app = FastAPI()
    app.get("/items/{id}")(item)
    return app


def query() -> FastAPI:
    app = FastAPI()

    @app.get("/products")
    async def search(page: int, size: int, active: bool) -> dict[str, Any]:
        return {"page": page, "size": size, "active": active}

    return app


def body() -> FastAPI:
    app = FastAPI()

    @app.post("/orders")
    async def create(order: Order) -> Order:
        return order

    return app


def models() -> FastAPI:
    app = FastAPI()

    @app.get("/products")
    async def listing() -> list[Product]:
        return CATALOGUE

    return app


def session() -> FastAPI:
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key=SECRET)

    @app.get("/visits")
    async def visits(request: Request) -> dict[str, int]:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return {"visits": request.session["visits"]}

    return app


def current_user(authorization: Annotated[str, Header()]) -> Any:
    return subject_of(authorization)


def jwt() -> FastAPI:
    app = FastAPI()

    @app.get("/me")
    async def me(user: Annotated[Any, Depends(current_user)]) -> dict[str, Any]:
        return {"user": user}

    return app


async def settings() -> dict[str, list[str]]:
    return {"rows": ["a", "b"]}


async def database(settings: Annotated[dict[str, list[str]], Depends(settings)]) -> AsyncIterator[dict[str, list[str]]]:
    yield settings


async def all_rows(database: Annotated[dict[str, list[str]], Depends(database)]) -> list[str]:
    return database["rows"]


def dependencies() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def listing(rows: Annotated[list[str], Depends(all_rows)]) -> dict[str, list[str]]:
        return {"rows": rows}

    return app


def middleware() -> FastAPI:
    app = plain()
    for _ in range(5):

        @app.middleware("http")
        async def layer(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
            return await call_next(request)

    return app


def routes(number: int = ROUTES) -> FastAPI:
    app = FastAPI()
    for prefix in areas(number):
        app.get(prefix + "/{id}")(item)
    return app


def routes10() -> FastAPI:
    return routes(10)


def stream() -> FastAPI:
    app = FastAPI()

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    @app.get("/")
    async def send_chunks() -> StreamingResponse:
        return StreamingResponse(chunks())

    return app


def file() -> FastAPI:
    app = FastAPI()

    @app.get("/file.txt")
    async def send_file() -> FileResponse:
        return FileResponse(FILE)

    return app


def sockets() -> FastAPI:
    app = FastAPI()
    members: list[WebSocket] = []

    @app.websocket("/echo")
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        async for text in ws.iter_text():
            await ws.send_text(text)

    @app.websocket("/room")
    async def join(ws: WebSocket) -> None:
        await ws.accept()
        members.append(ws)
        async for text in ws.iter_text():
            for member in members:
                await member.send_text(text)

    return app
