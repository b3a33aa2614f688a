"""Header fields: a view for requests, a writable one for answers, and the grammar of whatever is written.

``check_name`` and ``check_value`` are the choke points: every field that leaves the framework went through them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Final, TypeVar, overload

from nexios.types import RawHeaders

_T = TypeVar("_T")

TOKEN_CHARACTERS: Final = b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

# RFC 9110 section 5.5: tab, visible ASCII and obs-text. U+0080 to U+009F are left out: as C1 controls they move
# the cursor of a terminal that shows a log.
_VALUE_CHARACTERS: Final = bytes([0x09, *range(0x20, 0x7F), *range(0xA0, 0x100)])

# If one of these stood twice in an answer, a proxy and a browser could each believe another one.
_SINGLE: Final = frozenset(
    (
        b"content-disposition",
        b"content-length",
        b"content-range",
        b"content-type",
        b"etag",
        b"last-modified",
        b"location",
    )
)

# What ends a line, or moves the cursor of whoever reads one.
CONTROLS: Final = bytes([*range(0x09), *range(0x0A, 0x20), 0x7F])

_SECRET: Final = frozenset((b"authorization", b"cookie", b"proxy-authorization", b"set-cookie"))


def is_token(text: str) -> bool:
    """Whether *text* is a token (RFC 9110 section 5.6.2): names, types, schemes and units of headers are."""
    return text != "" and text.isascii() and not text.encode("ascii").translate(None, TOKEN_CHARACTERS)


def check_name(name: str) -> bytes:
    """Return *name* in lower case; ValueError unless it is a token."""
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller is checked
        raise TypeError(f"a header name must be a str, not {type(name).__name__}")
    if not is_token(name):
        raise ValueError(f"{name!r} is not a header name: use ASCII letters, digits and hyphens")
    return name.encode("ascii").lower()


def check_value(value: str) -> bytes:
    """Return *value* without surrounding blanks; ValueError for a character that RFC 9110 section 5.5 forbids.

    The message shows that character and its position, never the whole value: it may be a token or a cookie.
    """
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # not every caller is checked
        raise TypeError(f"a header value must be a str, not {type(value).__name__}: write str(value)")
    if value.isascii() and value.isprintable():
        return value.strip(" ").encode("ascii")
    try:
        raw = value.encode("latin-1")
    except UnicodeEncodeError:
        raise _misfit(value) from None
    if raw.translate(None, _VALUE_CHARACTERS):
        raise _misfit(value)
    return raw.strip(b" \t")


def check_raw(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """Return a field that another application wrote, its name in lower case; ValueError where it could split an answer.

    Its bytes beyond ASCII stay as they are: they are UTF-8 more often than latin-1.
    """
    if len(value.translate(None, CONTROLS)) != len(value):
        raise ValueError(f"the value of the header {name!a} has a control character: remove it")
    return check_name(name.decode("latin-1")), bytes(value)


def _misfit(value: str) -> ValueError:
    allowed = _VALUE_CHARACTERS.decode("latin-1")
    position = next(index for index, character in enumerate(value) if character not in allowed)
    return ValueError(
        f"a header value has {value[position]!a} at position {position}: "
        "remove control characters, percent-encode what is not latin-1"
    )


def _key(name: str) -> bytes:
    # Encoded before it is lower-cased: str.lower() turns U+212A, the Kelvin sign, into an ASCII "k".
    try:
        return name.encode("ascii").lower()
    except UnicodeEncodeError:
        return b""  # the name of no field


class Headers(Mapping[str, str]):
    """The fields of a request, by case-insensitive name; of several lines with one name the first one counts.

    Names are compared byte by byte: ``x_user`` is never read as ``x-user``. *index*, where the caller has it
    already, maps each name to the value of its first line.
    """

    __slots__ = ("_index", "raw")

    raw: RawHeaders

    def __init__(self, raw: Iterable[tuple[bytes, bytes]] = (), index: dict[bytes, bytes] | None = None) -> None:
        self.raw = raw if isinstance(raw, list) else list(raw)
        self._index = index

    def _first(self, name: str) -> bytes | None:
        index = self._index
        if index is None:
            index = self._index = dict(reversed(self.raw))
        return index.get(_key(name))

    def __getitem__(self, name: str) -> str:
        value = self._first(name)
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1")

    @overload
    def get(self, name: str, /, default: None = None) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str | _T) -> str | _T: ...
    def get(self, name: str, /, default: object = None) -> object:
        value = self._first(name)
        return default if value is None else value.decode("latin-1")

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._first(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.decode("latin-1") for name, _ in self.raw))

    def __len__(self) -> int:
        return len({name for name, _ in self.raw})

    def getlist(self, name: str) -> list[str]:
        """The values of every line called *name*, in order; empty where there is none."""
        key = _key(name)
        return [value.decode("latin-1") for other, value in self.raw if other == key]

    def joined(self, name: str) -> str | None:
        """Every line called *name* as one comma-separated value, None where there is none (RFC 9110 section 5.3)."""
        return None if self._first(name) is None else ", ".join(self.getlist(name))

    def multi_items(self) -> list[tuple[str, str]]:
        """Every line as ``(name, value)``, in order."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.raw]

    def __eq__(self, other: object) -> bool:
        # Only the order of lines with one name means something (RFC 9110 section 5.3).
        if isinstance(other, Headers):
            return sorted(self.raw, key=_by_name) == sorted(other.raw, key=_by_name)
        return super().__eq__(other)

    def __repr__(self) -> str:
        shown = [
            (name.decode("latin-1"), "[hidden]" if name in _SECRET else value.decode("latin-1"))
            for name, value in self.raw
        ]
        return f"{type(self).__name__}({shown})"


def _by_name(field: tuple[bytes, bytes]) -> bytes:
    return field[0]


class MutableHeaders(Headers, MutableMapping[str, str]):
    """The fields of an answer, written to the list it was given.

    Everything written passes ``check_name`` and ``check_value``. Nothing is indexed, because others may write to the
    same list; an answer has few fields.
    """

    __slots__ = ()

    def _first(self, name: str) -> bytes | None:
        key = _key(name)
        for other, value in self.raw:
            if other == key:
                return value
        return None

    def __setitem__(self, name: str, value: str) -> None:
        field = check_name(name), check_value(value)
        self._remove(field[0])
        self.raw.append(field)

    def __delitem__(self, name: str) -> None:
        if not self._remove(_key(name)):
            raise KeyError(name)

    def _remove(self, key: bytes) -> bool:
        kept = [field for field in self.raw if field[0] != key]
        removed = len(kept) < len(self.raw)
        if removed:
            self.raw[:] = kept
        return removed

    def append(self, name: str, value: str) -> None:
        """Add a line beside those of the same name; ValueError for a second line of a field that stands once."""
        field = check_name(name), check_value(value)
        if field[0] in _SINGLE and self._first(name) is not None:
            raise ValueError(f"{name} can stand only once in an answer: replace it with headers[{name!r}] = value")
        self.raw.append(field)

    def vary(self, *names: str) -> None:
        """Add *names* to the Vary header; ``*`` stays alone (RFC 9110 section 12.5.5)."""
        for name in names:
            check_name(name)
        merged: dict[str, str] = {}
        for listed in [*",".join(self.getlist("vary")).split(","), *names]:
            if name := listed.strip():
                merged.setdefault(name.lower(), name)
        if merged:
            self["vary"] = "*" if "*" in merged else ", ".join(merged.values())
