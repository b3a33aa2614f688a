"""JSON Web Tokens: keys that carry their algorithm, a strict verifier, an issuer, and pairs that rotate."""

from __future__ import annotations

from nexios.auth.jwt.issuer import TokenIssuer
from nexios.auth.jwt.jwks import RemoteKeys
from nexios.auth.jwt.keys import Key
from nexios.auth.jwt.keyset import KeySet, KeySource
from nexios.auth.jwt.refresh import TokenPair, TokenPairs
from nexios.auth.jwt.revocation import MemoryTokenStore, TokenStore
from nexios.auth.jwt.verifier import Verifier

__all__ = [
    "Key",
    "KeySet",
    "KeySource",
    "MemoryTokenStore",
    "RemoteKeys",
    "TokenIssuer",
    "TokenPair",
    "TokenPairs",
    "TokenStore",
    "Verifier",
]
