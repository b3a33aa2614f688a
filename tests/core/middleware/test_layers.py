"""What may be added as middleware, what it is called, and where it may stand."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from nexios import NexiosApp
from nexios.exceptions import ConfigurationError
from nexios.middleware.layers import check_order, layer_name, make_layer, surrounds


async def function(request: Any, response: Any, call_next: Any) -> Any: ...


class Layer:
    def __init__(self, size: int = 1) -> None:
        self.size = size

    async def __call__(self, request: Any, response: Any, call_next: Any) -> Any: ...


class Asgi:
    def __init__(self, app: Any) -> None: ...
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class NoCall:
    pass


class TooFew:
    async def __call__(self, request: Any) -> None: ...


@pytest.mark.parametrize(
    ("middleware", "options", "message"),
    [
        (NoCall, {}, "middleware is a function, an instance or a class"),
        (5, {}, r"add_middleware\(5\): middleware is a function, an instance or a class"),
        ("cors", {}, "middleware is a function"),
        (TooFew, {}, r"middleware TooFew must take \(request, response, call_next\), it takes \(request"),
        (lambda request: None, {}, r"must take \(request, response, call_next\)"),
        (Layer, {"width": 1}, r"add_middleware\(Layer, ...\): .*width"),
        (function, {"size": 1}, r"add_middleware\(function, size=...\): keyword arguments go with a class"),
        (Layer(), {"size": 1}, "keyword arguments go with a class"),
    ],
)
def test_what_cannot_be_a_layer_is_refused_where_it_is_added(middleware: Any, options: Any, message: str) -> None:
    app = NexiosApp(plugins=[])
    with pytest.raises(ConfigurationError, match=message):
        app.add_middleware(middleware, **options)
    assert app.layers == []


def test_functions_instances_classes_partials_and_asgi_middleware_are_layers() -> None:
    assert make_layer(function, {}) is function
    assert make_layer(Layer, {"size": 5}).size == 5  # type: ignore[attr-defined]
    assert make_layer(partial := functools.partial(function), {}) is partial
    assert layer_name(make_layer(Asgi, {})) == "Asgi"
    assert make_layer(type("C", (Layer,), {}), {}).size == 1  # type: ignore[attr-defined]


def test_a_layer_has_a_name() -> None:
    assert layer_name(function) == "function"
    assert layer_name(Layer()) == "Layer"
    named = Layer()
    named.name = "own"  # type: ignore[attr-defined]
    assert layer_name(named) == "own"
    named.name = 5  # type: ignore[attr-defined]
    assert layer_name(named) == "Layer"


def layer(name: str, after: tuple[str, ...] = (), before: tuple[str, ...] = ()) -> Any:
    made = Layer()
    made.__dict__.update(name=name, after=after, before=before)
    return made


def test_constraints_that_hold_are_silent() -> None:
    session, csrf = layer("session"), layer("csrf", after=("session", "absent"))

    check_order([session, csrf, layer("last", before=("absent",))])
    check_order([csrf])


def test_a_violated_order_says_which_line_to_move() -> None:
    session, csrf = layer("session"), layer("csrf", after=("session",))
    with pytest.raises(
        ConfigurationError,
        match="middleware 'csrf' must come after 'session': move add_middleware of 'csrf' below that of 'session'",
    ):
        check_order([csrf, session])

    first = layer("first", before=("session",))
    with pytest.raises(
        ConfigurationError,
        match="middleware 'first' must come before 'session': move add_middleware of 'first' above that of 'session'",
    ):
        check_order([session, first])


def test_a_callable_that_python_cannot_look_into_is_taken_as_it_is() -> None:
    class Opaque(Layer):
        @property
        def __signature__(self) -> Any:
            raise ValueError("compiled")

    opaque = Opaque()

    assert make_layer(opaque, {}) is opaque


def test_a_layer_surrounds_every_protocol_unless_it_says_otherwise() -> None:
    http_only = Layer()
    http_only.protocols = ("http",)  # type: ignore[attr-defined]

    assert surrounds(function, "websocket")
    assert surrounds(http_only, "http")
    assert not surrounds(http_only, "websocket")
    assert surrounds(make_layer(Asgi, {}), "websocket")
