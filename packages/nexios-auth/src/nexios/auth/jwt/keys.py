"""Keys that carry their algorithm: what a token says about itself never chooses how it is checked (RFC 8725 3.1)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias, cast

from jwt import algorithms

from nexios.auth.jwt import asymmetric
from nexios.auth.jwt.secret import SHORTEST, hmac_secret
from nexios.auth.jwt.segments import decode_segment
from nexios.config import Secret
from nexios.exceptions import ConfigurationError
from nexios.suggestion import did_you_mean

Material: TypeAlias = str | bytes | Secret

# Smaller ones can be factored (NIST SP 800-131A), larger ones only keep the processor busy.
_RSA_BITS: Final = range(2_048, 16_385)


class Algorithm(NamedTuple):
    """What an algorithm asks of a key: its family, the kty of a JWK (RFC 7518, 8037) and the curve."""

    family: str
    kty: str
    curve: str = ""
    engine: str = ""


ALGORITHMS: Final[Mapping[str, Algorithm]] = {
    **{name: Algorithm("HMAC", "oct") for name in SHORTEST},
    **{f"{kind}{size}": Algorithm("RSA", "RSA") for kind in ("RS", "PS") for size in (256, 384, 512)},
    "ES256": Algorithm("EC", "EC", "P-256"),
    "ES384": Algorithm("EC", "EC", "P-384"),
    "ES512": Algorithm("EC", "EC", "P-521"),
    "EdDSA": Algorithm("EdDSA", "OKP"),
    # RFC 9864 section 2.2: the same signatures under names that say which curve.
    "Ed25519": Algorithm("EdDSA", "OKP", "Ed25519", "EdDSA"),
    "Ed448": Algorithm("EdDSA", "OKP", "Ed448", "EdDSA"),
}
_ENGINES: Final = algorithms.get_default_algorithms()


class Key:
    """One key for one algorithm, made by `Key.hmac`, `Key.pem`, `Key.jwk` or `Key.generate`.

    Each raises ConfigurationError for a key that is weak, does not fit the algorithm, or is public where it must be
    secret. No repr and no error shows what it is made of.
    """

    __slots__ = ("_engine", "_private", "_public", "algorithm", "family", "kid")
    algorithm: str
    family: str
    kid: str | None

    def __init__(self, algorithm: str, public: Any, private: Any, kid: str | None) -> None:
        shape = known_algorithm(algorithm)
        self.algorithm = algorithm
        self.family = shape.family
        self.kid = _checked_kid(kid)
        self._engine = _engine(algorithm)
        self._public = public
        self._private = private

    @classmethod
    def hmac(cls, secret: Material, algorithm: str = "HS256", *, kid: str | None = None) -> Key:
        """A secret that signer and verifier share: at least as long as the hash, and nothing that is public."""
        if known_algorithm(algorithm).family != "HMAC":
            raise ConfigurationError(f"{algorithm} is not an HMAC: read its key with Key.pem(...) or Key.jwk(...)")
        material = hmac_secret(secret, algorithm)
        return cls(algorithm, material, material, kid)

    @classmethod
    def pem(cls, pem: Material, algorithm: str, *, kid: str | None = None, password: Material | None = None) -> Key:
        """A public or private key in PEM; *password* opens an encrypted one."""
        shape = known_algorithm(algorithm)
        if shape.family == "HMAC":
            raise ConfigurationError(f"{algorithm} has a secret, not a PEM: use Key.hmac(secret)")
        _engine(algorithm)
        loaded = asymmetric.load_pem(_revealed(pem), None if password is None else _revealed(password))
        return cls._fitting(algorithm, loaded, kid)

    @classmethod
    def jwk(cls, jwk: Mapping[str, Any], algorithm: str | None = None, *, kid: str | None = None) -> Key:
        """A JWK (RFC 7517) with its ``alg``, or for *algorithm* where it has none."""
        name = algorithm if algorithm is not None else jwk.get("alg")
        if not isinstance(name, str):
            raise ConfigurationError("the JWK has no alg: say which one it is for, Key.jwk(jwk, 'RS256')")
        shape = known_algorithm(name)
        if jwk.get("alg", name) != name or jwk.get("kty") != shape.kty:
            raise ConfigurationError(f"the JWK has alg {jwk.get('alg')!r} and kty {jwk.get('kty')!r}: not for {name}")
        kid = jwk.get("kid") if kid is None else kid
        if shape.family == "HMAC":
            return cls.hmac(_octets(jwk), name, kid=kid)
        return cls._fitting(name, _read_jwk(jwk, name), kid)

    @classmethod
    def generate(cls, algorithm: str = "HS256", *, kid: str | None = None) -> Key:
        """A new random key: what it signs, nobody can verify after a restart unless it is kept."""
        shape = known_algorithm(algorithm)
        if shape.family == "HMAC":
            return cls.hmac(secrets.token_bytes(SHORTEST[algorithm]), algorithm, kid=kid)
        _engine(algorithm)
        return cls._fitting(algorithm, asymmetric.generate(shape.family, shape.curve), kid)

    @classmethod
    def _fitting(cls, algorithm: str, loaded: Any, kid: str | None) -> Key:
        private = loaded if hasattr(loaded, "private_bytes") else None
        public = loaded if private is None else loaded.public_key()
        _check_shape(algorithm, public)
        return cls(algorithm, public, private, kid)

    @property
    def can_sign(self) -> bool:
        return self._private is not None

    def sign(self, message: bytes) -> bytes:
        """Raises ConfigurationError where there is only the public half."""
        if self._private is None:
            raise ConfigurationError(f"{self!r} is public and cannot sign: read the private key")
        return self._engine.sign(message, self._private)

    def verify(self, message: bytes, signature: bytes) -> bool:
        return self._engine.verify(message, self._public, signature)

    def public(self) -> Key:
        """The half that others may have. Raises ConfigurationError for an HMAC, which has none."""
        self._require_public_half()
        return Key(self.algorithm, self._public, None, self.kid)

    def public_jwk(self) -> dict[str, Any]:
        """The public half as a JWK, to be served as a member of a JWK set (RFC 7517 section 5)."""
        self._require_public_half()
        jwk = {**self._engine.to_jwk(self._public, as_dict=True), "alg": self.algorithm, "use": "sig"}
        jwk.pop("key_ops", None)  # what "use" says already
        return jwk if self.kid is None else {**jwk, "kid": self.kid}

    def _require_public_half(self) -> None:
        if self.family == "HMAC":
            raise ConfigurationError(f"{self!r} is a secret, which has no public half: sign with RS256, ES256 or EdDSA")

    def __repr__(self) -> str:
        half = "secret" if self.family == "HMAC" else "private" if self.can_sign else "public"
        return f"<{half} key for {self.algorithm}{'' if self.kid is None else f', kid {self.kid!r}'}>"


def known_algorithm(name: object) -> Algorithm:
    """Raises ConfigurationError for another name than those of RFC 7518 and 8037; "none" is not among them."""
    if not isinstance(name, str) or name not in ALGORITHMS:
        raise ConfigurationError(
            f"algorithm {name!r} is not known; {did_you_mean(str(name), ALGORITHMS)} There are: {', '.join(ALGORITHMS)}"
        )
    return ALGORITHMS[name]


def _engine(algorithm: str) -> algorithms.Algorithm:
    engine = _ENGINES.get(ALGORITHMS[algorithm].engine or algorithm)
    if engine is None:
        raise ConfigurationError(f'{algorithm} needs cryptography: pip install "nexios-auth[oauth]"')
    return engine


def _checked_kid(kid: object) -> str | None:
    if kid is None or (isinstance(kid, str) and 0 < len(kid) <= 256):
        return kid
    raise ConfigurationError(f"kid is a {type(kid).__name__}: the name of a key is a str of 1 to 256 characters")


def _revealed(material: Material) -> bytes:
    text = material.reveal() if isinstance(material, Secret) else material
    return text.encode() if isinstance(text, str) else text


def _read_jwk(jwk: Mapping[str, Any], algorithm: str) -> Any:
    engine = _engine(algorithm)
    try:
        return engine.from_jwk(cast("dict[str, Any]", dict(jwk)))
    except Exception as error:
        raise ConfigurationError(f"the JWK is malformed: {type(error).__name__}") from None


def _octets(jwk: Mapping[str, Any]) -> bytes:
    try:
        return decode_segment(jwk["k"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise ConfigurationError('the JWK is malformed: "k" must be base64url') from None


def _check_shape(algorithm: str, public: Any) -> None:
    """Whether a public key is of the kind, the curve and the size that *algorithm* asks for."""
    shape = ALGORITHMS[algorithm]
    kty, curve = asymmetric.kind_of(public)
    if kty != shape.kty or (shape.curve and curve != shape.curve):
        raise ConfigurationError(f"the key is {kty} {curve}".rstrip() + f": not for {algorithm}")
    if kty == "RSA" and public.key_size not in _RSA_BITS:
        raise ConfigurationError(
            f"the RSA key has {public.key_size} bits: use one of {_RSA_BITS.start} to {_RSA_BITS.stop - 1}"
        )
