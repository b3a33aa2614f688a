"""Refusing query fields that nothing reads: a misspelt filter must not answer with everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nexios import NexiosApp
from nexios.binding import FromConnection, Supply
from nexios.middleware import CallNext
from nexios.routing.route import ServedRoute
from nexios.validation.inputs import Inputs
from nexios.validation.locations import QUERY
from nexios.validation.problems import LONGEST_POINTER, ValidationFailed
from nexios.validation.supplies import Check


def refuse_unknown() -> Check:
    """A check for the supplies of one route, whose handler and dependencies share the query."""
    known: frozenset[str] | None = None

    def check(connection: Any) -> None:
        nonlocal known
        if known is None:
            known = _known(connection)
        unknown = connection.query_params.first.keys() - known
        if unknown:
            raise ValidationFailed(
                [
                    {
                        "in": "query",
                        "name": name[:LONGEST_POINTER],
                        "detail": "No parameter of this route has this name",
                        "type": "extra_forbidden",
                    }
                    for name in sorted(unknown)
                ]
            )

    return check


def guard_unread(app: NexiosApp, served: Any) -> Sequence[Any]:
    """Layers for a route that reads no values, and so has no supply that could look at its query.

    A handler that takes the request itself may read the query by itself: it is left alone.
    """
    if not isinstance(served, ServedRoute):
        return ()
    plan = app.assembly.plan(served)
    arguments = [*plan.arguments, *(argument for node in plan.nodes() for argument in node.arguments)]
    sees_request = any(isinstance(argument.way, FromConnection) for argument in arguments)
    if sees_request or any(isinstance(supply.about, Inputs) for supply in plan.supplies()):
        return ()
    check = refuse_unknown()
    methods = {*served.methods, *(["HEAD"] if "GET" in served.methods else [])}

    async def unknown_query(request: Any, response: Any, call_next: CallNext) -> Any:
        # Not in front of the answer to a method that is not served.
        if served.protocol != "http" or request.method in methods:
            check(request)
        return await call_next()

    return (unknown_query,)


def _known(connection: Any) -> frozenset[str]:
    plan = connection.app.assembly.plan(connection.route)
    return frozenset(name for supply in plan.supplies() for name in _names(supply))


def _names(supply: Supply) -> list[str]:
    groups = supply.about.groups if isinstance(supply.about, Inputs) else ()
    return [wire for group in groups if group.location is QUERY for wire in group.wires.values()]
