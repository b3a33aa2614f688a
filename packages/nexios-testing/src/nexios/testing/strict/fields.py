"""Reading one field of a message, or saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from reprlib import repr as shortened
from typing import TypeVar, cast

from nexios.testing.exceptions import ASGIProtocolError
from nexios.types import Message, RawHeaders

T = TypeVar("T")

# RFC 9110 section 5.6.2, without the capitals that ASGI forbids in names.
_NAME_CHARACTERS = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
# RFC 9110 section 5.5: a recipient may split the message at any of these.
_VALUE_BREAKERS = (b"\r", b"\n", b"\0")


def message_type(message: object, allowed: Sequence[str], state: str) -> str:
    """Return the type of *message*; *state* ends the sentence that refuses one that is not among *allowed*."""
    if not isinstance(message, Mapping):
        raise ASGIProtocolError(f"send() got {shortened(message)}, an ASGI message is a dict with a 'type'")
    kind = cast("Mapping[str, object]", message).get("type")
    if not isinstance(kind, str) or kind not in allowed:
        expected = " or ".join(allowed) or "nothing"
        raise ASGIProtocolError(f"send() got a message of type {kind!r} {state}: expected {expected}")
    return kind


def field(message: Message, name: str, kind: type[T], default: T | None = None) -> T:
    """Return the field *name*; without a *default* it is required."""
    value = message.get(name, default)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    found = f"is {shortened(value)}" if name in message else "is missing"
    raise ASGIProtocolError(f"{message['type']}: the field {name!r} {found}, it must be of type {kind.__name__}")


def optional_field(message: Message, name: str, kind: type[T]) -> T | None:
    return None if message.get(name) is None else field(message, name, kind)


def header_fields(message: Message) -> RawHeaders:
    """Return the headers of *message*: lower-case tokens and values without line breaks, all bytes."""
    headers = message.get("headers", ())
    if isinstance(headers, (bytes, str)) or not isinstance(headers, Iterable):
        raise ASGIProtocolError(f"{message['type']}: 'headers' is {headers!r}, it must be an iterable of (name, value)")
    return [_header_field(message["type"], pair) for pair in cast("Iterable[object]", headers)]


def _header_field(kind: str, pair: object) -> tuple[bytes, bytes]:
    if not isinstance(pair, (tuple, list)) or len(cast("list[object]", pair)) != 2:
        raise ASGIProtocolError(f"{kind}: the header {pair!r} must be a pair (name, value)")
    name, value = cast("tuple[object, object]", pair)
    if not isinstance(name, bytes) or not isinstance(value, bytes):
        raise ASGIProtocolError(f"{kind}: the header {pair!r} must be two byte strings")
    if name != name.lower():
        raise ASGIProtocolError(f"{kind}: the header name {name!r} must be lower-case")
    if not name or name.translate(None, _NAME_CHARACTERS):
        raise ASGIProtocolError(f"{kind}: the header name {name!r} is not a token (RFC 9110 section 5.6.2)")
    if any(breaker in value for breaker in _VALUE_BREAKERS):
        raise ASGIProtocolError(f"{kind}: the value {value!r} of the header {name!r} contains a line break or NUL")
    if value != value.strip(b" \t"):
        raise ASGIProtocolError(f"{kind}: the value {value!r} of the header {name!r} begins or ends with whitespace")
    return name, value
