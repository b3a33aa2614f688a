"""From inputs to the function that a request's values come from, with everything worked out that can be."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from nexios.binding import PENDING, Supply
from nexios.exceptions import UnsupportedMediaType
from nexios.validation.adapters import Mistakes, to_mistakes
from nexios.validation.inputs import BodyInput, Group, Inputs
from nexios.validation.locations import QUERY, all_values
from nexios.validation.problems import ValidationFailed

# Reads one part of a request: the values by name. Raises ValidationFailed.
Read: TypeAlias = Callable[[Any], Any]
# Looks at a connection before anything is read; raises ValidationFailed.
Check: TypeAlias = Callable[[Any], None]


def supply_for(inputs: Inputs, check: Check | None = None) -> Supply:
    """One supply for all of *inputs*, so that all mistakes of a request are told at once."""
    body = inputs.body
    if body is not None and len(inputs.names) == 1 and not body.embedded and check is None:
        return Supply(inputs.names, _read_content(body), True, inputs, _read_at_hand(body))
    parts: list[tuple[Read, bool]] = [(_read_group(group), group.location.is_async) for group in inputs.groups]
    if check is not None:
        parts.insert(0, (_nothing_after(check), False))
    if body is not None:
        parts.append((_read_body(body), True))
    is_async = any(waits for _, waits in parts)
    read = (
        parts[0][0] if len(parts) == 1 else _read_async(parts) if is_async else _read_all([part for part, _ in parts])
    )
    if len(inputs.names) == 1:
        read = _only(inputs.names[0], read, is_async)
    return Supply(inputs.names, read, is_async, inputs)


def _read_all(parts: Sequence[Read]) -> Read:
    def read(connection: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        mistakes: list[Any] = []
        for part in parts:
            try:
                values.update(part(connection))
            except ValidationFailed as failed:
                mistakes += failed.errors
        if mistakes:
            raise ValidationFailed(mistakes)
        return values

    return read


def _read_async(parts: Sequence[tuple[Read, bool]]) -> Read:
    async def read(connection: Any) -> dict[str, Any]:
        values: dict[str, Any] = {}
        mistakes: list[Any] = []
        for part, waits in parts:
            try:
                values.update((await part(connection)) if waits else part(connection))
            except ValidationFailed as failed:
                mistakes += failed.errors
        if mistakes:
            raise ValidationFailed(mistakes)
        return values

    return read


def _only(name: str, read: Read, is_async: bool) -> Read:
    """The value itself, for a handler with one parameter."""

    def get(connection: Any) -> Any:
        return read(connection)[name]

    async def get_async(connection: Any) -> Any:
        return (await read(connection))[name]

    return get_async if is_async else get


def _nothing_after(check: Check) -> Read:
    def read(connection: Any) -> dict[str, Any]:
        check(connection)
        return {}

    return read


def _read_group(group: Group) -> Read:
    adapter, validate, refused = group.adapter, group.adapter.read, group.adapter.refused
    collected = group.names[0] if group.collects else None

    def failed(error: Exception) -> ValidationFailed:
        mistakes: Mistakes = to_mistakes(group.location.name, error, adapter)
        for each in mistakes:
            each["name"] = group.wires.get(each["name"], each["name"])
        return ValidationFailed(mistakes)

    def read_query(connection: Any) -> Any:
        try:
            return validate(connection.query_params.first)
        except refused as error:
            raise failed(error) from None

    def read(connection: Any) -> Any:
        try:
            value = validate(_pick(group.location.read(connection), group))
        except refused as error:
            raise failed(error) from None
        return value if collected is None else {collected: value}

    async def read_async(connection: Any) -> Any:
        try:
            value = validate(_pick(await group.location.read(connection), group))
        except refused as error:
            raise failed(error) from None
        return value if collected is None else {collected: value}

    if group.location.is_async:
        return read_async
    # Adapters pass over what a mapping has besides: the usual query needs no picking.
    is_plain = not group.lists and not group.collects
    return read_query if group.location is QUERY and is_plain else read


def _pick(fields: Mapping[str, Any], group: Group) -> dict[str, Any]:
    """The values of *group* by the keys of its adapter."""
    found: dict[str, Any] = {}
    for key, wire in group.wires.items():
        if wire in fields:
            found[key] = all_values(fields, wire) if key in group.lists else fields[wire]
    return found


def _read_body(body: BodyInput) -> Read:
    """The values of *body* by name."""
    read_value, name = _read_content(body), body.names[0]
    if body.embedded:
        return read_value

    async def read(request: Any) -> dict[str, Any]:
        return {name: await read_value(request)}

    return read


def _read_at_hand(body: BodyInput) -> Read:
    """What the whole body is, where it is JSON and at hand: the usual case, without a coroutine."""
    adapter = body.adapter
    check, read_json, refused = adapter.check, adapter.read_json, adapter.refused

    def read(request: Any) -> Any:
        data = request.reader.read_at_hand() if request.is_json else None
        if not data:
            return PENDING
        check(data, request.app)
        try:
            return read_json(data)
        except refused as error:
            raise ValidationFailed(to_mistakes("body", error, adapter, data)) from None

    return read


def _read_content(body: BodyInput) -> Read:
    """What the whole body is."""
    adapter, required = body.adapter, body.required
    check, read_json, refused = adapter.check, adapter.read_json, adapter.refused

    async def read(request: Any) -> Any:
        if not request.is_json:
            return await read_otherwise(request)
        data = await request.reader.read()
        if not data and not required:
            return adapter.read({}) if body.embedded else body.default
        check(data, request.app)
        try:
            return read_json(data)
        except refused as error:
            raise ValidationFailed(to_mistakes("body", error, adapter, data)) from None

    async def read_otherwise(request: Any) -> Any:
        """A body in another format, where a plugin has registered a codec that reads it."""
        essence = request.content_type.essence
        if request.app.codec_for(essence) is None:
            raise UnsupportedMediaType(
                f"this route reads application/json, not {essence}", {"accept": ", ".join(request.app.readable_types)}
            )
        content = await request.decode()
        try:
            return adapter.read(content)
        except refused as error:
            raise ValidationFailed(to_mistakes("body", error, adapter)) from None

    return read
