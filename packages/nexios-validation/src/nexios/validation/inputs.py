"""Which parameters of a handler are read from a request, and from where: decided once, when the route is declared.

What is decided is data, so that documents can be written from it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from nexios.binding import BindingContext
from nexios.exceptions import BindingError
from nexios.signature import MISSING, Parameter, Unresolved, describe
from nexios.validation.adapters import UNFIT, Adapter, adapter_for
from nexios.validation.locations import BODY, PATH, QUERY, Location
from nexios.validation.markers import LIMITS, WORDS, Marker

# RFC 9110 section 9.3: content in a request with one of these methods has no meaning.
BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Values that are read from one place by one adapter: several parameters, or one that collects many values.

    *wires* has the name on the wire of each key that the adapter reads, *lists* the keys that take all values of a
    name. With *collects* the adapter makes the value of the one name in *names*, otherwise a mapping of them.
    """

    location: Location
    names: tuple[str, ...]
    adapter: Adapter
    wires: Mapping[str, str]
    lists: frozenset[str] = frozenset()
    collects: bool = False
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class BodyInput:
    """The body: the value of the one name in *names*, or with *embedded* an object with a key for each of them."""

    names: tuple[str, ...]
    adapter: Adapter
    embedded: bool
    required: bool
    default: Any = MISSING
    markers: tuple[Marker, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything that one handler or dependency reads."""

    groups: tuple[Group, ...]
    body: BodyInput | None
    names: tuple[str, ...] = field(default=())


def read_inputs(parameters: Sequence[Parameter], context: BindingContext) -> Inputs | None:
    """Sort *parameters*; None when none of them is read from a request. Raises BindingError for what cannot be."""
    found: dict[Location, list[tuple[Parameter, Adapter]]] = {}
    groups = []
    for parameter in parameters:
        location = _location_of(parameter, context)
        if location is None:
            continue
        adapter = _adapter_of(parameter, context)
        if location is not BODY and adapter.shape == "object":
            groups.append(_collecting(location, parameter, adapter, context))
        else:
            found.setdefault(location, []).append((parameter, adapter))
    body = _body(found.pop(BODY, []), context)
    groups += [_group(location, [each for each, _ in pairs], pairs, context) for location, pairs in found.items()]
    if not groups and body is None:
        return None
    names = tuple(name for group in groups for name in group.names) + (body.names if body else ())
    return Inputs(tuple(groups), body, names)


def _location_of(parameter: Parameter, context: BindingContext) -> Location | None:
    """Where *parameter* is read from; None leaves it to others."""
    marker: Marker | None = parameter.marker(Marker)
    if marker is not None:
        _check_marker(marker, parameter, context)
        return marker.location
    if parameter.name in context.path_parameters:
        # Its type is the converter's business; limits are ours.
        return PATH if parameter.metadata else None
    if not _is_claimed(parameter, context):
        return None
    try:
        adapter = adapter_for(annotation_of(parameter))
    except UNFIT:
        return None
    if adapter.shape != "object":
        return QUERY
    _check_body(parameter, context)
    return BODY


def _is_claimed(parameter: Parameter, context: BindingContext) -> bool:
    """Whether a parameter without a marker is ours to supply."""
    if parameter.annotation is MISSING or isinstance(parameter.annotation, Unresolved) or context.protocol == "none":
        return False
    # The arguments of a class are its own: a client must not choose the table of ``Depend(Repository)``.
    return not (context.is_dependency and inspect.isclass(context.signature.call))


def _check_marker(marker: Marker, parameter: Parameter, context: BindingContext) -> None:
    name = marker.location.marker
    if isinstance(parameter.annotation, Unresolved):
        raise BindingError(
            f"{describe(context.signature.call)}: the annotation of {parameter} cannot be found from there: "
            "import it at the top of the module"
        )
    if marker.location is PATH and (marker.alias or parameter.name) not in context.path_parameters:
        path = ", ".join(f"{{{each}}}" for each in context.path_parameters) or "none"
        raise BindingError(
            f"{describe(context.signature.call)}: {parameter} is marked {name}(), and the path has: {path}"
        )
    if marker.location is BODY:
        _check_body(parameter, context, marked=True)


def _check_body(parameter: Parameter, context: BindingContext, *, marked: bool = False) -> None:
    if context.protocol != "http":
        raise BindingError(
            f"{describe(context.signature.call)} asks for {parameter}, a body, and a {context.protocol} has none: "
            "mark it with Query() or Header(), or read messages from the socket"
        )
    if not marked and context.methods and BODILESS.issuperset(context.methods):
        raise BindingError(
            f"{describe(context.signature.call)} asks for {parameter}, which would be the body, and a request with the "
            f"method {context.methods[0]} has none: mark it with Query(), or give it = Depend(...)"
        )


def annotation_of(parameter: Parameter) -> Any:
    """The annotation of *parameter* with its limits, its markers' included, as pydantic reads them."""
    marker: Marker | None = parameter.marker(Marker)
    annotation = Any if parameter.annotation is MISSING else parameter.annotation
    extra = [each for each in parameter.metadata if not isinstance(each, Marker)]
    if marker is not None:
        about = {key: marker.about[key] for key in LIMITS if key in marker.about}
        if about:
            extra.append(Field(**about))
    return Annotated[annotation, *extra] if extra else annotation


def _adapter_of(parameter: Parameter, context: BindingContext) -> Adapter:
    try:
        return adapter_for(annotation_of(parameter))
    except UNFIT as unfit:
        raise BindingError(
            f"{describe(context.signature.call)} asks for {parameter}, whose type cannot be read: {unfit}"
        ) from unfit


def _default_of(parameter: Parameter) -> Mapping[str, Any]:
    """``default`` or ``default_factory`` of *parameter*, or nothing."""
    marker: Marker | None = parameter.marker(Marker)
    if parameter.has_default and not isinstance(parameter.default, Marker):
        return {"default": parameter.default}
    if marker is not None and "default_factory" in marker.about:
        return {"default_factory": marker.about["default_factory"]}
    if marker is not None and marker.default is not MISSING and marker.default is not ...:
        return {"default": marker.default}
    return {}


def _words_of(parameter: Parameter) -> dict[str, Any]:
    """What the marker of *parameter* tells readers of the document."""
    marker: Marker | None = parameter.marker(Marker)
    return {} if marker is None else {key: marker.about[key] for key in WORDS if key in marker.about}


def _wire_of(parameter: Parameter, location: Location) -> str:
    marker: Marker | None = parameter.marker(Marker)
    alias = marker.alias if marker is not None else None
    return alias if alias is not None else location.wire(parameter.name)


# Many routes ask for ``limit: int = 10``, and an adapter takes a tenth of a millisecond to build and more to document.
_ALIKE: Final[dict[Any, Adapter]] = {}
_MOST_ALIKE = 4096


def _object_of(
    title: str, parameters: Sequence[Parameter], location: Location, context: BindingContext
) -> tuple[Adapter, dict[str, str]]:
    """One adapter that reads all of *parameters* from one mapping, and their names on the wire."""
    wires = {each.name: _wire_of(each, location) for each in parameters}
    # The name of a body is documented, so it is the handler's own.
    key = None if location is BODY else (tuple(wires.values()), *map(_looks_of, parameters))
    try:
        known = _ALIKE.get(key)
    except TypeError:  # a default or a limit that cannot be hashed
        key = known = None
    if known is not None:
        return known, wires
    adapter = _build_object(title, parameters, wires, context)
    if key is not None and len(_ALIKE) < _MOST_ALIKE:
        _ALIKE[key] = adapter
    return adapter, wires


def _looks_of(parameter: Parameter) -> tuple[Any, ...]:
    """All that decides how *parameter* is read and described; 1, 1.0 and True are equal, and not the same."""
    marker: Marker | None = parameter.marker(Marker)
    metadata = tuple(each for each in parameter.metadata if not isinstance(each, Marker))
    about = () if marker is None else tuple((key, type(value), value) for key, value in marker.about.items())
    defaults = tuple((key, type(value), value) for key, value in _default_of(parameter).items())
    return parameter.name, parameter.annotation, metadata, about, defaults


def _build_object(
    title: str, parameters: Iterable[Parameter], wires: Mapping[str, str], context: BindingContext
) -> Adapter:
    kinds: dict[str, Any] = {}
    for each in parameters:
        default = _default_of(each)
        kind: Any = Annotated[annotation_of(each), Field(alias=wires[each.name], **default, **_words_of(each))]
        kinds[each.name] = NotRequired[kind] if default else kind
    # The keys are the handler's, so a checker cannot know them.
    make_shape: Any = TypedDict
    try:
        return adapter_for(make_shape(title, kinds))
    except UNFIT as unfit:
        raise BindingError(f"{describe(context.signature.call)}: its parameters cannot be read: {unfit}") from unfit


def _group(
    location: Location,
    parameters: list[Parameter],
    pairs: list[tuple[Parameter, Adapter]],
    context: BindingContext,
) -> Group:
    title = f"{context.signature.name}_{location.name}"
    adapter, wires = _object_of(title, parameters, location, context)
    lists = frozenset(wires[parameter.name] for parameter, each in pairs if each.shape == "list")
    hidden = frozenset(
        wires[each.name] for each in parameters if (marker := each.marker(Marker)) and not marker.include_in_schema
    )
    names = tuple(each.name for each in parameters)
    return Group(location, names, adapter, {wire: wire for wire in wires.values()}, lists, False, hidden)


def _collecting(location: Location, parameter: Parameter, adapter: Adapter, context: BindingContext) -> Group:
    """A model whose fields are values of *location*."""
    fields = adapter.fields
    nested = [name for name, shape in (fields or {}).items() if shape == "object"]
    if fields is None or nested:
        what = f"its field {nested[0]!r} is more than that" if nested else "it has no fields that are known"
        raise BindingError(
            f"{describe(context.signature.call)}: {parameter} is marked {location.marker}(), which takes values, "
            f"lists of them, and models made of those; {what}"
        )
    lists = frozenset(name for name, shape in fields.items() if shape == "list")
    wires = {name: location.wire(name) for name in fields}
    return Group(location, (parameter.name,), adapter, wires, lists, True)


def _body(pairs: list[tuple[Parameter, Adapter]], context: BindingContext) -> BodyInput | None:
    if not pairs:
        return None
    parameters = [parameter for parameter, _ in pairs]
    names = tuple(each.name for each in parameters)
    markers = tuple(marker for each in parameters if (marker := each.marker(Marker)))
    defaults = [_default_of(each) for each in parameters]
    if len(parameters) > 1 or any(marker.embed for marker in markers):
        adapter, _ = _object_of(f"{context.signature.name}_body", parameters, BODY, context)
        return BodyInput(names, adapter, True, not all(defaults), MISSING, markers)
    default = defaults[0]
    value = default["default_factory"]() if "default_factory" in default else default.get("default", MISSING)
    return BodyInput(names, pairs[0][1], False, not default, value, markers)
