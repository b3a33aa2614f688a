"""Middleware as a class."""

from __future__ import annotations

from typing import Any

import pytest

import nexios.middleware
from nexios import NexiosApp, Request, Response
from nexios.exceptions import MissingPluginError
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


def test_a_name_of_another_package_is_found_there_or_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "nexios.there", sys.modules[__name__])
    monkeypatch.setitem(nexios.middleware.PROVIDED_ELSEWHERE, "Marks", ("nexios.there", "nexios-there"))
    monkeypatch.setitem(nexios.middleware.PROVIDED_ELSEWHERE, "Absent", ("nexios.no_such_part", "nexios-absent"))
    monkeypatch.setitem(nexios.middleware.PROVIDED_ELSEWHERE, "Broken", ("no_such_module.part", "nexios-broken"))

    assert nexios.middleware.Marks is Marks
    with pytest.raises(MissingPluginError, match="Absent is provided by nexios-absent: pip install nexios-absent"):
        _ = nexios.middleware.Absent
    with pytest.raises(MissingPluginError):
        _ = nexios.middleware.Broken


def test_a_package_that_lacks_something_else_says_what(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "lacking_part.py").write_text("import no_such_dependency")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(nexios.middleware.PROVIDED_ELSEWHERE, "Lacking", ("lacking_part", "nexios-lacking"))

    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        _ = nexios.middleware.Lacking
