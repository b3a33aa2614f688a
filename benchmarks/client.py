"""Calls an ASGI application as a server would, for next to nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence
from itertools import islice

from benchmarks.scenarios import Call, Scenario, keep_cookie, mistake
from benchmarks.types import ASGIApp, Message, Scope

# What a small client sends through uvicorn 0.54.
HEADERS = [(b"host", b"localhost:8000"), (b"user-agent", b"wrk"), (b"accept", b"*/*"), (b"connection", b"keep-alive")]


class WrongAnswer(Exception):
    """An application does not do what is to be measured."""


def scope_of(call: Call) -> Scope:
    """The scope that uvicorn makes of *call*."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "headers": headers_of(call),
        "state": {},
        "method": call.method,
        "path": call.path,
        "raw_path": call.path.encode(),
        "query_string": call.query.encode(),
    }


def headers_of(call: Call) -> list[tuple[bytes, bytes]]:
    headers = [*HEADERS]
    if call.content:
        headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(call.content))]
    if call.cookie:
        headers.append((b"cookie", call.cookie.encode()))
    if call.authorization:
        headers.append((b"authorization", call.authorization.encode()))
    return headers


def ends(message: Message | None) -> bool:
    """Whether *message* is the last one of an answer."""
    return message is not None and message["type"] == "http.response.body" and not message.get("more_body", False)


class Client:
    """The receiving and the sending end of one request after another, each with the same *content*."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = content
        self.is_asked = False
        self.last: Message | None = None
        self.waiting: asyncio.Future[None] | None = None

    async def receive(self) -> Message:
        if not self.is_asked:
            self.is_asked = True
            return {"type": "http.request", "body": self.content, "more_body": False}
        # The client stays until it has its answer; then it is said to have left, as uvicorn does.
        if not ends(self.last):
            self.waiting = asyncio.get_running_loop().create_future()
            await self.waiting
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        self.last = message
        if self.waiting is not None and ends(message) and not self.waiting.done():
            self.waiting.set_result(None)

    async def drive(self, app: ASGIApp, scopes: Iterator[Scope], number: int) -> None:
        """Make the next *number* requests. The loop is the same for every application, limit included."""
        receive, send = self.receive, self.send
        for scope in islice(scopes, number):
            self.is_asked = False
            self.last = self.waiting = None
            await app({**scope, "headers": [*scope["headers"]], "state": {}}, receive, send)


async def verify(app: ASGIApp, calls: Sequence[Call]) -> None:
    """Make each call once. Raises WrongAnswer."""
    for call in calls:
        wrong = _mistake(call, await _answer(app, call))
        if wrong is not None:
            raise WrongAnswer(wrong)


async def with_cookie(app: ASGIApp, call: Call) -> Call:
    """*call*, with the cookie that *app* answers it with."""
    sent = await _answer(app, call)
    fields = [(bytes(name).lower(), bytes(value)) for name, value in sent[0]["headers"]]
    return keep_cookie(call, [value.decode() for name, value in fields if name == b"set-cookie"])


async def calls_of(app: ASGIApp, scenario: Scenario) -> tuple[Call, ...]:
    """What is asked of *app* again and again."""
    if not scenario.keeps_cookie:
        return scenario.calls
    return tuple([await with_cookie(app, call) for call in scenario.calls])


async def _answer(app: ASGIApp, call: Call) -> list[Message]:
    client = Client(call.content)
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)
        await client.send(message)

    await app(scope_of(call), client.receive, send)
    return sent


def _mistake(call: Call, sent: Sequence[Message]) -> str | None:
    if not sent or sent[0]["type"] != "http.response.start":
        return f"{call.method} {call.path} did not begin with http.response.start: {sent!r:.300}"
    if any(message["type"] != "http.response.body" for message in sent[1:]) or not ends(sent[-1]):
        return f"{call.method} {call.path} was not answered to the end"
    body = b"".join(message.get("body", b"") for message in sent[1:])
    fields = {bytes(name).lower(): bytes(value) for name, value in sent[0]["headers"]}
    length = fields.get(b"content-length")
    if length is not None and int(length) != len(body):
        return f"{call.method} {call.path} announced {length.decode()} bytes and sent {len(body)}"
    return mistake(call, sent[0]["status"], body)


class Lifespan:
    """The life of an application, from its start-up to its shutdown; one that has none is left alone."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: asyncio.Queue[str] = asyncio.Queue()
        self._is_over = False

    async def start(self) -> None:
        """Return after ``startup.complete``. Raises WrongAnswer where the application says that it failed."""
        self._task = asyncio.ensure_future(self._live())
        await self._announce("startup")

    async def stop(self) -> None:
        await self._announce("shutdown")
        await self._task

    async def _announce(self, event: str) -> None:
        if self._is_over:
            return
        await self._inbox.put({"type": f"lifespan.{event}"})
        answer = await self._outbox.get()
        if answer not in (f"lifespan.{event}.complete", ""):
            raise WrongAnswer(f"the application answered lifespan.{event} with {answer}")

    async def _live(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
        # An application without a lifespan raises or returns (ASGI specification, "Lifespan Protocol").
        with contextlib.suppress(Exception):
            await self._app(scope, self._inbox.get, self._send)
        self._is_over = True
        await self._outbox.put("")

    async def _send(self, message: Message) -> None:
        if not message["type"].startswith("lifespan."):  # as servers do: the application takes it for a request
            raise WrongAnswer(f"the application answered its lifespan with {message['type']}")
        await self._outbox.put(f"{message['type']}{message.get('message', '')}")
