"""One request to an application that is started for it."""

from __future__ import annotations

from typing import Any

from nexios import NexiosApp
from nexios.testing import TestClient


async def get(app: NexiosApp, path: str = "/", **options: Any) -> Any:
    async with TestClient(app, **options) as client:
        return await client.get(path)
