"""The check that every request pays: its header fields frame one request, for one host, within the budget.

A server in front has read the same bytes; where the two could disagree about where the request ends or whom it is
for, the request is refused (RFC 9112 sections 3.2, 6.1 and 6.3) instead of guessed at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from nexios.exceptions import BadRequest, HeaderFieldsTooLarge
from nexios.http.headers import TOKEN_CHARACTERS
from nexios.http.hosts import parse_host
from nexios.types import RawHeaders

# ASGI servers hand names over in lower case; an upper-case one would hide from every check that follows.
_NAME_CHARACTERS: Final = TOKEN_CHARACTERS.lower()
_CONTROLS: Final = bytes([*range(0x09), *range(0x0A, 0x20), 0x7F])

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

# What earlier requests were found to carry, so that the next one is only looked up.
_CACHE_SIZE: Final = 1_024
_CACHED_NAME_LENGTH: Final = 64
_good_names: set[bytes] = set()
_good_hosts: set[bytes] = set()


class HeaderLimits(Protocol):
    """What a request may spend on its header: how many fields, and how many bytes of names and values."""

    @property
    def headers(self) -> int: ...
    @property
    def header_bytes(self) -> int: ...


def screen(headers: Iterable[tuple[bytes, bytes]], limits: HeaderLimits, method: str = "GET") -> dict[bytes, bytes]:
    """Return the value of each field's first line, or raise BadRequest or HeaderFieldsTooLarge.

    Fields that look like those of earlier requests take the short way: names and host are known, values printable.
    """
    lines = headers if isinstance(headers, list) else list(headers)
    fields = dict(lines)
    values = b"".join(fields.values()).decode("latin-1")
    count = len(lines)
    if (
        count == len(fields) <= limits.headers
        and len(values) + count * _CACHED_NAME_LENGTH <= limits.header_bytes
        and values.isprintable()
        and _good_names.issuperset(fields)
        and fields.get(b"host") in _good_hosts
    ):
        if b"content-length" in fields or b"transfer-encoding" in fields:
            _check_length(fields, method)
        return fields
    return _screen_thoroughly(lines, limits, method)


def _screen_thoroughly(lines: RawHeaders, limits: HeaderLimits, method: str) -> dict[bytes, bytes]:
    _check_budget(lines, limits)
    fields = dict(reversed(lines))
    for name, value in lines:
        _check_field(name, value)
    if len(fields) != len(lines):
        _check_repetition(lines)
    _check_host(fields)
    _check_length(fields, method)
    return fields


def _check_budget(lines: RawHeaders, limits: HeaderLimits) -> None:
    if len(lines) > limits.headers:
        raise HeaderFieldsTooLarge(f"The request has {len(lines)} header fields, {limits.headers} are allowed")
    size = sum(len(name) + len(value) for name, value in lines)
    if size > limits.header_bytes:
        raise HeaderFieldsTooLarge(f"The header fields have {size} bytes, {limits.header_bytes} are allowed")


def _check_field(name: bytes, value: bytes) -> None:
    if name not in _good_names:
        if not name or name.translate(None, _NAME_CHARACTERS):
            raise _refusal("The name of a header field is not a token in lower case")
        if len(name) <= _CACHED_NAME_LENGTH:
            _remember(_good_names, name)
    if len(value.translate(None, _CONTROLS)) != len(value):
        raise _refusal("The value of a header field has a control character")


def _check_repetition(lines: RawHeaders) -> None:
    names = [name for name, _ in lines]
    for single in _SINGLE:
        if names.count(single) > 1:
            raise _refusal(f"The header field {single.decode()} stands more than once")


def _check_host(fields: dict[bytes, bytes]) -> None:
    host = fields.get(b"host")
    if host is None:
        raise _refusal("The header field host is missing")
    if host not in _good_hosts:
        if parse_host(host.decode("latin-1")) is None:
            raise _refusal("The header field host is not a host with an optional port")
        _remember(_good_hosts, host)


def _check_length(fields: dict[bytes, bytes], method: str) -> None:
    length, coding = fields.get(b"content-length"), fields.get(b"transfer-encoding")
    if length is not None:
        if coding is not None:
            raise _refusal("The request has both content-length and transfer-encoding")
        if not length.isdigit() or len(length) > _LENGTH_DIGITS:
            raise _refusal("The header field content-length is not a decimal number of bytes")
    if coding is not None and coding.lower() != b"chunked":
        raise _refusal("The only transfer-encoding read here is chunked")
    # Servers disagree on whether the content or the new protocol comes first.
    if method == "GET" and b"upgrade" in fields and (coding or (length or b"").strip(b"0")):
        raise _refusal("A GET that asks for an upgrade must not have content")


def _remember(cache: set[bytes], entry: bytes) -> None:
    if len(cache) >= _CACHE_SIZE:
        cache.clear()
    cache.add(entry)


def _refusal(detail: str) -> BadRequest:
    # Where the next request begins on this connection is not to be believed either.
    return BadRequest(detail, {"connection": "close"})
