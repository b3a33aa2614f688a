"""Byte ranges (RFC 9110 section 14.1.2)."""

from __future__ import annotations

from typing import Final, NamedTuple

from nexios.exceptions import RangeNotSatisfiable

# No content is longer; more digits mean "to the end" and need not become a number.
_MOST_DIGITS: Final = 19


class Range(NamedTuple):
    """The bytes from *start* up to, not including, *stop*."""

    start: int
    stop: int


def parse_range(header: str | None, size: int, most: int = 16) -> tuple[Range, ...] | None:
    """Return the ranges to send of *size* bytes, or None where the whole is to be sent.

    That is where Range is absent, malformed, in another unit than bytes or has more than *most* ranges. Ranges that
    overlap or touch become one. RangeNotSatisfiable where every range lies beyond the end.
    """
    unit, _, listed = (header or "").partition("=")
    if unit.lower() != "bytes" or listed.count(",") >= most:
        return None
    wanted: list[Range] = []
    specs = [spec.strip(" \t") for spec in listed.split(",")]
    for spec in specs:
        found = _parse_spec(spec, size)
        if found is None:
            return None
        wanted.append(found)
    satisfiable = [found for found in wanted if found.start < found.stop]
    if not satisfiable:
        # The last bytes of what has none are all there is of it (RFC 9110 section 14.1.2).
        if not size and any(spec.startswith("-") and spec.strip("-0") for spec in specs):
            return None
        raise RangeNotSatisfiable(size)
    merged = _merge(satisfiable)
    # Parts are sent in the order they were asked for, unless some became one.
    return tuple(satisfiable if len(merged) == len(satisfiable) else merged)


def _parse_spec(spec: str, size: int) -> Range | None:
    """The bytes of *spec* that exist, none of them where it lies beyond the end; None where it is malformed."""
    first, dash, last = spec.partition("-")
    if not dash or not (first or last) or not _is_number(first) or not _is_number(last):
        return None
    if not first:
        return Range(max(size - _number(last), 0), size)
    if last and _number(last) < _number(first):
        return None
    return Range(_number(first), min(_number(last) + 1, size) if last else size)


def _is_number(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit())


def _number(text: str) -> int:
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


def _merge(ranges: list[Range]) -> list[Range]:
    merged: list[Range] = []
    for found in sorted(ranges):
        if merged and found.start <= merged[-1].stop:
            merged[-1] = Range(merged[-1].start, max(merged[-1].stop, found.stop))
        else:
            merged.append(found)
    return merged
