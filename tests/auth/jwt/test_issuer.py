"""Tokens of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nexios.auth.jwt import Key, TokenIssuer, Verifier
from nexios.auth.jwt.segments import read_object, read_token
from nexios.exceptions import ConfigurationError
from tests.auth.jwt.forging import NOW, SECRET

pytestmark = pytest.mark.anyio


def issuer(**settings: Any) -> TokenIssuer:
    return TokenIssuer(Key.hmac(SECRET, kid="2026"), now=lambda: NOW + 0.7, **settings)


async def test_a_token_says_who_it_is_about_for_whom_and_until_when() -> None:
    token = issuer(issuer="https://here", audience="api", lifetime=60).access_token(
        "7", scopes="write read", tenant="acme", nothing=None
    )

    parts = read_token(token)
    claims = read_object(parts.payload)
    assert parts.header == ("HS256", "2026", "at+jwt")
    assert len(claims.pop("jti")) == 22
    assert claims == {
        "iss": "https://here",
        "aud": "api",
        "sub": "7",
        "iat": NOW,
        "exp": NOW + 60,
        "scope": "read write",
        "tenant": "acme",
    }


async def test_no_two_tokens_are_the_same() -> None:
    assert issuer().access_token("7") != issuer().access_token("7")


async def test_a_token_is_good_until_its_lifetime_is_over() -> None:
    now = NOW
    verifier = Verifier(Key.hmac(SECRET), now=lambda: now)
    token = TokenIssuer(Key.hmac(SECRET), now=lambda: now).access_token("7")

    now = NOW + 599
    assert (await verifier.verify(token))["sub"] == "7"
    now = NOW + 600
    with pytest.raises(Exception, match="it has expired"):
        await verifier.verify(token)


@pytest.mark.parametrize("subject", ["", None, 7])
async def test_a_token_is_about_somebody(subject: Any) -> None:
    with pytest.raises(ValueError, match=r"named by a text such as str\(user\.id\)"):
        issuer().access_token(subject)


async def test_what_the_issuer_sets_nobody_else_does() -> None:
    with pytest.raises(ValueError, match="claims exp, iss: these are set by the issuer"):
        issuer().access_token("7", exp=2**40, iss="https://elsewhere")


async def test_a_token_that_no_verifier_would_read_is_not_issued() -> None:
    with pytest.raises(ValueError, match="verifiers read 16384: give it fewer claims"):
        issuer().access_token("7", photo="x" * 20_000)


async def test_issuing_needs_a_key_that_signs() -> None:
    with pytest.raises(ConfigurationError, match="cannot sign"):
        TokenIssuer("a secret")  # type: ignore[arg-type]  # that is the mistake
    with pytest.raises(ConfigurationError, match="at least a second"):
        issuer(lifetime=0)


async def test_without_the_extra_a_key_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nexios.auth.jwt.keys._ENGINES", {})

    makers: list[Callable[[], Key]] = [
        lambda: Key.generate("ES256"),
        lambda: Key.pem("x", "RS256"),
        lambda: Key.generate("EdDSA"),
    ]
    for make in makers:
        with pytest.raises(ConfigurationError, match=r'needs cryptography: pip install "nexios-auth\[oauth\]"'):
            make()
