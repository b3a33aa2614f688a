from __future__ import annotations

from nexios import NexiosApp

app = NexiosApp()


@app.get("/")
async def greet() -> dict[str, str]:
    return {"message": "Hello, world"}


@app.get("/items/{id}")
async def show_item(id: int) -> dict[str, int]:
    return {"id": id}
