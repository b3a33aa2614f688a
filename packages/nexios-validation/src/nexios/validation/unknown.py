"""Refusing query fields that nothing reads: a misspelt filter must not answer with everything."""

from __future__ import annotations

from typing import Any

from nexios.dependencies import Supply
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


def _known(connection: Any) -> frozenset[str]:
    plan = connection.app.assembly.plan(connection.route)
    return frozenset(name for supply in plan.supplies() for name in _names(supply))


def _names(supply: Supply) -> list[str]:
    groups = supply.about.groups if isinstance(supply.about, Inputs) else ()
    return [wire for group in groups if group.location is QUERY for wire in group.wires.values()]
