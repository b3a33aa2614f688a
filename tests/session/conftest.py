from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nexios import MakeConfig, NexiosApp, Request
from nexios.session import SessionMiddleware
from tests.servers import run_server

SECRET = "4f0c9d1b7e6a5d3c2b1a09f8e7d6c5b4"


@pytest.fixture(scope="session")
def redis_socket() -> Iterator[str]:
    pytest.importorskip("nexios.redis", reason="nexios-session[redis] is not installed")
    with run_server() as path:
        yield path


class Clock:
    """The time of an application, which only moves when it is told to."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


# redis-py runs on asyncio only; tests/redis shows how an application says so on trio.
EVERY_STORE = [
    *(("asyncio", name) for name in ("cookie", "memory", "file", "redis")),
    *(("trio", name) for name in ("cookie", "memory", "file")),
]


@pytest.fixture(params=EVERY_STORE, ids="-".join)
def backend_and_store(request: pytest.FixtureRequest) -> tuple[str, str]:
    backend, store = request.param
    return backend, store


@pytest.fixture
def anyio_backend(backend_and_store: tuple[str, str]) -> str:
    return backend_and_store[0]


@pytest.fixture
def store(backend_and_store: tuple[str, str]) -> str:
    return backend_and_store[1]


MakeApp = Callable[..., NexiosApp]


@pytest.fixture
def make_app(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> MakeApp:
    """Makes an application with a given store and settings: debug, so that plain http serves."""

    def make(store: str, *, debug: bool = True, **settings: Any) -> NexiosApp:
        values: dict[str, Any] = {"debug": debug, "secret_key": SECRET}
        if store == "file":
            settings["options"] = {"folder": str(tmp_path / "sessions"), "now": clock}
        if store == "memory":
            settings["options"] = {"now": clock}
        if store == "redis":
            # Not the default timeout: a machine that is busy with tests may take longer for a crowd.
            values["redis"] = {"timeout": 10, "url": f"unix://{request.getfixturevalue('redis_socket')}"}
        app = NexiosApp(MakeConfig(values))
        app.add_middleware(SessionMiddleware(store=store, now=clock, **settings))
        add_routes(app)
        return app

    return make


def add_routes(app: NexiosApp) -> None:
    @app.get("/visits")
    async def visits(request: Request) -> dict[str, int]:
        if "visits" not in request.session:
            request.session["visits"] = 0
        request.session["visits"] += 1
        return {"visits": request.session["visits"]}

    @app.get("/peek")
    async def peek(request: Request) -> dict[str, Any]:
        return dict(request.session)

    @app.get("/elsewhere")
    async def elsewhere() -> dict[str, str]:
        return {}

    @app.post("/login")
    async def login(request: Request) -> None:
        request.session.regenerate()
        request.session["user"] = "ann"

    @app.post("/logout")
    async def logout(request: Request) -> None:
        request.session.invalidate()
