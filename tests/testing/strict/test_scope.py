from __future__ import annotations

from typing import Any

import pytest

from nexios.testing.exceptions import ASGIProtocolError
from nexios.testing.strict.scope import EXCEPTIONS, ScopeGuard


@pytest.fixture
def scope() -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "headers": [(b"host", b"testserver")],
        "extensions": {EXCEPTIONS: []},
        "path": "/",
    }


def test_keys_of_the_scope_may_be_set(scope: dict[str, Any]) -> None:
    guard = ScopeGuard(scope)

    scope["user"] = "me"
    scope["path"] = "/other"
    scope["headers"] = [*scope["headers"], (b"x", b"1")]

    guard.check()


def test_the_list_of_exceptions_may_be_appended_to(scope: dict[str, Any]) -> None:
    guard = ScopeGuard(scope)

    scope["extensions"][EXCEPTIONS].append(ValueError())

    guard.check()


def test_headers_may_not_be_changed_in_place(scope: dict[str, Any]) -> None:
    guard = ScopeGuard(scope)

    scope["headers"].append((b"x", b"1"))

    with pytest.raises(ASGIProtocolError, match=r"changed scope\['headers'\] in place, from .* copy it first"):
        guard.check()


def test_dicts_of_the_server_may_not_be_changed_in_place(scope: dict[str, Any]) -> None:
    guard = ScopeGuard(scope)

    scope["extensions"]["mine"] = {}

    with pytest.raises(ASGIProtocolError, match=r"scope\['extensions'\]"):
        guard.check()
