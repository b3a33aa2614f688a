from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from nexios import NexiosApp
from nexios.cli.asgi import applications, is_application


async def application(scope: Any, receive: Any, send: Any) -> None: ...


async def other_names(first: Any, second: Any, third: Any) -> None: ...


async def middleware(request: Any, response: Any, call_next: Any) -> None: ...


async def handler(request: Any) -> None: ...


def make() -> None: ...


def plain(scope: Any, receive: Any, send: Any) -> None: ...


class Object:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class Middleware:
    async def __call__(self, request: Any, response: Any, call_next: Any) -> None: ...


@pytest.mark.parametrize("value", [application, other_names, Object(), NexiosApp(plugins=[])])
def test_what_takes_scope_receive_and_send_is_an_application(value: object) -> None:
    assert is_application(value)


@pytest.mark.parametrize("value", [handler, make, plain, middleware, Middleware(), Object, NexiosApp, {}, None, max])
def test_what_cannot_be_called_with_them_is_not(value: object) -> None:
    assert not is_application(value)


def test_the_applications_of_a_module_are_told_by_their_first_name() -> None:
    module = ModuleType("module")
    app = NexiosApp(plugins=[])
    vars(module).update(app=app, alias=app, bare=application, other=other_names, handler=handler, log=middleware)

    assert applications(module) == {"app": app, "bare": application}
