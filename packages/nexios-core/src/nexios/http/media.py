"""Media types: the strict grammar of Content-Type, and the choice that Accept asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple

from nexios.exceptions import BadRequest
from nexios.http.headers import is_token
from nexios.http.quoting import read_value, split_unquoted, write_value
from nexios.types import Field

# Encoded once: the same few lines head almost every answer.
JSON: Final[Field] = (b"content-type", b"application/json")
TEXT: Final[Field] = (b"content-type", b"text/plain; charset=utf-8")
HTML: Final[Field] = (b"content-type", b"text/html; charset=utf-8")
BYTES: Final[Field] = (b"content-type", b"application/octet-stream")
PROBLEM: Final[Field] = (b"content-type", b"application/problem+json")

# No media type has more than a few; the rest would only be work.
_MOST_PARAMETERS: Final = 32
_MOST_PREFERENCES: Final = 100

_QUALITY_LENGTH: Final = len("0.123")

_NO_MATCH: Final = (-1, 0)


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type in lower case with its parameters, whose names are in lower case too."""

    type: str
    subtype: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str], hash=False)

    @classmethod
    def parse(cls, text: str) -> MediaType:
        """Read *text* by the grammar of RFC 9110 section 8.3.1; BadRequest for anything that is not all of it."""
        parsed = _parse(text)
        if parsed is None:
            raise BadRequest("The media type is malformed")
        return parsed

    @property
    def essence(self) -> str:
        """``type/subtype`` without the parameters."""
        return f"{self.type}/{self.subtype}"

    def __str__(self) -> str:
        return "".join([self.essence, *(f"; {name}={write_value(value)}" for name, value in self.parameters.items())])


def _parse(text: str) -> MediaType | None:
    essence, *rest = split_unquoted(text, ";")
    kind, _, subtype = (essence.rstrip(" \t") if rest else essence).partition("/")
    if not is_token(kind) or not is_token(subtype) or len(rest) > _MOST_PARAMETERS:
        return None
    parameters: dict[str, str] = {}
    for parameter in rest:
        written = parameter.strip(" \t")
        if not written:
            continue
        name, _, value = written.partition("=")
        content = read_value(value)
        # A name that stands twice is one that two readers read differently.
        if not is_token(name) or content is None or name.lower() in parameters:
            return None
        parameters[name.lower()] = content
    return MediaType(kind.lower(), subtype.lower(), parameters)


class Preference(NamedTuple):
    """A media range of Accept, and how much it is wanted: from 0, not at all, to 1."""

    range: MediaType
    quality: float


def parse_accept(header: str) -> list[Preference]:
    """The preferences of an Accept header as they stand in it; malformed ones and those after 100 are skipped."""
    preferences: list[Preference] = []
    for element in split_unquoted(header, ",")[:_MOST_PREFERENCES]:
        media_range = _parse(element.strip(" \t"))
        if media_range is None:
            continue
        quality = _parse_quality(media_range.parameters.get("q", "1"))
        if quality is not None:
            preferences.append(Preference(_without_weight(media_range), quality))
    return preferences


def _without_weight(media_range: MediaType) -> MediaType:
    # Whatever follows the weight extends Accept, not the range (RFC 7231 section 5.3.2).
    names = list(media_range.parameters)
    if "q" not in names:
        return media_range
    kept = names[: names.index("q")]
    return MediaType(media_range.type, media_range.subtype, {name: media_range.parameters[name] for name in kept})


def _parse_quality(text: str) -> float | None:
    # RFC 9110 section 12.4.2: at most three digits follow the point.
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if whole not in ("0", "1") or len(text) > _QUALITY_LENGTH or not (digits.isascii() and digits.isdigit()):
        return None
    quality = float(text)
    return quality if quality <= 1 else None


def negotiate(accept: str | None, offers: Sequence[str]) -> str | None:
    """The one of *offers* that *accept* wants most, None where it wants none of them (RFC 9110 section 12.5.1).

    For each offer the most specific range counts. Among equals the more specific range wins, then the earlier offer.
    Without Accept, or without one readable range in it, that is the first offer.
    """
    preferences = parse_accept(accept) if accept else []
    if not preferences or not offers:
        return offers[0] if offers else None
    weights = [_weigh(_parse_offer(offer), preferences) for offer in offers]
    best = max(weights)
    return offers[weights.index(best)] if best.quality > 0 else None


@lru_cache(maxsize=256)
def _parse_offer(text: str) -> MediaType:
    parsed = _parse(text)
    if parsed is None:
        raise ValueError(f"{text!r} is not a media type: write type/subtype, for example 'application/json'")
    return parsed


class _Weight(NamedTuple):
    quality: float
    precision: tuple[int, int]


def _weigh(offer: MediaType, preferences: list[Preference]) -> _Weight:
    """The quality of *offer*, and how precise the range is that says so."""
    precision, quality = max((_precision(wanted.range, offer), wanted.quality) for wanted in preferences)
    return _Weight(quality if precision > _NO_MATCH else 0.0, precision)


def _precision(wanted: MediaType, offer: MediaType) -> tuple[int, int]:
    """How precisely *wanted* names *offer*: by type and subtype, by type or not at all; then by its parameters."""
    if not wanted.parameters.items() <= offer.parameters.items():
        return _NO_MATCH
    if wanted.essence == offer.essence:
        return 2, len(wanted.parameters)
    if wanted.subtype == "*" and wanted.type == offer.type:
        return 1, len(wanted.parameters)
    return (0, len(wanted.parameters)) if wanted.essence == "*/*" else _NO_MATCH
