"""A million requests in one process: memory stays flat, and no task, object or file is left over.

python tools/soak.py [--requests N] [--loop asyncio|trio]

The requests are of every kind that the core has: bodies, dependencies, streams, files, errors, background work, clients
that leave. Every one has a path, a host and headers of its own, so that what a cache keeps of them would show.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import sniffio

from nexios import Depend, NexiosApp, Request, Response
from nexios.types import Message

MEBIBYTE = 1_048_576
# Objects that come and go with whatever the interpreter itself keeps; a leak of one for each request is thousands.
SOME = 200


@dataclass(frozen=True)
class Level:
    """What the process holds at one moment."""

    memory: int
    objects: int
    tasks: int
    files: int

    @classmethod
    def now(cls) -> Level:
        for _ in range(3):
            gc.collect()
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return cls(
            pages * os.sysconf("SC_PAGE_SIZE"), len(gc.get_objects()), _tasks(), len(os.listdir("/proc/self/fd"))
        )

    def leaks_beside(self, before: Level) -> list[str]:
        """One sentence for each thing of which there is more than *before*."""
        grown = {
            "bytes of memory": (self.memory - before.memory, MEBIBYTE),
            "objects": (self.objects - before.objects, SOME),
            "tasks": (self.tasks - before.tasks, 0),
            "files": (self.files - before.files, 0),
        }
        return [f"{more} more {what} than at the beginning" for what, (more, most) in grown.items() if more > most]

    def __str__(self) -> str:
        return f"{self.memory / MEBIBYTE:9.2f} MiB {self.objects:9} objects {self.tasks:4} tasks {self.files:4} files"


def _tasks() -> int:
    if sniffio.current_async_library() == "trio":
        trio: Any = sys.modules["trio"]
        return int(trio.lowlevel.current_statistics().tasks_living)
    return len(asyncio.all_tasks())


def make_app(file: Path) -> NexiosApp:
    file.write_bytes(b"x" * 2_000)
    app = NexiosApp(plugins=[])

    @app.middleware
    async def mark(request: Request, response: Response, call_next: Any) -> Any:
        request.state.seen = request.path
        answer = await call_next()
        answer.headers["x-seen"] = "1"
        return answer

    async def resource() -> AsyncIterator[str]:
        yield "resource"

    async def chunks() -> AsyncIterator[str]:
        for number in range(3):
            yield str(number)

    async def job() -> None:
        await anyio.lowlevel.checkpoint()

    @app.get("/item/{name}")
    async def item(request: Request, name: str, it: str = Depend(resource)) -> dict[str, Any]:
        return {"name": name, "query": request.query_params.get("q"), "host": request.url.hostname, "it": it}

    @app.post("/json/{name}")
    async def read(request: Request, response: Response) -> Response:
        return response.set_cookie("last", "1").json(await request.json).background(job)

    @app.get("/stream/{name}")
    async def stream(response: Response, it: str = Depend(resource)) -> Response:
        return response.stream(chunks())

    @app.get("/events/{name}")
    async def events(response: Response) -> Response:
        return response.sse(chunks())

    @app.get("/file/{name}")
    async def send_file(response: Response) -> Response:
        return response.file(file)

    @app.get("/fails/{name}")
    async def fails(it: str = Depend(resource)) -> None:
        raise LookupError

    return app


# Path, method, body, and whether the client leaves before it has sent or read everything.
KINDS: list[tuple[str, str, bytes, bool]] = [
    ("item", "GET", b"", False),
    ("item", "GET", b"", False),
    ("item", "OPTIONS", b"", False),
    ("item", "DELETE", b"", False),
    ("json", "POST", b'{"a":[1,2,3]}', False),
    ("json", "POST", b'{"a":', False),
    ("json", "POST", b'{"a":', True),
    ("stream", "GET", b"", False),
    ("stream", "GET", b"", True),
    ("events", "GET", b"", False),
    ("file", "GET", b"", False),
    ("file", "HEAD", b"", False),
    ("nowhere", "GET", b"", False),
    ("fails", "GET", b"", False),
]


async def ask(app: NexiosApp, number: int) -> None:
    kind, method, body, leaves = KINDS[number % len(KINDS)]
    text = b"%d" % number
    headers = [(b"host", b"h%s.example" % text), (b"x-%s" % text, text), (b"cookie", b"a=%s" % text)]
    if body:
        headers.append((b"content-length", b"%d" % len(body)))
    sent = [0]

    async def receive() -> Message:
        sent[0] += 1
        if sent[0] == 1:
            return {"type": "http.request", "body": body, "more_body": leaves}
        if not leaves:
            await anyio.sleep_forever()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if leaves and message.get("more_body"):
            raise ConnectionResetError
        await anyio.lowlevel.checkpoint()

    path = f"/{kind}/{number}"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "method": method,
        "path": path, "raw_path": path.encode(), "query_string": b"q=" + text, "root_path": "", "headers": headers,
        "client": ("203.0.113.9", number % 65_536), "server": ("testserver", 80),
    }  # fmt: skip
    await app(scope, receive, send)


async def soak(requests: int, *, quiet: bool = False) -> list[str]:
    """Serve as many *requests*, the first tenth to warm up; return what has grown since then."""
    logging.getLogger("nexios").setLevel(logging.CRITICAL + 1)
    with tempfile.TemporaryDirectory() as folder:
        app = make_app(Path(folder, "file"))
        await app.startup()
        tenth = max(requests // 10, 1)
        before = level = Level.now()
        start = time.perf_counter()
        for number in range(tenth * 10):
            await ask(app, number)
            if (number + 1) % tenth == 0:
                await anyio.sleep(0.01)  # background work comes to its end
                level = Level.now()
                if number + 1 == tenth:
                    before = level
                if not quiet:
                    print(f"{number + 1:9} requests {level}  {time.perf_counter() - start:7.1f} s", flush=True)
        await app.shutdown()
    return level.leaks_beside(before)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Serve many requests in one process, and look for what is left over.")
    parser.add_argument("--requests", type=int, default=1_000_000)
    parser.add_argument("--loop", choices=["asyncio", "trio"], default="asyncio")
    options = parser.parse_args(arguments)
    leaks = anyio.run(soak, options.requests, backend=options.loop)
    print("\n".join(leaks) or "nothing is left over")
    return 1 if leaks else 0


if __name__ == "__main__":
    sys.exit(main())
