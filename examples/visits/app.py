from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from nexios import MakeConfig, NexiosApp, Request
from nexios.session import SessionMiddleware

OPTIONS = {"file": {"folder": str(Path(tempfile.gettempdir(), "nexios-visits"))}}


def make_app(store: str = "cookie", **values: Any) -> NexiosApp:
    """The visit counter, with its sessions in *store*: "cookie", "memory", "file" or "redis"."""
    app = NexiosApp(MakeConfig({"debug": True, **values}))
    app.add_middleware(SessionMiddleware(store=store, options=OPTIONS.get(store, {})))

    @app.get("/")
    async def count_visits(request: Request) -> dict[str, int]:
        if "visits" not in request.session:
            request.session["visits"] = 0
        request.session["visits"] += 1
        return {"visits": request.session["visits"]}

    return app


cookie = make_app("cookie")
memory = make_app("memory")
file = make_app("file")


def redis() -> NexiosApp:
    return make_app("redis")
