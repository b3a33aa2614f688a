"""Nexios as its guides show it. Every check and limit that is on by default stays on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from benchmarks.material import CHUNK, CHUNKS, FILE, ROUTES, TEXT, areas, greeting
from nexios import Depend, NexiosApp, Request, Response


def plain() -> NexiosApp:
    app = NexiosApp()

    @app.get("/")
    async def hello() -> str:
        return TEXT

    return app


def json() -> NexiosApp:
    app = NexiosApp()

    @app.get("/")
    async def hello() -> dict[str, str]:
        return greeting()

    return app


async def item(id: int) -> dict[str, int]:
    return {"id": id}


def path() -> NexiosApp:
    app = NexiosApp()
    app.get("/items/{id}")(item)
    return app


def dependencies() -> NexiosApp:
    app = NexiosApp()

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
    app = NexiosApp()
    for prefix in areas(number):
        app.get(prefix + "/{id}")(item)
    return app


def routes10() -> NexiosApp:
    return routes(10)


def stream() -> NexiosApp:
    app = NexiosApp()

    @app.get("/")
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(CHUNKS):
            yield CHUNK

    return app


def file() -> NexiosApp:
    app = NexiosApp()

    @app.get("/file.txt")
    async def send_file(response: Response) -> Response:
        return response.file(FILE)

    return app
