"""The parameters of a path, as the converters of its pattern read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from nexios.openapi.components import Schema
from nexios.routing.builtin_converters import (
    BoolConverter,
    ChoiceConverter,
    DateConverter,
    DateTimeConverter,
    FloatConverter,
    IntConverter,
    PathConverter,
    StrConverter,
    UUIDConverter,
)
from nexios.routing.route import ServedRoute
from nexios.signature import Signature

SCHEMAS: Final[dict[type, Schema]] = {
    StrConverter: {"type": "string", "minLength": 1},
    IntConverter: {"type": "integer"},
    FloatConverter: {"type": "number"},
    BoolConverter: {"type": "boolean"},
    UUIDConverter: {"type": "string", "format": "uuid"},
    DateConverter: {"type": "string", "format": "date"},
    DateTimeConverter: {"type": "string", "format": "date-time"},
    PathConverter: {"type": "string", "minLength": 1, "description": "One or more segments of the path"},
}


def describe_parameters(served: ServedRoute, signature: Signature) -> Iterator[dict[str, Any]]:
    """The Parameter Objects of a path (OpenAPI 3.1, section 4.8.12)."""
    for name, converter in served.pattern.parameters.items():
        yield {"name": name, "in": "path", "required": True, "schema": schema_of(converter)}


def schema_of(converter: Any) -> Schema:
    """The schema of what *converter* reads; a converter of the application's own may have one as ``json_schema``."""
    own = getattr(converter, "json_schema", None)
    if own is not None:
        return dict(own)
    if isinstance(converter, ChoiceConverter):
        return {"type": "string", "enum": converter.label.split("|")}
    for kind, schema in SCHEMAS.items():
        if isinstance(converter, kind):
            return dict(schema)
    return {"type": "string", "minLength": 1}


def path_template(served: ServedRoute) -> str:
    """The path as OpenAPI writes it: ``/items/{id:int}`` becomes ``/items/{id}``."""
    text = served.path or "/"
    for name in served.pattern.parameters:
        before, _, rest = text.partition("{" + name + ":")
        if rest:
            text = before + "{" + name + "}" + rest.partition("}")[2]
    return text
