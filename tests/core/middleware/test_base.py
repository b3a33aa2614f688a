"""Middleware as a class."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import NexiosApp, Request, Response
from nexios.middleware import BaseMiddleware
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


class Marks(BaseMiddleware):
    def __init__(self, mark: str = "none") -> None:
        self.mark = mark

    async def process_request(self, request: Request, response: Response) -> Any:
        if request.path == "/shut":
            return {"shut": self.mark}
        return None

    async def process_response(self, request: Request, response: Response) -> Any:
        return response.add_header("x-mark", self.mark)


@pytest.mark.parametrize(
    ("add", "mark"),
    [
        (lambda app: app.add_middleware(Marks), "none"),
        (lambda app: app.add_middleware(Marks()), "none"),
        (lambda app: app.add_middleware(Marks, mark="given"), "given"),
        (lambda app: app.add_middleware(Marks("instance")), "instance"),
        (lambda app: app.middleware(Marks("decorated")), "decorated"),
    ],
)
async def test_a_class_is_added_as_an_instance_or_with_its_arguments(add: Any, mark: str) -> None:
    app = NexiosApp(plugins=[])
    add(app)

    @app.get("/")
    async def show() -> str:
        return "shown"

    async with TestClient(app) as client:
        answer, shut = await client.get("/"), await client.get("/shut")

    assert (answer.text, answer.headers["x-mark"]) == ("shown", mark)
    assert shut.json() == {"shut": mark}
    assert "x-mark" not in shut.headers


async def test_a_class_that_overrides_nothing_changes_nothing() -> None:
    app = NexiosApp(plugins=[], middleware=[BaseMiddleware()])

    @app.get("/")
    async def show() -> str:
        return "shown"

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "shown"


async def test_the_call_may_be_written_whole() -> None:
    class Whole(BaseMiddleware):
        async def __call__(self, request: Request, response: Response, call_next: Any) -> Any:
            return (await call_next()).set_header("x-whole", "yes")

    app = NexiosApp(plugins=[], middleware=[Whole])

    async with TestClient(app) as client:
        assert (await client.get("/nowhere")).headers["x-whole"] == "yes"


async def test_preparing_may_refuse_the_configuration_at_the_start() -> None:
    class Picky(BaseMiddleware):
        def prepare(self, app: Any) -> None:
            raise LookupError(f"no secret in {app.title}")

    app = NexiosApp(plugins=[], middleware=[Picky])

    with pytest.raises(LookupError, match="no secret in Nexios"):
        await app.startup()
