"""The name a download is saved under (RFC 6266, with the encoding of RFC 8187)."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from nexios.http.quoting import CONTROLS

# RFC 8187 section 3.2.1, attr-char, besides letters, digits and "_.-~".
_EXTENDED_SAFE: Final = "!#$&+^`|"

# What some readers unescape or cut although the standard says otherwise (RFC 6266 appendix D).
_MISREAD: Final = frozenset('"%\\')


def content_disposition(filename: str, inline: bool = False) -> str:
    """The value of Content-Disposition; slashes in *filename* become underscores, so that it names no folder.

    ValueError for a control character.
    """
    if not CONTROLS.isdisjoint(filename):
        found = next(character for character in filename if character in CONTROLS)
        raise ValueError(f"the file name {filename!r} has {found!a}: leave it out")
    kind = "inline" if inline else "attachment"
    name = filename.replace("/", "_").replace("\\", "_")
    if not name:
        return kind
    plain = "".join("_" if character in _MISREAD or character > "~" else character for character in name)
    if plain == name:
        return f'{kind}; filename="{plain}"'
    # A name from the file system may hold lone surrogates, which have no encoding.
    extended = quote(name, _EXTENDED_SAFE, errors="replace")
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{extended}"
