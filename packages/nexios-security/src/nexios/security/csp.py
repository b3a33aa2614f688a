"""Content security policies (CSP Level 3), written out once; only a nonce is the answer's own."""

from __future__ import annotations

import secrets
from typing import Final

from nexios.http.headers import check_value, is_token
from nexios.security.config import Policy

_NONCE: Final = "'nonce'"
_NAMES: Final = (b"content-security-policy", b"content-security-policy-report-only")


class ContentSecurityPolicy:
    """*policy* as a header. Raises ValueError for a directive that a browser would misread."""

    def __init__(self, policy: Policy, *, report_only: bool = False) -> None:
        self._name = _NAMES[report_only]
        self._text = policy if isinstance(policy, str) else "; ".join(map(_directive, policy.items()))
        if not self._text.strip():
            raise ValueError("the policy is empty: name a directive, or set csp_enabled=False")
        check_value(self._text)
        self.takes_nonce: bool = _NONCE in self._text
        # An answer that did not ask for the nonce says nothing about one.
        self.plain: tuple[bytes, bytes] = self._name, _without_nonce(self._text).encode("latin-1")

    def with_nonce(self, nonce: str) -> tuple[bytes, bytes]:
        return self._name, self._text.replace(_NONCE, f"'nonce-{nonce}'").encode("latin-1")


def make_nonce() -> str:
    """128 random bits, as the standard recommends (CSP Level 3, section 7.1)."""
    return secrets.token_urlsafe(16)


def _directive(item: tuple[str, list[str] | str]) -> str:
    name, sources = item
    written = sources if isinstance(sources, str) else " ".join(sources)
    if not is_token(name) or ";" in written or "," in written:
        raise ValueError(
            f"the directive {name!r} with {written!r}: its sources cannot have ';' or ',', give each directive an item"
        )
    return f"{name} {written}".strip()


def _without_nonce(text: str) -> str:
    kept: list[str] = []
    for directive in text.split(";"):
        words = [word for word in directive.split() if word != _NONCE]
        # A list that held nothing else must not become one that says nothing: that would still block, as 'none' does.
        kept.append(" ".join([*words, "'none'"] if len(words) == 1 and _NONCE in directive else words))
    return "; ".join(filter(None, kept))
