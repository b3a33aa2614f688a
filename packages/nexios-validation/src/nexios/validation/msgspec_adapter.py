"""msgspec structs, through the same protocol as pydantic's types; nothing here is used unless one is declared."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, get_args

from nexios.exceptions import BadRequest
from nexios.validation.shapes import Shape
from nexios.validation.strictness import Check, check_names_and_depth

# "Expected `float`, got `str` - at `$.items[0].price`"; a key that a client made up is written `[...]`.
_PLACE: Final = re.compile(r"\.([^.\[]+)|\[(\d+)\]")


def holds_struct(annotation: Any) -> bool:
    """Whether *annotation* is a msgspec struct, or is made of one: ``list[Item]``, ``Item | None``."""
    # Whoever declares a struct has imported msgspec.
    msgspec = sys.modules.get("msgspec")
    if msgspec is None:
        return False
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return True
    return any(holds_struct(part) for part in get_args(annotation))


class MsgspecAdapter:
    """A type that msgspec knows. It tells of the first mistake in a body only."""

    def __init__(self, annotation: Any) -> None:
        self._msgspec = msgspec = sys.modules["msgspec"]
        self.annotation = annotation
        self.refused: tuple[type[Exception], ...] = (msgspec.MsgspecError, UnicodeDecodeError, TypeError)
        self.shape: Shape = "object"
        self.check: Check = check_names_and_depth
        self.fields: dict[str, Shape] | None = None
        self.read_json: Callable[[bytes], Any] = msgspec.json.Decoder(annotation).decode
        # Declared where the route is, so that a type it does not know is an error there.
        msgspec.json.schema_components([annotation])

    def read(self, value: Any) -> Any:
        return self._msgspec.convert(value, self.annotation, strict=False)

    def mistakes(self, error: Exception, data: bytes | None = None) -> list[Any]:
        if not isinstance(error, self._msgspec.ValidationError):
            raise BadRequest("the body is not valid JSON")
        what, _, place = str(error).partition(" - at `$")
        parts = [int(index) if index else name for name, index in _PLACE.findall(place.rstrip("`"))]
        if missing := re.search(r"missing required field `(.+?)`", what):
            parts.append(missing[1])
        return [{"loc": tuple(parts), "msg": what, "type": "missing" if missing else "invalid"}]

    def writer(self, options: Mapping[str, Any], *, thorough: bool = False) -> Callable[[Any], bytes]:
        """Raises TypeError for options: a struct says itself what it leaves out (``omit_defaults``, ``rename``)."""
        if options:
            raise TypeError(f"{', '.join(options)}: msgspec structs say themselves how they are written")
        encode: Callable[[Any], bytes] = self._msgspec.json.Encoder().encode
        to_plain = self._msgspec.to_builtins
        kind = None if thorough else self.annotation

        def write(value: Any) -> bytes:
            # Through plain values: an instance is otherwise taken as it is, with whatever its fields hold.
            return encode(value if value.__class__ is kind else self.read(to_plain(value)))

        return write
