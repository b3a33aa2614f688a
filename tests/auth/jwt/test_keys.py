"""Keys that carry their algorithm."""

from __future__ import annotations

from typing import Any

import pytest

from nexios.auth.jwt import Key, KeySet
from nexios.exceptions import ConfigurationError

pytest.importorskip("cryptography", reason="nexios-auth[oauth] is not installed")
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ASYMMETRIC = ["ES256", "ES384", "ES512", "EdDSA", "Ed25519", "Ed448"]
PRIVATE = serialization.PrivateFormat.PKCS8


@pytest.fixture(scope="module")
def rsa_key() -> Any:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


def small_rsa_key() -> Any:
    return rsa.generate_private_key(public_exponent=65_537, key_size=1_024)  # noqa: S505  # that is what is refused


def pem_of(private: Any, password: bytes | None = None) -> bytes:
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pem: bytes = private.private_bytes(serialization.Encoding.PEM, PRIVATE, encryption)
    return pem


def public_pem_of(private: Any) -> bytes:
    pem: bytes = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_what_a_private_key_signs_its_published_half_verifies(algorithm: str) -> None:
    private = Key.generate(algorithm, kid="one")

    published = Key.jwk(private.public_jwk())

    assert published.verify(b"message", private.sign(b"message"))
    assert not published.verify(b"massage", private.sign(b"message"))
    assert (published.algorithm, published.kid, published.can_sign) == (algorithm, "one", False)


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"])
def test_one_rsa_key_serves_one_algorithm(algorithm: str, rsa_key: Any) -> None:
    private = Key.pem(pem_of(rsa_key), algorithm)
    public = Key.pem(public_pem_of(rsa_key), algorithm)
    other = Key.pem(public_pem_of(rsa_key), "PS256" if algorithm.startswith("RS") else "RS256")

    assert public.verify(b"message", private.sign(b"message"))
    assert not other.verify(b"message", private.sign(b"message"))


def test_an_encrypted_key_opens_with_its_password_only(rsa_key: Any) -> None:
    pem = pem_of(rsa_key, b"correct horse")

    assert Key.pem(pem, "RS256", password="correct horse").can_sign
    for password in (None, "wrong horse"):
        with pytest.raises(ConfigurationError, match="the password if it has one"):
            Key.pem(pem, "RS256", password=password)


@pytest.mark.parametrize(
    ("material", "algorithm", "complaint"),
    [
        (lambda: public_pem_of(ec.generate_private_key(ec.SECP384R1())), "ES256", "the key is EC P-384: not for ES256"),
        (lambda: public_pem_of(ec.generate_private_key(ec.SECP256K1())), "ES256", "secp256k1: not for ES256"),
        (lambda: public_pem_of(ec.generate_private_key(ec.SECP256R1())), "RS256", "not for RS256"),
        (lambda: public_pem_of(ed25519.Ed25519PrivateKey.generate()), "Ed448", "OKP Ed25519: not for Ed448"),
        (lambda: public_pem_of(ed25519.Ed25519PrivateKey.generate()), "PS256", "not for PS256"),
        (lambda: public_pem_of(small_rsa_key()), "RS256", "the RSA key has 1024 bits: use one of 2048 to 16384"),
        (lambda: b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "RS256", "cannot be read"),
        (lambda: "", "RS256", "cannot be read"),
        (lambda: "x" * 70_000, "RS256", "70000 bytes, a key has at most 65536"),
        (lambda: "x" * 70, "HS256", "HS256 has a secret, not a PEM"),
        (lambda: "x" * 70, "none", "algorithm 'none' is not known"),
        (lambda: "x" * 70, "RS265", "did you mean 'RS256'"),
    ],
)
def test_a_key_that_does_not_fit_its_algorithm_is_refused(material: Any, algorithm: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Key.pem(material(), algorithm)


@pytest.mark.parametrize(
    ("jwk", "algorithm", "complaint"),
    [
        ({"kty": "EC"}, None, "the JWK has no alg"),
        ({"kty": "EC", "alg": ["ES256"]}, None, "the JWK has no alg"),
        ({"kty": "EC", "alg": "ES256"}, "ES384", "alg 'ES256' and kty 'EC': not for ES384"),
        ({"kty": "oct", "k": "AAAA", "alg": "RS256"}, None, "not for RS256"),
        ({"kty": "RSA", "alg": "HS256"}, None, "not for HS256"),
        ({"kty": "EC", "alg": "ES256", "crv": "P-256", "x": 1, "y": 2}, None, "the JWK is malformed"),
        ({"kty": "oct", "alg": "HS256"}, None, '"k" must be base64url'),
        ({"kty": "oct", "alg": "HS256", "k": "/+=="}, None, '"k" must be base64url'),
        ({"kty": "oct", "alg": "HS256", "k": "AAAA"}, None, "has 3 bytes"),
        ({"kty": "OKP", "alg": "EdDSA", "kid": 7, "crv": "Ed25519", "x": "1" * 42 + "A"}, None, "kid is a int"),
    ],
)
def test_a_jwk_that_does_not_fit_is_refused(jwk: dict[str, Any], algorithm: str | None, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        Key.jwk(jwk, algorithm)


def test_keys_of_two_families_are_not_kept_together() -> None:
    with pytest.raises(ConfigurationError, match="several families, EC and HMAC"):
        KeySet([Key.generate("HS256"), Key.generate("ES256")])


@pytest.mark.parametrize("number", [0, 17])
def test_a_set_has_one_to_sixteen_keys(number: int) -> None:
    with pytest.raises(ConfigurationError, match=f"there are {number}"):
        KeySet([Key.generate() for _ in range(number)])


def test_two_keys_with_one_name_are_a_mistake() -> None:
    with pytest.raises(ConfigurationError, match=r"the same kid: \['a', 'a'\]"):
        KeySet([Key.generate(kid="a"), Key.generate(kid="a")])


def test_a_public_key_cannot_sign() -> None:
    with pytest.raises(ConfigurationError, match="is public and cannot sign"):
        Key.generate("ES256").public().sign(b"message")


def test_a_secret_has_no_half_to_publish() -> None:
    for publish in (Key.generate().public, Key.generate().public_jwk):
        with pytest.raises(ConfigurationError, match="a secret, which has no public half"):
            publish()


def test_nothing_that_is_shown_of_a_key_is_the_key(rsa_key: Any) -> None:
    key = Key.pem(pem_of(rsa_key), "RS256", kid="k")
    number = str(rsa_key.private_numbers().d)

    shown = f"{key!r} {key} {key.public_jwk()} {KeySet([key])!r}"

    assert number not in shown
    assert "PRIVATE" not in shown
    assert '"d"' not in shown
