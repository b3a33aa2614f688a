"""What a route is once it is served."""

from __future__ import annotations

import sys

import pytest

from nexios import NexiosApp
from nexios.routing.route import ServedMount, ServedRoute, merged
from nexios.types import Receive, Scope, Send


async def nothing() -> None: ...
async def mounted(scope: Scope, receive: Receive, send: Send) -> None: ...


def test_the_nearer_says_more() -> None:
    assert merged([{"a": 1, "b": 1}, {"b": 2}, {}, {"c": 3}]) == {"a": 1, "b": 2, "c": 3}
    assert merged([]) == {}


def test_a_served_mount_tells_what_it_is() -> None:
    app = NexiosApp(plugins=[])
    app.mount("/sub", mounted, name="sub")

    (served,) = app.routes

    assert isinstance(served, ServedMount)
    assert (served.path, served.name, served.handler, served.protocol) == ("/sub", "sub", mounted, "mount")
    assert served.max_body == sys.maxsize
    assert (served.tags, served.meta, served.methods, served.options) == ((), {}, (), {})


def test_routes_are_themselves_and_equal_no_other() -> None:
    app = NexiosApp(plugins=[])
    app.get("/a")(nothing)
    app.get("/b")(nothing)
    one, two = app.routes

    assert isinstance(one, ServedRoute)
    assert one != two
    assert len({one, two}) == 2
    with pytest.raises(AttributeError):
        one.anything = 1  # type: ignore[attr-defined]
