"""What one row of the tables says: send this, and this must happen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HOST = (b"host", b"testserver")


@dataclass(frozen=True)
class Attack:
    """One request that no browser sends, and its answer."""

    sends: str  # the sentence of the documentation
    status: int
    path: str = "/"
    method: str = "GET"
    headers: tuple[tuple[bytes, bytes], ...] = ()
    host: bytes | None = HOST[1]
    body: tuple[bytes, ...] = (b"",)
    query: bytes = b""
    says: object = None  # what JSON or text the answer must have, None where any will do
    answers_with: Mapping[str, str] = field(default_factory=dict[str, str])
    closes: bool = False  # whether the answer ends the connection, because where the next request begins is not known
    scope: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def lines(self) -> list[tuple[bytes, bytes]]:
        return [*([] if self.host is None else [(b"host", self.host)]), *self.headers]

    def __str__(self) -> str:
        return self.sends


@dataclass(frozen=True)
class Threat:
    """A class of attacks: what is sent at ASGI level, and which other tests prove the rest of it."""

    number: int
    title: str
    attacks: tuple[Attack, ...] = ()
    proofs: tuple[str, ...] = ()  # "file below tests/::name of the test"

    def __str__(self) -> str:
        return f"{self.number:02} {self.title}"
