"""Text that must not be printed, and the names under which such text usually travels."""

from __future__ import annotations

MASK = "**********"

_TELLING = ("secret", "password", "token", "key")


class Secret:
    """A string that appears in no repr, log or error; ``reveal()`` is the only way to read it.

    Raises ValueError for an empty string: a variable that is set to nothing must not become a working secret.
    Two secrets are compared in constant time; a Secret never equals a str.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not value:
            raise ValueError("a Secret cannot be empty: give it a value, or use None where there is none")
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        # hmac brings OpenSSL with it, 10 ms that most imports of nexios need not spend.
        from hmac import compare_digest

        return compare_digest(self._bytes(), other._bytes())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def _bytes(self) -> bytes:
        # The environment holds bytes that are not UTF-8 as lone surrogates.
        return self._value.encode("utf-8", "surrogatepass")


def looks_secret(name: str) -> bool:
    """Whether a field of this name probably holds something that must not be shown."""
    lowered = name.lower()
    return any(word in lowered for word in _TELLING)
