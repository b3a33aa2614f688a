"""No request changes the answer to another: not one before it, not one beside it."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from anyio.from_thread import start_blocking_portal
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from nexios import Depend, NexiosApp, Request, Response
from nexios.types import Message
from tests.core.hostile.attack import Attack
from tests.core.hostile.target import Target
from tests.core.hostile.test_table import send
from tests.core.hostile.threats import THREATS
from tests.core.raw import call, make_scope

# Quick ones: a machine sends a few dozen of them.
ATTACKS = [
    attack
    for threat in THREATS
    for attack in threat.attacks
    if sum(map(len, attack.body)) < 10_000 and len(attack.headers) < 200 and attack.status < 500
]
PROBES = [
    {"path": "/probe", "query_string": b"a=1&b=2", "headers": [(b"host", b"testserver"), (b"cookie", b"c=3")]},
    {"path": "/int/7"},
    {"path": "/file"},
    {"path": "/nowhere"},
    {"path": "/", "method": "DELETE"},
    {"path": "/json", "method": "POST", "body": [b"[1,", b"2]"]},
    {"path": "/notes"},
    {"path": "/events"},
]


class Subject(Target):
    """The target, with handlers that leave something behind wherever a handler can."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.open = 0
        app = self.app

        async def resource() -> AsyncIterator[str]:
            self.open += 1
            try:
                await anyio.lowlevel.checkpoint()
                yield "resource"
            finally:
                self.open -= 1

        @app.get("/notes")
        async def notes(request: Request, response: Response, it: str = Depend(resource)) -> Response:
            seen = [dict(request.state), dict(response.headers), dict(request.scope.get("state", {}))]
            request.state.mine = response.headers["x-mine"] = request.scope["mine"] = "left behind"
            await anyio.lowlevel.checkpoint()
            return response.set_cookie("seen", "1").json(seen)

        @app.get("/events")
        async def events(request: Request, response: Response, it: str = Depend(resource)) -> Response:
            async def chunks() -> AsyncIterator[str]:
                for number in range(3):
                    await anyio.lowlevel.checkpoint()
                    yield f"{it} {number}"

            return response.sse(chunks()).background(anyio.lowlevel.checkpoint)

        @app.get("/raises/{place}")
        async def raises(response: Response, place: str, it: str = Depend(resource)) -> Any:
            async def chunks() -> AsyncIterator[bytes]:
                yield b"first"
                raise LookupError("later")

            if place == "stream":
                return response.stream(chunks())
            raise LookupError("at once")


async def cut_short(app: NexiosApp, path: str, steps: int) -> None:
    """Send a request and cancel it after so many turns of the event loop."""

    async def cancel(scope: anyio.CancelScope) -> None:
        for _ in range(steps):
            await anyio.lowlevel.checkpoint()
        scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(call, app, path)
        tasks.start_soon(cancel, tasks.cancel_scope)


@asynccontextmanager
async def running(app: NexiosApp) -> AsyncIterator[None]:
    await app.startup()
    try:
        yield
    finally:
        await app.shutdown()


class AfterAnything(RuleBasedStateMachine):
    """Any requests in any order; after each of them every probe is answered as by an application that saw none."""

    backend = "asyncio"

    def __init__(self) -> None:
        super().__init__()
        self._ending = ExitStack()
        folder = Path(self._ending.enter_context(TemporaryDirectory()))
        self._run = self._ending.enter_context(start_blocking_portal(self.backend))
        self.subject = Subject(folder)
        self._ending.enter_context(self._run.wrap_async_context_manager(running(self.subject.app)))
        self.expected = self._run.call(self._probe, Subject(folder).app)

    def teardown(self) -> None:
        self._ending.close()
        assert self.subject.open == 0

    async def _probe(self, app: NexiosApp) -> list[list[Message]]:
        return [(await call(app, **probe)).messages for probe in PROBES]  # type: ignore[arg-type]  # a table of options

    @rule(attack=st.sampled_from(ATTACKS))
    def is_attacked(self, attack: Attack) -> None:
        assert self._run.call(send, self.subject, attack).status == attack.status

    @rule(path=st.sampled_from(["/json", "/stream", "/ten/body"]))
    def uploader_leaves(self, path: str) -> None:
        async def leave() -> None:
            await call(self.subject.app, path, "POST", body=[b"[1,"], leaves=True)

        self._run.call(leave)

    @rule(path=st.sampled_from(["/notes", "/events", "/file", "/probe"]), steps=st.integers(0, 12))
    def is_cut_short(self, path: str, steps: int) -> None:
        self._run.call(cut_short, self.subject.app, path, steps)

    @rule(place=st.sampled_from(["handler", "stream"]))
    def handler_fails(self, place: str) -> None:
        async def fail() -> None:
            try:
                await call(self.subject.app, f"/raises/{place}")
            except LookupError:
                assert place == "stream"

        self._run.call(fail)

    @rule(path=st.text(max_size=10), method=st.sampled_from(["GET", "HEAD", "OPTIONS", "PUT"]))
    def is_asked(self, path: str, method: str) -> None:
        async def ask() -> None:
            assert (await call(self.subject.app, f"/{path}", method)).status < 500

        self._run.call(ask)

    @invariant()
    def answers_as_if_nothing_had_been(self) -> None:
        assert self._run.call(self._probe, self.subject.app) == self.expected
        assert self.subject.open == 0


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_after_any_requests_an_application_answers_as_a_fresh_one(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AfterAnything, "backend", backend)

    busy = [HealthCheck.too_slow]  # that a machine is busy says nothing of the application
    run = settings(max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=busy)
    run_state_machine_as_test(AfterAnything, settings=run)


