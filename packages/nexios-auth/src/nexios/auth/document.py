"""What nexios-openapi is told: the security schemes, and what each operation asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nexios import NexiosApp
from nexios.auth.guard import Guard
from nexios.auth.middleware import AuthenticationMiddleware
from nexios.auth.planning import Planner

_PROBLEM: Mapping[str, Any] = {"application/problem+json": {"schema": {"type": "object"}}}


class Documentation:
    """Read when a document is built: until then, backends may be added."""

    def __init__(self, app: NexiosApp, planner: Planner) -> None:
        self._app = app
        self._planner = planner

    def contribution(self) -> dict[str, Any]:
        return {"security_schemes": _Schemes(self._app), "operation": self.describe}

    def describe(self, served: Any, plan: Any, operation: dict[str, Any]) -> None:
        """Say in *operation* which schemes it takes, and that it may answer 401 and 403."""
        guard = self._planner.guard(served)
        if guard is None or "security" in operation:
            return
        operation["security"] = [{scheme: sorted(guard.scopes)} for scheme in _documented(guard)]
        responses = operation.setdefault("responses", {})
        responses.setdefault("401", {"description": "Nobody is logged in", "content": dict(_PROBLEM)})
        responses.setdefault("403", {"description": "The user may not do that", "content": dict(_PROBLEM)})


def _documented(guard: Guard) -> Iterator[str]:
    seen = set()
    for backend in guard.authenticator.backends:
        is_asked = guard.schemes is None or backend.scheme in guard.schemes
        if is_asked and backend.security_scheme is not None and backend.scheme not in seen:
            seen.add(backend.scheme)
            yield backend.scheme


class _Schemes(Mapping[str, Any]):
    """The Security Scheme Objects of every backend around any route of the application."""

    def __init__(self, app: NexiosApp) -> None:
        self._app = app

    def _found(self) -> dict[str, Any]:
        layers: list[Any] = list(self._app.layers)
        for served in self._app.routes:
            layers += [layer for router in served.chain for layer in router.layers]
            layers += getattr(getattr(served, "route", None), "middleware", ())
        found: dict[str, Any] = {}
        for layer in layers:
            if isinstance(layer, AuthenticationMiddleware):
                for backend in layer.authenticator.backends:
                    if backend.security_scheme is not None:
                        found.setdefault(backend.scheme, dict(backend.security_scheme))
        return found

    def __getitem__(self, name: str) -> Any:
        return self._found()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())
