"""Bytes to values and back, by media type; JSON is built in, and the same with and without orjson."""

from __future__ import annotations

import dataclasses
import json
import re
import sys
from collections.abc import Callable, Collection, Iterable
from datetime import date, time
from enum import Enum
from math import isinf
from typing import Any, Final, Protocol, cast
from uuid import UUID

from nexios.exceptions import BadRequest

orjson: Any
try:
    import orjson
except ImportError:
    orjson = None  # the extra nexios-core[fast] is not installed

# The strings of a JSON text, and its numbers with the exponent that json writes in another way than orjson. Possessive,
# because a place to go back to costs 150 bytes for each character of a string.
_STRING_OR_NUMBER: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"|[0-9.]+(?:e-0[0-9])?')

_CONTAINERS: Final = (dict, list)


class Codec(Protocol):
    """How one kind of content is read and written."""

    @property
    def media_types(self) -> tuple[str, ...]:
        """The media types it reads; it writes the first of them."""
        ...

    def encode(self, value: object) -> bytes:
        """Write *value*; TypeError or ValueError for one that has no form in these media types."""
        ...

    def decode(self, data: bytes) -> object:
        """Read *data*; BadRequest, whose text does not repeat the data, where it is malformed."""
        ...


class JSONCodec:
    """Strict JSON (RFC 8259): UTF-8 without a byte order mark, no NaN, no key twice, at most *depth* levels.

    It writes dates, times and UUIDs as text, Decimals as text too so that no digit is lost, enums as their value,
    dataclasses as objects and sets as arrays. NaN is a ValueError, bytes are a TypeError.
    """

    media_types: tuple[str, ...] = ("application/json",)

    def __init__(self, depth: int = 64) -> None:
        self._depth = depth
        self._encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_convert)
        self._decoder = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_refuse_constant)

    def encode(self, value: object) -> bytes:
        text = self._encoder.encode(value)
        if "e-0" in text:
            text = _STRING_OR_NUMBER.sub(_write_small_number, text)
        return text.encode("utf-8")

    def decode(self, data: bytes) -> object:
        try:
            return self._decode(data.decode("utf-8"))
        except UnicodeError:
            problem = "is not UTF-8"
        except RecursionError:
            problem = f"is nested deeper than {self._depth} levels"
        except json.JSONDecodeError as error:
            problem = f"is malformed at character {error.pos}" if data else "is empty"
        except _Refused as error:
            problem = str(error)
        except ValueError:
            problem = "has a number with too many digits"
        # Outside of the handlers, so that no traceback carries the data along.
        raise BadRequest(f"The JSON {problem}")

    def _decode(self, text: str) -> object:
        value: object = self._decoder.decode(text)
        if text.count("[") + text.count("{") > self._depth and _is_deeper(value, self._depth):
            raise RecursionError
        if "\\ud" in text or "\\uD" in text:
            self.encode(value)  # half of an escaped surrogate pair has no UTF-8
        return value


class _Refused(ValueError):
    """Well-formed, and still nothing that two readers would understand in the same way."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise _Refused("has an object with the same key twice")
    return fields


def _float(text: str) -> float:
    number = float(text)
    if isinf(number):
        raise _Refused("has a number that is too large")
    return number


def _refuse_constant(name: str) -> None:
    raise _Refused(f"has {name}, which is not JSON")


def _is_deeper(value: object, most: int) -> bool:
    level: list[Any] = [value] if type(value) in _CONTAINERS else []
    for _ in range(most):
        level = [child for parent in level for child in _children(parent) if type(child) in _CONTAINERS]
    return bool(level)


def _children(container: Any) -> Iterable[Any]:
    return cast("dict[str, Any]", container).values() if type(container) is dict else container


def _write_small_number(found: re.Match[str]) -> str:
    """0.00001 for 1e-05 and 1e-6 for 1e-06; strings and other numbers stay as they are."""
    text = found[0]
    mantissa, _, exponent = text.partition("e-0")
    if text.startswith('"') or not exponent:
        return text
    return "0.0000" + mantissa.replace(".", "") if exponent == "5" else f"{mantissa}e-{exponent}"


def _convert(value: object) -> object:
    """What JSON has instead of *value*."""
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return list(cast("Collection[object]", value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if _is_decimal(value):
        return str(value)
    kind = type(value).__qualname__
    if isinstance(value, (bytes, bytearray, memoryview)):
        raise TypeError(f"{kind} is not text, so JSON cannot hold it: decode it, or encode it with base64")
    raise TypeError(f"{kind} has no form in JSON: convert it to a dict, list, str, number, bool or None first")


def _is_decimal(value: object) -> bool:
    # Whoever has one has imported the module already; the import alone costs more than the rest of this one.
    decimal = sys.modules.get("decimal")
    return decimal is not None and isinstance(value, decimal.Decimal)


class _FastJSONCodec(JSONCodec):
    """The same bytes, written by orjson wherever its answer is known to be the one of ``json``."""

    def encode(self, value: object) -> bytes:
        try:
            data = orjson.dumps(value, _convert, _ORJSON_OPTIONS)
        except TypeError:
            return super().encode(value)
        # It writes NaN as null, which is refused here; whether this is one, json finds out.
        # (`find` and `in` take two and four times as long for the few bytes of most answers.)
        return super().encode(value) if data.partition(b"null")[1] else data


def _speaks_json() -> bool:
    """Whether orjson is here and writes numbers as JSONCodec does: how it does has changed between its releases."""
    numbers = [0.0001, 1.25e-5, 1e-5, 1.25e-6, 1e-9, 1e-10, 1e15, 1e16, 1.25e17, 1e22, 1.7e308, -1e300, 5e-324]
    return orjson is not None and orjson.dumps(numbers) == JSONCodec().encode(numbers)


def json_codec(depth: int = 64) -> Codec:
    """The fastest JSON codec that can be had here; every one of them gives the same answers."""
    return _FastJSONCodec(depth) if _USE_ORJSON else JSONCodec(depth)


_USE_ORJSON: Final = _speaks_json()
# What it would write itself goes through _convert instead, so that there is one rule for each type.
_ORJSON_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS if _USE_ORJSON else 0

_codec: Final = json_codec()
dumps: Final[Callable[[object], bytes]] = _codec.encode
loads: Final[Callable[[bytes], object]] = _codec.decode
