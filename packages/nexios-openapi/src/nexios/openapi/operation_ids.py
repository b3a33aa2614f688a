"""The identifier of each operation: stable, unique, and named by whoever declares one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from nexios.openapi.components import OpenAPIError
from nexios.routing.route import ServedRoute


def operation_ids(routes: Sequence[tuple[ServedRoute, str]]) -> list[str]:
    """The identifier of each route and method: as declared, else by the handler's name, in the order of declaration.

    A later route never changes the identifier of an earlier one. Raises OpenAPIError for one that is declared twice.
    """
    declared: dict[str, ServedRoute] = {}
    for served, _ in routes:
        name = served.options.get("operation_id")
        if name is not None:
            if name in declared or (len(served.methods) > 1 and served.methods[0] != served.methods[-1]):
                other = declared.get(name, served)
                raise OpenAPIError(
                    f"operation_id={name!r} stands for two operations: {other.path} ({other.source}) and {served.path} "
                    f"({served.source})"
                )
            declared[name] = served
    taken = set(declared)
    return [_operation_id(served, method, taken) for served, method in routes]


def _operation_id(served: ServedRoute, method: str, taken: set[str]) -> str:
    name = served.options.get("operation_id")
    if name is not None:
        return str(name)
    short = getattr(served.handler, "__name__", "answer").strip("_<>") or "answer"
    long = f"{short}_{method.lower()}_{re.sub('[^A-Za-z0-9]+', '_', served.path).strip('_')}"
    numbered = (f"{long}_{number}" for number in itertools.count(2))
    candidates = itertools.chain([long if len(served.methods) > 1 else short, long], numbered)
    chosen = next(each for each in candidates if each not in taken)
    taken.add(chosen)
    return chosen
