"""What RFC 8259 and the limits of the application ask of JSON that goes straight into a validator."""

from __future__ import annotations

from typing import Any

from nexios.exceptions import BadRequest

_BRACKETS = b'[]{}"\\'
_OTHERS = bytes(code for code in range(256) if code not in _BRACKETS)
_ONE_KIND = bytes.maketrans(b"{}", b"[]")


def check_json(data: bytes, app: Any) -> None:
    """Raise BadRequest for numbers that JSON does not have, and for nesting over the limit. Linear in *data*."""
    # Both are rare in honest bodies, so is the letter that each begins with.
    if (b"N" in data or b"I" in data) and (b"NaN" in data or b"Infinity" in data):
        app.decode_json(data)
    depth = app.limits.json_depth
    if len(data) > 2 * depth and data.count(b"[") + data.count(b"{") > depth:
        check_depth(data, depth)


def check_depth(data: bytes, depth: int) -> None:
    """Raise BadRequest where arrays and objects are nested more than *depth* deep."""
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
