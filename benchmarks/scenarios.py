"""What is measured. To add a scenario: an entry here, and a function of its name in each framework's app.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.material import CHUNK, CHUNKS, FILE_BYTES, ROUTES, TEXT, area, greeting


@dataclass(frozen=True, slots=True)
class Call:
    """One request, and what a correct answer to it holds; None where anything will do."""

    path: str
    body: bytes | None = None
    json: object = None
    status: int = 200
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Scenario:
    """Requests to one application, which every framework's app.py makes in a function called *app*."""

    name: str
    title: str
    app: str
    calls: tuple[Call, ...]
    number: int = 2_000
    """Requests in one round of CPU time."""
    counted: int = 100
    """Requests in one count of instructions, which are made three times."""
    targets: Mapping[str, float] | None = None
    """What docs/design/performance.md asks of Nexios: microseconds, thousands of instructions, share over HTTP."""


def _item(path: str, number: int) -> Call:
    return Call(f"{path}/{number}", json={"id": number})


_ALL = (
    Scenario("plain", "plain text", "plain", (Call("/", TEXT.encode()),), targets={"us": 2.0, "k": 28, "http": 0.95}),
    Scenario("json", "small JSON", "json", (Call("/", json=greeting()),), targets={"us": 2.1, "k": 28, "http": 0.95}),
    Scenario("path", "path int", "path", (_item("/items", 7),), targets={"us": 3.0, "k": 42}),
    Scenario(
        "dependencies", "3-deep DI, one generator", "dependencies",
        (Call("/", json={"rows": ["a", "b"]}),), targets={"us": 4.0, "k": 55, "http": 0.95},
    ),
    Scenario(
        "middleware", "5 pass-through middlewares", "middleware",
        (Call("/", TEXT.encode()),), targets={"us": 3.5, "k": 50, "http": 0.92},
    ),
    Scenario(
        "routes", "1 000 routes: first, middle, last", "routes",
        tuple(_item(area(number), 7) for number in (0, ROUTES // 2, ROUTES - 1)), counted=99,
        targets={"us": 3.0, "k": 42},
    ),
    Scenario(
        "paths", "1 000 routes, 2 500 different paths", "routes",
        tuple(_item(area(number * 397 % ROUTES), number) for number in range(2_500)), number=2_500,
        targets={"us": 3.8, "k": 50},
    ),
    Scenario(
        "missing", "1 000 routes, 404", "routes",
        (Call(f"{area(ROUTES)}/7", status=404),), number=1_000, targets={"us": 4.0, "k": 55},
    ),
    Scenario(
        "stream", "stream 1 MB in 64 KB chunks", "stream",
        (Call("/", CHUNK * CHUNKS),), number=500, targets={"us": 7.0, "k": 115},
    ),
    Scenario(
        "file", "static file 100 KB", "file",
        (Call("/file.txt", FILE_BYTES),), number=200, targets={"us": 30, "k": 150, "http": 0.75},
    ),
)  # fmt: skip

SCENARIOS = {scenario.name: scenario for scenario in _ALL}


def mistake(call: Call, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> str | None:
    """What is wrong with an answer to *call*, or None."""
    fields = {name.lower(): value for name, value in headers}
    length = fields.get(b"content-length")
    if status != call.status:
        return f"{call.method} {call.path} answered {status}, not {call.status}: {body[:300]!r}"
    if length is not None and int(length) != len(body):
        return f"{call.method} {call.path} announced {length.decode()} bytes and sent {len(body)}"
    if call.body is not None and body != call.body:
        return f"{call.method} {call.path} answered {body[:60]!r} ({len(body)} bytes), not {call.body[:60]!r}"
    if call.json is not None and json.loads(body) != call.json:
        return f"{call.method} {call.path} answered {body[:300]!r}, not {call.json!r}"
    return None
