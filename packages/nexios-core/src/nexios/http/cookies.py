"""Cookies as RFC 6265bis reads and writes them; ``http.cookies`` is quadratic on hostile input and is never used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from nexios.http.conditional import http_date
from nexios.http.headers import is_token
from nexios.http.hosts import parse_host

SameSite: TypeAlias = Literal["lax", "strict", "none"]

# A browser sends a few dozen; whoever sends more pays for them, not we.
_MOST_COOKIES: Final = 1_000

# RFC 6265bis section 4.1.1, cookie-octet: visible ASCII without the five that separate or quote.
_OCTETS: Final = bytes(set(range(0x21, 0x7F)) - set(b'",;\\'))

# What browsers keep (RFC 6265bis section 5.6): beyond it they drop the cookie or the attribute without a word.
_LONGEST_PAIR: Final = 4_096
_LONGEST_ATTRIBUTE: Final = 1_024

# The longer ones first: "__Host-Http-" begins with "__Host-".
_PREFIXES: Final = ("__Host-Http-", "__Http-", "__Host-", "__Secure-")

_SAME_SITE: Final = {"lax": "Lax", "strict": "Strict", "none": "None"}


def parse_cookies(values: Iterable[str]) -> dict[str, str]:
    """Read the values of the Cookie header's lines; of several cookies with one name the first one counts.

    Browsers send the cookie with the longest path first. Quotes around a value are dropped, nameless cookies and
    whatever follows the first 1 000 are skipped.
    """
    cookies: dict[str, str] = {}
    for pair in ";".join(values).split(";", _MOST_COOKIES)[:_MOST_COOKIES]:
        name, equals, value = pair.partition("=")
        # Only these two: str.strip() would also make "__Host-id" of a name that begins with U+00A0.
        name = name.strip(" \t")
        if name and equals and name not in cookies:
            value = value.strip(" \t")
            quoted = value[:1] == '"' and value[-1:] == '"' and len(value) > 1
            cookies[name] = value[1:-1] if quoted else value
    return cookies


def set_cookie_header(
    name: str,
    value: str,
    *,
    max_age: int | None = None,
    expires: datetime | None = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = False,
    samesite: SameSite | None = "lax",
    partitioned: bool = False,
) -> bytes:
    """Return the value of a Set-Cookie header; *max_age* is in seconds, *expires* has a time zone.

    ValueError for whatever a browser would drop, cut or read as something else; the message never shows the value.
    """
    if not is_token(name):
        raise ValueError(f"{name!r} is not a cookie name: use ASCII letters, digits, hyphens and underscores")
    content = _check_octets(value, f"the value of cookie {name!r}")
    if len(name) + len(content) > _LONGEST_PAIR:
        size = len(name) + len(content)
        raise ValueError(
            f"cookie {name!r} has {size} bytes, browsers keep {_LONGEST_PAIR}: keep its data on the server"
        )
    if name.startswith("__"):
        _check_prefix(name, path, domain, secure, httponly)
    attributes = _attributes(max_age, expires, path, domain, secure, httponly, samesite, partitioned)
    return b"".join((name.encode("ascii"), b"=", content, attributes))


def _check_octets(text: str, what: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    if raw.translate(None, _OCTETS):
        allowed = _OCTETS.decode("ascii")
        position = next(index for index, character in enumerate(text) if character not in allowed)
        raise ValueError(
            f"{what} has {text[position]!a} at position {position}: encode it, with urllib.parse.quote say"
        )
    return raw


def _check_prefix(name: str, path: str | None, domain: str | None, secure: bool, httponly: bool) -> None:
    # RFC 6265bis section 4.1.3; browsers compare the prefixes without regard to case.
    prefix = next((known for known in _PREFIXES if name.lower().startswith(known.lower())), None)
    if prefix is None:
        return
    if not secure:
        raise ValueError(f"cookie {name!r} needs secure=True, because its name begins with {prefix}")
    if prefix.startswith("__Host-") and (path != "/" or domain is not None):
        raise ValueError(f"cookie {name!r} needs path='/' and no domain, because its name begins with {prefix}")
    if prefix.endswith("Http-") and not httponly:
        raise ValueError(f"cookie {name!r} needs httponly=True, because its name begins with {prefix}")


# Typed, so that max_age=True is not taken for the 1 that was checked before.
@lru_cache(maxsize=256, typed=True)
def _attributes(
    max_age: int | None,
    expires: datetime | None,
    path: str | None,
    domain: str | None,
    secure: bool,
    httponly: bool,
    samesite: SameSite | None,
    partitioned: bool,
) -> bytes:
    if partitioned and not secure:
        raise ValueError("a partitioned cookie needs secure=True: browsers drop it otherwise")
    written = (
        max_age is not None and f"Max-Age={_check_max_age(max_age)}",
        expires is not None and f"Expires={_check_expires(expires)}",
        path is not None and f"Path={_check_path(path)}",
        domain is not None and f"Domain={_check_domain(domain)}",
        secure and "Secure",
        httponly and "HttpOnly",
        samesite is not None and f"SameSite={_check_samesite(samesite, secure)}",
        partitioned and "Partitioned",
    )
    return "".join(f"; {attribute}" for attribute in written if attribute).encode("ascii")


def _check_max_age(max_age: object) -> int:
    if type(max_age) is not int or max_age < 0:
        raise ValueError(f"max_age {max_age!r} is not a number of seconds: use an int, 0 deletes the cookie")
    return max_age


def _check_expires(expires: object) -> str:
    if not isinstance(expires, datetime):
        raise ValueError(f"expires {expires!r} is not a datetime: use datetime.now(timezone.utc) + timedelta(...)")
    return http_date(expires)


def _check_path(path: str) -> str:
    _check_octets(path, "the path of a cookie")
    if not path.startswith("/") or len(path) > _LONGEST_ATTRIBUTE:
        raise ValueError(f"cookie path {path!r} must begin with / and have at most {_LONGEST_ATTRIBUTE} characters")
    return path


def _check_domain(domain: str) -> str:
    host = parse_host(domain.removeprefix("."))
    if host is None or ":" in domain:
        raise ValueError(f"cookie domain {domain!r} is not the name of a host: write example.com")
    return host.name


def _check_samesite(samesite: str, secure: bool) -> str:
    written = _SAME_SITE.get(str(samesite).lower())
    if written is None:
        raise ValueError(f"samesite {samesite!r} is unknown: use 'lax', 'strict', 'none' or None")
    if written == "None" and not secure:
        raise ValueError("samesite='none' needs secure=True: browsers drop the cookie otherwise")
    return written
