"""What clients can keep an application busy with."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from nexios import NexiosApp, Request
from nexios.routing.converters import path_converters
from nexios.routing.path import PathPattern
from nexios.routing.table import RouteTable
from nexios.types import Message
from tests.core.raw import make_scope

ATOMS = ["9", "-", "1e", ".", "a-", "{", "2026-", "T0", "\u0665", "_", "x", "%", "="]


@pytest.mark.parametrize("atom", ATOMS)
@pytest.mark.parametrize("kind", ["str", "int", "float", "uuid", "date", "datetime", "bool", "path"])
def test_a_segment_is_matched_in_linear_time(kind: str, atom: str, assert_linear: Callable[..., None]) -> None:
    converters = path_converters
    table: RouteTable[str] = RouteTable()
    for number, pattern in enumerate((f"/a/{{x:{kind}}}", f"/b/{{x:{kind}}}-{{y:{kind}}}.{{z}}", f"/c/{{x:{kind}}}/d")):
        if kind != "path" or number != 1:
            table.add(PathPattern.parse(pattern, converters), ["GET"], pattern, "here")

    def find(segment: str) -> None:
        for place in "abc":
            table.find(f"/{place}/{segment}", "GET")

    assert_linear(find, lambda size: atom * (size // len(atom)))


@pytest.mark.parametrize("pattern", ["/{p:path}/edit", "/{a}/{b}/{p:path}/{c}/x", "/{p:path}"])
def test_many_segments_are_matched_in_linear_time(pattern: str, assert_linear: Callable[..., None]) -> None:
    table: RouteTable[str] = RouteTable()
    converters = path_converters
    for other in (pattern, "/{a}/{b}/{c}", "/a/{b}/a/{d}", "/{a}/a/{c:int}"):
        table.add(PathPattern.parse(other, converters), ["GET"], other, "here")

    assert_linear(lambda path: table.find(path, "GET"), lambda size: "/a" * (size // 2))
    assert_linear(lambda path: table.matching(path), lambda size: "/a" * (size // 2))


@pytest.mark.anyio
@pytest.mark.parametrize("reader", ["body", "stream"])
async def test_a_million_chunks_of_one_byte_let_others_run(reader: str) -> None:
    app = NexiosApp(plugins=[])
    left = [30_000]
    turns: list[int] = []
    sent: list[Message] = []

    @app.post("/")
    async def read(request: Request) -> Any:
        if reader == "stream":
            return sum([len(chunk) async for chunk in request.stream()])
        return len(await request.body)

    async def receive() -> Message:
        left[0] -= 1
        return {"type": "http.request", "body": b"x", "more_body": left[0] > 0}

    async def send(message: Message) -> None:
        sent.append(message)

    async def other() -> None:
        while left[0] > 0:
            turns.append(left[0])
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(other)
        await app(make_scope("/", "POST", [(b"host", b"x"), (b"transfer-encoding", b"chunked")]), receive, send)

    assert sent[1]["body"] == b"30000"
    # A thousand chunks take two milliseconds; nobody waits for more of them.
    assert max(before - after for before, after in pairwise(turns)) <= 2_000
