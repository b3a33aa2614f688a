from __future__ import annotations

from typing import Any

import pytest

from nexios import HTTPException, NexiosApp, Router
from nexios.exceptions import ConfigurationError, NexiosError, NotFound


@pytest.mark.parametrize("key", [200, 399, 600, "404", BaseException, KeyboardInterrupt, object, None, 404.0])
def test_a_key_is_an_exception_class_or_an_error_status(key: Any) -> None:
    with pytest.raises(ConfigurationError, match="give an Exception class or an error status"):
        NexiosApp(plugins=[]).add_exception_handler(key, lambda *args: None)


def test_a_handler_is_callable() -> None:
    with pytest.raises(ConfigurationError, match=r"add_exception_handler\(404, 'x'\): the handler is not callable"):
        Router().add_exception_handler(404, "x")  # type: ignore[call-overload]


def test_a_refused_handler_is_not_kept() -> None:
    router = Router()
    with pytest.raises(ConfigurationError):
        router.add_exception_handler(404, "x")  # type: ignore[call-overload]

    assert not router.exception_handlers


def test_the_decorator_returns_the_handler_so_that_decorators_stack() -> None:
    router = Router()

    @router.add_exception_handler(404)
    @router.add_exception_handler(HTTPException)
    def handle(*args: Any) -> None: ...

    assert callable(handle)
    assert router.exception_handlers
    assert router.exception_handlers.find(HTTPException(404)) is handle
    assert router.exception_handlers.find(HTTPException(410)) is handle


def test_bases_of_http_exception_and_unknown_errors_have_no_handler_by_accident() -> None:
    router = Router()
    router.add_exception_handler(NexiosError, lambda *args: None)

    assert router.exception_handlers.find(HTTPException(404)) is None
    assert router.exception_handlers.find(NexiosError()) is not None
    assert router.exception_handlers.find(LookupError()) is None


def test_an_exception_derived_from_one_with_a_status_has_that_status() -> None:
    class Lost(NotFound): ...

    assert Lost("here").status == Lost.status == 404
