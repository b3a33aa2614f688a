"""Quoted strings, and lists that may hold them (RFC 9110 section 5.6.4)."""

from __future__ import annotations

from typing import Final

from nexios.http.headers import is_token

# C0, DEL, C1 and the two separators that some readers take for the end of a line.
CONTROLS: Final = frozenset(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029]))

_QUOTABLE: Final = frozenset(map(chr, [0x09, *range(0x20, 0x7F), *range(0x80, 0x100)]))


def split_unquoted(text: str, separator: str) -> list[str]:
    """Split at every *separator* that is not within quotes; blanks stay where they are."""
    if '"' not in text:
        return text.split(separator)
    pieces: list[str] = []
    start, quoted, escaped = 0, False, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == '"':
            quoted = not quoted
        elif quoted:
            escaped = character == "\\"
        elif character == separator:
            pieces.append(text[start:index])
            start = index + 1
    return [*pieces, text[start:]]


def read_value(text: str) -> str | None:
    """The content of a token or quoted string, None for anything else."""
    if text[:1] != '"':
        return text if is_token(text) else None
    content: list[str] = []
    characters = iter(text[1:-1])
    for character in characters:
        if character == '"':
            return None
        content.append(next(characters, "") if character == "\\" else character)
    # A backslash at the end has quoted the closing quote away.
    closed = len(text) > 1 and text[-1] == '"' and "" not in content and _QUOTABLE.issuperset(content)
    return "".join(content) if closed else None


def write_value(text: str) -> str:
    """*text* as a token where it is one, else as a quoted string."""
    if is_token(text):
        return text
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))
