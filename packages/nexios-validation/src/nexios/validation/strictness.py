"""What RFC 8259 and the limits of the application ask of JSON that goes straight into a validator.

What has to be looked at depends on the type, so it is decided where the type is declared: a model of plain fields costs
a glance, and one that contains itself a look at the depth. Where a type leaves room for anything, the body is held to
the very rules of ``request.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from nexios.exceptions import BadRequest

# Takes the body and the application. Raises BadRequest.
Check: TypeAlias = Callable[[bytes, Any], None]

# Kinds of pydantic core schemas that give no room to what they do not name; functions see what was sent as it was.
_CLOSED: Final = frozenset(
    {"none", "bool", "int", "float", "decimal", "str", "bytes", "date", "time", "datetime", "timedelta", "literal",
     "enum", "uuid", "url", "multi-host-url", "complex", "is-instance", "nullable", "union", "tagged-union", "chain",
     "list", "tuple", "set", "frozenset", "dict", "lax-or-strict", "json-or-python", "typed-dict", "typed-dict-field",
     "model-fields", "model-field", "model", "dataclass", "dataclass-args", "dataclass-field", "default",
     "definitions", "definition-ref", "function-after"}
)  # fmt: skip
# What a container must say of its contents.
_CONTENTS: Final = {"list": "items_schema", "set": "items_schema", "frozenset": "items_schema", "dict": "values_schema"}
# Parts of a schema that describe no input.
_ASIDE: Final = frozenset(
    {"serialization", "metadata", "config", "default", "expected", "members", "function", "python_schema"}
)

# As numbers: looking for bytes, Python first tries whether they are one, and fails.
_N, _I = b"NI"
_BRACKETS = b'[]{}"\\'
_OTHERS = bytes(code for code in range(256) if code not in _BRACKETS)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
# As numbers: looking for bytes, Python first tries whether they are one, and fails.
_N, _I = b"NI"
_BRACKETS = b'[]{}"\\'
_OTHERS = bytes(code for code in range(256) if code not in _BRACKETS)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")
# All digits are one, and so are both letters of exponents.
_FOLDED = bytes.maketrans(b"123456789E", b"000000000e")
# The largest float has 309 digits, or three in its exponent.
_DIGITS: Final = b"0" * 309


def check_for(schema: Any) -> Check:
    """What to look at in bodies of the type that a pydantic core *schema* describes."""
    parts = list(_walk(schema))
    if any(map(_is_open, parts)):
        return check_all
    return check_names_and_depth if any(part["type"] == "definition-ref" for part in parts) else check_names


def check_all(data: bytes, app: Any) -> None:
    """All that ``request.json`` refuses, a key that comes twice included."""
    app.decode_json(data)


def check_names(data: bytes, app: Any) -> None:
    """Numbers that JSON does not have."""
    # Both are rare in honest bodies, so is the letter that each begins with.
    if (_N in data or _I in data) and (data.find(b"NaN") >= 0 or data.find(b"Infinity") >= 0):
        app.decode_json(data)


def check_names_and_depth(data: bytes, app: Any) -> None:
    """Those, and nesting over the limit."""
    check_names(data, app)
    depth = app.limits.json_depth
    if len(data) > 2 * depth and data.count(b"[") + data.count(b"{") > depth:
        check_depth(data, depth)


def check_depth(data: bytes, depth: int) -> None:
    """Raise BadRequest where arrays and objects are nested more than *depth* deep. Linear in *data*."""
    left = data.translate(None, _OTHERS).replace(b"\\\\", b"").replace(b'\\"', b"").replace(b"\\", b"")
    # What stands between quotes is text; of the rest, one layer goes with each round.
    left = b"".join(left.split(b'"')[::2]).translate(_ONE_KIND)
    for _ in range(depth):
        shorter = left.replace(b"[]", b"")
        if not shorter:
            return
        if shorter == left:  # brackets that do not match: the parser says so
            return
        left = shorter
    raise BadRequest(f"the body is nested more than {depth} levels deep")


def _walk(schema: Any) -> Iterator[Mapping[str, Any]]:
    """Every part of *schema* that describes input."""
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get("type"), str):  # where it is none, a field has this name
                yield part
            waiting += [value for key, value in part.items() if key not in _ASIDE]
        elif isinstance(part, list | tuple):
            waiting += part


def _is_open(part: Mapping[str, Any]) -> bool:
    kind = part["type"]
    if kind not in _CLOSED or part.get("extra_behavior") == "allow":
        return True
    if (part.get("config") or {}).get("extra_fields_behavior") == "allow":
        return True
    return kind in _CONTENTS and part.get(_CONTENTS[kind]) is None
