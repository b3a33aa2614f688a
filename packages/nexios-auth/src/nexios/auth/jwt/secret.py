"""What may be the secret of an HMAC: nothing short, nothing from an example, and nothing that is public."""

from __future__ import annotations

import base64
import binascii
import codecs
import re

from nexios.config import Secret
from nexios.exceptions import ConfigurationError
from nexios.keys import CURE, weakness

# RFC 7518 section 3.2: no shorter than the hash that it keys.
SHORTEST = {"HS256": 32, "HS384": 48, "HS512": 64}
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_ARMOUR = re.compile(rb"-{4,5} ?BEGIN |^PuTTY-User-Key-File", re.MULTILINE)
_SSH = re.compile(rb"(?:^|\s)(?:ssh-(?:rsa|dss|ed25519|ed448)|ecdsa-sha2-|sk-(?:ssh|ecdsa)-)")
# SEQUENCE { SEQUENCE ... } is a public key or a certificate, SEQUENCE { INTEGER ... } an RSA or a private key (X.690).
_DER_INNER = (0x30, 0x02)


def hmac_secret(given: str | bytes | Secret, algorithm: str) -> bytes:
    """The bytes of *given*. Raises ConfigurationError, without showing it, for what others know or could guess."""
    secret = _as_bytes(given)
    if complaint := _weakness(secret, algorithm) or _publicity(secret, algorithm):
        raise ConfigurationError(complaint)
    return secret


def _as_bytes(given: object) -> bytes:
    if isinstance(given, Secret):
        given = given.reveal()
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass")
    if isinstance(given, bytes):
        return given
    raise ConfigurationError(f"an HMAC secret is a str, bytes or a Secret, not a {type(given).__name__}; {CURE}")


def _weakness(secret: bytes, algorithm: str) -> str:
    shortest = SHORTEST[algorithm]
    short = f"has {len(secret)} bytes, it needs at least {shortest}" if len(secret) < shortest else ""
    what = short or weakness(secret)
    return f"the secret for {algorithm} {what}; {CURE}" if what else ""


def _publicity(secret: bytes, algorithm: str) -> str:
    """A public key as an HMAC secret lets everyone who knows it, that is everyone, sign (CVE-2015-9235)."""
    for text in _readings(secret):
        what = _kind_of_key(text)
        if what:
            return (
                f"the secret for {algorithm} is {what}, which is not a secret: read it with Key.pem(...) or "
                "Key.jwk(...) and the algorithm it is for, such as RS256 or ES256"
            )
    return ""


def _readings(secret: bytes) -> list[bytes]:
    """*secret* as it is, and as text from an editor that marks the order of bytes."""
    readings = [secret.strip()]
    for mark in _MARKS:
        if secret.startswith(mark):
            encoding = "utf-8-sig" if mark == codecs.BOM_UTF8 else "utf-16"
            readings.append(secret.decode(encoding, "replace").encode("utf-8", "replace").strip())
    return readings


def _kind_of_key(text: bytes) -> str:
    if _ARMOUR.search(text):
        return "a key or a certificate in PEM"
    if _SSH.search(text):
        return "a key of SSH"
    if text[:1] in (b"{", b"[") and b'"kty"' in text:
        return "a JWK"
    if _is_der(text) or _is_der(_decoded(text)):
        return "a key or a certificate in DER"
    return ""


def _is_der(data: bytes) -> bool:
    """Whether *data* is exactly one ASN.1 SEQUENCE that begins as keys and certificates do."""
    if len(data) < 8 or data[0] != 0x30:
        return False
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[2:start], "big")
    return len(data) == start + size and data[start] in _DER_INNER


def _decoded(text: bytes) -> bytes:
    """The body of a PEM file without its armour is base64 of DER."""
    packed = b"".join(text.split())
    try:
        return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except binascii.Error:
        return b""
