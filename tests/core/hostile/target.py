"""The application that is attacked: every kind of reader and guard that the core has, and a note of who was reached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from nexios import Depend, NexiosApp, Request, Response, Router, safe_redirect
from nexios.types import Receive, Scope, Send

READERS = ("json", "text", "body", "stream", "decode")


class Target:
    """*reached* names the handlers that came to their end, *guarded* the guards that let somebody pass."""

    def __init__(self, folder: Path) -> None:
        self.reached: list[str] = []
        self.guarded: list[str] = []
        self.file = folder / "digits.txt"
        self.file.write_bytes(b"0123456789")
        self.app = NexiosApp(plugins=[])
        self._serve_what_is_asked()
        self._serve_readers()
        self._serve_behind_guards()

    def note(self, name: str) -> None:
        self.reached.append(name)

    def _serve_what_is_asked(self) -> None:
        app = self.app

        @app.route("/", methods=["GET", "POST"])
        async def index() -> str:
            self.note("index")
            return "ok"

        @app.get("/probe", name="probe")
        async def probe(request: Request) -> dict[str, Any]:
            return {
                "url": str(request.url),
                "link": request.url_for("probe"),
                "client": request.client,
                "cookies": request.cookies,
                "query": request.query_params.multi_items(),
                "state": dict(request.state),
                "user": request.headers.get("x-user"),
                "forwarded": request.headers.get("x-forwarded-for"),
            }

        @app.get("/fails/{rest:path}")
        async def fails(rest: str) -> None:
            raise LookupError

        @app.get("/accepts")
        async def accepts(request: Request) -> str:
            return request.accepts("application/json", "text/html")

        @app.get("/file")
        async def file(response: Response) -> Response:
            return response.file(self.file)

        @app.get("/next")
        async def go(request: Request, response: Response) -> Response:
            return response.redirect(safe_redirect(request.query_params.get("to", "/")))

        for pattern in (
            "/int/{id:int}",
            "/float/{id:float}",
            "/uuid/{id:uuid}",
            "/date/{id:date}",
            "/time/{id:datetime}",
        ):
            app.get(pattern)(self._show)

        @app.get("/slash/{a}/{b}/")
        async def slash(a: str, b: str) -> list[str]:
            return [a, b]

    async def _show(self, request: Request) -> str:
        self.note("typed")
        return str(request.path_params.id)

    def _serve_readers(self) -> None:
        for name in READERS:
            self.app.post(f"/{name}")(self._reader(name))
            self.app.post(f"/ten/{name}", max_body=10)(self._reader(name))

    def _reader(self, name: str) -> Any:
        async def read(request: Request) -> Any:
            self.note("before reading") if name == "before" else None
            if name == "stream":
                size = 0
                async for chunk in request.stream():
                    size += len(chunk)
                value: Any = size
            elif name == "decode":
                value = await request.decode()
            else:
                value = await getattr(request, name)
            self.note(name)
            return {"read": value.decode("latin-1") if isinstance(value, bytes) else value}

        return read

    def _serve_behind_guards(self) -> None:
        async def layer(request: Request, response: Response, call_next: Any) -> Any:
            self.guarded.append("layer")
            return await call_next()

        async def dependency() -> AsyncIterator[None]:
            self.guarded.append("dependency")
            yield

        async def handler() -> None:
            self.note("admin")

        async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                self.note("admin")
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b""})

        for prefix, options in (
            ("/layer", {"middleware": [layer]}),
            ("/dependency", {"dependencies": [Depend(dependency)]}),
        ):
            guarded = Router(f"{prefix}/admin", **options)
            guarded.route("/{rest:path}", methods=["GET", "POST"])(handler)
            self.app.mount_router(guarded)
        mount = Router("/mount/admin", middleware=[layer])
        mount.mount("/x", mounted)
        self.app.mount_router(mount)
