"""What routes and mounts take over from the routers around them, and what of it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from nexios import NexiosApp, Router
from nexios.exceptions import ConfigurationError, MissingPluginError, PluginError, RouteError
from nexios.inheritance import nearest, qualified
from nexios.routing.route import ServedRoute
from nexios.types import Receive, Scope, Send


async def nothing() -> None: ...


def test_the_nearest_value_is_the_first_that_somebody_gave() -> None:
    assert nearest(None, 0, 5) == 0
    assert nearest(None, None) is None


def test_names_stand_behind_those_of_their_routers() -> None:
    assert qualified("show", (Router(name="a"), Router(), Router(name="b"))) == "a.b.show"
    assert qualified(None, (Router(name="a"),)) is None


def test_the_nearest_router_says_more_and_what_can_be_added_is(app: NexiosApp) -> None:
    outer = Router("/outer", tags=["a", "b"], meta={"x": 1, "y": 1}, timeout=9, host="example.com", summary="outer")
    inner = Router("/inner", tags=["b", "c"], meta={"y": 2}, timeout=5, max_body=7)
    inner.get("/{id:int}", tags=["d"], meta={"z": 3}, summary="own")(nothing)
    outer.mount_router(inner)
    app.mount_router(outer)

    (served,) = app.routes
    assert isinstance(served, ServedRoute)
    assert (served.path, served.host, served.tags) == ("/outer/inner/{id:int}", "example.com", ("a", "b", "c", "d"))
    assert (served.timeout, served.max_body, served.cancel_on_disconnect) == (5, 7, False)
    assert served.meta == {"x": 1, "y": 2, "z": 3}
    assert served.options == {"summary": "own"}


def test_a_path_that_cannot_be_read_names_its_line(app: NexiosApp) -> None:
    with pytest.raises(RouteError, match=r"\(.*test_inheritance.py:\d+\)$"):
        app.get("/{id:nothing}")(nothing)


def test_an_option_that_nobody_reads_is_told_with_a_suggestion(app: NexiosApp) -> None:
    with pytest.raises(ConfigurationError, match=r"/ \(.*:\d+\) has an option sumary= that nobody reads.*summary"):

        @app.get("/", sumary="x")
        async def show() -> None: ...


def test_a_status_that_no_answer_can_have_is_told_where_it_is_declared(app: NexiosApp) -> None:
    with pytest.raises(ConfigurationError, match=r"/ \(.*:\d+\): response status 99 is not an integer from 200 to 599"):

        @app.get("/", status_code=99)
        async def show() -> None: ...


@pytest.mark.parametrize(
    ("option", "package"),
    [("response_model", "nexios-validation"), ("responses", "nexios-openapi"), ("auth", "nexios-auth")],
)
def test_an_option_of_a_package_that_is_not_there_names_it(app: NexiosApp, option: str, package: str) -> None:
    with pytest.raises(PluginError, match=f"{option}= .* is provided by {package}: pip install {package}"):
        app.get("/", **{option: None})(lambda: None)


def test_an_option_of_a_router_that_nobody_reads_is_an_error_for_a_mount_as_well() -> None:
    async def mounted(scope: Scope, receive: Receive, send: Send) -> None: ...

    router = Router(prefix="/x", auth="required")
    router.mount("/y", mounted)

    with pytest.raises(MissingPluginError, match=r"auth= .* is provided by nexios-auth"):
        NexiosApp(plugins=[]).mount_router(router)


def test_a_route_of_a_protocol_that_is_not_there_names_the_package(app: NexiosApp) -> None:
    with pytest.raises(PluginError, match=r"chat at /ws .* is a websocket route: pip install nexios-websockets"):

        @app.websocket("/ws")
        async def chat(socket: Any) -> None: ...

    with pytest.raises(PluginError, match="a plugin for the protocol 'mqtt'"):

        @app.route("/m", protocol="mqtt")
        async def other(socket: Any) -> None: ...
