"""Clients that keep a server busy and notice each request it drops."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

WORKING = """
    import asyncio
    from nexios import NexiosApp

    app = NexiosApp(plugins=[])

    @app.get("/fast")
    async def fast():
        return "ok"

    @app.get("/slow")
    async def slow():
        await asyncio.sleep(0.6)
        return "ok"
"""


@dataclass
class Load:
    """Clients that ask again and again until nobody answers the door."""

    port: int
    answered: int = 0
    dropped: list[str] = field(default_factory=list)
    is_busy: asyncio.Event = field(default_factory=asyncio.Event)

    async def keep_connection(self, path: str) -> None:
        """Ask on one connection until the server ends it, then on a new one."""
        while connection := await self._connect():
            while await self._ask(connection, path):
                pass
            connection[1].close()

    async def connect_each_time(self, path: str) -> None:
        while connection := await self._connect():
            await self._ask(connection, path)
            connection[1].close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        try:
            return await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionRefusedError:
            return None

    async def _ask(self, connection: tuple[asyncio.StreamReader, asyncio.StreamWriter], path: str) -> bool:
        """Return whether the connection may be used again."""
        reader, writer = connection
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = re.search(rb"content-length: (\d+)", head)
            assert length is not None
            assert await reader.readexactly(int(length[1])) == b"ok"
        except (OSError, EOFError) as error:
            self.dropped.append(f"{path}: {error!r}")
            return False
        self.answered += 1
        if self.answered == 300:
            self.is_busy.set()
        return b"connection: close" not in head
