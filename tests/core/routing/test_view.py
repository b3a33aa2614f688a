"""Classes as handlers."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from nexios import Depend, NexiosApp, Request, Response, View
from nexios.exceptions import RouteError
from nexios.testing import TestClient

pytestmark = pytest.mark.anyio


def find_name() -> str:
    return "found"


async def test_each_method_serves_its_own_with_what_it_asks_for(app: NexiosApp) -> None:
    @app.route("/items/{id}", name="item", tags=["items"])
    class Item(View):
        async def get(self, request: Request, response: Response, id: int, name: str = Depend(find_name)) -> Response:
            return response.json([request.method, id, name])

        def post(self, id: int) -> list[Any]:
            return [id, threading.current_thread() is not threading.main_thread()]

        async def put(self, id: int) -> AsyncIterator[str]:
            yield str(id)

        def patch(self, id: int) -> Iterator[str]:
            yield str(id)

        @staticmethod
        async def delete(id: int) -> list[int]:
            return [id]

        @classmethod
        async def query(cls, id: int) -> str:
            return cls.__name__

        def helper(self) -> None: ...

    async with TestClient(app) as client:
        answers = {method: await client.request(method, "/items/7") for method in ("GET", "POST", "PUT", "PATCH")}
        assert (await client.delete("/items/7")).json() == [7]
        assert (await client.request("QUERY", "/items/7")).text == "Item"
        assert (await client.head("/items/7")).status_code == 200
        allowed = (await client.options("/items/7")).headers["allow"]
        assert (await client.get("/items/x")).status_code == 404
        assert (await client.request("HELPER", "/items/7")).status_code == 405

    assert answers["GET"].json() == ["GET", 7, "found"]
    assert answers["POST"].json() == [7, True]
    assert answers["PUT"].text == answers["PATCH"].text == "7"
    assert allowed == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY"
    assert app.url_for(Item, id=7) == app.url_for("item", id=7) == "/items/7"
    assert Item is not None


async def test_every_request_has_an_instance_of_its_own(app: NexiosApp) -> None:
    made: list[int] = []

    @app.route("/")
    class Counts(View):
        def __init__(self) -> None:
            made.append(1)
            self.seen = 0

        async def get(self) -> int:
            self.seen += 1
            return self.seen

    assert made == []
    async with TestClient(app) as client:
        assert (await client.get("/")).json() == 1
        assert (await client.get("/")).json() == 1
    assert len(made) == 2


async def test_methods_are_inherited(app: NexiosApp) -> None:
    class Base(View):
        async def get(self) -> str:
            return type(self).__name__

    app.route("/")(type("Derived", (Base,), {}))

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "Derived"


def test_a_view_that_handles_nothing_is_refused(app: NexiosApp) -> None:
    with pytest.raises(RouteError, match="Empty handles nothing: give it a method named get, head, post"):

        @app.route("/")
        class Empty(View): ...


def test_a_parameter_that_nobody_supplies_is_told_with_the_method(app: NexiosApp) -> None:
    with pytest.raises(RouteError.__mro__[1], match=r"Broken.get \(.*test_view.py:\d+\) asks for it: int"):

        @app.route("/")
        class Broken(View):
            async def get(self, it: int) -> None: ...
