"""What an OpenID provider publishes about itself (OpenID Connect Discovery 1.0, RFC 8414)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nexios.auth.fetch import FetchError, check_url, fetch
from nexios.exceptions import ConfigurationError

WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Where to send the browser, and where to ask; None for what a provider does not have."""

    issuer: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    jwks_uri: str | None = None
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    names_itself: bool = False  # in each answer to the browser, as RFC 9207 says


_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint")


async def discover(issuer: str) -> Metadata:
    """Ask *issuer*. Raises FetchError for an answer that is not good, or that is about another issuer."""
    answer = await fetch(issuer.rstrip("/") + WELL_KNOWN)
    if answer.status != 200:
        raise FetchError(f"discovery was answered with status {answer.status}")
    return read_metadata(answer.object(), issuer)


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """Raises FetchError. The issuer must be the one that was asked, to the letter (RFC 8414 section 3.3)."""
    if document.get("issuer") != issuer:
        raise FetchError("discovery is about another issuer")
    endpoints: dict[str, str] = {}
    for name in _ENDPOINTS:
        url = document.get(name)
        if url is None:
            continue
        try:
            endpoints[name] = check_url(url, name)
            # Only an issuer on this machine may lead to what is on this machine.
            if issuer.startswith("https:") and not url.startswith("https:"):
                raise ConfigurationError(name)
        except ConfigurationError:
            raise FetchError(f"discovery has a {name} that cannot be used") from None
    names_itself = document.get("authorization_response_iss_parameter_supported") is True
    return Metadata(issuer, **endpoints, names_itself=names_itself)
