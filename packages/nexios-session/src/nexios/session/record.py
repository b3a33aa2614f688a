"""What is kept of a session, and how two versions of it become one. Pure: the time is always given."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from nexios.exceptions import BadRequest
from nexios.http.codecs import dumps, loads
from nexios.session.exceptions import SessionError

_DECODER: Final = json.JSONDecoder()


@dataclass(slots=True)
class Record:
    """One session. Times are seconds since the epoch; *expiries* are those of single keys."""

    id: str
    created: int
    seen: int
    data: dict[str, Any] = field(default_factory=dict)
    expiries: dict[str, int] = field(default_factory=dict)
    flashes: list[Any] = field(default_factory=list)
    ends: int | None = None

    def encode(self) -> bytes:
        """The record as JSON. Raises SessionError for a value that JSON cannot hold."""
        written: list[Any] = [self.id, self.created, self.seen, self.data]
        if self.expiries or self.flashes or self.ends is not None:
            written += [self.expiries, self.flashes, self.ends]
        try:
            return dumps(written)
        except (TypeError, ValueError, RecursionError) as error:
            raise SessionError(f"{self._culprit()} cannot be kept in a session: {error}") from error

    def _culprit(self) -> str:
        for name, value in self.data.items():
            try:
                dumps(value)
            except (TypeError, ValueError, RecursionError):
                return f"session[{name!r}]"
        return "a flashed message"

    def is_over(self, now: int, absolute: int, idle: int | None = None) -> bool:
        """Whether a timeout has passed; *idle* is None where the store watches over it."""
        return (
            now >= self.created + absolute
            or (idle is not None and now >= self.seen + idle)
            or (self.ends is not None and now >= self.ends)
        )

    def forget_expired(self, now: int) -> None:
        """Drop the keys whose own time is over."""
        for name in [name for name, ends in self.expiries.items() if now >= ends]:
            del self.expiries[name]
            self.data.pop(name, None)


def decode_signed(raw: bytes) -> Record | None:
    """The record in *raw*, whose signature tells that it was written here: its JSON need not be held to every rule."""
    try:
        return _read(_DECODER.decode(raw.decode()))
    except (ValueError, RecursionError):
        return None


def decode(raw: bytes) -> Record | None:
    """The record in *raw*; None for anything that `Record.encode` did not write."""
    try:
        return _read(loads(raw))
    except BadRequest:
        return None


def _read(read: Any) -> Record | None:
    if not isinstance(read, list) or len(read) not in (4, 7) or list(map(type, read[:4])) != [str, int, int, dict]:
        return None
    if len(read) == 4:
        return Record(read[0], read[1], read[2], read[3])
    expiries, flashes, ends = read[4:]
    fits = isinstance(expiries, dict) and isinstance(flashes, list) and (ends is None or type(ends) is int)
    if not fits or any(type(each) is not int for each in expiries.values()):
        return None
    return Record(*read)


def merge(base: Record, mine: Record, theirs: Record) -> Record:
    """*theirs*, with what *mine* changed since *base*: two requests that wrote different keys both keep theirs.

    Where both wrote the same key, *mine* is kept; what *mine* removed is removed.
    """
    return Record(
        mine.id,
        theirs.created,
        max(mine.seen, theirs.seen),
        _merge(base.data, mine.data, theirs.data),
        _merge(base.expiries, mine.expiries, theirs.expiries),
        _merge_flashes(base.flashes, mine.flashes, theirs.flashes),
        mine.ends if mine.ends != base.ends else theirs.ends,
    )


def _merge(base: dict[str, Any], mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    merged = {name: value for name, value in theirs.items() if name in mine or name not in base}
    merged.update({name: value for name, value in mine.items() if name not in base or base[name] != value})
    return merged


def _merge_flashes(base: list[Any], mine: list[Any], theirs: list[Any]) -> list[Any]:
    if mine[: len(base)] == base:  # nothing was taken here, only added
        return theirs + mine[len(base) :]
    return theirs[len(base) :] + mine  # taken: what others added meanwhile has not been shown
