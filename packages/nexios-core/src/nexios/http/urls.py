"""The URL of a request, its query, and the URLs an answer sends a client to.

The path always comes from the request line, the host always from Host: neither can move the other.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final, TypedDict, TypeVar, Unpack, overload
from urllib.parse import quote, quote_from_bytes

from nexios.exceptions import BadRequest
from nexios.http.hosts import Host, join_host, parse_host
from nexios.http.quoting import CONTROLS
from nexios.types import Scope

_T = TypeVar("_T")

# RFC 3986 section 3.3: what a path may hold besides letters, digits and "-._~".
_PATH_SAFE: Final = "/!$&'()*+,;=:@"
# Queries, fragments and targets of redirects come encoded already: their percent signs stay.
_QUERY_SAFE: Final = "%?" + _PATH_SAFE
_LOCATION_SAFE: Final = "#[]" + _QUERY_SAFE

_SCHEME_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789+-.")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def quote_path(path: str) -> str:
    """Percent-encode the decoded *path*; as a relative reference the result stays on the host it is read on."""
    quoted = _quote(path, _PATH_SAFE)
    return "/%2F" + quoted[2:] if quoted.startswith("//") else _rooted(quoted)


def quote_query(query: bytes) -> str:
    """*query* as a URL may hold it: what is encoded stays so, other bytes are."""
    return quote_from_bytes(query, _QUERY_SAFE)


def _quote(text: str, safe: str) -> str:
    # A server may hand over lone surrogates: they have no encoding, but they must not end in a 500 either.
    return quote(text, safe, errors="surrogatepass")


def _rooted(path: str) -> str:
    return path if path[:1] in ("", "/") else "/" + path


class _Components(TypedDict, total=False):
    scheme: str
    hostname: str
    port: int | None
    path: str
    query: str
    fragment: str


@dataclasses.dataclass(frozen=True, slots=True)
class URL:
    """A URL in parts: *path* is decoded, *query* and *fragment* are as written, *hostname* has no brackets.

    ``str(url)`` encodes what has to be encoded. ValueError for a scheme, host or port that could move other parts.
    """

    scheme: str = ""
    hostname: str = ""
    port: int | None = None
    path: str = ""
    query: str = ""
    fragment: str = ""

    def __post_init__(self) -> None:
        if not _SCHEME_CHARACTERS.issuperset(self.scheme):
            raise ValueError(f"{self.scheme!r} is not the scheme of a URL: write 'http' or 'https'")
        if self.netloc and parse_host(self.netloc) is None:
            raise ValueError(f"{self.netloc!r} is not a host with an optional port: write 'example.com'")

    @classmethod
    def from_scope(cls, scope: Scope, host: str | None) -> URL:
        """The URL of a request; *host* is its Host header, without one the address of the server is used."""
        scheme = scope.get("scheme", "http")
        name, port = (_server_of(scope, scheme) if host is None else parse_host(host)) or Host("", None)
        return cls(scheme, name, port, scope["path"], quote_query(scope.get("query_string", b"")))

    @property
    def netloc(self) -> str:
        """Host and port as Host writes them; empty for a relative URL."""
        return join_host(self.hostname, self.port)

    def replace(self, **components: Unpack[_Components]) -> URL:
        """A copy with some components exchanged."""
        return dataclasses.replace(self, **components)

    def __str__(self) -> str:
        if self.netloc:
            text = f"{self.scheme}:" if self.scheme else ""
            text += f"//{self.netloc}{_rooted(_quote(self.path, _PATH_SAFE))}"
        else:
            text = quote_path(self.path)
        if self.query:
            text += "?" + _quote(self.query, _QUERY_SAFE)
        return f"{text}#{_quote(self.fragment, _QUERY_SAFE)}" if self.fragment else text


def _server_of(scope: Scope, scheme: str) -> Host | None:
    name, port = scope.get("server") or ("", None)
    if port is None:  # a unix socket, whose name is a file
        return None
    return parse_host(join_host(name, None if port == _DEFAULT_PORTS.get(scheme) else port))


# urllib's unquote takes 25 ms for 64 KB of lone percent signs, which a hostile query may have.
_ESCAPED: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


class QueryParams(Mapping[str, str]):
    """The fields of a query, decoded once; of several fields with one name the first one counts.

    Only ``&`` separates. *first* holds the values that count, not to be changed. BadRequest for more than *limit*
    fields and for what is not UTF-8.
    """

    __slots__ = ("_decoded", "_text", "first")

    def __init__(self, query: bytes | str = b"", limit: int = 1_000) -> None:
        try:
            self._text = text = query if isinstance(query, str) else query.decode("utf-8")
            separators = text.count("&")
            if separators >= limit:
                raise BadRequest(f"The query has more than {limit} fields")
            self._decoded: list[tuple[str, str]] | None = None
            first: dict[str, str] = {} if "%" in text or "+" in text else _read_plain(text)
            # Fewer names than fields, or a field without a name: the query is not as plain as most are.
            self.first: dict[str, str] = (
                first if len(first) > separators and "" not in first else dict(reversed(self._items))
            )
        except UnicodeError:
            raise BadRequest("The query is not UTF-8") from None

    @property
    def _items(self) -> list[tuple[str, str]]:
        if self._decoded is None:
            self._decoded = _parse_query(self._text)
        return self._decoded

    def __getitem__(self, name: str) -> str:
        return self.first[name]

    @overload
    def get(self, name: str, /, default: None = None) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | _T) -> str | _T: ...
    def get(self, name: str, /, default: object = None) -> object:
        return self.first.get(name, default)

    def __contains__(self, name: object) -> bool:
        return name in self.first

    def __iter__(self) -> Iterator[str]:
        return iter(dict(self._items))

    def __len__(self) -> int:
        return len(self.first)

    def getlist(self, name: str) -> list[str]:
        """The values of every field called *name*, in order; empty where there is none."""
        return [value for other, value in self._items if other == name]

    def multi_items(self) -> list[tuple[str, str]]:
        """Every field as ``(name, value)``, in order."""
        return list(self._items)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, QueryParams):
            return self._items == other._items
        return super().__eq__(other)

    def __repr__(self) -> str:
        return f"QueryParams({self._items})"


def _read_plain(text: str) -> dict[str, str]:
    """The fields of a query in which nothing is encoded."""
    fields: dict[str, str] = {}
    for field in text.split("&"):
        name, _, value = field.partition("=")
        fields[name] = value
    return fields


def _parse_query(text: str) -> list[tuple[str, str]]:
    items: list[tuple[str, str]] = []
    for field in text.split("&"):
        if field:
            name, _, value = field.partition("=")
            items.append((_decode(name), _decode(value)) if "%" in field or "+" in field else (name, value))
    return items


def _decode(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return _ESCAPED.sub(_unescape, text.encode("utf-8")).decode("utf-8") if "%" in text else text


def _unescape(escaped: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escaped[1].decode("ascii"))


def safe_redirect(url: str, allowed_hosts: Collection[str] = (), fallback: str = "/") -> str:
    """Return *url* where a browser would stay on this host or on one of *allowed_hosts*, else *fallback*.

    An allowed host is written ``example.com`` or ``example.com:8443``; without a port it means the default one.
    """
    # Browsers drop tabs and newlines wherever they stand, and read a backslash as a slash.
    if not CONTROLS.isdisjoint(url) or "\\" in url:
        return fallback
    if url.startswith("/"):
        return fallback if url.startswith("//") else url
    scheme, _, rest = url.partition("://")
    target = _authority(_until_any(rest, "/?#"), scheme.lower())
    allowed = target is not None and any(_authority(host, scheme.lower()) == target for host in allowed_hosts)
    return url if allowed else fallback


def _authority(host: str, scheme: str) -> Host | None:
    parsed = parse_host(host)
    if parsed is None or scheme not in ("http", "https"):
        return None
    return parsed if parsed.port is not None else Host(parsed.name, _DEFAULT_PORTS[scheme])


def _until_any(text: str, ends: str) -> str:
    for end in ends:
        text, _, _ = text.partition(end)
    return text


def check_location(url: str) -> str:
    """Return *url* as it may stand in Location, with what is not ASCII percent-encoded.

    ValueError for a control character. A backslash is encoded too: browsers would read it as a slash.
    """
    if not CONTROLS.isdisjoint(url):
        found = next(character for character in url if character in CONTROLS)
        raise ValueError(f"the URL {url!r} has {found!a}: percent-encode it or leave it out")
    try:
        return quote(url, _LOCATION_SAFE)
    except UnicodeEncodeError:
        raise ValueError(f"the URL {url!r} has a lone surrogate: leave it out") from None
