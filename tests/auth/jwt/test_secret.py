"""What may be the secret of an HMAC."""

from __future__ import annotations

import base64
import json

import pytest

from nexios import Secret
from nexios.auth.jwt import Key
from nexios.exceptions import ConfigurationError

GOOD = "5d0c9a7f3b1e8f2604c6d9e7a1b35d80"

PEM = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEVs/o5+uQbTjL3chynL4wXgUg2R9
q9UU8I5mEovUf86QZ7kOBIjJwqnzD1omageEHWwHdBO6B+dFabmdT9POxg==
-----END PUBLIC KEY-----
"""
DER = base64.b64decode("".join(PEM.splitlines()[1:-1]))
RSA_NUMBERS = b"\x30\x82\x01\x0a\x02\x82\x01\x01\x00" + bytes(range(1, 256)) + b"\xc1\x02\x03\x01\x00\x01"

PUBLIC = {
    "PEM": PEM,
    "PEM behind blanks": " \r\n\t" + PEM,
    "PEM in the middle": "# our key, copied from a page\n" + PEM,
    "PEM with a byte order mark": "\ufeff" + PEM,
    "PEM in UTF-16": ("\ufeff" + PEM).encode("utf-16-le"),
    "PEM in UTF-16, big endian": ("\ufeff" + PEM).encode("utf-16-be"),
    "PEM of a certificate": "-----BEGIN CERTIFICATE-----\n" + "MIIB" * 20 + "\n-----END CERTIFICATE-----",
    "PEM of RSA": "-----BEGIN RSA PUBLIC KEY-----\n" + "MIIB" * 20 + "\n-----END RSA PUBLIC KEY-----",
    "SSH": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGbPhiQgg2m2D4V0p0cd8d9M4ZqT1A7o1 somebody@example.com",
    "SSH behind options": 'restrict,command="x" ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC7 somebody@example.com',
    "SSH of a curve": "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZMy7",
    "SSH with armour": "---- BEGIN SSH2 PUBLIC KEY ----\n" + "AAAA" * 12 + "\n---- END SSH2 PUBLIC KEY ----",
    "PuTTY": "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: key\nPublic-Lines: 2",
    "JWK": json.dumps({"kty": "EC", "crv": "P-256", "x": "EVs_o5-uQbTjL3chynL4wXgUg2R9q9UU8I5mEovUf84"}),
    "JWK behind a byte order mark": b"\xef\xbb\xbf" + json.dumps({"kty": "oct", "k": "0" * 43}).encode(),
    "JWK set": json.dumps({"keys": [{"kty": "RSA", "e": "AQAB", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2a"}]}),
    "list of JWKs": json.dumps([{"kty": "RSA", "e": "AQAB", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2a"}]),
    "DER": DER,
    "DER of RSA": RSA_NUMBERS,
    "DER in base64": base64.b64encode(DER),
    "PEM without its armour": "\n".join(PEM.splitlines()[1:-1]),
}


@pytest.mark.parametrize("public", PUBLIC.values(), ids=PUBLIC.keys())
def test_what_everybody_may_know_is_no_secret(public: str | bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"which is not a secret: read it with Key\.pem"):
        Key.hmac(public)


@pytest.mark.parametrize(
    ("secret", "algorithm", "complaint"),
    [
        ("", "HS256", "has 0 bytes, it needs at least 32"),
        (GOOD[:31], "HS256", "has 31 bytes, it needs at least 32"),
        (GOOD + GOOD[:15], "HS384", "has 47 bytes, it needs at least 48"),
        (GOOD + GOOD[:31], "HS512", "has 63 bytes, it needs at least 64"),
        ("your-secret-key-goes-here-please-1234567", "HS256", "placeholder"),
        ("CHANGEME" * 8, "HS512", "placeholder"),
        ("a" * 64, "HS256", "placeholder"),
        (b"\0" * 32, "HS256", "placeholder"),
    ],
)
def test_what_could_be_guessed_is_no_secret(secret: str | bytes, algorithm: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Key.hmac(secret, algorithm)


def test_the_error_shows_nothing_of_the_secret() -> None:
    with pytest.raises(ConfigurationError) as refused:
        Key.hmac("tr0ub4dor")

    assert "tr0ub4dor" not in str(refused.value)


@pytest.mark.parametrize("secret", [GOOD, GOOD.encode(), Secret(GOOD), bytes(range(0x2F, 0x60)), "0" + GOOD + "=="])
def test_a_long_random_text_or_bytes_are_a_secret(secret: str | bytes | Secret) -> None:
    assert repr(Key.hmac(secret, kid="2026")) == "<secret key for HS256, kid '2026'>"


@pytest.mark.parametrize("secret", [None, 7, ["a"] * 40])
def test_nothing_else_is_a_secret(secret: object) -> None:
    with pytest.raises(ConfigurationError, match="an HMAC secret is a str, bytes or a Secret"):
        Key.hmac(secret)  # type: ignore[arg-type]  # that is the mistake
