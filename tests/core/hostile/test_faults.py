"""Errors and cancellations at every point of a request: told once, answered rightly, each cleanup once and in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
import sniffio
import trio

from nexios import Depend, NexiosApp, Plugin, Registry, Request, Response
from nexios.types import Message
from tests.core.raw import Answer, call, make_scope

pytestmark = pytest.mark.anyio
KINDS = ("whole", "stream", "events", "lines", "file", "plain")
BEFORE = ("layer", "dependency", "nested dependency", "handler", "encoder")
FIRST, LATER, END, CLEANUP = "first chunk", "later chunk", "end of the stream", "cleanup of the stream"
CLEANUPS = ("cleanup of the nested", "cleanup of the dependency")
AFTER = "layer afterwards"
JOB = "background job"
STREAMS = {
    "stream": (FIRST, LATER, END, CLEANUP),
    "events": (LATER, END, CLEANUP),
    "lines": (FIRST, LATER, END, CLEANUP),
    "plain": (FIRST, LATER, END, CLEANUP),
}


class Fault(Exception):
    """Raised where a test wants it."""


@dataclass
class Scene:
    """An application in which everything opens something, waits, and may fail at the points that *faults* name."""

    kind: str
    folder: Path
    faults: tuple[str, ...] = ()
    trip: int = 0  # the wait at which the request is cancelled

    def __post_init__(self) -> None:
        self.opened: list[str] = []
        self.closed: list[str] = []
        self.waits = 0
        self.scope = anyio.CancelScope()
        self.folder.joinpath("file").write_bytes(b"x" * 1_000_000)
        self.app = self._application()

    async def point(self, name: str) -> None:
        self.waits += 1
        if self.waits == self.trip:
            self.scope.cancel()
        await anyio.lowlevel.checkpoint()
        if name in self.faults:
            raise Fault(name)

    @asynccontextmanager
    async def resource(self, name: str) -> AsyncIterator[None]:
        self.opened.append(name)
        try:
            yield
        finally:
            self.closed.append(name)
            with anyio.CancelScope(shield=True):
                await self.point(f"cleanup of the {name}")

    def _application(self) -> NexiosApp:
        class Encoders(Plugin):
            name = "encoders"

            def register(self, registry: Registry) -> None:
                registry.encoder(Shown, encode)

        @dataclass
        class Shown:
            text: str

        def encode(response: Response, value: Shown) -> Response:
            if "encoder" in self.faults:
                raise Fault("encoder")
            return response.text(value.text)

        app = NexiosApp(plugins=[Encoders])

        @app.middleware
        async def layer(request: Request, response: Response, call_next: Any) -> Any:
            await self.point("layer")
            self.opened.append("layer")
            try:
                answer = await call_next()
            finally:
                self.closed.append("layer")
            await self.point(AFTER)
            return answer

        async def dependency() -> AsyncIterator[str]:
            await self.point("dependency")
            async with self.resource("dependency"):
                yield "outer"

        async def nested(outer: str = Depend(dependency)) -> AsyncIterator[str]:
            await self.point("nested dependency")
            async with self.resource("nested"):
                yield outer + " inner"

        async def job() -> None:
            await self.point(JOB)

        @app.get("/")
        async def show(response: Response, text: str = Depend(nested)) -> Any:
            await self.point("handler")
            response.background(job)
            if self.kind == "stream":
                return response.stream(self._chunks())
            if self.kind == "events":
                return response.sse(self._chunks(), keep_alive=60)
            if self.kind == "lines":
                return response.json_lines(self._chunks())
            if self.kind == "plain":
                return response.stream(self._plain())
            return response.file(self.folder / "file") if self.kind == "file" else Shown(text)

        return app

    async def _chunks(self) -> AsyncIterator[str]:
        self.opened.append("stream")
        try:
            await self.point(FIRST)
            yield "first"
            await self.point(LATER)
            yield "second"
            await self.point(END)
        finally:
            self.closed.append("stream")
            with anyio.CancelScope(shield=True):
                await self.point(CLEANUP)

    def _plain(self) -> Iterator[str]:
        self.opened.append("stream")
        try:
            for name in (FIRST, LATER):
                self._point_of_a_thread(name)
                yield "chunk"
            self._point_of_a_thread(END)
        finally:
            self.closed.append("stream")
            self._point_of_a_thread(CLEANUP)

    def _point_of_a_thread(self, name: str) -> None:
        if name in self.faults:
            raise Fault(name)

    @property
    def is_tidy(self) -> bool:
        """Whether whatever was opened was closed once, what was opened last first; a layer ends before its answer."""
        inner = [name for name in self.opened if name != "layer"]
        closed = [name for name in self.closed if name != "layer"]
        return closed == inner[::-1] and self.opened.count("layer") == self.closed.count("layer")


async def answer_of(scene: Scene, caplog: pytest.LogCaptureFixture) -> tuple[Answer | None, int]:
    """The answer, None where it was cut, and how many errors somebody has been told of: by the log or by the server."""
    answer: Answer | None = None
    raised = 0
    with caplog.at_level(logging.INFO):
        await scene.app.startup()
        try:
            answer = await call(scene.app)
        except Fault:
            raised = 1
        await scene.app.shutdown()
    return answer, raised + len(caplog.records)


SINGLE = [
    (kind, fault)
    for kind in KINDS
    for fault in (*BEFORE[:4], *(BEFORE[4:] if kind == "whole" else ()), *STREAMS.get(kind, ()), *CLEANUPS, AFTER, JOB)
]


@pytest.mark.parametrize(("kind", "fault"), SINGLE)
async def test_an_error_is_told_once_and_answered_or_the_answer_is_cut(
    kind: str, fault: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene(kind, tmp_path, (fault,))

    answer, told = await answer_of(scene, caplog)

    assert scene.is_tidy
    assert told == 1
    begun = kind == "events" or fault not in (*BEFORE, FIRST, AFTER)
    if fault == JOB:
        assert answer is not None
        assert (answer.status, answer.is_complete) == (200, True)
    elif kind in STREAMS and begun and fault not in (*BEFORE, AFTER):
        assert answer is None
    elif kind == "file" and fault in CLEANUPS:
        assert answer is None or answer.status == 500
    else:
        assert answer is not None
        assert (answer.status, answer.is_complete) == (500, True)
        assert answer.header("content-type") == "application/problem+json"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["whole", "stream"])
async def test_two_errors_at_once_leave_nothing_open_either(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    faults = [fault for each, fault in SINGLE if each == kind]
    for pair in combinations(faults, 2):
        caplog.clear()
        scene = Scene(kind, tmp_path, pair)

        _, told = await answer_of(scene, caplog)

        assert scene.is_tidy, pair
        assert 1 <= told <= 2, pair


# -- cancellation --------------------------------------------------------------------------------------------------


def tasks_alive() -> int:
    if sniffio.current_async_library() == "trio":
        return trio.lowlevel.current_statistics().tasks_living
    return len(asyncio.all_tasks())


async def cancelled_at(kind: str, folder: Path, trip: int, lifespan: bool) -> Scene:
    """Serve a request whose task is cancelled at its wait number *trip*; the server's own waits count as well."""
    scene = Scene(kind, folder, trip=trip)

    async def receive() -> Message:
        await anyio.sleep_forever()
        raise AssertionError

    async def send(message: Message) -> None:
        await scene.point("send")

    if lifespan:
        await scene.app.startup()
    with scene.scope:
        await scene.app(make_scope(), receive, send)
    if lifespan:
        await scene.app.shutdown()
    return scene


@pytest.mark.parametrize("lifespan", [True, False])
@pytest.mark.parametrize("kind", KINDS)
async def test_whenever_a_request_is_cancelled_every_cleanup_runs_and_no_task_is_left(
    kind: str, lifespan: bool, tmp_path: Path
) -> None:
    alive = tasks_alive()
    trip = 0
    with anyio.fail_after(30):
        while True:
            trip += 1
            scene = await cancelled_at(kind, tmp_path, trip, lifespan)
            assert scene.is_tidy, f"cancelled at wait {trip}: opened {scene.opened}, closed {scene.closed}"
            assert tasks_alive() == alive, trip
            if scene.waits < trip:
                break

    assert trip > 8
