"""Several keys of one family: which of them may have signed a token."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, runtime_checkable

from nexios.auth.jwt.keys import Key
from nexios.auth.jwt.segments import Header
from nexios.exceptions import ConfigurationError

# A token without a kid is tried with each; more keys than this are a mistake in their rotation.
_MOST = 16


@runtime_checkable
class KeySource(Protocol):
    """Where a verifier finds its keys; all are of one family."""

    @property
    def algorithms(self) -> frozenset[str]:
        """The algorithms that tokens may be signed with."""
        ...

    async def find(self, header: Header) -> Sequence[Key]:
        """The keys that a token with *header* may be signed with; none where it is of a stranger."""
        ...


class KeySet:
    """Keys that are known from the start: the one that signs, and those of before that still verify.

    Raises ConfigurationError for keys of several families (RFC 8725 section 3.1: one of them would be confused with
    another), and for two keys with the same name.
    """

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = tuple(keys)
        _check(self._keys)
        self._algorithms = frozenset(key.algorithm for key in self._keys)

    @property
    def algorithms(self) -> frozenset[str]:
        return self._algorithms

    async def find(self, header: Header) -> Sequence[Key]:
        return matching(self._keys, header)

    def __repr__(self) -> str:
        return f"KeySet({', '.join(map(repr, self._keys))})"


def matching(keys: Sequence[Key], header: Header) -> list[Key]:
    """Those for the algorithm that *header* names; a kid is compared and nothing else.

    A key that has no name may have signed any token, and a token that names none may be of any key.
    """
    return [
        key
        for key in keys
        if key.algorithm == header.algorithm and (key.kid is None or header.kid is None or key.kid == header.kid)
    ]


def _check(keys: Sequence[Key]) -> None:
    strangers = [each for each in keys if not isinstance(each, Key)]
    if strangers or not 0 < len(keys) <= _MOST:
        wrong = f"a {type(strangers[0]).__name__} is among them" if strangers else f"there are {len(keys)}"
        raise ConfigurationError(f"give 1 to {_MOST} keys, made with Key.hmac, Key.pem or Key.jwk: {wrong}")
    families = sorted({key.family for key in keys})
    if len(families) > 1:
        raise ConfigurationError(
            f"the keys are of several families, {' and '.join(families)}: give each a verifier of its own"
        )
    named = [(key.algorithm, key.kid) for key in keys if key.kid is not None]
    if len(set(named)) < len(named):
        raise ConfigurationError(f"two keys have the same kid: {sorted(kid for _, kid in named)}")
