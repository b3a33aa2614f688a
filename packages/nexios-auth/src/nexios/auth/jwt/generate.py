"""New keys, for tests, for a first start, and for rotation."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from nexios.auth.jwt.secret import SHORTEST
from nexios.exceptions import ConfigurationError

try:
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
except ImportError:  # the extra nexios-auth[crypto] is not installed
    ec = ed448 = ed25519 = rsa = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from nexios.auth.jwt.keys import Algorithm


def generate_material(shape: Algorithm, algorithm: str) -> Any:
    """Random bytes for an HMAC, else a private key of the library that signs."""
    if shape.family == "HMAC":
        return secrets.token_bytes(SHORTEST[algorithm])
    if ec is None:
        raise ConfigurationError(f'{algorithm} needs cryptography: pip install "nexios-auth[crypto]"')
    if shape.family == "RSA":
        return rsa.generate_private_key(public_exponent=65_537, key_size=3_072)
    if shape.family == "EC":
        curves = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
        return ec.generate_private_key(curves[shape.curve]())
    return ed448.Ed448PrivateKey.generate() if shape.curve == "Ed448" else ed25519.Ed25519PrivateKey.generate()
