from __future__ import annotations

import pytest

from nexios.security.config import Policy
from nexios.security.csp import ContentSecurityPolicy, make_nonce


@pytest.mark.parametrize(
    ("policy", "plain", "with_nonce"),
    [
        ("script-src 'self' 'nonce'", "script-src 'self'", "script-src 'self' 'nonce-N'"),
        ({"script-src": ["'self'", "'nonce'"]}, "script-src 'self'", "script-src 'self' 'nonce-N'"),
        ({"script-src": "'nonce'"}, "script-src 'none'", "script-src 'nonce-N'"),
        ({"default-src": [], "img-src": ["*"]}, "default-src; img-src *", "default-src; img-src *"),
    ],
)
def test_a_nonce_stands_only_where_an_answer_has_one(policy: Policy, plain: str, with_nonce: str) -> None:
    written = ContentSecurityPolicy(policy)

    assert written.plain == (b"content-security-policy", plain.encode())
    assert written.with_nonce("N") == (b"content-security-policy", with_nonce.encode())


def test_a_nonce_has_128_bits_that_a_policy_and_an_attribute_can_hold() -> None:
    nonces = {make_nonce() for _ in range(100)}

    assert len(nonces) == 100
    assert all(len(nonce) == 22 and nonce.replace("-", "").replace("_", "").isalnum() for nonce in nonces)
