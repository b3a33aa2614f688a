"""Where a dataclass gets its values from: mappings, one over the other, by the names of its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints

from nexios.config.invalid import Problems, source
from nexios.exceptions import ConfigurationError
from nexios.suggestion import did_you_mean


def fields_with_types(shape: type) -> list[tuple[Field[Any], Any]]:
    """The fields that ``shape(...)`` accepts, with their annotations resolved."""
    try:
        types = get_type_hints(shape)
    except NameError as error:
        raise ConfigurationError(
            f"the annotations of {shape.__qualname__} cannot be read: {error}; "
            "define or import that name at the top level of the module, not under TYPE_CHECKING"
        ) from error
    return [(field, types[field.name]) for field in fields(shape) if field.init]


def spellings(shape: type) -> dict[str, str]:
    """Every name a key may have, aliases included (``field(metadata={"aliases": (...)})``), to the field's name."""
    accepted = [field for field in fields(shape) if field.init]
    names = {field.name: field.name for field in accepted}
    return names | {alias: field.name for field in accepted for alias in field.metadata.get("aliases", ())}


def is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def layer_of_instance(given: Any) -> dict[str, object]:
    return {field.name: getattr(given, field.name) for field in fields(given) if field.init}


def layer_of_mapping(shape: type, given: Mapping[str, object], where: str, problems: Problems) -> dict[str, object]:
    """*given* by field names; what is unknown or said twice goes to *problems*, and the rest is still read."""
    names = spellings(shape)
    layer: dict[str, object] = {}
    for key, value in given.items():
        name = names.get(key)
        if name is None:
            problems.append(f"{inside(where, key)}: unknown key{source(value)}; {did_you_mean(str(key), names)}")
        elif name in layer:
            problems.append(f"{inside(where, key)}: another spelling of {name}, which is given too; keep one of them")
        else:
            layer[name] = value
    return layer


def inside(where: str, name: object) -> str:
    return f"{where}.{name}" if where else str(name)
