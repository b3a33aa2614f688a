"""The check that every request pays: its header fields frame one request, for one host, within the budget.

A server in front has read the same bytes; where the two could disagree about where the request ends or whom it is
for, the request is refused (RFC 9112 sections 3.2, 6.1 and 6.3) instead of guessed at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol, TypeAlias

from nexios.exceptions import BadRequest, HeaderFieldsTooLarge
from nexios.http.headers import CONTROLS, TOKEN_CHARACTERS
from nexios.http.hosts import parse_host

Lines: TypeAlias = tuple[tuple[bytes, bytes], ...]

# ASGI servers hand names over in lower case; an upper-case one would hide from every check that follows.
_NAME_CHARACTERS: Final = TOKEN_CHARACTERS.lower()

# Two lines of one of these are two answers to "whose is it", "how long is it", "what is it" or "where from".
_SINGLE: Final = (
    b"authorization",
    b"content-length",
    b"content-type",
    b"host",
    b"origin",
    b"proxy-authorization",
    b"transfer-encoding",
)

# 19 digits count to nine exabytes and fit into 64 bits for whoever reads the length after us.
_LENGTH_DIGITS: Final = 19

# Fields that earlier requests were found to carry: most of what a client sends is the same every time. Not kept are
# secrets, long values, and what asks for another framing; a length is a number wherever it comes again.
_CACHE_SIZE: Final = 1_024
_CACHED_NAME: Final = 64
_CACHED_VALUE: Final = 128
_CACHED_FIELD: Final = _CACHED_NAME + _CACHED_VALUE
_NOT_CACHED: Final = frozenset((b"authorization", b"cookie", b"proxy-authorization", b"transfer-encoding", b"upgrade"))
_good_fields: set[tuple[bytes, bytes]] = set()
_CACHED_HEADERS: Final = 256


class HeaderLimits(Protocol):
    """What a request may spend on its header: how many fields, and how many bytes of names and values."""

    @property
    def headers(self) -> int: ...
    @property
    def header_bytes(self) -> int: ...


class HeaderScreen:
    """The check of one application's requests.

    `read` returns the value of each field's first line, or raises BadRequest or
    HeaderFieldsTooLarge. The result may be shared with other requests: nobody changes it.
    """

    __slots__ = ("_good", "_limits")

    def __init__(self, limits: HeaderLimits) -> None:
        self._limits = limits
        # Whole headers made of good fields alone: a client that keeps its connection sends the same again and again.
        self._good: dict[Lines, dict[bytes, bytes]] = {}

    def read(self, headers: Iterable[tuple[bytes, bytes]], method: str = "GET") -> dict[bytes, bytes]:
        lines = tuple(headers)
        try:
            known = self._good.get(lines)
        except TypeError:  # a server that hands over lists instead of tuples
            lines = tuple((name, value) for name, value in lines)
            known = self._good.get(lines)
        if known is not None:
            return known
        fields = screen(lines, self._limits, method)
        if _good_fields.issuperset(lines):
            if len(self._good) >= _CACHED_HEADERS:
                self._good.clear()
            self._good[lines] = fields
        return fields


def screen(lines: Lines, limits: HeaderLimits, method: str) -> dict[bytes, bytes]:
    """The value of each field's first line. Raises BadRequest and HeaderFieldsTooLarge."""
    if len(lines) > limits.headers:
        raise HeaderFieldsTooLarge(f"The request has {len(lines)} header fields, {limits.headers} are allowed")
    most = len(lines) * _CACHED_FIELD
    for field in lines:
        if field not in _good_fields:
            most += len(field[0]) + len(field[1])
            _check_field(*field)
    if most > limits.header_bytes:
        _check_size(lines, limits)
    fields = dict(lines)
    if len(fields) != len(lines):
        _check_repetition(lines)
        fields = dict(reversed(lines))
    if b"host" not in fields:
        raise _refusal("The header field host is missing")
    if b"content-length" in fields or b"transfer-encoding" in fields:
        _check_length(fields, method)
    return fields


def _check_size(lines: Lines, limits: HeaderLimits) -> None:
    size = sum(len(name) + len(value) for name, value in lines)
    if size > limits.header_bytes:
        raise HeaderFieldsTooLarge(f"The header fields have {size} bytes, {limits.header_bytes} are allowed")


def _check_field(name: bytes, value: bytes) -> None:
    kept = name not in _NOT_CACHED
    if kept and (not name or name.translate(None, _NAME_CHARACTERS)):
        raise _refusal("The name of a header field is not a token in lower case")
    # Only what Python would not print can be a control character; a tab and most of UTF-8 are none either.
    if not value.decode("latin-1").isprintable() and len(value.translate(None, CONTROLS)) != len(value):
        raise _refusal("The value of a header field has a control character")
    if name == b"host" and parse_host(value.decode("latin-1")) is None:
        raise _refusal("The header field host is not a host with an optional port")
    if kept and len(name) <= _CACHED_NAME and len(value) <= _CACHED_VALUE:
        if len(_good_fields) >= _CACHE_SIZE:
            _good_fields.clear()
        _good_fields.add((name, value))


def _check_repetition(lines: Lines) -> None:
    names = [name for name, _ in lines]
    for single in _SINGLE:
        if names.count(single) > 1:
            raise _refusal(f"The header field {single.decode()} stands more than once")


def _check_length(fields: dict[bytes, bytes], method: str) -> None:
    length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if length is not None:
        if coding is not None:
            raise _refusal("The request has both content-length and transfer-encoding")
        if not length.isdigit() or len(length) > _LENGTH_DIGITS:
            raise _refusal("The header field content-length is not a decimal number of bytes")
    if coding is not None and coding.lower() != b"chunked":
        raise _refusal("The only transfer-encoding read here is chunked")
    # Servers disagree on whether the content or the new protocol comes first; what has no length here is chunked.
    if method == "GET" and b"upgrade" in fields and (length is None or length.strip(b"0")):
        raise _refusal("A GET that asks for an upgrade must not have content")


def _refusal(detail: str) -> BadRequest:
    # Where the next request begins on this connection is not to be believed either.
    return BadRequest(detail, {"connection": "close"})