# -- at the same time ----------------------------------------------------------------------------------------------

CURRENT: ContextVar[str] = ContextVar("current")


def crowded() -> NexiosApp:
    """An application whose every part says whose request it believes to see."""
    app = NexiosApp(plugins=[])

    @app.middleware
    async def remember(request: Request, response: Response, call_next: Callable[[], Awaitable[Any]]) -> Any:
        number = request.headers["x-id"]
        request.state.id = number
        CURRENT.set(number)
        await anyio.lowlevel.checkpoint()
        answer = await call_next()
        assert CURRENT.get() == number
        answer.headers["x-id"] = number
        return answer

    async def slow(request: Request) -> AsyncIterator[str]:
        await anyio.lowlevel.checkpoint()
        yield request.query_params["id"]
        assert CURRENT.get() == request.state.id

    async def nested(outer: str = Depend(slow)) -> str:
        await anyio.lowlevel.checkpoint()
        return outer

    @app.post("/{id}")
    async def show(request: Request, id: str, dependency: str = Depend(nested)) -> list[Any]:
        body = await request.json
        await anyio.lowlevel.checkpoint()
        return [id, dependency, body, request.cookies["id"], request.state.id, CURRENT.get(), request.url.query]

    @app.post("/thread/{id}")
    def in_thread(request: Request, id: str) -> list[Any]:
        assert threading.current_thread() is not threading.main_thread()
        return [id, request.query_params["id"], request.state.id, CURRENT.get()]

    @app.post("/stream/{id}")
    async def stream(request: Request, id: str, dependency: str = Depend(nested)) -> AsyncIterator[str]:
        for part in (id, dependency, request.state.id):
            await anyio.lowlevel.checkpoint()
            yield f"{part},"

    return app


@pytest.mark.anyio
async def test_five_hundred_requests_at_once_never_see_each_other() -> None:
    app = crowded()
    answered: list[str] = []

    async def ask(number: str, kind: str) -> None:
        mine = number.encode()
        answer = await call(
            app,
            f"/{kind}{number}",
            "POST",
            headers=[(b"host", b"testserver"), (b"x-id", mine), (b"cookie", b"id=" + mine)],
            query_string=b"id=" + mine,
            body=[b'"', mine, b'"'],
        )
        told = answer.body.decode().replace("id=", "")
        assert set(told.strip("[],").replace('"', "").split(",")) == {number}
        assert answer.header("x-id") == number
        answered.append(number)

    async with anyio.create_task_group() as tasks:
        for number in range(500):
            tasks.start_soon(ask, str(number), ("", "stream/", "", "stream/", "thread/")[number % 5])

    assert len(answered) == 500


@pytest.mark.anyio
async def test_the_scope_the_server_made_is_not_changed() -> None:
    app = NexiosApp(plugins=[])

    @app.get("/{id}")
    async def show(id: str) -> str:
        return id

    scope = make_scope("/x", state={})
    before = {**scope, "headers": list(scope["headers"])}

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def discard(message: Message) -> None: ...

    await app(scope, receive, discard)

    assert scope == before
