"""A chat: rooms, who is there, what was said before; in any number of processes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nexios import MakeConfig, NexiosApp, Response
from nexios.websockets import Channel, InvalidMessage, WebSocket

HISTORY = 50
PAGE = (Path(__file__).parent / "page.html").read_text("utf-8")


def make_app(redis_url: str | None = None) -> NexiosApp:
    """The chat in this process alone, or with *redis_url* in every process that is given the same one."""
    settings: dict[str, Any] = {"websockets": {"rate": 20.0, "presence_ttl": 15.0}}
    if redis_url is not None:
        settings["websockets"]["backend"] = "redis"
        settings["redis"] = {"url": redis_url}
    app = NexiosApp(MakeConfig(settings))
    app.get("/")(show_page)
    app.get("/rooms/{room}/members")(list_members)
    app.websocket("/rooms/{room}")(chat)
    return app


async def show_page() -> Response:
    return Response.html(PAGE)


async def list_members(room: str) -> list[Any]:
    return [member.info for member in await Channel(f"room:{room}").presence()]


async def chat(ws: WebSocket, room: str) -> None:
    name = ws.query_params.get("name", "")[:30] or "nobody"
    channel = Channel(f"room:{room}", history=HISTORY, announce=True)
    await ws.accept()
    present = [member.as_json() for member in await channel.presence()]
    me = {"id": ws.id, "info": {"name": name}}
    await ws.send_json({"event": "welcome", "you": ws.id, "present": [*present, me]})
    last_id = ws.query_params.get("last", "0")
    async with channel.subscribe(ws, last_id=last_id, with_ids=True, presence={"name": name}):
        async for text in ws.iter_text():
            if len(text) > 500:
                raise InvalidMessage("at most 500 characters")
            await channel.broadcast({"from": name, "text": text})


app = make_app(os.environ.get("CHAT_REDIS_URL"))
