"""What is measured. To add a scenario: an entry here, and a function of its name in each framework's app.py."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks.material import (
    CHUNK,
    CHUNKS,
    FILE_BYTES,
    INVALID,
    ORDER,
    PRODUCTS,
    ROUTES,
    SEARCH,
    TEXT,
    area,
    greeting,
    token,
)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and what a correct answer to it holds; None where anything will do."""

    path: str
    body: bytes | None = None
    json: object = None
    status: int = 200
    method: str = "GET"
    query: str = ""
    content: bytes = b""
    """What is sent: JSON."""
    cookie: str = ""
    authorization: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Requests to one application, which every framework's app.py makes in a function called *app*."""

    name: str
    title: str
    app: str
    calls: tuple[Call, ...]
    number: int = 2_000
    """Requests in one round of CPU time, at most."""
    counted: int = 50
    """Requests in one count of instructions."""
    most_time: float
    """The target for Nexios, in microseconds."""
    most_count: float
    """The target for Nexios, in thousands of instructions."""
    limit_time: float | None = None
    """What the limit took where the targets were set, in microseconds; None where ours does something else."""
    sockets: int = 0
    """How many WebSockets are open; then it is messages that are measured: the first says one, and all hear it."""
    keeps_cookie: bool = False
    """Whether the calls are made with the cookie that a first one was answered with."""
    least_http: float | None = None
    """The target for Nexios over HTTP, as a share of bare ASGI's rate; None where HTTP is not measured."""


def dumps(value: object) -> bytes:
    """JSON as browsers write it."""
    return json.dumps(value, separators=(",", ":")).encode()


def _item(path: str, number: int) -> Call:
    return Call(f"{path}/{number}", json={"id": number})


_ALL = (
    Scenario(
        name="plain", title="plain text", app="plain",
        calls=(Call("/", TEXT.encode()),),
        limit_time=0.94, most_time=2.0, most_count=28, least_http=0.95,
    ),
    Scenario(
        name="json", title="small JSON", app="json",
        calls=(Call("/", json=greeting()),),
        limit_time=1.05, most_time=2.1, most_count=28, least_http=0.95,
    ),
    Scenario(
        name="path", title="path int", app="path",
        calls=(_item("/items", 7),),
        most_time=3.0, most_count=42,
    ),
    Scenario(
        name="query", title="3 typed query parameters", app="query",
        calls=(Call("/products", query="page=2&size=50&active=true", json=SEARCH),),
        most_time=4.0, most_count=55,
    ),
    Scenario(
        name="body", title="pydantic body in, model out", app="body",
        calls=(Call("/orders", method="POST", content=dumps(ORDER), json=ORDER),),
        limit_time=4.4, most_time=6.0, most_count=82, least_http=0.95,
    ),
    Scenario(
        name="invalid", title="invalid body -> 422", app="body",
        calls=(Call("/orders", method="POST", content=dumps(INVALID), status=422),),
        number=1_000, limit_time=4.3, most_time=8.0, most_count=110,
    ),
    Scenario(
        name="models", title="100 models out", app="models",
        calls=(Call("/products", json=PRODUCTS),),
        number=500, counted=20, limit_time=28, most_time=30, most_count=575,
    ),
    Scenario(
        name="dependencies", title="3-deep DI, one generator", app="dependencies",
        calls=(Call("/", json={"rows": ["a", "b"]}),),
        most_time=4.0, most_count=55, least_http=0.95,
    ),
    Scenario(
        name="middleware", title="5 pass-through middlewares", app="middleware",
        calls=(Call("/", TEXT.encode()),),
        most_time=3.5, most_count=50, least_http=0.92,
    ),
    Scenario(
        name="routes10", title="10 routes: first, middle, last", app="routes10",
        calls=tuple(_item(area(number), 7) for number in (0, 5, 9)),
        counted=48, most_time=3.0, most_count=42,
    ),
    Scenario(
        name="routes", title="1 000 routes: first, middle, last", app="routes",
        calls=tuple(_item(area(number), 7) for number in (0, ROUTES // 2, ROUTES - 1)),
        counted=48, most_time=3.0, most_count=42,
    ),
    Scenario(
        name="paths", title="1 000 routes, 2 500 different paths", app="routes",
        calls=tuple(_item(area(number * 397 % ROUTES), number) for number in range(2_500)),
        number=2_500, most_time=3.8, most_count=50,
    ),
    Scenario(
        name="missing", title="1 000 routes, 404", app="routes",
        calls=(Call(f"{area(ROUTES)}/7", status=404),),
        number=1_000, counted=20, most_time=4.0, most_count=55,
    ),
    Scenario(
        name="stream", title="stream 1 MB in 64 KB chunks", app="stream",
        calls=(Call("/", CHUNK * CHUNKS),),
        number=500, most_time=7.0, most_count=115,
    ),
    Scenario(
        name="file", title="static file 100 KB", app="file",
        calls=(Call("/file.txt", FILE_BYTES),),
        number=200, most_time=30, most_count=150, least_http=0.75,
    ),
    Scenario(
        name="session", title="cookie session read + write", app="session",
        calls=(Call("/visits", json={"visits": 2}),),
        keeps_cookie=True, number=1_000, limit_time=5.6, most_time=18, most_count=220, least_http=0.65,
    ),
    Scenario(
        name="jwt", title="JWT-protected route", app="jwt",
        calls=(Call("/me", json={"user": "7"}, authorization=f"Bearer {token()}"),),
        number=1_000, most_time=28, most_count=400, least_http=0.92,
    ),
    Scenario(
        name="echo", title="WebSocket echo, per message", app="sockets",
        calls=(Call("/echo", content=TEXT.encode()),),
        sockets=1, number=20_000, counted=200, most_time=0.6, most_count=12,
    ),
    Scenario(
        name="broadcast", title="WebSocket broadcast to 1 000", app="sockets",
        calls=(Call("/room", content=TEXT.encode()),),
        sockets=1_000, number=200, counted=4, most_time=250, most_count=4_500,
    ),
)  # fmt: skip

SCENARIOS = {scenario.name: scenario for scenario in _ALL}


def keep_cookie(call: Call, fields: Sequence[str]) -> Call:
    """*call* with the cookie of the Set-Cookie *fields* of its answer; as it is without any."""
    return replace(call, cookie=fields[0].partition(";")[0]) if fields else call


def mistake(call: Call, status: int, body: bytes) -> str | None:
    """What is wrong with an answer to *call*, or None."""
    if status != call.status:
        return f"{call.method} {call.path} answered {status}, not {call.status}: {body[:300]!r}"
    if call.body is not None and body != call.body:
        return f"{call.method} {call.path} answered {body[:60]!r} ({len(body)} bytes), not {call.body[:60]!r}"
    if call.json is not None and json.loads(body) != call.json:
        return f"{call.method} {call.path} answered {body[:300]!r}, not {call.json!r}"
    return None
