"""Keys in two halves, as cryptography reads and makes them. Whoever comes here has asked whether it is installed."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from nexios.exceptions import ConfigurationError

# Any, because without it they are None; no type of its own is given away here.
serialization: Any = None
ec: Any = None
ed448: Any = None
ed25519: Any = None
rsa: Any = None
with contextlib.suppress(ImportError):  # the extra nexios-auth[oauth] is not installed
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

_LARGEST_PEM: Final = 65_536
_CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


def load_pem(pem: bytes, password: bytes | None) -> Any:
    """A private key where *pem* has one, else a public one. Raises ConfigurationError, which shows nothing of it."""
    if len(pem) > _LARGEST_PEM:
        raise ConfigurationError(f"the PEM has {len(pem)} bytes, a key has at most {_LARGEST_PEM}")
    try:
        if b"PRIVATE KEY-----" in pem:
            return serialization.load_pem_private_key(pem, password)
        return serialization.load_pem_public_key(pem)
    except Exception as error:
        name = type(error).__name__
    # Outside of the handler, so that nothing the library has said about the key travels along.
    raise ConfigurationError(f"the key cannot be read ({name}): give the whole PEM, and the password if it has one")


def generate(family: str, curve: str) -> Any:
    """A new private key for "RSA", "EC" with a curve of RFC 7518, or "EdDSA"."""
    if family == "RSA":
        return rsa.generate_private_key(public_exponent=65_537, key_size=3_072)
    if family == "EC":
        curves: dict[str, type[Any]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
        return ec.generate_private_key(curves[curve]())
    return ed448.Ed448PrivateKey.generate() if curve == "Ed448" else ed25519.Ed25519PrivateKey.generate()


def kind_of(public: Any) -> tuple[str, str]:
    """The kty and the curve that a JWK of this key would have (RFC 7518 section 6, RFC 8037 section 2)."""
    if isinstance(public, rsa.RSAPublicKey):
        return "RSA", ""
    if isinstance(public, ec.EllipticCurvePublicKey):
        return "EC", _CURVES.get(public.curve.name, str(public.curve.name))
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "OKP", "Ed25519"
    return ("OKP", "Ed448") if isinstance(public, ed448.Ed448PublicKey) else (type(public).__name__, "")
