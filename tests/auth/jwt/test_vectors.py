"""The examples that the standards print, and two other libraries, against ours."""

from __future__ import annotations

import time
from typing import Any

import pytest

from nexios.auth.jwt import Key, TokenIssuer, Verifier
from nexios.auth.jwt.segments import read_token

joserfc_jwt = pytest.importorskip("joserfc.jwt", reason="the other JWT library of the tests is not installed")
pytest.importorskip("cryptography", reason="nexios-auth[oauth] is not installed")
import jwt as pyjwt  # noqa: E402
from joserfc import jwk as joserfc_jwk  # noqa: E402

# RFC 9864 wants Ed25519 to be called so; most issuers still say EdDSA.
pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings("ignore:EdDSA is deprecated")]

# RFC 7519 section 3.1, in the encodings that RFC 7515 appendix A.1 to A.3 sign.
CLAIMS = {"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": True}
PAYLOAD = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

# RFC 7515 appendix A.1
HMAC = {"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}
HMAC_TOKEN = f"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.{PAYLOAD}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
# RFC 7515 appendix A.2
RSA = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS"
    "-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg66"
    "5xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    "e": "AQAB",
}
RSA_TOKEN = (
    f"eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt"
    "_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_"
    "eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtV"
    "rBp0igcN_IoypGlUPQGe77Rw"
)
# RFC 7515 appendix A.3
EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
EC_TOKEN = (
    f"eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
# RFC 7515 appendix A.4
EC_521 = {
    "kty": "EC",
    "crv": "P-521",
    "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
}
EC_521_TOKEN = (
    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7Xd"
    "tAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
)
# RFC 8037 appendix A.1 and A.4
ED = {
    "kty": "OKP",
    "crv": "Ed25519",
    "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
ED_TOKEN = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5B"
    "hVsPt9g7sVvpAr_MuM0KAg"
)


@pytest.mark.parametrize(
    ("jwk", "algorithm", "token"),
    [(HMAC, "HS256", HMAC_TOKEN), (RSA, "RS256", RSA_TOKEN), (EC, "ES256", EC_TOKEN)],
    ids=["RFC 7515 A.1", "RFC 7515 A.2", "RFC 7515 A.3"],
)
async def test_the_token_of_the_standard_is_valid_until_it_expires(
    jwk: dict[str, str], algorithm: str, token: str
) -> None:
    verifier = Verifier(Key.jwk(jwk, algorithm), issuer="joe", now=lambda: 1_300_819_379)

    assert await verifier.verify(token) == CLAIMS


@pytest.mark.parametrize(
    ("jwk", "algorithm", "token", "payload"),
    [
        (EC_521, "ES512", EC_521_TOKEN, b"Payload"),
        (ED, "EdDSA", ED_TOKEN, b"Example of Ed25519 signing"),
    ],
    ids=["RFC 7515 A.4", "RFC 8037 A.4"],
)
def test_the_signature_of_the_standard_is_valid(
    jwk: dict[str, str], algorithm: str, token: str, payload: bytes
) -> None:
    parts = read_token(token)

    assert parts.payload == payload
    assert Key.jwk(jwk, algorithm).verify(parts.message, parts.signature)


def test_signing_gives_the_signature_of_the_standard() -> None:
    for jwk, algorithm, token in ((HMAC, "HS256", HMAC_TOKEN), (ED, "EdDSA", ED_TOKEN)):
        parts = read_token(token)

        assert Key.jwk(jwk, algorithm).sign(parts.message) == parts.signature


ALGORITHMS = ["HS256", "HS384", "HS512", "RS256", "PS384", "ES256", "ES384", "ES512", "EdDSA"]


@pytest.fixture(scope="module")
def pairs() -> dict[str, tuple[Key, Any]]:
    """For each algorithm one key, as we and as joserfc have it."""
    made: dict[str, tuple[Key, Any]] = {}
    kinds: dict[str, tuple[Any, Any]] = {
        "HS": ("oct", 512),
        "RS": ("RSA", 2048),
        "PS": ("RSA", 2048),
        "Ed": ("OKP", "Ed25519"),
    }
    curves: dict[str, Any] = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
    for algorithm in ALGORITHMS:
        kind: Any
        kind, size = kinds.get(algorithm[:2]) or ("EC", curves[algorithm])
        theirs: Any = joserfc_jwk.generate_key(kind, size, {"kid": "one"}, private=True)
        made[algorithm] = Key.jwk(theirs.as_dict(private=True), algorithm), theirs
    return made


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_other_libraries_read_what_we_sign(algorithm: str, pairs: dict[str, tuple[Key, Any]]) -> None:
    ours, theirs = pairs[algorithm]

    token = TokenIssuer(ours, issuer="https://here", audience="api").access_token("7", scopes=["b", "a"], seat="12C")

    read = joserfc_jwt.decode(token, theirs, algorithms=[algorithm])
    public = theirs.raw_value if algorithm.startswith("HS") else theirs.public_key
    claims = pyjwt.decode(token, public, [algorithm], issuer="https://here", audience="api")
    assert read.header == {"alg": algorithm, "kid": "one", "typ": "at+jwt"}
    assert read.claims == claims
    assert (claims["sub"], claims["scope"], claims["seat"]) == ("7", "a b", "12C")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_we_read_what_other_libraries_sign(algorithm: str, pairs: dict[str, tuple[Key, Any]]) -> None:
    ours, theirs = pairs[algorithm]
    claims = {"sub": "7", "exp": int(time.time()) + 60, "name": "Zoë"}
    private = theirs.raw_value if algorithm.startswith("HS") else theirs.private_key
    verifier = Verifier(ours if algorithm.startswith("HS") else ours.public())

    for token in (
        joserfc_jwt.encode({"alg": algorithm, "kid": "one"}, claims, theirs, algorithms=[algorithm]),
        pyjwt.encode(claims, private, algorithm, {"kid": "one"}),
    ):
        assert await verifier.verify(token) == claims
