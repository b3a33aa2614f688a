"""From a message to a value of a declared type, and back: with nexios-validation where it is installed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from nexios.exceptions import BadRequest, MissingPluginError
from nexios.http.codecs import dumps, loads
from nexios.signature import MISSING, describe
from nexios.websockets.exceptions import InvalidMessage

try:
    from nexios.validation.adapters import adapter_for
except ImportError:  # the extra nexios-websockets[validation] is not installed
    adapter_for = None  # type: ignore[assignment]

Read: TypeAlias = Callable[[str | bytes], Any]
Write: TypeAlias = Callable[[Any], Any]

_JSON_TYPES = (dict, list, object, int, float, bool, None, Any, MISSING)


def reader(kind: Any) -> Read:
    """What makes a value of *kind* of a message; it raises InvalidMessage. str and bytes are messages as they are.

    Raises MissingPluginError for a type that only nexios-validation can check.
    """
    if kind is str:
        return _read_text
    if kind is bytes:
        return _read_bytes
    if kind in _JSON_TYPES:
        return read_json
    if adapter_for is None:
        raise _unchecked(kind)
    adapter = adapter_for(kind)

    def read(content: str | bytes) -> Any:
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        try:
            return adapter.read_json(data)
        except adapter.refused as error:
            raise InvalidMessage(_said(adapter, error, data)) from None

    return read


def value_reader(kind: Any) -> Callable[[Any], Any]:
    """As `reader`, for what is decoded already."""
    if kind in _JSON_TYPES or isinstance(kind, str):
        return lambda value: value
    if adapter_for is None:
        raise _unchecked(kind)
    adapter = adapter_for(kind)

    def read(value: Any) -> Any:
        try:
            return adapter.read(value)
        except adapter.refused as error:
            raise InvalidMessage(_said(adapter, error, None)) from None

    return read


def _unchecked(kind: Any) -> MissingPluginError:
    return MissingPluginError(
        f"messages of the type {describe(kind)} are checked by nexios-validation: "
        "pip install nexios-websockets[validation]"
    )


def writer(kind: Any) -> Write:
    """What makes of a value what `WebSocket.send` takes."""
    if kind in (str, bytes) or kind in _JSON_TYPES or adapter_for is None:
        return lambda value: value
    write = adapter_for(kind).writer({})
    return lambda value: write(value).decode()


def any_writer(value: Any) -> Any:
    """As `writer`, for a value whose type nobody declared."""
    if isinstance(value, str | bytes | dict | list | tuple | int | float) or value is None:
        return value
    if adapter_for is None or dataclasses.is_dataclass(value):
        return dumps(value).decode()
    return adapter_for(type(value)).writer({})(value).decode()


def tag_of(kind: Any, discriminator: str) -> str | None:
    """The value of *discriminator* that means *kind*: its Literal annotation, or a str on the class."""
    hints = get_type_hints(kind) if isinstance(kind, type) else {}
    annotation = hints.get(discriminator)
    if get_origin(annotation) is Literal and len(get_args(annotation)) == 1:
        return str(get_args(annotation)[0])
    value = getattr(kind, discriminator, None)
    return value if isinstance(value, str) else None


def _said(adapter: Any, error: Exception, data: bytes | None) -> str:
    """What is wrong, without what the client sent."""
    try:
        found = adapter.mistakes(error, data)
        mistakes = [f"{'.'.join(str(part) for part in each['loc'])}: {each['msg']}" for each in found]
    except BadRequest as malformed:
        return malformed.detail or "malformed JSON"
    return "; ".join(mistakes[:3]) or "not of the declared type"


def read_json(content: str | bytes) -> Any:
    try:
        return loads(content.encode() if isinstance(content, str) else content)
    except BadRequest as malformed:
        raise InvalidMessage(malformed.detail or "malformed JSON") from None
    except UnicodeEncodeError:
        raise InvalidMessage("half of a surrogate pair is no text") from None


def _read_text(content: str | bytes) -> str:
    if isinstance(content, str):
        return content
    raise InvalidMessage("a text message is expected")


def _read_bytes(content: str | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    raise InvalidMessage("a binary message is expected")
