"""Nexios as its guides show it. Every check and limit that is on by default stays on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, SECRET, TEXT, areas, greeting
from benchmarks.models import CATALOGUE, Order, Product
from nexios import Depend, MakeConfig, NexiosApp, Request, Response
from nexios.auth import auth
from nexios.auth.backends.jwt import JWTAuthBackend
from nexios.session import SessionMiddleware
from nexios.websockets import Channel, WebSocket


def _core() -> NexiosApp:
    """As after ``pip install nexios-core``; the other packages in this environment belong to scenarios of their own."""
    return NexiosApp(plugins=[])


def plain() -> NexiosApp:
    app = _core()

    @app.get("/")
    async def hello() -> str:
        return TEXT

    return app


def json() -> NexiosApp:
    app = _core()

    @app.get("/")
    async def hello() -> dict[str, str]:
        return greeting()

    return app


async def item(id: int) -> dict[str, int]:
    return {"id": id}


def path() -> NexiosApp:
    app = _core()
    app.get("/items/{id}")(item)
    return app


def query() -> NexiosApp:
    app = NexiosApp(plugins=["validation"])

    @app.get("/products")
    async def search(page: int, size: int, active: bool) -> Any:
        return {"page": page, "size": size, "active": active}

    return app


def body() -> NexiosApp:
    app = NexiosApp(plugins=["validation"])

    @app.post("/orders")
    async def create(order: Order) -> Order:
        return order

    return app


def models() -> NexiosApp:
    app = NexiosApp(plugins=["validation"])

    @app.get("/products")
    async def catalogue() -> list[Product]:
        return CATALOGUE

    return app


def session() -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET), plugins=["session"])
    app.add_middleware(SessionMiddleware())

    @app.get("/visits")
    async def visits(request: Request) -> dict[str, int]:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return {"visits": request.session["visits"]}

    return app


def jwt() -> NexiosApp:
    app = NexiosApp(config=MakeConfig(secret_key=SECRET), plugins=["auth"])
    app.auth_backend = JWTAuthBackend(load_user)

    @app.get("/me")
    @auth(["jwt"])
    async def me(request: Request) -> dict[str, Any]:
        return {"user": request.user}

    return app


async def load_user(**claims: Any) -> Any:
    return claims["sub"]


def dependencies() -> NexiosApp:
    app = _core()

    def settings() -> dict[str, list[str]]:
        return {"rows": ["a", "b"]}

    async def database(
        settings: Annotated[dict[str, list[str]], Depend(settings)],
    ) -> AsyncIterator[dict[str, list[str]]]:
        yield settings

    async def rows(database: Annotated[dict[str, list[str]], Depend(database)]) -> list[str]:
        return database["rows"]

    @app.get("/")
    async def listing(rows: Annotated[list[str], Depend(rows)]) -> dict[str, list[str]]:
        return {"rows": rows}

    return app


def middleware() -> NexiosApp:
    app = plain()

    async def layer(request: Request, response: Response, call_next: Any) -> Response:
        answer: Response = await call_next()
        return answer

    for _ in range(5):
        app.add_middleware(layer)
    return app


def routes(number: int = ROUTES) -> NexiosApp:
    app = _core()
    for prefix in areas(number):
        app.get(prefix + "/{id}")(item)
    return app


def routes10() -> NexiosApp:
    return routes(10)


def stream() -> NexiosApp:
    app = _core()

    @app.get("/")
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    return app


def file() -> NexiosApp:
    app = _core()

    @app.get("/file.txt")
    async def send_file(response: Response) -> Response:
        return response.file(FILE)

    return app


def sockets() -> NexiosApp:
    app = NexiosApp(plugins=["websockets"])

    @app.websocket("/echo")
    async def echo(ws: WebSocket) -> None:
        await ws.accept()
        async for text in ws.iter_text():
            await ws.send_text(text)

    @app.websocket("/room")
    async def join(ws: WebSocket) -> None:
        room = Channel("room")
        await room.connect(ws)
        async for text in ws.iter_text():
            await room.broadcast_text(text)

    return app
