"""A document as YAML 1.2 (https://yaml.org/spec/1.2.2/).

What has parts is written as blocks; a text that could be read as something else is written as JSON writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

_PLAIN: Final = re.compile(r"[A-Za-z_/$][A-Za-z0-9_/$.{}-]*\Z")
# What YAML 1.1 or 1.2 takes for something else than text.
_WORDS: Final = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"})


def write_yaml(value: Any) -> str:
    """*value*, made of what JSON has, as a YAML document."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key, content in value.items():
            yield from _entry(f"{indent}{_scalar(str(key))}:", content, indent + "  ")
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for content in value:
            first, *others = _lines(content, indent + "  ")
            yield f"{indent}- {first.lstrip(' ')}"
            yield from others
    else:
        yield indent + _scalar(value)


def _entry(head: str, content: Any, indent: str) -> Iterator[str]:
    if isinstance(content, Mapping | list | tuple) and content:
        yield head
        yield from _lines(content, indent)
    else:
        yield f"{head} {_scalar(content)}"


def _scalar(value: Any) -> str:
    if isinstance(value, str) and _PLAIN.match(value) and value.lower() not in _WORDS:
        return value
    return "".join(map(_printable, json.dumps(value, ensure_ascii=False)))


def _printable(character: str) -> str:
    """*character*, or its escape in a text between double quotes (YAML 1.2, section 5.7)."""
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
