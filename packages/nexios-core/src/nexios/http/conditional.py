"""Conditional requests: entity tags, dates, and the order in which preconditions count (RFC 9110 section 13)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from nexios.http.headers import Headers

Outcome: TypeAlias = Literal["proceed", "not_modified", "failed"]

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# RFC 9110 section 8.8.3, etagc: visible characters but the quote, and obs-text.
_TAG_CHARACTERS: Final = frozenset(map(chr, [0x21, *range(0x23, 0x7F), *range(0xA0, 0x100)]))

# Their answers are selected representations: a client may hold a copy. QUERY is safe like GET.
_READING: Final = frozenset(("GET", "HEAD", "QUERY"))


@dataclass(frozen=True, slots=True)
class ETag:
    """An entity tag; ``str(tag)`` is the value of an ETag header. ValueError for a character it cannot hold."""

    value: str
    weak: bool = False

    def __post_init__(self) -> None:
        if not _TAG_CHARACTERS.issuperset(self.value):
            raise ValueError(f"an ETag cannot hold {self.value!r}: use visible latin-1 characters except the quote")

    @classmethod
    def parse(cls, text: str) -> ETag | None:
        """Read one tag as it stands in a header, None where *text* is no tag."""
        opaque = text.removeprefix("W/")
        value = opaque[1:-1]
        if len(opaque) < 2 or opaque[0] + opaque[-1] != '""' or not _TAG_CHARACTERS.issuperset(value):
            return None
        return cls(value, weak=len(opaque) < len(text))

    def matches(self, other: ETag) -> bool:
        """Strong comparison: the same bytes."""
        return self == other and not self.weak

    def matches_weakly(self, other: ETag) -> bool:
        """Weak comparison: the same meaning."""
        return self.value == other.value

    def __str__(self) -> str:
        return f'W/"{self.value}"' if self.weak else f'"{self.value}"'


def etag(data: bytes, weak: bool = False) -> str:
    """The value of an ETag header for content that is *data*."""
    from hashlib import blake2b  # with it comes OpenSSL: a tenth of importing nexios, for those who ask for a digest

    return str(ETag(blake2b(data, digest_size=16).hexdigest(), weak))


def _parse_tags(text: str) -> Iterator[tuple[str, bool]]:
    """The values of a list of tags and whether each is weak, up to the first slip."""
    # Tags may hold commas, so quotes are what divides: what stands at odd places stood between two of them.
    pieces = text.split('"')
    for index in range(1, len(pieces) - 1, 2):
        before = pieces[index - 1]
        weak = before.endswith("W/")
        between = before[:-2] if weak else before
        if between.strip(" \t,") or (index > 1 and "," not in between):
            return
        yield pieces[index], weak


def http_date(moment: datetime | float) -> str:
    """Write *moment*, which has a time zone or is in seconds since the epoch, as IMF-fixdate.

    ValueError without a time zone, and for what is not within the years 1 to 9999.
    """
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError(f"{moment!r} has no time zone: use datetime.now(timezone.utc) or astimezone()")
        moment = moment.timestamp()
    try:
        at = datetime.fromtimestamp(moment // 1, UTC)
    except (OverflowError, ValueError, OSError):
        raise ValueError(f"{moment!r} seconds since 1970 are not within the years 1 to 9999") from None
    day, month = _DAYS[at.weekday()], _MONTHS[at.month - 1]
    return f"{day}, {at.day:02} {month} {at.year:04} {at.hour:02}:{at.minute:02}:{at.second:02} GMT"


def parse_http_date(text: str) -> int | None:
    """Read any of the three formats of RFC 9110 section 5.6.7 as seconds since the epoch, None for anything else."""
    try:
        return _parse_date(text.split(" "))
    except ValueError:
        return None


def _parse_date(words: list[str]) -> int | None:
    match words:
        case [name, day, month, year, clock, "GMT"] if name[-1:] == "," and name[:-1] in _DAYS:
            return _seconds(_digits(year, 4), month, _digits(day, 2), clock)
        case [name, date, clock, "GMT"] if name[-1:] == "," and name[:-1] in _LONG_DAYS:
            day, month, year = date.split("-")
            return _seconds(_full_year(_digits(year, 2)), month, _digits(day, 2), clock)
        case [name, month, "", day, clock, year] if name in _DAYS:
            return _seconds(_digits(year, 4), month, _digits(day, 1), clock)
        case [name, month, day, clock, year] if name in _DAYS:
            return _seconds(_digits(year, 4), month, _digits(day, 2), clock)
        case _:
            return None


def _seconds(year: int, month: str, day: int, clock: str) -> int:
    hour, minute, second = (_digits(part, 2) for part in clock.split(":"))
    if second > 60:  # 60 is a leap second
        raise ValueError(second)
    start = datetime(year, _MONTHS.index(month) + 1, day, hour, minute, tzinfo=UTC)
    return int(start.timestamp()) + second


def _digits(text: str, count: int) -> int:
    if len(text) != count or not (text.isascii() and text.isdigit()):
        raise ValueError(text)
    return int(text)


def _full_year(two_digits: int) -> int:
    # RFC 9110 section 5.6.7: more than 50 years ahead means the century before.
    now = time.gmtime().tm_year
    year = now - now % 100 + two_digits
    return year if year <= now + 50 else year - 100


def evaluate(method: str, headers: Headers, etag: str | None, last_modified: float | None) -> Outcome:
    """Decide what the preconditions in *headers* make of an answer with these validators (RFC 9110 section 13.2.2).

    "not_modified" is a 304, "failed" a 412. *last_modified* is in seconds since the epoch.
    """
    modified = None if last_modified is None else last_modified // 1

    wanted = headers.joined("if-match")
    if wanted is not None:
        if not _lists(wanted, etag, ETag.matches):
            return "failed"
    elif modified is not None and modified > _date(headers, "if-unmodified-since", modified):
        return "failed"

    known = headers.joined("if-none-match")
    if known is not None:
        if _lists(known, etag, ETag.matches_weakly):
            return "not_modified" if method in _READING else "failed"
    elif method in _READING and modified is not None and modified <= _date(headers, "if-modified-since", modified - 1):
        return "not_modified"
    return "proceed"


def _lists(listed: str, etag: str | None, compare: Callable[[ETag, ETag], bool]) -> bool:
    if listed == "*":
        return True
    tag = None if etag is None else ETag.parse(etag)
    return tag is not None and any(
        value == tag.value and compare(ETag(value, weak), tag) for value, weak in _parse_tags(listed)
    )


def _date(headers: Headers, name: str, default: float) -> float:
    # A date that cannot be read is as good as none (RFC 9110 sections 13.1.3 and 13.1.4).
    written = headers.get(name)
    date = None if written is None else parse_http_date(written)
    return default if date is None else date


def if_range_holds(value: str | None, etag: str | None, last_modified: float | None) -> bool:
    """Whether a range may be sent although If-Range is *value* (RFC 9110 section 13.1.5): tags compare strongly."""
    if value is None:
        return True
    wanted = ETag.parse(value)
    if wanted is not None:
        tag = None if etag is None else ETag.parse(etag)
        return tag is not None and wanted.matches(tag)
    return last_modified is not None and parse_http_date(value) == last_modified // 1
